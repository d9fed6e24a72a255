// Programs of views and in-place writes, written once for every library with LibTorch's names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gt::testing {

/// One step of a program over a list of tensors. Views and copies append to the list.
struct AliasingStep {
  enum class Kind : std::uint8_t {
    // views
    select,
    slice,
    narrow,
    view,
    reshape,
    flatten,
    squeeze,
    unsqueeze,
    transpose,
    permute,
    expand,
    diagonal,
    unfold,
    split,
    chunk,
    unbind,
    detach,
    index_basic,
    // copies
    clone,
    contiguous,
    scaled,
    sum_of_two,
    gathered,
    // writes
    fill,
    zero,
    add_number,
    multiply,
    copy_from,
    add_from,
    assign_element,
    assign_row,
    assign_slice,
    assign_positions,
    assign_mask,
    assign_masked_read,
    increment_element,
    fill_gathered,
  };
  static constexpr int kKinds = static_cast<int>(Kind::fill_gathered) + 1;

  Kind kind = Kind::clone;
  std::size_t target = 0;
  std::size_t source = 0;
  std::int64_t a = 0;
  std::int64_t b = 0;
  std::int64_t c = 0;
  std::vector<std::int64_t> list;
  double value = 0;
};

/// Runs steps on the tensors of one library. `Api` names its types, and says how a source that
/// overlaps its destination has to be handed over.
template <class Api>
class AliasingMachine {
 public:
  using Tensor = typename Api::Tensor;
  using Slice = typename Api::Slice;
  using Kind = AliasingStep::Kind;

  std::vector<Tensor> tensors;

  /// Throws what the library throws; the list is unchanged then.
  void run(const AliasingStep& step) {
    if (step.kind <= Kind::gathered)
      tensors.push_back(result_of(step));
    else
      write(step);
  }

 private:
  const Tensor& target(const AliasingStep& step) const { return tensors[step.target]; }
  Tensor source(const AliasingStep& step) const { return Api::handed_over(tensors[step.source]); }

  Tensor result_of(const AliasingStep& step) const {
    const Tensor& x = target(step);
    switch (step.kind) {
      case Kind::select:
        return x.select(step.a, step.b);
      case Kind::slice:
        return x.slice(step.a, step.b, step.c, step.list[0]);
      case Kind::narrow:
        return x.narrow(step.a, step.b, step.c);
      case Kind::view:
        return x.view(step.list);
      case Kind::reshape:
        return x.reshape(step.list);
      case Kind::flatten:
        return x.flatten(step.a, step.b);
      case Kind::squeeze:
        return step.a < 0 ? x.squeeze() : x.squeeze(step.b);
      case Kind::unsqueeze:
        return x.unsqueeze(step.a);
      case Kind::transpose:
        return x.transpose(step.a, step.b);
      case Kind::permute:
        return x.permute(step.list);
      case Kind::expand:
        return x.expand(step.list);
      case Kind::diagonal:
        return x.diagonal(step.a, step.b, step.c);
      case Kind::unfold:
        return x.unfold(step.a, step.b, step.c);
      case Kind::split:
        return x.split(step.a, step.b)[0];
      case Kind::chunk:
        return x.chunk(step.a, step.b).back();
      case Kind::unbind:
        return x.unbind(step.a)[0];
      case Kind::detach:
        return x.detach();
      case Kind::index_basic:
        return x.index({step.a, Api::none(), Slice(step.b)});
      case Kind::clone:
        return x.clone().contiguous();
      case Kind::contiguous:
        return x.contiguous();
      case Kind::scaled:
        return (x * 0.5).contiguous();
      case Kind::sum_of_two:
        return (x + tensors[step.source]).contiguous();
      case Kind::gathered:
        return x.index({Api::positions(step.list)}).contiguous();
      default:
        return x;
    }
  }

  void write(const AliasingStep& step) const {
    Tensor x = target(step);
    switch (step.kind) {
      case Kind::fill:
        x.fill_(step.value);
        return;
      case Kind::zero:
        x.zero_();
        return;
      case Kind::add_number:
        x.add_(step.value);
        return;
      case Kind::multiply:
        x.mul_(step.value);
        return;
      case Kind::copy_from:
        x.copy_(source(step));
        return;
      case Kind::add_from:
        x.add_(source(step));
        return;
      case Kind::assign_element:
        x[step.a][step.b] = step.value;
        return;
      case Kind::assign_row:
        x[step.a] = source(step);
        return;
      case Kind::assign_slice:
        x.index_put_({Slice(step.a, step.b)}, source(step));
        return;
      case Kind::assign_positions:
        x.index_put_({Api::positions(step.list)}, Api::number(step.value));
        return;
      case Kind::assign_mask:
        x.index_put_({x > step.value}, Api::number(step.value));
        return;
      case Kind::assign_masked_read:
        Api::assign_masked(x, x < step.value, step.value);
        return;
      case Kind::increment_element:
        x[step.a][step.b] += step.value;
        return;
      case Kind::fill_gathered:
        x.index({Api::positions(step.list)}).fill_(step.value);
        return;
      default:
        return;
    }
  }
};

/// What is compared after every step.
struct AliasingState {
  std::vector<std::int64_t> sizes;
  std::vector<std::int64_t> strides;
  std::int64_t offset = 0;
  bool requires_grad = false;
  std::vector<float> values;
};

}  // namespace gt::testing

// Convolutions and their gradients, from the definition.
#include "worker/engine/reference/call.h"

namespace gt::worker::reference {
namespace {

/// The geometry of a convolution, and its one loop: over every product of an input element and a
/// weight element that adds to an output element.
class Convolution {
 public:
  /// Attributes stride, padding, dilation and groups come first in both rows.
  Convolution(const Call& call, const Shape& input, const Shape& weight, const Shape& output)
      : groups_(call.integer(3)), input_(input), weight_(weight), output_(output) {
    for (std::size_t d = 0; d + 2 < weight.size(); ++d) {
      const auto number = [&](std::size_t k) {
        const auto list = call.integers(k);
        return list[list.size() == 1 ? 0 : d];
      };
      stride_.push_back(number(0));
      padding_.push_back(number(1));
      dilation_.push_back(number(2));
    }
  }

  /// Calls `visit(position in input, in weight, in output)`.
  template <class Visit>
  void for_each_product(Visit&& visit) const {
    const std::int64_t outputs_a_group = weight_[0] / groups_;
    std::int64_t to = 0;
    for_each_index(output_, [&](const Shape& place) {
      const std::int64_t first_channel = place[1] / outputs_a_group * weight_[1];
      Shape kernel = weight_;
      kernel[0] = 1;
      for_each_index(kernel, [&](const Shape& tap) {
        Shape from{place[0], first_channel + tap[1]}, weight = tap;
        weight[0] = place[1];
        for (std::size_t d = 0; d < stride_.size(); ++d)
          from.push_back(place[2 + d] * stride_[d] - padding_[d] + tap[2 + d] * dilation_[d]);
        if (lies_inside(from))
          visit(position_of(from, contiguous_strides(input_)),
                position_of(weight, contiguous_strides(weight_)), to);
      });
      ++to;
    });
  }

 private:
  bool lies_inside(const Shape& place) const {
    for (std::size_t d = 2; d < place.size(); ++d)
      if (place[d] < 0 || place[d] >= input_[d]) return false;
    return true;
  }

  std::int64_t groups_;
  Shape input_, weight_, output_;
  Shape stride_, padding_, dilation_;
};

std::vector<Value> convolution(const Call& call) {
  return with_number_type(call.result_meta().dtype, [&](auto number) {
    using T = decltype(number);
    const auto input = call.read<T>(0), weight = call.read<T>(1);
    auto output = make_array<T>(call.result_meta().shape);
    if (call.has(2)) {
      const auto bias = call.read<T>(2);
      const Lanes channels(output.shape, 1);
      for (std::int64_t lane = 0; lane < channels.count; ++lane)
        for (std::int64_t k = 0; k < channels.size; ++k)
          output[channels.position(lane, k)] = bias[k];
    }
    Convolution(call, input.shape, weight.shape, output.shape)
        .for_each_product([&](std::int64_t x, std::int64_t w, std::int64_t y) {
          output[y] += input[x] * weight[w];
        });
    return call.results(output);
  });
}

std::vector<Value> convolution_backward(const Call& call) {
  const auto grad = call.read<double>(0), input = call.read<double>(1),
             weight = call.read<double>(2);
  auto grad_input = make_array<double>(input.shape);
  auto grad_weight = make_array<double>(weight.shape);
  auto grad_bias = make_array<double>(Shape{weight.shape[0]});
  Convolution(call, input.shape, weight.shape, grad.shape)
      .for_each_product([&](std::int64_t x, std::int64_t w, std::int64_t y) {
        grad_input[x] += grad[y] * weight[w];
        grad_weight[w] += grad[y] * input[x];
      });
  const Lanes channels(grad.shape, 1);
  for (std::int64_t lane = 0; lane < channels.count; ++lane)
    for (std::int64_t k = 0; k < channels.size; ++k)
      grad_bias[k] += grad[channels.position(lane, k)];
  std::vector<Value> results;
  const Array<double>* const grads[] = {&grad_input, &grad_weight, &grad_bias};
  for (std::size_t k = 0; k < 3; ++k) {
    const bool wanted = (call.integer(4) >> k & 1) != 0;
    results.push_back(call.result(k, wanted ? *grads[k] : Array<double>{Shape{0}, {}}));
  }
  return results;
}

constexpr KernelEntry kKernels[] = {
    {Op::convolution, convolution},
    {Op::convolution_backward, convolution_backward},
};

}  // namespace

std::span<const KernelEntry> convolution_kernels() { return kKernels; }

}  // namespace gt::worker::reference

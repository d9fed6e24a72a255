#include <algorithm>

#include "worker/engine/reference/call.h"

namespace gt::worker::reference {
namespace {

/// Fills the result, whatever its dtype, element by element: `element(index)` is of type T.
template <class T, class Element>
std::vector<Value> fill_result(const Call& call, Element element) {
  Array<T> array{call.result_meta().shape, {}};
  for_each_index(array.shape,
                 [&](const Shape& index) { array.elements.push_back(element(index)); });
  return call.results(array);
}

/// Runs `function(number)` with the number type of the result.
template <class Function>
std::vector<Value> as_result_number(const Call& call, Function function) {
  return with_number_type(call.result_meta().dtype, function);
}

/// LibTorch lets 1-dim tensors without elements stand among the operands of cat.
bool is_skipped_by_cat(const Shape& shape) { return shape.size() == 1 && shape[0] == 0; }

std::vector<Value> cat(const Call& call) {
  return as_result_number(call, [&](auto number) {
    using T = decltype(number);
    auto result = make_array<T>(call.result_meta().shape);
    const std::int64_t dim = wrapped(call.integer(0), result.shape.size());
    const Strides strides = contiguous_strides(result.shape);
    std::int64_t begin = 0;
    for (std::size_t k = 0; k < call.operand_count(); ++k) {
      const auto part = call.read<T>(k);
      if (is_skipped_by_cat(part.shape)) continue;
      std::int64_t next = 0;
      for_each_index(part.shape, [&](const Shape& index) {
        Shape target = index;
        target[static_cast<std::size_t>(dim)] += begin;
        result[position_of(target, strides)] = part[next++];
      });
      begin += part.size(dim);
    }
    return call.results(result);
  });
}

std::vector<Value> stack(const Call& call) {
  return as_result_number(call, [&](auto number) {
    using T = decltype(number);
    std::vector<Array<T>> parts;
    parts.reserve(call.operand_count());
    for (std::size_t k = 0; k < call.operand_count(); ++k) parts.push_back(call.read<T>(k));
    const Strides strides = contiguous_strides(parts[0].shape);
    const auto dim =
        static_cast<std::size_t>(wrapped(call.integer(0), call.result_meta().shape.size()));
    return fill_result<T>(call, [&](const Shape& index) {
      Shape within = index;
      within.erase(dim);
      return parts[static_cast<std::size_t>(index[dim])][position_of(within, strides)];
    });
  });
}

/// A result whose element at `index` is the operand's at `source(index)`.
template <class Source>
std::vector<Value> moved(const Call& call, Source source) {
  return as_result_number(call, [&](auto number) {
    using T = decltype(number);
    const auto self = call.read<T>(0);
    const Strides strides = contiguous_strides(self.shape);
    return fill_result<T>(
        call, [&](const Shape& index) { return self[position_of(source(index), strides)]; });
  });
}

std::vector<Value> flip(const Call& call) {
  const Shape& shape = call.value(0).shape;
  return moved(call, [&](Shape index) {
    for (const std::int64_t dim : call.integers(0)) {
      if (shape.empty()) break;
      const auto d = static_cast<std::size_t>(wrapped(dim, shape.size()));
      index[d] = shape[d] - 1 - index[d];
    }
    return index;
  });
}

/// Without dims the elements roll in row-major order as if they had one dim.
std::vector<Value> roll_flat(const Call& call) {
  return as_result_number(call, [&](auto number) {
    auto array = call.read<decltype(number)>(0);
    if (array.count() == 0) return call.results(array);
    const std::int64_t shift = call.integers(0)[0] % array.count();
    const std::int64_t first = (array.count() - shift) % array.count();
    std::rotate(array.elements.begin(), array.elements.begin() + first, array.elements.end());
    return call.results(array);
  });
}

std::vector<Value> roll(const Call& call) {
  const Shape& shape = call.value(0).shape;
  const auto shifts = call.integers(0);
  const auto dims = call.integers(1);
  if (dims.empty()) return roll_flat(call);
  return moved(call, [&](Shape index) {
    for (std::size_t k = 0; k < dims.size(); ++k) {
      const auto d = static_cast<std::size_t>(wrapped(dims[k], shape.size()));
      index[d] = ((index[d] - shifts[k]) % shape[d] + shape[d]) % shape[d];
    }
    return index;
  });
}

template <bool kLower>
std::vector<Value> triangle(const Call& call) {
  return as_result_number(call, [&](auto number) {
    using T = decltype(number);
    const auto self = call.read<T>(0);
    std::int64_t next = 0;
    return fill_result<T>(call, [&](const Shape& index) {
      const T element = self[next++];
      const std::int64_t distance = index.back() - index[index.size() - 2];
      const bool kept = kLower ? distance <= call.integer(0) : distance >= call.integer(0);
      return kept ? element : T();
    });
  });
}

/// Self with src in the place of the view of self that has this origin, shape and strides.
std::vector<Value> scattered(const Call& call, std::int64_t origin, const Shape& view_shape,
                             const Strides& view_strides) {
  return as_result_number(call, [&](auto number) {
    using T = decltype(number);
    auto self = call.read<T>(0);
    const auto source = call.read<T>(1);
    std::int64_t next = 0;
    for_each_index(view_shape, [&](const Shape& index) {
      self[origin + position_of(index, view_strides)] = source[next++];
    });
    return call.results(self);
  });
}

std::vector<Value> slice_scatter(const Call& call) {
  Shape shape = call.value(0).shape;
  Strides strides = contiguous_strides(shape);
  const auto dim = static_cast<std::size_t>(wrapped(call.integer(0), shape.size()));
  const std::int64_t origin = call.integer(1) * strides[dim];
  shape[dim] = call.integer(2);
  strides[dim] *= call.integer(3);
  return scattered(call, origin, shape, strides);
}

std::vector<Value> select_scatter(const Call& call) {
  Shape shape = call.value(0).shape;
  Strides strides = contiguous_strides(shape);
  const auto dim = static_cast<std::size_t>(wrapped(call.integer(0), shape.size()));
  const std::int64_t index = call.integer(1) < 0 ? call.integer(1) + shape[dim] : call.integer(1);
  const std::int64_t origin = index * strides[dim];
  shape.erase(dim);
  strides.erase(dim);
  return scattered(call, origin, shape, strides);
}

std::vector<Value> diagonal_scatter(const Call& call) {
  const Shape& self = call.value(0).shape;
  Strides strides = contiguous_strides(self);
  const auto row_dim = static_cast<std::size_t>(wrapped(call.integer(1), self.size()));
  const auto column_dim = static_cast<std::size_t>(wrapped(call.integer(2), self.size()));
  const std::int64_t offset = call.integer(0);
  const std::int64_t origin =
      offset >= 0 ? offset * strides[column_dim] : -offset * strides[row_dim];
  const std::int64_t along = strides[row_dim] + strides[column_dim];
  strides.erase(std::max(row_dim, column_dim));
  strides.erase(std::min(row_dim, column_dim));
  strides.push_back(along);
  return scattered(call, origin, call.value(1).shape, strides);
}

constexpr KernelEntry kKernels[] = {
    {Op::cat, cat},
    {Op::stack, stack},
    {Op::flip, flip},
    {Op::roll, roll},
    {Op::tril, triangle<true>},
    {Op::triu, triangle<false>},
    {Op::slice_scatter, slice_scatter},
    {Op::select_scatter, select_scatter},
    {Op::diagonal_scatter, diagonal_scatter},
};

}  // namespace

std::span<const KernelEntry> arrangement_kernels() { return kKernels; }

}  // namespace gt::worker::reference

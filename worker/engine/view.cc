#include "worker/engine/view.h"

#include <algorithm>
#include <string>

#include "common/ops/inference.h"

namespace gt::worker {

Value view(const Value& value, const Shape& shape, const Strides& strides,
           std::int64_t offset_delta) {
  return {value.buffer, value.offset + offset_delta, value.dtype, shape, strides};
}

Value permuted(const Value& value, std::span<const std::int64_t> order) {
  Shape shape;
  Strides strides;
  for (std::int64_t d : order) {
    shape.push_back(value.shape[static_cast<std::size_t>(d)]);
    strides.push_back(value.strides[static_cast<std::size_t>(d)]);
  }
  return view(value, shape, strides);
}

Value moved_to_end(const Value& value, std::int64_t dim) {
  if (value.shape.empty()) return value;
  Shape order;
  for (std::int64_t d = 0; d < static_cast<std::int64_t>(value.shape.size()); ++d)
    if (d != dim) order.push_back(d);
  order.push_back(dim);
  return permuted(value, order);
}

Value moved_from_end(const Value& value, std::int64_t dim) {
  if (value.shape.empty()) return value;
  Shape order;
  for (std::int64_t d = 0; d + 1 < static_cast<std::int64_t>(value.shape.size()); ++d)
    order.push_back(d);
  order.insert(static_cast<std::size_t>(dim), static_cast<std::int64_t>(value.shape.size()) - 1);
  return permuted(value, order);
}

Value broadcast_to(const Value& value, const Shape& shape) {
  Strides strides(shape.size(), 0);
  const std::size_t skipped = shape.size() - value.shape.size();
  for (std::size_t d = 0; d < value.shape.size(); ++d)
    strides[skipped + d] = value.shape[d] == 1 ? 0 : value.strides[d];
  return view(value, shape, strides);
}

namespace {

/// Strides with which the elements of `value` appear in `shape`, if they can without a copy.
std::optional<Strides> reshaped_strides(const Value& value, const Shape& shape) {
  if (value.is_contiguous()) return contiguous_strides(shape);
  Strides strides(shape.size(), 0);
  std::int64_t target = static_cast<std::int64_t>(shape.size()) - 1;
  std::int64_t run_stride = value.strides.back();
  std::int64_t old_count = 1;
  std::int64_t new_count = 1;
  for (std::size_t d = value.shape.size(); d-- > 0;) {
    old_count *= value.shape[d];
    const bool run_ends =
        d == 0 || (value.shape[d - 1] != 1 && value.strides[d - 1] != old_count * run_stride);
    if (!run_ends) continue;
    while (target >= 0) {
      const std::int64_t size = shape[static_cast<std::size_t>(target)];
      if (new_count >= old_count && size != 1) break;
      strides[static_cast<std::size_t>(target)] = new_count * run_stride;
      new_count *= size;
      --target;
    }
    if (new_count != old_count) return std::nullopt;
    if (d > 0) run_stride = value.strides[d - 1];
    old_count = new_count = 1;
  }
  return target == -1 ? std::optional(strides) : std::nullopt;
}

std::size_t dim_of(const Value& value, std::int64_t dim) {
  return static_cast<std::size_t>(
      wrap_dimension(dim, static_cast<std::int64_t>(value.shape.size())));
}

Value permute(const Value& value, std::span<const std::int64_t> dims) {
  Shape order;
  for (std::int64_t dim : dims) order.push_back(static_cast<std::int64_t>(dim_of(value, dim)));
  return permuted(value, order);
}

Value slice(const Value& value, std::size_t dim, std::int64_t start, std::int64_t length,
            std::int64_t step) {
  if (start < 0) start += value.shape[dim];
  Value result = value;
  if (length > 0) result.offset += start * value.strides[dim];
  result.shape[dim] = length;
  result.strides[dim] *= step;
  return result;
}

Value select(const Value& value, std::size_t dim, std::int64_t index) {
  if (index < 0) index += value.shape[dim];
  Value result = value;
  result.offset += index * value.strides[dim];
  result.shape.erase(dim);
  result.strides.erase(dim);
  return result;
}

Value diagonal(const Value& value, std::int64_t offset, std::size_t dim1, std::size_t dim2) {
  const std::int64_t rows = value.shape[dim1] + std::min<std::int64_t>(offset, 0);
  const std::int64_t columns = value.shape[dim2] - std::max<std::int64_t>(offset, 0);
  const std::int64_t length = std::max<std::int64_t>(std::min(rows, columns), 0);
  const std::int64_t stride = value.strides[dim1] + value.strides[dim2];
  Value result = value;
  if (length > 0)
    result.offset += offset >= 0 ? offset * value.strides[dim2] : -offset * value.strides[dim1];
  for (std::size_t dim : {std::max(dim1, dim2), std::min(dim1, dim2)}) {
    result.shape.erase(dim);
    result.strides.erase(dim);
  }
  result.shape.push_back(length);
  result.strides.push_back(stride);
  return result;
}

Value unfold(const Value& value, std::int64_t dimension, std::int64_t size, std::int64_t step) {
  Value result = value;
  if (value.shape.empty()) {
    result.shape.push_back(size);
    result.strides.push_back(1);
    return result;
  }
  const std::size_t dim = dim_of(value, dimension);
  result.shape[dim] = (value.shape[dim] - size) / step + 1;
  result.strides[dim] *= step;
  result.shape.push_back(size);
  result.strides.push_back(value.strides[dim]);
  return result;
}

}  // namespace

std::optional<Value> view_of_row(const OpRow& row, const Attributes& attributes, const Shape& shape,
                                 const Value& value) {
  const auto integer = [&](std::size_t k) { return attributes.integer(row, k); };
  const auto dim = [&](std::size_t k) { return dim_of(value, integer(k)); };
  const Op op = row.op;
  if (op == Op::reshape) {
    const auto strides = reshaped_strides(value, shape);
    return strides ? std::optional(view(value, shape, *strides)) : std::nullopt;
  }
  if (op == Op::expand) return broadcast_to(value, shape);
  if (op == Op::permute) return permute(value, attributes.integers(row, 0));
  if (op == Op::slice || op == Op::slice_scatter)
    return slice(value, dim(0), integer(1), integer(2), integer(3));
  if (op == Op::select || op == Op::select_scatter) return select(value, dim(0), integer(1));
  if (op == Op::diagonal || op == Op::diagonal_scatter)
    return diagonal(value, integer(0), dim(1), dim(2));
  GT_INVARIANT(op == Op::unfold, std::string(row.name));
  return unfold(value, integer(0), integer(1), integer(2));
}

std::optional<Strides> view_strides(const OpRow& row, const Attributes& attributes,
                                    const Shape& shape, const Shape& from, const Strides& strides) {
  Value value;
  value.shape = from;
  value.strides = strides;
  const std::optional<Value> found = view_of_row(row, attributes, shape, value);
  return found ? std::optional(found->strides) : std::nullopt;
}

}  // namespace gt::worker

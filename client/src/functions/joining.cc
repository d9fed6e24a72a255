// Joining, repeating and reordering; regions replaced by others.
#include <gt/error.h>
#include <gt/functions.h>
#include <gt/macros.h>

#include <algorithm>

#include "client/src/tensor/call.h"

namespace gt {

using detail::call;
using detail::call_in_place;

namespace {

std::span<const std::int64_t> as_span(IntArrayRef values) { return {values.data(), values.size()}; }

std::vector<detail::CallOperand> as_operands(TensorList tensors) {
  return {tensors.begin(), tensors.end()};
}

/// A half-open range of positions as start and number of elements, clamped as a Python slice.
struct Region {
  std::int64_t start;
  std::int64_t length;
};

Region region_of(std::int64_t size, optional<std::int64_t> start, optional<std::int64_t> end,
                 std::int64_t step) {
  if (step < 1) throw ValueError("[slice_scatter] step must be greater than zero");
  const auto clamped = [&](std::int64_t position) {
    return std::clamp<std::int64_t>(position < 0 ? position + size : position, 0, size);
  };
  const std::int64_t first = clamped(start.value_or(0));
  const std::int64_t last = clamped(end.value_or(size));
  return {first, last > first ? (last - first + step - 1) / step : 0};
}

}  // namespace

Tensor cat(TensorList tensors, std::int64_t dim) {
  GT_ENTRY();
  return call(Op::cat, as_operands(tensors), make_attributes(Op::cat, dim));
}

Tensor concat(TensorList tensors, std::int64_t dim) {
  GT_ENTRY();
  return cat(tensors, dim);
}

Tensor stack(TensorList tensors, std::int64_t dim) {
  GT_ENTRY();
  return call(Op::stack, as_operands(tensors), make_attributes(Op::stack, dim));
}

Tensor flip(const Tensor& self, IntArrayRef dims) {
  GT_ENTRY();
  return call(Op::flip, {self}, make_attributes(Op::flip, as_span(dims)));
}

Tensor Tensor::flip(IntArrayRef dims) const {
  GT_ENTRY();
  return gt::flip(*this, dims);
}

Tensor roll(const Tensor& self, IntArrayRef shifts, IntArrayRef dims) {
  GT_ENTRY();
  return call(Op::roll, {self}, make_attributes(Op::roll, as_span(shifts), as_span(dims)));
}

Tensor Tensor::roll(IntArrayRef shifts, IntArrayRef dims) const {
  GT_ENTRY();
  return gt::roll(*this, shifts, dims);
}

namespace {

/// The tensor `repeats` times in a row along one dim, seen as (before, dim, after) to stay within
/// eight dims whatever its rank.
Tensor repeat_dim(const Tensor& x, std::size_t dim, std::int64_t repeats) {
  std::vector<std::int64_t> merged(x.sizes().begin(), x.sizes().end());
  const std::int64_t size = merged[dim];
  std::int64_t before = 1, after = 1;
  for (std::size_t i = 0; i < dim; ++i) before *= merged[i];
  for (std::size_t i = dim + 1; i < merged.size(); ++i) after *= merged[i];
  merged[dim] *= repeats;
  return x.reshape({before, 1, size, after}).expand({before, repeats, size, after}).reshape(merged);
}

}  // namespace

Tensor Tensor::repeat(IntArrayRef repeats) const {
  GT_ENTRY();
  if (static_cast<std::int64_t>(repeats.size()) < dim())
    throw Error(
        "[repeat] Number of dimensions of repeat dims can not be smaller than number of "
        "dimensions of tensor");
  std::vector<std::int64_t> padded(repeats.size() - static_cast<std::size_t>(dim()), 1);
  padded.insert(padded.end(), sizes().begin(), sizes().end());
  std::vector<std::int64_t> repeated = padded;
  for (std::size_t i = 0; i < repeats.size(); ++i) repeated[i] *= repeats[i];
  for (const std::int64_t size : repeated)
    if (size < 0)
      throw Error(str("[repeat] Trying to create tensor with negative dimension ", size, ": ",
                      IntArrayRef(repeated)));
  Tensor result = reshape(padded).clone();
  for (std::size_t i = 0; i < repeats.size(); ++i)
    if (repeats[i] != 1) result = repeat_dim(result, i, repeats[i]);
  return result;
}

Tensor repeat_interleave(const Tensor& self, std::int64_t repeats, optional<std::int64_t> dim) {
  GT_ENTRY();
  if (repeats < 0) throw Error("[repeat_interleave] Repeats must be non-negative");
  const Tensor source = dim ? self : self.flatten();
  const std::int64_t along = dim ? wrap_dimension(*dim, self.dim()) : 0;
  std::vector<std::int64_t> expanded(source.sizes().begin(), source.sizes().end());
  std::vector<std::int64_t> merged = expanded;
  expanded.insert(expanded.begin() + along + 1, repeats);
  merged[static_cast<std::size_t>(along)] *= repeats;
  return source.unsqueeze(along + 1).expand(expanded).clone().reshape(merged);
}

Tensor Tensor::repeat_interleave(std::int64_t repeats, optional<std::int64_t> dim) const {
  GT_ENTRY();
  return gt::repeat_interleave(*this, repeats, dim);
}

Tensor tile(const Tensor& self, IntArrayRef dims) {
  GT_ENTRY();
  std::vector<std::int64_t> repeats(dims.begin(), dims.end());
  while (static_cast<std::int64_t>(repeats.size()) < self.dim()) repeats.insert(repeats.begin(), 1);
  return self.repeat(repeats);
}

Tensor Tensor::tile(IntArrayRef dims) const {
  GT_ENTRY();
  return gt::tile(*this, dims);
}

#define GT_TRIANGLE(name)                                                                \
  Tensor name(const Tensor& self, std::int64_t diagonal) {                               \
    GT_ENTRY();                                                                          \
    return call(Op::name, {self}, make_attributes(Op::name, diagonal));                  \
  }                                                                                      \
  Tensor Tensor::name(std::int64_t diagonal) const {                                     \
    GT_ENTRY();                                                                          \
    return gt::name(*this, diagonal);                                                    \
  }                                                                                      \
  Tensor& Tensor::name##_(std::int64_t diagonal) const {                                 \
    GT_ENTRY();                                                                          \
    return call_in_place(*this, Op::name, {*this}, make_attributes(Op::name, diagonal)); \
  }

GT_TRIANGLE(tril)
GT_TRIANGLE(triu)
#undef GT_TRIANGLE

Tensor slice_scatter(const Tensor& self, const Tensor& src, std::int64_t dim,
                     optional<std::int64_t> start, optional<std::int64_t> end, std::int64_t step) {
  GT_ENTRY();
  const Region region = region_of(self.size(dim), start, end, step);
  return call(Op::slice_scatter, {self, src},
              make_attributes(Op::slice_scatter, dim, region.start, region.length, step));
}

Tensor Tensor::slice_scatter(const Tensor& src, std::int64_t dim, optional<std::int64_t> start,
                             optional<std::int64_t> end, std::int64_t step) const {
  GT_ENTRY();
  return gt::slice_scatter(*this, src, dim, start, end, step);
}

Tensor select_scatter(const Tensor& self, const Tensor& src, std::int64_t dim, std::int64_t index) {
  GT_ENTRY();
  return call(Op::select_scatter, {self, src}, make_attributes(Op::select_scatter, dim, index));
}

Tensor Tensor::select_scatter(const Tensor& src, std::int64_t dim, std::int64_t index) const {
  GT_ENTRY();
  return gt::select_scatter(*this, src, dim, index);
}

Tensor diagonal_scatter(const Tensor& self, const Tensor& src, std::int64_t offset,
                        std::int64_t dim1, std::int64_t dim2) {
  GT_ENTRY();
  return call(Op::diagonal_scatter, {self, src},
              make_attributes(Op::diagonal_scatter, offset, dim1, dim2));
}

Tensor Tensor::diagonal_scatter(const Tensor& src, std::int64_t offset, std::int64_t dim1,
                                std::int64_t dim2) const {
  GT_ENTRY();
  return gt::diagonal_scatter(*this, src, offset, dim1, dim2);
}

}  // namespace gt

// Small pieces that several gradient rules share.
#pragma once

#include <algorithm>
#include <vector>

#include "common/ops/gradient.h"

namespace gt::gradients {

/// A tensor of zeros with this meta.
template <class B>
typename B::Value zeros(B& b, const TensorMeta& meta) {
  return b.full({}, meta.shape, ScalarValue(0), meta.dtype);
}

/// Zeros with the shape and dtype of operand `k`.
template <class B>
typename B::Value zeros_like_operand(GradientContext<B>& c, std::size_t k) {
  return zeros(c.b, TensorMeta{c.operand_metas[k].dtype, c.operand_metas[k].shape, {}});
}

/// Zeros with the shape of operand `k` and the dtype of the gradient, into which the gradient is
/// written at some positions.
template <class B>
typename B::Value zero_target(GradientContext<B>& c, std::size_t k) {
  return zeros(c.b, TensorMeta{c.b.meta(c.grad()).dtype, c.operand_metas[k].shape, {}});
}

/// Dims of a reduction as a bit set; an empty list means all.
inline std::vector<bool> reduced_dims(std::span<const std::int64_t> dims, std::size_t rank) {
  std::vector<bool> reduced(rank, dims.empty());
  for (std::int64_t dim : dims)
    if (rank != 0)
      reduced[static_cast<std::size_t>(wrap_dimension(dim, static_cast<std::int64_t>(rank)))] =
          true;
  return reduced;
}

/// Elements that fall into one of the reduction.
inline std::int64_t reduced_count(const Shape& shape, std::span<const std::int64_t> dims) {
  const std::vector<bool> reduced = reduced_dims(dims, shape.size());
  std::int64_t count = 1;
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (reduced[i]) count *= shape[i];
  return count;
}

/// A reduction's result (or its gradient) with the reduced dims kept as size 1, so that it
/// broadcasts against operand 0.
template <class B>
typename B::Value keep_dims(GradientContext<B>& c, const typename B::Value& value,
                            std::span<const std::int64_t> dims) {
  const Shape& shape = c.operand_metas[0].shape;
  const std::vector<bool> reduced = reduced_dims(dims, shape.size());
  Shape kept = shape;
  for (std::size_t i = 0; i < kept.size(); ++i)
    if (reduced[i]) kept[i] = 1;
  return c.b.meta(value).shape == kept ? value : c.b.reshape({value}, kept);
}

/// The transpose of the last two dims.
template <class B>
typename B::Value transpose_matrix(B& b, const typename B::Value& value) {
  const std::size_t rank = b.meta(value).shape.size();
  Shape order;
  for (std::size_t i = 0; i < rank; ++i) order.push_back(static_cast<std::int64_t>(i));
  std::swap(order[rank - 1], order[rank - 2]);
  return b.permute({value}, order);
}

/// Calls a row with several results.
template <class B, class... Values>
std::vector<typename B::Value> call_all(B& b, Op op,
                                        std::initializer_list<Argument<typename B::Value>> operands,
                                        const Values&... attributes) {
  return b.call_all(op, std::span(operands.begin(), operands.size()),
                    make_attributes(op, attributes...));
}

}  // namespace gt::gradients

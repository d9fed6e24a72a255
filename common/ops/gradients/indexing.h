// Gradient rules of the rows that move elements by position or by index tensors.
#pragma once

#include "common/ops/gradients/helpers.h"

namespace gt::gradients {

/// Each operand gets its slice back. One-dimensional empty operands of other rank count as absent,
/// as in LibTorch.
template <class B>
void cat(GradientContext<B>& c) {
  const auto rank = static_cast<std::int64_t>(c.result_metas[0].shape.size());
  const std::int64_t dim = wrap_dimension(c.attributes.integer(c.row, 0), rank);
  std::int64_t start = 0;
  for (std::size_t k = 0; k < c.operand_metas.size(); ++k) {
    const Shape& shape = c.operand_metas[k].shape;
    if (static_cast<std::int64_t>(shape.size()) != rank) {
      if (c.needs(k)) c.set(k, zeros_like_operand(c, k));
      continue;
    }
    const std::int64_t length = shape[static_cast<std::size_t>(dim)];
    if (c.needs(k)) c.set(k, c.b.slice({c.grad()}, dim, start, length, 1));
    start += length;
  }
}

template <class B>
void stack(GradientContext<B>& c) {
  const std::int64_t dim = c.attributes.integer(c.row, 0);
  for (std::size_t k = 0; k < c.operand_metas.size(); ++k)
    if (c.needs(k)) c.set(k, c.b.select({c.grad()}, dim, static_cast<std::int64_t>(k)));
}

template <class B>
void flip(GradientContext<B>& c) {
  c.set(0, c.b.flip({c.grad()}, c.attributes.integers(c.row, 0)));
}

template <class B>
void roll(GradientContext<B>& c) {
  Shape back(c.attributes.integers(c.row, 0));
  for (std::int64_t& shift : back) shift = -shift;
  c.set(0, c.b.roll({c.grad()}, back, c.attributes.integers(c.row, 1)));
}

template <class B>
void tril(GradientContext<B>& c) {
  c.set(0, c.b.tril({c.grad()}, c.attributes.integer(c.row, 0)));
}

template <class B>
void triu(GradientContext<B>& c) {
  c.set(0, c.b.triu({c.grad()}, c.attributes.integer(c.row, 0)));
}

template <class B>
void slice_scatter(GradientContext<B>& c) {
  const Attributes& a = c.attributes;
  const auto dim = a.integer(c.row, 0), start = a.integer(c.row, 1), length = a.integer(c.row, 2),
             step = a.integer(c.row, 3);
  if (c.needs(0))
    c.set(0, c.b.slice_scatter({c.grad(), zero_target(c, 1)}, dim, start, length, step));
  if (c.needs(1)) c.set(1, c.b.slice({c.grad()}, dim, start, length, step));
}

template <class B>
void select_scatter(GradientContext<B>& c) {
  const auto dim = c.attributes.integer(c.row, 0), index = c.attributes.integer(c.row, 1);
  if (c.needs(0)) c.set(0, c.b.select_scatter({c.grad(), zero_target(c, 1)}, dim, index));
  if (c.needs(1)) c.set(1, c.b.select({c.grad()}, dim, index));
}

template <class B>
void diagonal_scatter(GradientContext<B>& c) {
  const Attributes& a = c.attributes;
  const auto offset = a.integer(c.row, 0), dim1 = a.integer(c.row, 1), dim2 = a.integer(c.row, 2);
  if (c.needs(0)) c.set(0, c.b.diagonal_scatter({c.grad(), zero_target(c, 1)}, offset, dim1, dim2));
  if (c.needs(1)) c.set(1, c.b.diagonal({c.grad()}, offset, dim1, dim2));
}

namespace detail {

/// Calls a row whose operands end in the index list of this instruction (from operand `first`).
template <class B>
typename B::Value call_with_indices(GradientContext<B>& c, Op op,
                                    std::initializer_list<Argument<typename B::Value>> leading,
                                    std::size_t first, const Attributes& attributes) {
  std::vector<Argument<typename B::Value>> operands(leading);
  for (std::size_t k = first; k < c.operands.size(); ++k) operands.push_back(c.operands[k]);
  return c.b.call(op, operands, attributes);
}

}  // namespace detail

template <class B>
void index(GradientContext<B>& c) {
  c.set(0, detail::call_with_indices(c, Op::index_put, {zero_target(c, 0), c.grad()}, 1,
                                     make_attributes(Op::index_put, true)));
}

template <class B>
void index_put(GradientContext<B>& c) {
  const bool accumulate = c.attributes.boolean(c.row, 0);
  if (c.needs(0) && accumulate) c.set(0, c.grad());
  if (c.needs(0) && !accumulate) {
    const auto nothing = zeros(c.b, TensorMeta{c.b.meta(c.grad()).dtype, {}, {}});
    c.set(0, detail::call_with_indices(c, Op::index_put, {c.grad(), nothing}, 2,
                                       make_attributes(Op::index_put, false)));
  }
  if (c.needs(1))
    c.set(1, detail::call_with_indices(c, Op::index, {c.grad()}, 2, make_attributes(Op::index)));
}

template <class B>
void index_select(GradientContext<B>& c) {
  c.set(0, c.b.index_add({zero_target(c, 0), c.argument(1), c.grad()},
                         c.attributes.integer(c.row, 0), ScalarValue(1)));
}

template <class B>
void gather(GradientContext<B>& c) {
  c.set(0, c.b.scatter_add({zero_target(c, 0), c.argument(1), c.grad()},
                           c.attributes.integer(c.row, 0)));
}

template <class B>
void scatter(GradientContext<B>& c) {
  const std::int64_t dim = c.attributes.integer(c.row, 0);
  if (c.needs(0)) {
    const TensorMeta meta{c.b.meta(c.grad()).dtype, c.operand_metas[1].shape, {}};
    c.set(0, c.b.scatter({c.grad(), c.argument(1), zeros(c.b, meta)}, dim));
  }
  if (c.needs(2)) c.set(2, c.b.gather({c.grad(), c.argument(1)}, dim));
}

template <class B>
void scatter_add(GradientContext<B>& c) {
  if (c.needs(0)) c.set(0, c.grad());
  if (c.needs(2)) c.set(2, c.b.gather({c.grad(), c.argument(1)}, c.attributes.integer(c.row, 0)));
}

template <class B>
void index_add(GradientContext<B>& c) {
  if (c.needs(0)) c.set(0, c.grad());
  if (!c.needs(2)) return;
  const auto picked = c.b.index_select({c.grad(), c.argument(1)}, c.attributes.integer(c.row, 0));
  c.set(2, c.b.mul({picked, c.attributes.scalar(c.row, 1)}));
}

template <class B>
void index_copy(GradientContext<B>& c) {
  const std::int64_t dim = c.attributes.integer(c.row, 0);
  if (c.needs(0)) c.set(0, c.b.index_fill({c.grad(), c.argument(1)}, dim, ScalarValue(0)));
  if (c.needs(2)) c.set(2, c.b.index_select({c.grad(), c.argument(1)}, dim));
}

template <class B>
void index_fill(GradientContext<B>& c) {
  c.set(0,
        c.b.index_fill({c.grad(), c.argument(1)}, c.attributes.integer(c.row, 0), ScalarValue(0)));
}

/// The gradient goes back to the positions the mask had chosen; their number is known by now.
template <class B>
void masked_select(GradientContext<B>& c) {
  const Shape shape = broadcast_shape(c.operand_metas[0].shape, c.operand_metas[1].shape);
  const std::int64_t total = element_count(shape);
  const std::int64_t count = c.result_metas[0].shape[0];
  const auto mask = c.b.reshape({c.b.expand({c.argument(1)}, shape)}, Shape{total});
  const auto positions = c.b.reshape({c.b.nonzero({mask}, count)}, Shape{count});
  const auto target = zeros(c.b, TensorMeta{c.b.meta(c.grad()).dtype, Shape{total}, {}});
  c.set(0, c.b.reshape({c.b.index_put({target, c.grad(), positions}, false)}, shape));
}

template <class B>
void embedding(GradientContext<B>& c) {
  c.set(0, c.b.embedding_dense_backward({c.grad(), c.argument(1)}, c.operand_metas[0].shape[0],
                                        c.attributes.integer(c.row, 0), false));
}

}  // namespace gt::gradients

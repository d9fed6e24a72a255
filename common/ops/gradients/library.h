// Gradient rules of matrix products and sorting.
#pragma once

#include "common/ops/gradients/reduction.h"

namespace gt::gradients {

namespace detail {

/// The gradient of the right matrix of a product, in the memory order of that matrix, so that an
/// update walks both in one order (as LibTorch's mm_mat2_backward).
template <class B>
typename B::Value right_gradient(GradientContext<B>& c, std::size_t left, std::size_t right) {
  if (c.is_transposed(right))
    return transpose_matrix(c.b, c.b.mm({transpose_matrix(c.b, c.grad()), c.operand(left)}));
  return c.b.mm({transpose_matrix(c.b, c.operand(left)), c.grad()});
}

}  // namespace detail

template <class B>
void mm(GradientContext<B>& c) {
  if (c.needs(0)) c.set(0, c.b.mm({c.grad(), transpose_matrix(c.b, c.operand(1))}));
  if (c.needs(1)) c.set(1, detail::right_gradient(c, 0, 1));
}

template <class B>
void bmm(GradientContext<B>& c) {
  if (c.needs(0)) c.set(0, c.b.bmm({c.grad(), transpose_matrix(c.b, c.operand(1))}));
  if (c.needs(1)) c.set(1, c.b.bmm({transpose_matrix(c.b, c.operand(0)), c.grad()}));
}

namespace detail {

template <class B>
typename B::Value scaled(B& b, const typename B::Value& value, ScalarValue factor) {
  return factor.to_double() == 1.0 ? value : b.mul({value, factor});
}

}  // namespace detail

template <class B>
void addmm(GradientContext<B>& c) {
  const ScalarValue beta = c.attributes.scalar(c.row, 0), alpha = c.attributes.scalar(c.row, 1);
  if (c.needs(0)) c.set(0, detail::scaled(c.b, c.grad(), beta));
  if (c.needs(1))
    c.set(1, detail::scaled(c.b, c.b.mm({c.grad(), transpose_matrix(c.b, c.operand(2))}), alpha));
  if (c.needs(2)) c.set(2, detail::scaled(c.b, detail::right_gradient(c, 1, 2), alpha));
}

template <class B>
void baddbmm(GradientContext<B>& c) {
  const ScalarValue beta = c.attributes.scalar(c.row, 0), alpha = c.attributes.scalar(c.row, 1);
  if (c.needs(0)) c.set(0, detail::scaled(c.b, c.grad(), beta));
  if (c.needs(1))
    c.set(1, detail::scaled(c.b, c.b.bmm({c.grad(), transpose_matrix(c.b, c.operand(2))}), alpha));
  if (c.needs(2))
    c.set(2, detail::scaled(c.b, c.b.bmm({transpose_matrix(c.b, c.operand(1)), c.grad()}), alpha));
}

template <class B>
void sort(GradientContext<B>& c) {
  detail::scatter_to_chosen(c, c.attributes.integer(c.row, 1), true);
}

template <class B>
void topk(GradientContext<B>& c) {
  detail::scatter_to_chosen(c, c.attributes.integer(c.row, 1), true);
}

}  // namespace gt::gradients

// Gradient rules of matrix products and sorting.
#pragma once

#include "common/ops/gradients/reduction.h"

namespace gt::gradients {

template <class B>
void mm(GradientContext<B>& c) {
  if (c.needs(0)) c.set(0, c.b.mm({c.grad(), transpose_matrix(c.b, c.operand(1))}));
  if (c.needs(1)) c.set(1, c.b.mm({transpose_matrix(c.b, c.operand(0)), c.grad()}));
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
  if (c.needs(2))
    c.set(2, detail::scaled(c.b, c.b.mm({transpose_matrix(c.b, c.operand(1)), c.grad()}), alpha));
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

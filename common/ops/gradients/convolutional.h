// Gradient rules of convolution, batch norm and pooling: each is one instruction, as its forward
// form is.
#pragma once

#include "common/ops/gradients/helpers.h"

namespace gt::gradients {

template <class B>
void convolution(GradientContext<B>& c) {
  std::int64_t mask = 0;
  for (std::size_t k = 0; k < 3; ++k)
    if (c.needs(k)) mask |= std::int64_t{1} << k;
  const auto list = [&](std::size_t k) { return c.attributes.integers(c.row, k); };
  const auto grads =
      call_all(c.b, Op::convolution_backward, {c.grad(), c.argument(0), c.argument(1)}, list(0),
               list(1), list(2), c.attributes.integer(c.row, 3), mask);
  for (std::size_t k = 0; k < 3; ++k)
    if (c.needs(k)) c.set(k, grads[k]);
}

/// The running operands receive no gradient: they are buffers.
template <class B>
void native_batch_norm(GradientContext<B>& c) {
  if (!static_cast<bool>(c.grad(0))) return;
  const auto grads = call_all(c.b, Op::native_batch_norm_backward,
                              {c.grad(0), c.argument(0), c.result(1), c.result(2), c.argument(1)},
                              c.attributes.boolean(c.row, 0));
  for (std::size_t k = 0; k < 3; ++k)
    if (c.needs(k)) c.set(k, grads[k]);
}

namespace detail {

/// Height and width of the planes that were pooled.
template <class B>
Shape plane_size(const GradientContext<B>& c) {
  const Shape& input = c.operand_metas[0].shape;
  return {input[input.size() - 2], input[input.size() - 1]};
}

}  // namespace detail

template <class B>
void max_pool2d_with_indices(GradientContext<B>& c) {
  if (!static_cast<bool>(c.grad(0))) return;
  c.set(0, c.b.max_pool2d_backward({c.grad(0), c.result(1)}, detail::plane_size(c)));
}

template <class B>
void avg_pool2d(GradientContext<B>& c) {
  c.set(0, c.b.avg_pool2d_backward({c.grad()}, detail::plane_size(c),
                                   c.attributes.integers(c.row, 0), c.attributes.boolean(c.row, 1),
                                   c.attributes.boolean(c.row, 2), c.attributes.integer(c.row, 3)));
}

template <class B>
void adaptive_avg_pool2d(GradientContext<B>& c) {
  c.set(0, c.b.adaptive_avg_pool2d_backward({c.grad()}, detail::plane_size(c)));
}

}  // namespace gt::gradients

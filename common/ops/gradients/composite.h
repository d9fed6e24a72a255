// Gradient rules of the composites: each is one instruction, as its forward form is.
#pragma once

#include "common/ops/gradients/helpers.h"

namespace gt::gradients {

template <class B>
void softmax(GradientContext<B>& c) {
  c.set(0, c.b.softmax_backward({c.grad(), c.result()}, c.attributes.integer(c.row, 0),
                                c.result_metas[0].dtype));
}

template <class B>
void log_softmax(GradientContext<B>& c) {
  c.set(0, c.b.log_softmax_backward({c.grad(), c.result()}, c.attributes.integer(c.row, 0),
                                    c.result_metas[0].dtype));
}

template <class B>
void native_layer_norm(GradientContext<B>& c) {
  if (!static_cast<bool>(c.grad(0))) return;
  const auto grads =
      call_all(c.b, Op::native_layer_norm_backward,
               {c.grad(0), c.argument(0), c.result(1), c.result(2), c.argument(1), c.argument(2)},
               c.attributes.integers(c.row, 0));
  for (std::size_t k = 0; k < 3; ++k)
    if (c.needs(k)) c.set(k, grads[k]);
}

namespace detail {

/// Gradient of the loss for probabilities as target: minus the (weighted) log-probabilities.
template <class B>
typename B::Value cross_entropy_target_grad(GradientContext<B>& c) {
  const Shape& shape = c.operand_metas[0].shape;
  const std::size_t class_dim = shape.size() == 1 ? 0 : 1;
  Shape row_shape = shape;
  row_shape[class_dim] = 1;
  const auto log_sum = c.b.reshape({c.result(1)}, row_shape);
  auto slope = c.b.sub({log_sum, c.argument(0)}, ScalarValue(1));
  if (static_cast<bool>(c.operand(2))) {
    Shape weight_shape(shape.size(), 1);
    weight_shape[class_dim] = shape[class_dim];
    slope = c.b.mul({slope, c.b.reshape({c.operand(2)}, weight_shape)});
  }
  const std::int64_t reduction = c.attributes.integer(c.row, 0);
  double factor = 1.0 - c.attributes.real(c.row, 2);
  if (reduction == 1) factor /= static_cast<double>(element_count(row_shape));
  const auto grad = reduction == 0 ? c.b.reshape({c.grad(0)}, row_shape) : c.grad(0);
  return c.b.mul({c.b.mul({slope, factor}), grad});
}

}  // namespace detail

template <class B>
void cross_entropy(GradientContext<B>& c) {
  if (!static_cast<bool>(c.grad(0))) return;
  if (c.needs(0))
    c.set(0, c.b.cross_entropy_backward(
                 {c.grad(0), c.argument(0), c.argument(1), c.result(1), c.argument(2)},
                 c.attributes.integer(c.row, 0), c.attributes.integer(c.row, 1),
                 c.attributes.real(c.row, 2)));
  if (c.needs(1)) c.set(1, detail::cross_entropy_target_grad(c));
}

template <class B>
void mse_loss(GradientContext<B>& c) {
  const auto grad = c.b.mse_loss_backward({c.grad(), c.argument(0), c.argument(1)},
                                          c.attributes.integer(c.row, 0));
  if (c.needs(0)) c.set(0, grad);
  if (c.needs(1)) c.set(1, c.b.neg({grad}));
}

/// The mask receives no gradient: it is a constant of the program.
template <class B>
void scaled_dot_product_attention(GradientContext<B>& c) {
  if (!static_cast<bool>(c.grad(0))) return;
  const auto grads = call_all(c.b, Op::scaled_dot_product_attention_backward,
                              {c.grad(0), c.argument(0), c.argument(1), c.argument(2), c.result(0),
                               c.result(1), c.argument(3)},
                              c.attributes.boolean(c.row, 0), c.attributes.real(c.row, 1));
  for (std::size_t k = 0; k < 3; ++k)
    if (c.needs(k)) c.set(k, grads[k]);
}

/// The same elements survive: the mask is drawn again from the same key.
template <class B>
void dropout(GradientContext<B>& c) {
  const Attributes& a = c.attributes;
  c.set(0, c.b.dropout({c.grad()}, a.real(c.row, 0), a.integer(c.row, 1), a.integer(c.row, 2)));
}

}  // namespace gt::gradients

// Gradient rules of the reductions. Formulas: PyTorch's tools/autograd/derivatives.yaml.
#pragma once

#include <cmath>
#include <limits>

#include "common/ops/gradients/helpers.h"

namespace gt::gradients {

template <class B>
void sum(GradientContext<B>& c) {
  const auto kept = keep_dims(c, c.grad(), c.attributes.integers(c.row, 0));
  c.set(0, c.b.expand({kept}, c.operand_metas[0].shape));
}

template <class B>
void mean(GradientContext<B>& c) {
  const auto dims = c.attributes.integers(c.row, 0);
  const auto count = static_cast<double>(reduced_count(c.operand_metas[0].shape, dims));
  const auto share = c.b.div({keep_dims(c, c.grad(), dims), count});
  c.set(0, c.b.expand({share}, c.operand_metas[0].shape));
}

/// result / x, where no factor is zero; where exactly one is, the product of the others for it.
template <class B>
void prod(GradientContext<B>& c) {
  const auto dims = c.attributes.integers(c.row, 0);
  const auto is_zero = c.b.eq({c.argument(0), 0});
  const auto zero_count = c.b.sum({is_zero}, dims, true, kNoDType);
  const auto others = c.b.prod({c.b.where({is_zero, 1.0, c.argument(0)})}, dims, true, kNoDType);
  const auto quotient = c.b.div({keep_dims(c, c.result(), dims), c.argument(0)});
  const auto lone_zero = c.b.logical_and({is_zero, c.b.eq({zero_count, 1})});
  const auto without_zero = c.b.eq({zero_count, 0});
  const auto slope = c.b.where({without_zero, quotient, c.b.where({lone_zero, others, 0.0})});
  c.set(0, c.b.mul({keep_dims(c, c.grad(), dims), slope}));
}

template <class B>
void var(GradientContext<B>& c) {
  const auto dims = c.attributes.integers(c.row, 0);
  const double freedom = static_cast<double>(reduced_count(c.operand_metas[0].shape, dims)) -
                         c.attributes.real(c.row, 2);
  const auto mean_value = c.b.mean({c.argument(0)}, dims, true, kNoDType);
  const auto centred = c.b.sub({c.argument(0), mean_value}, ScalarValue(1));
  const auto scaled = c.b.mul({keep_dims(c, c.grad(), dims), 2.0 / freedom});
  c.set(0, c.b.mul({scaled, centred}));
}

namespace detail {

/// Spreads the gradient of an extremum evenly over the elements that attain it.
template <class B>
void spread_over_ties(GradientContext<B>& c) {
  const auto dims = c.attributes.integers(c.row, 0);
  const auto attains = c.b.eq({c.argument(0), keep_dims(c, c.result(), dims)});
  const auto count = c.b.sum({attains}, dims, true, kNoDType);
  const auto share = c.b.div({keep_dims(c, c.grad(), dims), count});
  c.set(0, c.b.mul({share, attains}));
}

/// Sends the gradient of values chosen along a dim to where they came from.
template <class B>
void scatter_to_chosen(GradientContext<B>& c, std::int64_t dim, bool keeps_dim) {
  auto grad = c.grad(0);
  if (!static_cast<bool>(grad)) return;
  auto indices = c.result(1);
  const std::size_t rank = c.operand_metas[0].shape.size();
  if (!keeps_dim && rank != 0) {
    Shape kept = c.b.meta(grad).shape;
    kept.insert(static_cast<std::size_t>(wrap_dimension(dim, static_cast<std::int64_t>(rank))), 1);
    grad = c.b.reshape({grad}, kept);
    indices = c.b.reshape({indices}, kept);
  }
  c.set(0, c.b.scatter({zero_target(c, 0), indices, grad}, dim));
}

}  // namespace detail

template <class B>
void amax(GradientContext<B>& c) {
  detail::spread_over_ties(c);
}

template <class B>
void amin(GradientContext<B>& c) {
  detail::spread_over_ties(c);
}

template <class B>
void max_dim(GradientContext<B>& c) {
  detail::scatter_to_chosen(c, c.attributes.integer(c.row, 0), c.attributes.boolean(c.row, 1));
}

template <class B>
void min_dim(GradientContext<B>& c) {
  detail::scatter_to_chosen(c, c.attributes.integer(c.row, 0), c.attributes.boolean(c.row, 1));
}

template <class B>
void logsumexp(GradientContext<B>& c) {
  const auto dims = c.attributes.integers(c.row, 0);
  const auto shifted = c.b.sub({c.argument(0), keep_dims(c, c.result(), dims)}, ScalarValue(1));
  c.set(0, c.b.mul({keep_dims(c, c.grad(), dims), c.b.exp({shifted})}));
}

/// Zero where the norm is zero, as LibTorch's norm_backward.
template <class B>
void vector_norm(GradientContext<B>& c) {
  const auto dims = c.attributes.integers(c.row, 0);
  const double order = c.attributes.real(c.row, 2);
  const auto norm = keep_dims(c, c.result(), dims);
  const auto grad = keep_dims(c, c.grad(), dims);
  if (order == 0.0) return c.set(0, zeros_like_operand(c, 0));
  if (order == 1.0) return c.set(0, c.b.mul({grad, c.b.sign({c.argument(0)})}));
  if (std::isinf(order)) {
    const auto attains = c.b.eq({c.b.abs({c.argument(0)}), norm});
    const auto count = c.b.sum({attains}, dims, true, kNoDType);
    const auto share = c.b.mul({c.b.div({grad, count}), attains});
    return c.set(0, c.b.mul({share, c.b.sign({c.argument(0)})}));
  }
  if (order == 2.0) {
    const auto direction = c.b.mul({c.argument(0), c.b.div({grad, norm})});
    return c.set(0, c.b.where({c.b.eq({norm, 0}), 0.0, direction}));
  }
  const auto magnitude = c.b.pow({c.b.abs({c.argument(0)}), order - 1.0});
  const auto signed_power = c.b.mul({c.b.sign({c.argument(0)}), magnitude});
  const auto scale = c.b.div({grad, c.b.pow({norm, order - 1.0})});
  c.set(0, c.b.where({c.b.eq({norm, 0}), 0.0, c.b.mul({signed_power, scale})}));
}

template <class B>
void cumsum(GradientContext<B>& c) {
  const std::int64_t dim = c.attributes.integer(c.row, 0);
  if (c.operand_metas[0].shape.empty()) return c.set(0, c.grad());
  const Shape dims{dim};
  const auto reversed = c.b.cumsum({c.b.flip({c.grad()}, dims)}, dim, kNoDType);
  c.set(0, c.b.flip({reversed}, dims));
}

}  // namespace gt::gradients

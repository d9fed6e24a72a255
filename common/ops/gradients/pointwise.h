// Gradient rules of the element-wise rows. Formulas: PyTorch's tools/autograd/derivatives.yaml.
#pragma once

#include <cmath>
#include <numbers>

#include "common/ops/gradients/helpers.h"

namespace gt::gradients {

/// Gradients of rows whose result is piecewise constant.
template <class B>
void zero(GradientContext<B>& c) {
  if (c.needs(0)) c.set(0, zeros_like_operand(c, 0));
}

template <class B>
void add(GradientContext<B>& c) {
  const ScalarValue alpha = c.attributes.scalar(c.row, 0);
  if (c.needs(0)) c.set(0, c.grad());
  if (c.needs(1)) c.set(1, alpha.to_double() == 1.0 ? c.grad() : c.b.mul({c.grad(), alpha}));
}

template <class B>
void sub(GradientContext<B>& c) {
  const ScalarValue alpha = c.attributes.scalar(c.row, 0);
  if (c.needs(0)) c.set(0, c.grad());
  if (!c.needs(1)) return;
  const auto negated = c.b.neg({c.grad()});
  c.set(1, alpha.to_double() == 1.0 ? negated : c.b.mul({negated, alpha}));
}

template <class B>
void mul(GradientContext<B>& c) {
  if (c.needs(0)) c.set(0, c.b.mul({c.grad(), c.argument(1)}));
  if (c.needs(1)) c.set(1, c.b.mul({c.grad(), c.argument(0)}));
}

template <class B>
void div(GradientContext<B>& c) {
  if (c.needs(0)) c.set(0, c.b.div({c.grad(), c.argument(1)}));
  if (!c.needs(1)) return;
  const auto quotient = c.b.div({c.b.div({c.argument(0), c.argument(1)}), c.argument(1)});
  c.set(1, c.b.mul({c.b.neg({c.grad()}), quotient}));
}

template <class B>
void remainder(GradientContext<B>& c) {
  if (c.needs(0)) c.set(0, c.grad());
  if (c.needs(1))
    c.set(1, c.b.mul({c.b.neg({c.grad()}), c.b.div_floor({c.argument(0), c.argument(1)})}));
}

template <class B>
void fmod(GradientContext<B>& c) {
  if (c.needs(0)) c.set(0, c.grad());
  if (c.needs(1))
    c.set(1, c.b.mul({c.b.neg({c.grad()}), c.b.div_trunc({c.argument(0), c.argument(1)})}));
}

namespace detail {

/// The logarithm of an operand; of a number in full precision, whatever its category.
template <class B>
Argument<typename B::Value> logarithm(B& b, const Argument<typename B::Value>& operand) {
  if (const auto* number = std::get_if<ScalarValue>(&operand.content))
    return std::log(number->to_double());
  return b.log({operand});
}

}  // namespace detail

template <class B>
void pow(GradientContext<B>& c) {
  const auto* number = std::get_if<ScalarValue>(&c.argument(1).content);
  if (c.needs(0) && number != nullptr && number->to_double() == 2) {
    c.set(0, c.b.mul({c.grad(), c.b.mul({c.argument(0), c.argument(1)})}));
  } else if (c.needs(0)) {
    // Not a subtraction, which bools refuse.
    const auto one_less = c.b.add({c.argument(1), -1}, ScalarValue(1));
    const auto slope = c.b.mul({c.b.pow({c.argument(0), one_less}), c.argument(1)});
    const auto product = c.b.mul({c.grad(), slope});
    c.set(0, c.b.where({c.b.eq({c.argument(1), 0}), 0.0, product}));
  }
  if (c.needs(1)) {
    const auto slope = c.b.mul({c.result(), detail::logarithm(c.b, c.argument(0))});
    const auto flat = c.b.logical_and({c.b.eq({c.argument(0), 0}), c.b.ge({c.argument(1), 0})});
    c.set(1, c.b.where({flat, 0.0, c.b.mul({c.grad(), slope})}));
  }
}

namespace detail {

/// Gradient of an extremum for the operand that wins where `loses` is false; ties share it.
template <class B>
typename B::Value extremum_share(GradientContext<B>& c, const typename B::Value& loses) {
  const auto tie = c.b.eq({c.argument(0), c.argument(1)});
  const auto shared = c.b.where({tie, c.b.mul({c.grad(), 0.5}), c.grad()});
  return c.b.where({loses, 0.0, shared});
}

}  // namespace detail

template <class B>
void maximum(GradientContext<B>& c) {
  if (c.needs(0)) c.set(0, detail::extremum_share(c, c.b.lt({c.argument(0), c.argument(1)})));
  if (c.needs(1)) c.set(1, detail::extremum_share(c, c.b.gt({c.argument(0), c.argument(1)})));
}

template <class B>
void minimum(GradientContext<B>& c) {
  if (c.needs(0)) c.set(0, detail::extremum_share(c, c.b.gt({c.argument(0), c.argument(1)})));
  if (c.needs(1)) c.set(1, detail::extremum_share(c, c.b.lt({c.argument(0), c.argument(1)})));
}

template <class B>
void atan2(GradientContext<B>& c) {
  const auto squared =
      c.b.add({c.b.square({c.argument(0)}), c.b.square({c.argument(1)})}, ScalarValue(1));
  const auto scaled = c.b.div({c.grad(), squared});
  if (c.needs(0)) c.set(0, c.b.mul({scaled, c.argument(1)}));
  if (c.needs(1)) c.set(1, c.b.mul({c.b.neg({scaled}), c.argument(0)}));
}

template <class B>
void exp(GradientContext<B>& c) {
  c.set(0, c.b.mul({c.grad(), c.result()}));
}

template <class B>
void neg(GradientContext<B>& c) {
  c.set(0, c.b.neg({c.grad()}));
}

template <class B>
void abs(GradientContext<B>& c) {
  c.set(0, c.b.mul({c.grad(), c.b.sign({c.argument(0)})}));
}

template <class B>
void sign(GradientContext<B>& c) {
  zero(c);
}

template <class B>
void sqrt(GradientContext<B>& c) {
  c.set(0, c.b.div({c.grad(), c.b.mul({c.result(), 2})}));
}

template <class B>
void rsqrt(GradientContext<B>& c) {
  const auto cubed = c.b.mul({c.b.square({c.result()}), c.result()});
  c.set(0, c.b.mul({c.b.mul({c.grad(), -0.5}), cubed}));
}

template <class B>
void square(GradientContext<B>& c) {
  c.set(0, c.b.mul({c.grad(), c.b.mul({c.argument(0), 2})}));
}

template <class B>
void reciprocal(GradientContext<B>& c) {
  c.set(0, c.b.mul({c.b.neg({c.grad()}), c.b.square({c.result()})}));
}

template <class B>
void expm1(GradientContext<B>& c) {
  c.set(0, c.b.mul({c.grad(), c.b.add({c.result(), 1}, ScalarValue(1))}));
}

template <class B>
void log(GradientContext<B>& c) {
  c.set(0, c.b.div({c.grad(), c.argument(0)}));
}

template <class B>
void log1p(GradientContext<B>& c) {
  c.set(0, c.b.div({c.grad(), c.b.add({c.argument(0), 1}, ScalarValue(1))}));
}

template <class B>
void log2(GradientContext<B>& c) {
  c.set(0, c.b.div({c.grad(), c.b.mul({c.argument(0), std::numbers::ln2})}));
}

template <class B>
void log10(GradientContext<B>& c) {
  c.set(0, c.b.div({c.grad(), c.b.mul({c.argument(0), std::numbers::ln10})}));
}

template <class B>
void sin(GradientContext<B>& c) {
  c.set(0, c.b.mul({c.grad(), c.b.cos({c.argument(0)})}));
}

template <class B>
void cos(GradientContext<B>& c) {
  c.set(0, c.b.mul({c.b.neg({c.grad()}), c.b.sin({c.argument(0)})}));
}

template <class B>
void tan(GradientContext<B>& c) {
  c.set(0, c.b.mul({c.grad(), c.b.add({c.b.square({c.result()}), 1}, ScalarValue(1))}));
}

template <class B>
void tanh(GradientContext<B>& c) {
  c.set(0, c.b.tanh_backward({c.grad(), c.result()}));
}

template <class B>
void sinh(GradientContext<B>& c) {
  c.set(0, c.b.mul({c.grad(), c.b.cosh({c.argument(0)})}));
}

template <class B>
void cosh(GradientContext<B>& c) {
  c.set(0, c.b.mul({c.grad(), c.b.sinh({c.argument(0)})}));
}

namespace detail {

/// 1 / sqrt(1 - x^2), the slope of asin.
template <class B>
typename B::Value asin_slope(GradientContext<B>& c) {
  return c.b.rsqrt({c.b.sub({1.0, c.b.square({c.argument(0)})}, ScalarValue(1))});
}

}  // namespace detail

template <class B>
void asin(GradientContext<B>& c) {
  c.set(0, c.b.mul({c.grad(), detail::asin_slope(c)}));
}

template <class B>
void acos(GradientContext<B>& c) {
  c.set(0, c.b.mul({c.b.neg({c.grad()}), detail::asin_slope(c)}));
}

template <class B>
void atan(GradientContext<B>& c) {
  c.set(0, c.b.div({c.grad(), c.b.add({c.b.square({c.argument(0)}), 1}, ScalarValue(1))}));
}

template <class B>
void erf(GradientContext<B>& c) {
  const auto bell = c.b.exp({c.b.neg({c.b.square({c.argument(0)})})});
  c.set(0, c.b.mul({c.b.mul({bell, 2.0 * std::numbers::inv_sqrtpi}), c.grad()}));
}

template <class B>
void sigmoid(GradientContext<B>& c) {
  c.set(0, c.b.sigmoid_backward({c.grad(), c.result()}));
}

template <class B>
void relu(GradientContext<B>& c) {
  c.set(0, c.b.threshold_backward({c.grad(), c.result()}, ScalarValue(0)));
}

template <class B>
void silu(GradientContext<B>& c) {
  c.set(0, c.b.silu_backward({c.grad(), c.argument(0)}));
}

template <class B>
void floor(GradientContext<B>& c) {
  zero(c);
}

template <class B>
void ceil(GradientContext<B>& c) {
  zero(c);
}

template <class B>
void round(GradientContext<B>& c) {
  zero(c);
}

template <class B>
void trunc(GradientContext<B>& c) {
  zero(c);
}

template <class B>
void frac(GradientContext<B>& c) {
  c.set(0, c.grad());
}

template <class B>
void gelu(GradientContext<B>& c) {
  c.set(0, c.b.gelu_backward({c.grad(), c.argument(0)}, c.attributes.integer(c.row, 0)));
}

template <class B>
void leaky_relu(GradientContext<B>& c) {
  c.set(0, c.b.leaky_relu_backward({c.grad(), c.argument(0)}, c.attributes.scalar(c.row, 0)));
}

template <class B>
void elu(GradientContext<B>& c) {
  c.set(0, c.b.elu_backward({c.grad(), c.argument(0)}, c.attributes.scalar(c.row, 0),
                            c.attributes.scalar(c.row, 1), c.attributes.scalar(c.row, 2)));
}

template <class B>
void softplus(GradientContext<B>& c) {
  c.set(0, c.b.softplus_backward({c.grad(), c.argument(0)}, c.attributes.scalar(c.row, 0),
                                 c.attributes.scalar(c.row, 1)));
}

template <class B>
void to(GradientContext<B>& c) {
  c.set(0, c.grad());
}

template <class B>
void clone(GradientContext<B>& c) {
  c.set(0, c.grad());
}

template <class B>
void where(GradientContext<B>& c) {
  if (c.needs(1)) c.set(1, c.b.where({c.argument(0), c.grad(), 0.0}));
  if (c.needs(2)) c.set(2, c.b.where({c.argument(0), 0.0, c.grad()}));
}

namespace detail {

/// Whether an argument was left out. A number or a tensor counts as given.
template <class Value>
bool is_absent(const Argument<Value>& argument) {
  const Value* value = std::get_if<Value>(&argument.content);
  return value != nullptr && !static_cast<bool>(*value);
}

/// Where the operand itself lies within the bounds and receives the gradient.
template <class B>
typename B::Value clamp_inside(GradientContext<B>& c) {
  typename B::Value inside;
  if (!is_absent(c.argument(1))) inside = c.b.ge({c.argument(0), c.argument(1)});
  if (is_absent(c.argument(2))) return inside;
  const auto below = c.b.le({c.argument(0), c.argument(2)});
  return static_cast<bool>(inside) ? c.b.logical_and({inside, below}) : below;
}

}  // namespace detail

template <class B>
void clamp(GradientContext<B>& c) {
  if (c.needs(0)) c.set(0, c.b.where({detail::clamp_inside(c), c.grad(), 0.0}));
  const bool both = !detail::is_absent(c.argument(1)) && !detail::is_absent(c.argument(2));
  if (c.needs(1)) {
    auto chosen = c.b.lt({c.argument(0), c.argument(1)});
    if (both) chosen = c.b.logical_and({chosen, c.b.lt({c.argument(1), c.argument(2)})});
    c.set(1, c.b.where({chosen, c.grad(), 0.0}));
  }
  if (c.needs(2)) {
    auto chosen = c.b.gt({c.argument(0), c.argument(2)});
    if (both) chosen = c.b.logical_or({chosen, c.b.lt({c.argument(2), c.argument(1)})});
    c.set(2, c.b.where({chosen, c.grad(), 0.0}));
  }
}

template <class B>
void masked_fill(GradientContext<B>& c) {
  if (c.needs(0)) c.set(0, c.b.masked_fill({c.grad(), c.argument(1), 0.0}));
  if (c.needs(2)) c.set(2, c.b.where({c.argument(1), c.grad(), 0.0}));
}

template <class B>
void lerp(GradientContext<B>& c) {
  if (c.needs(0)) c.set(0, c.b.mul({c.grad(), c.b.sub({1.0, c.argument(2)}, ScalarValue(1))}));
  if (c.needs(1)) c.set(1, c.b.mul({c.grad(), c.argument(2)}));
  if (c.needs(2))
    c.set(2, c.b.mul({c.grad(), c.b.sub({c.argument(1), c.argument(0)}, ScalarValue(1))}));
}

template <class B>
void addcmul(GradientContext<B>& c) {
  const ScalarValue value = c.attributes.scalar(c.row, 0);
  if (c.needs(0)) c.set(0, c.grad());
  if (c.needs(1)) c.set(1, c.b.mul({c.grad(), c.b.mul({c.argument(2), value})}));
  if (c.needs(2)) c.set(2, c.b.mul({c.grad(), c.b.mul({c.argument(1), value})}));
}

template <class B>
void addcdiv(GradientContext<B>& c) {
  const ScalarValue value = c.attributes.scalar(c.row, 0);
  if (c.needs(0)) c.set(0, c.grad());
  if (c.needs(1)) c.set(1, c.b.mul({c.grad(), c.b.div({value, c.argument(2)})}));
  if (!c.needs(2)) return;
  const auto quotient = c.b.div({c.b.mul({c.argument(1), value}), c.b.square({c.argument(2)})});
  c.set(2, c.b.mul({c.b.neg({c.grad()}), quotient}));
}

template <class B>
void nan_to_num(GradientContext<B>& c) {
  c.set(0, c.b.mul({c.grad(), c.b.isfinite({c.argument(0)})}));
}

}  // namespace gt::gradients

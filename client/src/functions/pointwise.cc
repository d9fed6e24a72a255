// Element-wise operations with one operand: function, method and in-place forms.
#include <gt/error.h>
#include <gt/functions.h>

#include <limits>

#include "client/src/tensor/call.h"

namespace gt {

using detail::call;
using detail::call_in_place;

#define GT_UNARY(name)                              \
  Tensor name(const Tensor& self) {                 \
    GT_ENTRY();                                     \
    return call(Op::name, {self});                  \
  }                                                 \
  Tensor& name##_(Tensor& self) {                   \
    GT_ENTRY();                                     \
    return call_in_place(self, Op::name, {self});   \
  }                                                 \
  Tensor Tensor::name() const {                     \
    GT_ENTRY();                                     \
    return call(Op::name, {*this});                 \
  }                                                 \
  Tensor& Tensor::name##_() const {                 \
    GT_ENTRY();                                     \
    return call_in_place(*this, Op::name, {*this}); \
  }

GT_UNARY(neg)
GT_UNARY(abs)
GT_UNARY(sign)
GT_UNARY(sqrt)
GT_UNARY(rsqrt)
GT_UNARY(square)
GT_UNARY(reciprocal)
GT_UNARY(exp)
GT_UNARY(expm1)
GT_UNARY(log)
GT_UNARY(log1p)
GT_UNARY(log2)
GT_UNARY(log10)
GT_UNARY(sin)
GT_UNARY(cos)
GT_UNARY(tan)
GT_UNARY(tanh)
GT_UNARY(sinh)
GT_UNARY(cosh)
GT_UNARY(asin)
GT_UNARY(acos)
GT_UNARY(atan)
GT_UNARY(erf)
GT_UNARY(sigmoid)
GT_UNARY(relu)
GT_UNARY(floor)
GT_UNARY(ceil)
GT_UNARY(round)
GT_UNARY(trunc)
GT_UNARY(frac)
GT_UNARY(logical_not)
GT_UNARY(bitwise_not)
#undef GT_UNARY

#define GT_PREDICATE(name)          \
  Tensor name(const Tensor& self) { \
    GT_ENTRY();                     \
    return call(Op::name, {self});  \
  }                                 \
  Tensor Tensor::name() const {     \
    GT_ENTRY();                     \
    return call(Op::name, {*this}); \
  }

GT_PREDICATE(isnan)
GT_PREDICATE(isinf)
GT_PREDICATE(isfinite)
#undef GT_PREDICATE

Tensor Tensor::operator-() const {
  GT_ENTRY();
  return neg();
}

Tensor Tensor::operator~() const {
  GT_ENTRY();
  return bitwise_not();
}

Tensor operator!(const Tensor& a) {
  GT_ENTRY();
  return a.logical_not();
}

Tensor silu(const Tensor& self) {
  GT_ENTRY();
  return call(Op::silu, {self});
}

Tensor& silu_(Tensor& self) {
  GT_ENTRY();
  return call_in_place(self, Op::silu, {self});
}

Tensor gelu(const Tensor& self, std::string_view approximate) {
  GT_ENTRY();
  if (approximate != "none" && approximate != "tanh")
    throw Error("[gelu] approximate argument must be either none or tanh.");
  return call(Op::gelu, {self},
              make_attributes(Op::gelu, std::int64_t{approximate == "tanh" ? 1 : 0}));
}

Tensor leaky_relu(const Tensor& self, const Scalar& negative_slope) {
  GT_ENTRY();
  return call(Op::leaky_relu, {self},
              make_attributes(Op::leaky_relu, detail::to_scalar_value(negative_slope)));
}

Tensor elu(const Tensor& self, const Scalar& alpha, const Scalar& scale,
           const Scalar& input_scale) {
  GT_ENTRY();
  return call(
      Op::elu, {self},
      make_attributes(Op::elu, detail::to_scalar_value(alpha), detail::to_scalar_value(scale),
                      detail::to_scalar_value(input_scale)));
}

Tensor softplus(const Tensor& self, const Scalar& beta, const Scalar& threshold) {
  GT_ENTRY();
  return call(Op::softplus, {self},
              make_attributes(Op::softplus, detail::to_scalar_value(beta),
                              detail::to_scalar_value(threshold)));
}

namespace {

/// The largest finite number of a floating dtype, which replaces infinity.
double largest_finite(ScalarType type) {
  if (type == kDouble) return std::numeric_limits<double>::max();
  if (type == kHalf) return 65504.0;
  if (type == kBFloat16) return 0x1.FEp127;
  return static_cast<double>(std::numeric_limits<float>::max());
}

Attributes replacements(const Tensor& self, optional<double> nan, optional<double> posinf,
                        optional<double> neginf) {
  const double largest = largest_finite(self.scalar_type());
  return make_attributes(Op::nan_to_num, nan.value_or(0.0), posinf.value_or(largest),
                         neginf.value_or(-largest));
}

}  // namespace

Tensor nan_to_num(const Tensor& self, optional<double> nan, optional<double> posinf,
                  optional<double> neginf) {
  GT_ENTRY();
  return call(Op::nan_to_num, {self}, replacements(self, nan, posinf, neginf));
}

Tensor Tensor::nan_to_num(optional<double> nan, optional<double> posinf,
                          optional<double> neginf) const {
  GT_ENTRY();
  return gt::nan_to_num(*this, nan, posinf, neginf);
}

Tensor& Tensor::nan_to_num_(optional<double> nan, optional<double> posinf,
                            optional<double> neginf) const {
  GT_ENTRY();
  return call_in_place(*this, Op::nan_to_num, {*this}, replacements(*this, nan, posinf, neginf));
}

Tensor clone(const Tensor& self) {
  GT_ENTRY();
  return self.clone();
}

Tensor detach(const Tensor& self) { return self.detach(); }

}  // namespace gt

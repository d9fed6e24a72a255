// Element-wise operations with two operands: functions, methods, in-place forms and operators.
#include <gt/error.h>
#include <gt/functions.h>

#include "client/src/tensor/call.h"

namespace gt {

using detail::call;
using detail::call_in_place;
using detail::to_scalar_value;

// self + alpha * other and self - alpha * other.
#define GT_SCALED(name)                                                                      \
  Tensor name(const Tensor& self, const Tensor& other, const Scalar& alpha) {                \
    GT_ENTRY();                                                                              \
    return call(Op::name, {self, other}, make_attributes(Op::name, to_scalar_value(alpha))); \
  }                                                                                          \
  Tensor name(const Tensor& self, const Scalar& other, const Scalar& alpha) {                \
    GT_ENTRY();                                                                              \
    return call(Op::name, {self, other}, make_attributes(Op::name, to_scalar_value(alpha))); \
  }                                                                                          \
  Tensor Tensor::name(const Tensor& other, const Scalar& alpha) const {                      \
    GT_ENTRY();                                                                              \
    return gt::name(*this, other, alpha);                                                    \
  }                                                                                          \
  Tensor Tensor::name(const Scalar& other, const Scalar& alpha) const {                      \
    GT_ENTRY();                                                                              \
    return gt::name(*this, other, alpha);                                                    \
  }                                                                                          \
  Tensor& Tensor::name##_(const Tensor& other, const Scalar& alpha) const {                  \
    GT_ENTRY();                                                                              \
    return call_in_place(*this, Op::name, {*this, other},                                    \
                         make_attributes(Op::name, to_scalar_value(alpha)));                 \
  }                                                                                          \
  Tensor& Tensor::name##_(const Scalar& other, const Scalar& alpha) const {                  \
    GT_ENTRY();                                                                              \
    return call_in_place(*this, Op::name, {*this, other},                                    \
                         make_attributes(Op::name, to_scalar_value(alpha)));                 \
  }

GT_SCALED(add)
GT_SCALED(sub)
#undef GT_SCALED

#define GT_BINARY(name, row)                              \
  Tensor name(const Tensor& self, const Tensor& other) {  \
    GT_ENTRY();                                           \
    return call(Op::row, {self, other});                  \
  }                                                       \
  Tensor name(const Tensor& self, const Scalar& other) {  \
    GT_ENTRY();                                           \
    return call(Op::row, {self, other});                  \
  }                                                       \
  Tensor Tensor::name(const Tensor& other) const {        \
    GT_ENTRY();                                           \
    return call(Op::row, {*this, other});                 \
  }                                                       \
  Tensor Tensor::name(const Scalar& other) const {        \
    GT_ENTRY();                                           \
    return call(Op::row, {*this, other});                 \
  }                                                       \
  Tensor& Tensor::name##_(const Tensor& other) const {    \
    GT_ENTRY();                                           \
    return call_in_place(*this, Op::row, {*this, other}); \
  }                                                       \
  Tensor& Tensor::name##_(const Scalar& other) const {    \
    GT_ENTRY();                                           \
    return call_in_place(*this, Op::row, {*this, other}); \
  }

GT_BINARY(mul, mul)
GT_BINARY(div, div)
GT_BINARY(floor_divide, div_floor)
GT_BINARY(remainder, remainder)
GT_BINARY(fmod, fmod)
GT_BINARY(eq, eq)
GT_BINARY(ne, ne)
GT_BINARY(lt, lt)
GT_BINARY(le, le)
GT_BINARY(gt, gt)
GT_BINARY(ge, ge)
GT_BINARY(bitwise_and, bitwise_and)
GT_BINARY(bitwise_or, bitwise_or)
GT_BINARY(bitwise_xor, bitwise_xor)
#undef GT_BINARY

#define GT_TENSOR_BINARY(name)                           \
  Tensor name(const Tensor& self, const Tensor& other) { \
    GT_ENTRY();                                          \
    return call(Op::name, {self, other});                \
  }                                                      \
  Tensor Tensor::name(const Tensor& other) const {       \
    GT_ENTRY();                                          \
    return call(Op::name, {*this, other});               \
  }

GT_TENSOR_BINARY(maximum)
GT_TENSOR_BINARY(minimum)
GT_TENSOR_BINARY(atan2)
GT_TENSOR_BINARY(logical_and)
GT_TENSOR_BINARY(logical_or)
GT_TENSOR_BINARY(logical_xor)
#undef GT_TENSOR_BINARY

#define GT_TENSOR_BINARY_IN_PLACE(name)                    \
  Tensor& Tensor::name##_(const Tensor& other) const {     \
    GT_ENTRY();                                            \
    return call_in_place(*this, Op::name, {*this, other}); \
  }

GT_TENSOR_BINARY_IN_PLACE(atan2)
GT_TENSOR_BINARY_IN_PLACE(logical_and)
GT_TENSOR_BINARY_IN_PLACE(logical_or)
GT_TENSOR_BINARY_IN_PLACE(logical_xor)
#undef GT_TENSOR_BINARY_IN_PLACE

Tensor max(const Tensor& self, const Tensor& other) {
  GT_ENTRY();
  return maximum(self, other);
}

Tensor min(const Tensor& self, const Tensor& other) {
  GT_ENTRY();
  return minimum(self, other);
}

Tensor Tensor::max(const Tensor& other) const {
  GT_ENTRY();
  return maximum(other);
}

Tensor Tensor::min(const Tensor& other) const {
  GT_ENTRY();
  return minimum(other);
}

namespace {

Op division_row(optional<std::string_view> rounding_mode) {
  if (!rounding_mode) return Op::div;
  if (*rounding_mode == "floor") return Op::div_floor;
  if (*rounding_mode == "trunc") return Op::div_trunc;
  throw Error("[div] expected rounding_mode to be one of None, 'trunc', or 'floor' but found '" +
              std::string(*rounding_mode) + "'");
}

}  // namespace

Tensor div(const Tensor& self, const Tensor& other, optional<std::string_view> rounding_mode) {
  GT_ENTRY();
  return call(division_row(rounding_mode), {self, other});
}

Tensor div(const Tensor& self, const Scalar& other, optional<std::string_view> rounding_mode) {
  GT_ENTRY();
  return call(division_row(rounding_mode), {self, other});
}

Tensor Tensor::div(const Tensor& other, optional<std::string_view> rounding_mode) const {
  GT_ENTRY();
  return gt::div(*this, other, rounding_mode);
}

Tensor Tensor::div(const Scalar& other, optional<std::string_view> rounding_mode) const {
  GT_ENTRY();
  return gt::div(*this, other, rounding_mode);
}

Tensor& Tensor::div_(const Tensor& other, optional<std::string_view> rounding_mode) const {
  GT_ENTRY();
  return call_in_place(*this, division_row(rounding_mode), {*this, other});
}

Tensor& Tensor::div_(const Scalar& other, optional<std::string_view> rounding_mode) const {
  GT_ENTRY();
  return call_in_place(*this, division_row(rounding_mode), {*this, other});
}

namespace {

void check_integer_power(const Tensor& self, const Scalar& exponent) {
  const bool integral = !self.is_floating_point() && exponent.isIntegral(false);
  if (integral && exponent.toLong() < 0)
    throw Error("[pow] Integers to negative integer powers are not allowed.");
}

}  // namespace

Tensor pow(const Tensor& self, const Tensor& exponent) {
  GT_ENTRY();
  return call(Op::pow, {self, exponent});
}

Tensor pow(const Tensor& self, const Scalar& exponent) {
  GT_ENTRY();
  check_integer_power(self, exponent);
  return call(Op::pow, {self, exponent});
}

Tensor pow(const Scalar& self, const Tensor& exponent) {
  GT_ENTRY();
  return call(Op::pow, {self, exponent});
}

Tensor Tensor::pow(const Tensor& exponent) const {
  GT_ENTRY();
  return call(Op::pow, {*this, exponent});
}

Tensor Tensor::pow(const Scalar& exponent) const {
  GT_ENTRY();
  return gt::pow(*this, exponent);
}

Tensor& Tensor::pow_(const Tensor& exponent) const {
  GT_ENTRY();
  return call_in_place(*this, Op::pow, {*this, exponent});
}

Tensor& Tensor::pow_(const Scalar& exponent) const {
  GT_ENTRY();
  check_integer_power(*this, exponent);
  return call_in_place(*this, Op::pow, {*this, exponent});
}

// ---- Operators.

#define GT_OPERATOR(symbol, row)                             \
  Tensor operator symbol(const Tensor& a, const Tensor& b) { \
    GT_ENTRY();                                              \
    return call(Op::row, {a, b});                            \
  }                                                          \
  Tensor operator symbol(const Tensor& a, const Scalar& b) { \
    GT_ENTRY();                                              \
    return call(Op::row, {a, b});                            \
  }                                                          \
  Tensor operator symbol(const Scalar& a, const Tensor& b) { \
    GT_ENTRY();                                              \
    return call(Op::row, {a, b});                            \
  }

GT_OPERATOR(*, mul)
GT_OPERATOR(/, div)
GT_OPERATOR(%, remainder)
GT_OPERATOR(&, bitwise_and)
GT_OPERATOR(|, bitwise_or)
GT_OPERATOR(^, bitwise_xor)
GT_OPERATOR(==, eq)
GT_OPERATOR(!=, ne)
GT_OPERATOR(<, lt)
GT_OPERATOR(<=, le)
GT_OPERATOR(>, gt)
GT_OPERATOR(>=, ge)
#undef GT_OPERATOR

#define GT_SCALED_OPERATOR(symbol, row)                                     \
  Tensor operator symbol(const Tensor& a, const Tensor& b) {                \
    GT_ENTRY();                                                             \
    return call(Op::row, {a, b}, make_attributes(Op::row, ScalarValue(1))); \
  }                                                                         \
  Tensor operator symbol(const Tensor& a, const Scalar& b) {                \
    GT_ENTRY();                                                             \
    return call(Op::row, {a, b}, make_attributes(Op::row, ScalarValue(1))); \
  }                                                                         \
  Tensor operator symbol(const Scalar& a, const Tensor& b) {                \
    GT_ENTRY();                                                             \
    return call(Op::row, {a, b}, make_attributes(Op::row, ScalarValue(1))); \
  }

GT_SCALED_OPERATOR(+, add)
GT_SCALED_OPERATOR(-, sub)
#undef GT_SCALED_OPERATOR

#define GT_ASSIGNING_OPERATOR(symbol, method)                   \
  Tensor& Tensor::operator symbol(const Tensor & other) const { \
    GT_ENTRY();                                                 \
    return method(other);                                       \
  }                                                             \
  Tensor& Tensor::operator symbol(const Scalar & other) const { \
    GT_ENTRY();                                                 \
    return method(other);                                       \
  }

GT_ASSIGNING_OPERATOR(+=, add_)
GT_ASSIGNING_OPERATOR(-=, sub_)
GT_ASSIGNING_OPERATOR(*=, mul_)
GT_ASSIGNING_OPERATOR(/=, div_)
#undef GT_ASSIGNING_OPERATOR

#define GT_BIT_ASSIGNING_OPERATOR(symbol, method)               \
  Tensor& Tensor::operator symbol(const Tensor & other) const { \
    GT_ENTRY();                                                 \
    return method(other);                                       \
  }

GT_BIT_ASSIGNING_OPERATOR(&=, bitwise_and_)
GT_BIT_ASSIGNING_OPERATOR(|=, bitwise_or_)
GT_BIT_ASSIGNING_OPERATOR(^=, bitwise_xor_)
#undef GT_BIT_ASSIGNING_OPERATOR

}  // namespace gt

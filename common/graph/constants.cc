#include "common/graph/constants.h"

#include <cmath>

#include "common/tensor/half.h"

namespace gt::graph {

std::optional<ScalarValue> constant_of(const Operand& operand) {
  if (!operand.is_scalar() || !operand.word.is_constant()) return std::nullopt;
  return ScalarValue::from_bits(operand.category, operand.word.bits);
}

bool is_number(const Operand& operand, double number) {
  const auto constant = constant_of(operand);
  return constant.has_value() && constant->to_double() == number &&
         std::signbit(constant->to_double()) == std::signbit(number);
}

namespace {

/// Bits of the largest integer below which every integer is a value of the dtype, without sign.
int integer_bits(DType dtype) {
  switch (dtype) {
    case DType::kBool:
      return 1;
    case DType::kInt8:
      return 7;
    case DType::kUInt8:
    case DType::kBFloat16:
      return 8;
    case DType::kFloat16:
      return 11;
    case DType::kInt16:
      return 15;
    case DType::kUInt16:
      return 16;
    case DType::kFloat32:
      return 24;
    case DType::kInt32:
      return 31;
    case DType::kFloat64:
      return 53;
    case DType::kInt64:
      return 63;
  }
  return 0;
}

bool is_unsigned(DType dtype) {
  return dtype == DType::kBool || dtype == DType::kUInt8 || dtype == DType::kUInt16;
}

/// What a floating dtype makes of a number that a float holds.
float round_trip(DType dtype, float value) {
  if (dtype == DType::kFloat16) return Half(value);
  if (dtype == DType::kBFloat16) return BFloat16(value);
  return value;
}

}  // namespace

bool holds_exactly(DType dtype, ScalarValue number) {
  const double value = number.to_double();
  if (!std::isfinite(value) || std::abs(value) > 0x1p53) return false;
  if (is_floating(dtype)) {
    const auto narrow = static_cast<float>(value);
    return dtype == DType::kFloat64 ||
           (static_cast<double>(narrow) == value && round_trip(dtype, narrow) == narrow);
  }
  if (std::signbit(value) && (value == 0 || is_unsigned(dtype))) return false;
  return std::trunc(value) == value && std::abs(value) < std::ldexp(1.0, integer_bits(dtype));
}

bool is_widening(DType from, DType to) {
  if (from == to) return true;
  if (is_floating(from))
    return to == DType::kFloat64 || (to == DType::kFloat32 && from != DType::kFloat64);
  if (!is_floating(to) && is_unsigned(to) && !is_unsigned(from)) return false;
  return to != DType::kBool && integer_bits(from) <= integer_bits(to);
}

}  // namespace gt::graph

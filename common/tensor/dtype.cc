#include "common/tensor/dtype.h"

#include <string>

#include "common/error.h"

namespace gt {
namespace {

constexpr int float_width(DType dtype) { return static_cast<int>(size_of(dtype)); }

DType promote_floating(DType a, DType b) {
  if (!is_floating(a)) return b;
  if (!is_floating(b)) return a;
  if (float_width(a) == float_width(b)) return DType::kFloat32;
  return float_width(a) > float_width(b) ? a : b;
}

DType promote_integers(DType a, DType b) {
  if (a == DType::kUInt16 || b == DType::kUInt16)
    throw CommonError(ErrorKind::kType,
                      "Promotion for uint16, uint32, uint64 types is not supported, attempted to "
                      "promote " +
                          std::string(scalar_type_name(a)) + " and " +
                          std::string(scalar_type_name(b)));
  if (a == DType::kUInt8 && b == DType::kInt8) return DType::kInt16;
  if (a == DType::kInt8 && b == DType::kUInt8) return DType::kInt16;
  return size_of(a) >= size_of(b) ? a : b;
}

}  // namespace

DType promote(DType a, DType b) {
  if (a == b) return a;
  if (is_floating(a) || is_floating(b)) return promote_floating(a, b);
  const bool has_uint16 = a == DType::kUInt16 || b == DType::kUInt16;
  if (a == DType::kBool && !has_uint16) return b;
  if (b == DType::kBool && !has_uint16) return a;
  return promote_integers(a, b);
}

std::string_view scalar_type_name(DType dtype) noexcept {
  switch (dtype) {
    case DType::kUInt8:
      return "Byte";
    case DType::kInt8:
      return "Char";
    case DType::kInt16:
      return "Short";
    case DType::kInt32:
      return "Int";
    case DType::kInt64:
      return "Long";
    case DType::kFloat16:
      return "Half";
    case DType::kFloat32:
      return "Float";
    case DType::kFloat64:
      return "Double";
    case DType::kBool:
      return "Bool";
    case DType::kBFloat16:
      return "BFloat16";
    case DType::kUInt16:
      return "UInt16";
  }
  return "Undefined";
}

std::string_view type_name(DType dtype) noexcept {
  switch (dtype) {
    case DType::kUInt8:
      return "unsigned char";
    case DType::kInt8:
      return "signed char";
    case DType::kInt16:
      return "short int";
    case DType::kInt32:
      return "int";
    case DType::kInt64:
      return "long int";
    case DType::kFloat16:
      return "c10::Half";
    case DType::kFloat32:
      return "float";
    case DType::kFloat64:
      return "double";
    case DType::kBool:
      return "bool";
    case DType::kBFloat16:
      return "c10::BFloat16";
    case DType::kUInt16:
      return "short unsigned int";
  }
  return "undefined";
}

std::string_view short_name(DType dtype) noexcept {
  switch (dtype) {
    case DType::kUInt8:
      return "uint8";
    case DType::kInt8:
      return "int8";
    case DType::kInt16:
      return "int16";
    case DType::kInt32:
      return "int32";
    case DType::kInt64:
      return "int64";
    case DType::kFloat16:
      return "float16";
    case DType::kFloat32:
      return "float32";
    case DType::kFloat64:
      return "float64";
    case DType::kBool:
      return "bool";
    case DType::kBFloat16:
      return "bfloat16";
    case DType::kUInt16:
      return "uint16";
  }
  return "undefined";
}

}  // namespace gt

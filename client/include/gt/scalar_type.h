// Element types.
#pragma once

#include <gt/export.h>

#include <cstdint>
#include <ostream>
#include <string_view>

namespace gt {

/// Element type of a tensor, numbered as in LibTorch.
enum class ScalarType : std::int8_t {
  Byte = 0,
  Char = 1,
  Short = 2,
  Int = 3,
  Long = 4,
  Half = 5,
  Float = 6,
  Double = 7,
  Bool = 11,
  BFloat16 = 15,
  UInt16 = 27,
  Undefined = 127,  ///< of an undefined tensor
};
using Dtype = ScalarType;

inline constexpr ScalarType kByte = ScalarType::Byte, kUInt8 = ScalarType::Byte;
inline constexpr ScalarType kChar = ScalarType::Char, kInt8 = ScalarType::Char;
inline constexpr ScalarType kShort = ScalarType::Short, kInt16 = ScalarType::Short;
inline constexpr ScalarType kInt = ScalarType::Int, kInt32 = ScalarType::Int;
inline constexpr ScalarType kLong = ScalarType::Long, kInt64 = ScalarType::Long;
inline constexpr ScalarType kHalf = ScalarType::Half, kFloat16 = ScalarType::Half, kF16 = kHalf;
inline constexpr ScalarType kFloat = ScalarType::Float, kFloat32 = kFloat, kF32 = kFloat;
inline constexpr ScalarType kDouble = ScalarType::Double, kFloat64 = kDouble, kF64 = kDouble;
inline constexpr ScalarType kBool = ScalarType::Bool;
inline constexpr ScalarType kBFloat16 = ScalarType::BFloat16;
inline constexpr ScalarType kUInt16 = ScalarType::UInt16;

/// LibTorch's capitalised name: `Float`, `Long`.
[[nodiscard]] GT_API const char* toString(ScalarType type) noexcept;
/// Bytes of one element.
[[nodiscard]] GT_API std::size_t elementSize(ScalarType type) noexcept;
[[nodiscard]] GT_API bool isFloatingType(ScalarType type) noexcept;
[[nodiscard]] GT_API bool isIntegralType(ScalarType type, bool include_bool) noexcept;
/// The type in which both combine (`Long` and `Float` give `Float`).
[[nodiscard]] GT_API ScalarType promoteTypes(ScalarType a, ScalarType b);

inline std::ostream& operator<<(std::ostream& stream, ScalarType type) {
  return stream << toString(type);
}

/// The ScalarType whose elements are `T` on the host, as `ScalarTypeOf<T>::value`; only for the
/// types of the table. `signed char` is Char and `long long` is Long.
template <class T>
struct ScalarTypeOf;
template <>
struct ScalarTypeOf<std::uint8_t> {
  static constexpr ScalarType value = kByte;
};
template <>
struct ScalarTypeOf<std::int8_t> {
  static constexpr ScalarType value = kChar;
};
template <>
struct ScalarTypeOf<char> {
  static constexpr ScalarType value = kChar;
};
template <>
struct ScalarTypeOf<std::int16_t> {
  static constexpr ScalarType value = kShort;
};
template <>
struct ScalarTypeOf<std::uint16_t> {
  static constexpr ScalarType value = kUInt16;
};
template <>
struct ScalarTypeOf<std::int32_t> {
  static constexpr ScalarType value = kInt;
};
template <>
struct ScalarTypeOf<long> {
  static constexpr ScalarType value = kLong;
};
template <>
struct ScalarTypeOf<long long> {
  static constexpr ScalarType value = kLong;
};
template <>
struct ScalarTypeOf<unsigned> {
  static constexpr ScalarType value = kLong;
};
template <>
struct ScalarTypeOf<unsigned long> {
  static constexpr ScalarType value = kLong;
};
template <>
struct ScalarTypeOf<unsigned long long> {
  static constexpr ScalarType value = kLong;
};
template <>
struct ScalarTypeOf<float> {
  static constexpr ScalarType value = kFloat;
};
template <>
struct ScalarTypeOf<double> {
  static constexpr ScalarType value = kDouble;
};
template <>
struct ScalarTypeOf<bool> {
  static constexpr ScalarType value = kBool;
};

/// What `Tensor::dtype()` returns: prints LibTorch's type name (`float`, `long int`) and compares
/// with a ScalarType.
class TypeMeta {
 public:
  constexpr TypeMeta(ScalarType type) : type_(type) {}
  [[nodiscard]] constexpr ScalarType toScalarType() const noexcept { return type_; }
  constexpr operator ScalarType() const noexcept { return type_; }
  [[nodiscard]] std::size_t itemsize() const noexcept { return elementSize(type_); }
  /// `float`, `long int`, as a string of static lifetime.
  [[nodiscard]] GT_API std::string_view name() const noexcept;
  friend constexpr bool operator==(TypeMeta a, TypeMeta b) noexcept { return a.type_ == b.type_; }
  friend constexpr bool operator==(TypeMeta a, ScalarType b) noexcept { return a.type_ == b; }

 private:
  ScalarType type_;
};

inline std::ostream& operator<<(std::ostream& stream, TypeMeta type) {
  return stream << type.name();
}

}  // namespace gt

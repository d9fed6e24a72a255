// LLVM values as elements of the op table's arithmetic: instantiated over them, the generic lambdas
// of common/ops/arithmetic append instructions instead of computing.
//
// A value stands for one element, or for as many as there are lanes (<W x T>). Where instructions
// go, and how many lanes there are, is said by the innermost `Lanes` of the thread: the lambdas
// have no parameter for it.
#pragma once

#include <llvm/IR/IRBuilder.h>

#include <cstdint>
#include <type_traits>

#include "common/ops/arithmetic/primitives.h"

namespace gt::worker::jit::ir {

/// While it lives, values of this thread are made by `builder`, `width` elements each.
class Lanes {
 public:
  Lanes(llvm::IRBuilder<>& builder, unsigned width);
  Lanes(const Lanes&) = delete;
  Lanes& operator=(const Lanes&) = delete;
  ~Lanes();

  /// Of the innermost one; there must be one.
  [[nodiscard]] static llvm::IRBuilder<>& builder();
  [[nodiscard]] static unsigned width();
  /// `element` itself, or a vector of them.
  [[nodiscard]] static llvm::Type* type_of(llvm::Type* element);
  /// `value` in every lane, if it is one element and there are several lanes.
  [[nodiscard]] static llvm::Value* spread(llvm::Value* value);

 private:
  llvm::IRBuilder<>& builder_;
  unsigned width_;
  Lanes* outer_;
};

enum class Kind : std::uint8_t { single, full, word32, word64, condition };
[[nodiscard]] constexpr bool is_floating(Kind kind) {
  return kind == Kind::single || kind == Kind::full;
}
[[nodiscard]] llvm::Type* element_type(Kind kind);
[[nodiscard]] llvm::Value* constant(Kind kind, double value);
[[nodiscard]] llvm::Value* constant(Kind kind, std::uint64_t bits);

template <Kind K>
struct Value {
  llvm::Value* value = nullptr;

  Value() = default;
  explicit Value(llvm::Value* from) : value(from) {}
  template <class Number>
    requires std::is_arithmetic_v<Number>
  explicit Value(Number number) {
    if constexpr (is_floating(K))
      value = constant(K, static_cast<double>(number));
    else
      value = constant(K, static_cast<std::uint64_t>(number));
  }
};
using Float = Value<Kind::single>;
using Double = Value<Kind::full>;
using Int32 = Value<Kind::word32>;
using Int64 = Value<Kind::word64>;
using Condition = Value<Kind::condition>;

enum class Binary : std::uint8_t { add, subtract, multiply, divide, remainder };
enum class Bitwise : std::uint8_t { both, either, differ, shift_left, shift_right };
enum class Comparison : std::uint8_t { equal, unequal, less, less_equal, greater, greater_equal };
enum class Function : std::uint8_t { absolute, square_root, down, up, to_zero, to_even };

[[nodiscard]] llvm::Value* arithmetic(Binary operation, llvm::Value* a, llvm::Value* b);
[[nodiscard]] llvm::Value* bitwise(Bitwise operation, llvm::Value* a, llvm::Value* b);
[[nodiscard]] llvm::Value* compare(Comparison relation, llvm::Value* a, llvm::Value* b);
[[nodiscard]] llvm::Value* negated(llvm::Value* a);
[[nodiscard]] llvm::Value* chosen(llvm::Value* condition, llvm::Value* a, llvm::Value* b);
[[nodiscard]] llvm::Value* fused(llvm::Value* a, llvm::Value* b, llvm::Value* c);
[[nodiscard]] llvm::Value* applied(Function function, llvm::Value* a);
[[nodiscard]] llvm::Value* with_sign_of(llvm::Value* a, llvm::Value* sign);
[[nodiscard]] llvm::Value* bits_as(Kind kind, llvm::Value* a);
[[nodiscard]] llvm::Value* floating_as(Kind kind, llvm::Value* a);
/// The C library's function of that name, lane by lane.
[[nodiscard]] llvm::Value* library_call(const char* name, llvm::Value* a, llvm::Value* b = nullptr);

template <Kind K>
concept Number = K != Kind::condition;
template <Kind K>
concept Integer = K == Kind::word32 || K == Kind::word64;
template <Kind K>
concept Floating = is_floating(K);

#define GT_IR_BINARY(symbol, operation)                       \
  template <Kind K>                                           \
    requires Number<K>                                        \
  Value<K> operator symbol(Value<K> a, Value<K> b) {          \
    return Value<K>(arithmetic(operation, a.value, b.value)); \
  }
GT_IR_BINARY(+, Binary::add)
GT_IR_BINARY(-, Binary::subtract)
GT_IR_BINARY(*, Binary::multiply)
GT_IR_BINARY(/, Binary::divide)
#undef GT_IR_BINARY

#define GT_IR_BITWISE(symbol, operation)                   \
  template <Kind K>                                        \
    requires(!Floating<K>)                                 \
  Value<K> operator symbol(Value<K> a, Value<K> b) {       \
    return Value<K>(bitwise(operation, a.value, b.value)); \
  }
GT_IR_BITWISE(&, Bitwise::both)
GT_IR_BITWISE(|, Bitwise::either)
GT_IR_BITWISE(^, Bitwise::differ)
GT_IR_BITWISE(<<, Bitwise::shift_left)
GT_IR_BITWISE(>>, Bitwise::shift_right)
#undef GT_IR_BITWISE

#define GT_IR_COMPARISON(symbol, relation)                 \
  template <Kind K>                                        \
  Condition operator symbol(Value<K> a, Value<K> b) {      \
    return Condition(compare(relation, a.value, b.value)); \
  }
GT_IR_COMPARISON(==, Comparison::equal)
GT_IR_COMPARISON(!=, Comparison::unequal)
GT_IR_COMPARISON(<, Comparison::less)
GT_IR_COMPARISON(<=, Comparison::less_equal)
GT_IR_COMPARISON(>, Comparison::greater)
GT_IR_COMPARISON(>=, Comparison::greater_equal)
#undef GT_IR_COMPARISON

template <Kind K>
  requires Number<K>
Value<K> operator-(Value<K> a) {
  return Value<K>(negated(a.value));
}

// The vocabulary of common/ops/arithmetic/primitives.h.

template <Kind K>
Value<K> select(Condition condition, Value<K> if_true, Value<K> if_false) {
  return Value<K>(chosen(condition.value, if_true.value, if_false.value));
}
inline Condition logical_not_of(Condition a) { return a ^ Condition(1); }
inline Condition both(Condition a, Condition b) { return a & b; }
inline Condition either(Condition a, Condition b) { return a | b; }

template <Kind K>
  requires Floating<K>
Value<K> fused_multiply_add(Value<K> a, Value<K> b, Value<K> c) {
  return Value<K>(fused(a.value, b.value, c.value));
}
inline Int32 to_bits(Float a) { return Int32(bits_as(Kind::word32, a.value)); }
inline Int64 to_bits(Double a) { return Int64(bits_as(Kind::word64, a.value)); }
inline Float from_bits(Int32 a) { return Float(bits_as(Kind::single, a.value)); }
inline Double from_bits(Int64 a) { return Double(bits_as(Kind::full, a.value)); }
inline Float add_to_exponent(Float value, Int32 amount) {
  return from_bits(to_bits(value) + (amount << Int32(23)));
}

inline Int64 wrapping_add(Int64 a, Int64 b) { return a + b; }
inline Int64 wrapping_subtract(Int64 a, Int64 b) { return a - b; }
inline Int64 wrapping_multiply(Int64 a, Int64 b) { return a * b; }
inline Int64 quotient(Int64 a, Int64 b) { return a / b; }

inline Double widen(Float a) { return Double(floating_as(Kind::full, a.value)); }
inline Double widen(Double a) { return a; }
template <class T>
T narrow(Double a) {
  return T(floating_as(Kind::single, a.value));
}

#define GT_IR_FUNCTION(name, function)                     \
  template <Kind K>                                        \
    requires Floating<K>                                   \
  Value<K> name(Value<K> a) {                              \
    return Value<K>(applied(Function::function, a.value)); \
  }
GT_IR_FUNCTION(absolute, absolute)
GT_IR_FUNCTION(square_root, square_root)
GT_IR_FUNCTION(round_down, down)
GT_IR_FUNCTION(round_up, up)
GT_IR_FUNCTION(round_to_zero, to_zero)
GT_IR_FUNCTION(round_to_even, to_even)
#undef GT_IR_FUNCTION

template <Kind K>
  requires Floating<K>
Value<K> copy_sign(Value<K> a, Value<K> sign) {
  return Value<K>(with_sign_of(a.value, sign.value));
}
template <Kind K>
  requires Floating<K>
Value<K> exact_remainder(Value<K> a, Value<K> b) {
  return Value<K>(library_call(K == Kind::single ? "fmodf" : "fmod", a.value, b.value));
}

#define GT_IR_LIBRARY(name) \
  inline Double library_##name(Double a) { return Double(library_call(#name, a.value)); }
GT_IR_LIBRARY(exp)
GT_IR_LIBRARY(expm1)
GT_IR_LIBRARY(log)
GT_IR_LIBRARY(log1p)
GT_IR_LIBRARY(log2)
GT_IR_LIBRARY(log10)
GT_IR_LIBRARY(sin)
GT_IR_LIBRARY(cos)
GT_IR_LIBRARY(tan)
GT_IR_LIBRARY(tanh)
GT_IR_LIBRARY(sinh)
GT_IR_LIBRARY(cosh)
GT_IR_LIBRARY(asin)
GT_IR_LIBRARY(acos)
GT_IR_LIBRARY(atan)
GT_IR_LIBRARY(erf)
#undef GT_IR_LIBRARY
inline Double library_atan2(Double a, Double b) {
  return Double(library_call("atan2", a.value, b.value));
}
inline Double library_pow(Double a, Double b) {
  return Double(library_call("pow", a.value, b.value));
}

}  // namespace gt::worker::jit::ir

namespace gt::arithmetic {
template <>
inline constexpr bool is_floating_value<worker::jit::ir::Float> = true;
template <>
inline constexpr bool is_floating_value<worker::jit::ir::Double> = true;
template <>
inline constexpr bool is_single<worker::jit::ir::Float> = true;
template <>
struct ValueTraits<worker::jit::ir::Float> {
  using Bits = worker::jit::ir::Int32;
  using Wide = worker::jit::ir::Double;
};
template <>
struct ValueTraits<worker::jit::ir::Double> {
  using Bits = worker::jit::ir::Int64;
  using Wide = worker::jit::ir::Double;
};
}  // namespace gt::arithmetic

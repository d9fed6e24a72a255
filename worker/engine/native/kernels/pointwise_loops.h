// Generates the loop of every point-wise row for one compute type.
#pragma once

#include <cstdint>

#include "common/ops/arithmetic/arithmetic.h"
#include "common/ops/op_spec.h"
#include "common/tensor/half.h"
#include "worker/engine/native/kernels/kernel_table.h"

namespace gt::worker::native::GT_KERNEL_TARGET {
namespace {

/// Type in which attribute k of a row reaches its arithmetic.
template <class T, bool Static>
struct AttributeValue {
  using Type = T;
  static T read(const T* values, const std::int64_t*, int index) { return values[index]; }
};
template <class T>
struct AttributeValue<T, true> {
  using Type = std::int64_t;
  static std::int64_t read(const T*, const std::int64_t* statics, int index) {
    return statics[index];
  }
};

template <int... K>
struct Indices {};
template <int Count, int... K>
struct MakeIndices : MakeIndices<Count - 1, Count - 1, K...> {};
template <int... K>
struct MakeIndices<0, K...> {
  using Type = Indices<K...>;
};

/// A row as the generator needs it.
template <class RowArithmetic, int Operands, int AttributeCount, unsigned StaticMask>
struct Row {
  using Arithmetic = RowArithmetic;
  static constexpr int kOperands = Operands;
  template <int K>
  static constexpr bool is_static = ((StaticMask >> K) & 1u) != 0;
  template <class T, int K>
  using Attribute = AttributeValue<T, is_static<K>>;
};

consteval unsigned static_mask(const AttributeSpecs& specs) {
  unsigned mask = 0;
  for (std::size_t k = 0; k < specs.count; ++k)
    if (specs.specs[k].attribute_class == AttributeClass::statics) mask |= 1u << k;
  return mask;
}

/// Result of the row's arithmetic over T, or void where it has none.
template <class R, class T, int... O, int... A>
auto result_of(Indices<O...>, Indices<A...>) {
  if constexpr (requires {
                  R::Arithmetic::apply((static_cast<void>(O), T{})...,
                                       typename R::template Attribute<T, A>::Type{}...);
                })
    return R::Arithmetic::apply((static_cast<void>(O), T{})...,
                                typename R::template Attribute<T, A>::Type{}...);
}

/// A static attribute that is not 0, in a form that tells the compiler so.
struct NonZero {
  std::int64_t value;
  operator std::int64_t() const {
    if (value == 0) __builtin_unreachable();
    return value;
  }
};

/// `run(attributes...)`. A row's only static attribute selects among its formulas: where it is 0 it
/// reaches the loop as a constant, so that the loop computes one formula and not all.
template <class R, class T, int... A, class Run>
void with_attributes(const T* values, const std::int64_t* statics, Indices<A...>, Run&& run) {
  if constexpr (sizeof...(A) == 1 && R::template is_static<0>) {
    if (statics[0] == 0)
      run(std::integral_constant<std::int64_t, 0>{});
    else
      run(NonZero{statics[0]});
  } else {
    run(R::template Attribute<T, A>::read(values, statics, A)...);
  }
}

/// An operand with an element for each of the result, and one whose only element serves for all.
template <class T>
struct Each {
  const T* elements;
  T operator[](std::int64_t i) const { return elements[i]; }
};
template <class T>
struct Same {
  T element;
  T operator[](std::int64_t) const { return element; }
};
template <bool IsSame, class T>
auto operand(const void* elements) {
  if constexpr (IsSame)
    return Same<T>{*static_cast<const T*>(elements)};
  else
    return Each<T>{static_cast<const T*>(elements)};
}

/// Elements that are looked at together for being moderate.
constexpr std::int64_t kModerateChunk = 256;

/// Whether all of N operands are as `moderate` says; NaN is not.
template <std::int64_t N, arithmetic::Moderate moderate>
bool all_moderate(const float* x) {
  constexpr std::int32_t kLeast = arithmetic::to_bits(static_cast<float>(moderate.least));
  constexpr std::int32_t kBound = arithmetic::to_bits(static_cast<float>(moderate.bound));
  std::uint32_t largest = 0;
  for (std::int64_t i = 0; i < N; ++i) {
    const std::int32_t bits = arithmetic::to_bits(x[i]);
    // Of floats of one sign the bits are in the order of the magnitudes.
    const auto distance = kLeast == 0 ? static_cast<std::uint32_t>(bits & 0x7FFFFFFF)
                                      : static_cast<std::uint32_t>(bits) - std::uint32_t{kLeast};
    largest = distance > largest ? distance : largest;
  }
  return largest <= static_cast<std::uint32_t>(kBound) - static_cast<std::uint32_t>(kLeast);
}

template <class Arithmetic, class T>
concept HasModerate = __is_same(T, float) && requires { Arithmetic::kModerate; };

template <unsigned SameMask, int K>
inline constexpr bool is_same_for_all = ((SameMask >> K) & 1u) != 0;

/// SameMask: bit k is set where operand k has one element for all.
template <class R, class T, unsigned SameMask, class Out, int... O, int... A>
void loop(Out* out, const void* const* in, std::int64_t n, [[maybe_unused]] const T* values,
          [[maybe_unused]] const std::int64_t* statics, Indices<O...>, Indices<A...> indices) {
  using Row = typename R::Arithmetic;
  with_attributes<R>(values, statics, indices, [&](auto... attributes) {
    const auto general = [&](std::int64_t first, std::int64_t end) {
      [&](auto... operands) {
#pragma GCC ivdep
        for (std::int64_t i = first; i < end; ++i)
          out[i] = static_cast<Out>(Row::apply(operands[i]..., attributes...));
      }(operand<is_same_for_all<SameMask, O>, T>(in[O])...);
    };
    std::int64_t first = 0;
    if constexpr (HasModerate<Row, T>) {
      const auto* watched = static_cast<const float*>(in[Row::kModerate.operand]);
      for (; first + kModerateChunk <= n; first += kModerateChunk) {
        if (!all_moderate<kModerateChunk, Row::kModerate>(watched + first)) {
          general(first, first + kModerateChunk);
          continue;
        }
        Out* const to = out + first;
        const T* const from[] = {static_cast<const T*>(in[O]) + first...};
#pragma GCC ivdep
        for (std::int64_t i = 0; i < kModerateChunk; ++i)
          to[i] = static_cast<Out>(Row::apply_moderate(from[O][i]..., attributes...));
      }
    }
    general(first, n);
  });
}

/// The same over bfloat16 operands and results. flatten: the conversions of half.h must not be
/// emitted as functions of this instruction set.
template <class R, int... O, int... A>
[[gnu::flatten]] void bfloat16_loop(BFloat16* out, const void* const* in, std::int64_t n,
                                    [[maybe_unused]] const float* values,
                                    [[maybe_unused]] const std::int64_t* statics, Indices<O...>,
                                    Indices<A...>) {
  const BFloat16* const from[] = {static_cast<const BFloat16*>(in[O])...};
#pragma GCC ivdep
  for (std::int64_t i = 0; i < n; ++i)
    out[i] = BFloat16(
        R::Arithmetic::apply(static_cast<float>(from[O][i])...,
                             R::template Attribute<float, A>::read(values, statics, A)...));
}

template <class R, class T, int AttributeCount>
struct Generated {
  using OperandIndices = typename MakeIndices<R::kOperands>::Type;
  using AttributeIndices = typename MakeIndices<AttributeCount>::Type;
  using Result = decltype(result_of<R, T>(OperandIndices{}, AttributeIndices{}));
  static constexpr bool kExists = !__is_same(Result, void);
  // & and | of two conditions are of type int.
  static constexpr bool kBoolean = __is_same(Result, bool) || __is_same(Result, int);
  using Out = std::conditional_t<kBoolean, std::uint8_t, T>;

  template <unsigned SameMask>
  static void kernel(void* out, const void* const* in, std::int64_t n, const void* values,
                     const std::int64_t* statics) {
    loop<R, T, SameMask>(static_cast<Out*>(out), in, n, static_cast<const T*>(values), statics,
                         OperandIndices{}, AttributeIndices{});
  }
  static void bfloat16_kernel(void* out, const void* const* in, std::int64_t n, const void* values,
                              const std::int64_t* statics) {
    bfloat16_loop<R>(static_cast<BFloat16*>(out), in, n, static_cast<const float*>(values), statics,
                     OperandIndices{}, AttributeIndices{});
  }
  static void absent(void* out, int operand) {
    if constexpr (requires { R::Arithmetic::template absent<T>(0); })
      *static_cast<T*>(out) = R::Arithmetic::template absent<T>(operand);
  }
};

template <class R, class T, int AttributeCount>
void fill_entry(PointwiseEntry& entry, ComputeType type) {
  using Loop = Generated<R, T, AttributeCount>;
  if constexpr (Loop::kExists) {
    entry.kernels[static_cast<int>(type)] = &Loop::template kernel<0>;
    if constexpr (R::kOperands == 2 && __is_same(T, float) &&
                  !HasModerate<typename R::Arithmetic, T>) {
      entry.repeats[0] = &Loop::template kernel<1>;
      entry.repeats[1] = &Loop::template kernel<2>;
    }
    if constexpr (__is_same(T, float) && requires { R::Arithmetic::kDivides; })
      entry.bfloat16 = &Loop::bfloat16_kernel;
    entry.boolean_result = Loop::kBoolean;
    if constexpr (requires { R::Arithmetic::kRefusesZeroDivisor; })
      entry.refuses_zero_divisor = true;
    if constexpr (requires { R::Arithmetic::template absent<T>(0); })
      entry.absent[static_cast<int>(type)] = &Loop::absent;
  }
}

template <class T>
void fill_pointwise(KernelTable& table, ComputeType type) {
#define GT_OP(code_, name_, log_kind_, class_, operands_, results_, aten_, attributes_, ...) \
  fill_entry<Row<arithmetic::name_, spec_parser::operands(operands_).count,                  \
                 spec_parser::attributes(attributes_).count,                                 \
                 static_mask(spec_parser::attributes(attributes_))>,                         \
             T, spec_parser::attributes(attributes_).count>(table.pointwise[code_], type);
#include "common/ops/table/pointwise.def"
#undef GT_OP
}

}  // namespace
}  // namespace gt::worker::native::GT_KERNEL_TARGET

// Point-wise rows: the arithmetic of common/ops/arithmetic, one element at a time. The list of rows
// and the form of each come from the op table.
#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "common/ops/arithmetic/arithmetic.h"
#include "worker/engine/reference/call.h"

namespace gt::worker::reference {
namespace {

/// Calls `function(number)` with the type in which elements of `dtype` are computed: half-precision
/// elements as float, integers and bool as int64.
template <class Function>
decltype(auto) with_compute_type(DType dtype, Function&& function) {
  if (dtype == DType::kFloat64) return function(double());
  if (is_floating(dtype)) return function(float());
  return function(std::int64_t());
}

/// A row is computed in the dtype of its result; where that is bool, or the row is a cast, in the
/// promoted dtype of its operands.
DType computed_dtype(const Call& call) {
  const DType result = call.result_meta().dtype;
  if (call.row().op != Op::to && result != DType::kBool) return result;
  std::vector<OperandMeta> metas;
  for (std::size_t k = 0; k < call.operand_count(); ++k)
    metas.push_back(call.is_tensor(k) ? OperandMeta::of(call.value(k).meta())
                                      : OperandMeta::of(call.operand(k).scalar));
  return promoted_dtype(metas);
}

/// Value attributes have the element type, static ones are int64.
template <class T, bool kStatic>
using AttributeOf = std::conditional_t<kStatic, std::int64_t, T>;

template <class T, bool kStatic>
AttributeOf<T, kStatic> read_attribute(const Call& call, std::size_t k) {
  using Result = AttributeOf<T, kStatic>;
  const AttributeType type = call.row().attributes.specs[k].type;
  if (type == AttributeType::scalar) return Call::number<Result>(call.scalar(k));
  if (type == AttributeType::real) return Call::number<Result>(ScalarValue(call.real(k)));
  return Call::number<Result>(ScalarValue(call.integer(k)));
}

template <class Arithmetic, class T>
Array<T> read_operand(const Call& call, std::size_t k, const Shape& shape) {
  if (call.has(k)) return call.read<T>(k, shape);
  if constexpr (requires { Arithmetic::template absent<T>(0); })
    return make_array<T>(shape, Arithmetic::template absent<T>(static_cast<int>(k)));
  abort_broken_invariant("operand given", __FILE__, __LINE__, std::string(call.row().name));
}

template <class Arithmetic, class T>
void check_divisor([[maybe_unused]] const Array<T>& divisor) {
  if constexpr (std::is_integral_v<T> && requires { Arithmetic::kRefusesZeroDivisor; })
    if (std::count(divisor.elements.begin(), divisor.elements.end(), 0) != 0)
      throw CommonError(ErrorKind::kValue, "ZeroDivisionError");
}

/// Row `Arithmetic` over elements of type T. `StaticMask` has bit k set if attribute k is static.
template <class Arithmetic, class T, unsigned kStaticMask, std::size_t... O, std::size_t... A>
std::vector<Value> compute(const Call& call, std::index_sequence<O...>, std::index_sequence<A...>) {
  if constexpr (requires {
                  Arithmetic::apply((static_cast<void>(O), T())...,
                                    AttributeOf<T, (kStaticMask >> A & 1u) != 0>()...);
                }) {
    const Shape& shape = call.result_meta().shape;
    const std::array<Array<T>, sizeof...(O)> operands = {
        read_operand<Arithmetic, T>(call, O, shape)...};
    const std::tuple attributes(read_attribute < T, (kStaticMask >> A & 1u) != 0 > (call, A)...);
    check_divisor<Arithmetic>(operands.back());
    const auto element = [&](std::int64_t k) {
      return Arithmetic::apply(operands[O][k]..., std::get<A>(attributes)...);
    };
    using Element = decltype(element(0));
    using Stored = std::conditional_t<std::is_same_v<Element, bool>, std::int64_t, Element>;
    auto result = make_array<Stored>(shape);
    for (std::int64_t k = 0; k < result.count(); ++k) result[k] = element(k);
    return call.results(result);
  }
  abort_broken_invariant("arithmetic over this type", __FILE__, __LINE__,
                         std::string(call.row().name));
}

template <class Arithmetic, unsigned kStaticMask, std::size_t kOperands, std::size_t kAttributes>
std::vector<Value> pointwise(const Call& call) {
  return with_compute_type(computed_dtype(call), [&](auto number) {
    return compute<Arithmetic, decltype(number), kStaticMask>(
        call, std::make_index_sequence<kOperands>(), std::make_index_sequence<kAttributes>());
  });
}

/// Bools have no bits but one: their complement is logical.
std::vector<Value> bitwise_not(const Call& call) {
  if (call.result_meta().dtype == DType::kBool)
    return pointwise<arithmetic::logical_not, 0, 1, 0>(call);
  return pointwise<arithmetic::bitwise_not, 0, 1, 0>(call);
}

consteval unsigned static_mask(const AttributeSpecs& specs) {
  unsigned mask = 0;
  for (std::size_t k = 0; k < specs.count; ++k)
    if (specs.specs[k].attribute_class == AttributeClass::statics) mask |= 1u << k;
  return mask;
}

constexpr KernelEntry kKernels[] = {
    {Op::bitwise_not, bitwise_not},
#define GT_OP(code_, name_, log_kind_, class_, operands_, results_, aten_, attributes_, ...) \
  {Op::name_,                                                                                \
   pointwise<arithmetic::name_, static_mask(spec_parser::attributes(attributes_)),           \
             spec_parser::operands(operands_).count, spec_parser::attributes(attributes_).count>},
#include "common/ops/table/pointwise.def"
#undef GT_OP
};

}  // namespace

std::span<const KernelEntry> pointwise_kernels() { return kKernels; }

}  // namespace gt::worker::reference

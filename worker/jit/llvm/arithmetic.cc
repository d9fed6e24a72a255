// Generated from the op table, as worker/engine/native/kernels/pointwise_loops.h is: no second list
// of rows.
#include "worker/jit/llvm/arithmetic.h"

#include <array>
#include <utility>

#include "common/ops/arithmetic/arithmetic.h"
#include "common/ops/op_spec.h"

namespace gt::worker::jit {
namespace {

template <class T>
T value_of(llvm::Value* value) {
  return T(value);
}

consteval unsigned static_mask(const AttributeSpecs& specs) {
  unsigned mask = 0;
  for (std::size_t k = 0; k < specs.count; ++k)
    if (specs.specs[k].attribute_class == AttributeClass::statics) mask |= 1u << k;
  return mask;
}

template <class Arithmetic, class T, unsigned StaticMask, class Operands, class Attributes>
struct Generated;

template <class Arithmetic, class T, unsigned StaticMask, std::size_t... O, std::size_t... A>
struct Generated<Arithmetic, T, StaticMask, std::index_sequence<O...>, std::index_sequence<A...>> {
  template <std::size_t K>
  using Attribute = std::conditional_t<((StaticMask >> K) & 1u) != 0, std::int64_t, T>;

  static constexpr bool kExists =
      requires { Arithmetic::apply((static_cast<void>(O), T{})..., Attribute<A>{}...); };

  template <std::size_t K>
  static Attribute<K> attribute(std::span<const ArithmeticAttribute> attributes) {
    if constexpr (std::is_same_v<Attribute<K>, std::int64_t>)
      return attributes[K].constant;
    else
      return T(attributes[K].value);
  }
  static auto result(std::span<llvm::Value* const> operands,
                     [[maybe_unused]] std::span<const ArithmeticAttribute> attributes) {
    return Arithmetic::apply(T(operands[O])..., attribute<A>(attributes)...);
  }
  static llvm::Value* apply(std::span<llvm::Value* const> operands,
                            std::span<const ArithmeticAttribute> attributes) {
    return result(operands, attributes).value;
  }
  static llvm::Value* apply_moderate(
      std::span<llvm::Value* const> operands,
      [[maybe_unused]] std::span<const ArithmeticAttribute> attributes) {
    return Arithmetic::apply_moderate(T(operands[O])..., attribute<A>(attributes)...).value;
  }
  static llvm::Value* absent(int k) {
    if constexpr (requires { Arithmetic::template absent<T>(0); })
      return Arithmetic::template absent<T>(k).value;
    return nullptr;
  }
  static constexpr RowArithmetic entry() {
    RowArithmetic made;
    if constexpr (kExists) {
      made.apply = &apply;
      made.boolean_result = std::is_same_v<decltype(result({}, {})), ir::Condition>;
      if constexpr (requires { Arithmetic::template absent<T>(0); }) made.absent = &absent;
      if constexpr (std::is_same_v<T, ir::Float> && requires { Arithmetic::kModerate; }) {
        made.apply_moderate = &apply_moderate;
        made.moderate = Arithmetic::kModerate;
      }
    }
    return made;
  }
};

struct RowEntry {
  Op op;
  std::array<RowArithmetic, native::kComputeTypes> by_type;
};

template <class Arithmetic, std::size_t Operands, std::size_t Attributes, unsigned StaticMask>
constexpr RowEntry row_entry(Op op) {
  using O = std::make_index_sequence<Operands>;
  using A = std::make_index_sequence<Attributes>;
  return {op,
          {Generated<Arithmetic, ir::Float, StaticMask, O, A>::entry(),
           Generated<Arithmetic, ir::Double, StaticMask, O, A>::entry(),
           Generated<Arithmetic, ir::Int64, StaticMask, O, A>::entry()}};
}

constexpr RowEntry kRows[] = {
#define GT_OP(code_, name_, log_kind_, class_, operands_, results_, aten_, attributes_, ...) \
  row_entry<arithmetic::name_, spec_parser::operands(operands_).count,                       \
            spec_parser::attributes(attributes_).count,                                      \
            static_mask(spec_parser::attributes(attributes_))>(Op::name_),
#include "common/ops/table/pointwise.def"
#undef GT_OP
};

const RowEntry* find(Op op) {
  for (const RowEntry& row : kRows)
    if (row.op == op) return &row;
  return nullptr;
}

}  // namespace

const RowArithmetic* arithmetic_of_row(Op op, ComputeType type) {
  const RowEntry* row = find(op);
  if (row == nullptr) return nullptr;
  const RowArithmetic& found = row->by_type[static_cast<std::size_t>(index_of(type))];
  return found.apply != nullptr ? &found : nullptr;
}

bool has_boolean_result(Op op) {
  const RowEntry* row = find(op);
  if (row == nullptr) return false;
  for (const RowArithmetic& entry : row->by_type)
    if (entry.apply != nullptr) return entry.boolean_result;
  return false;
}

}  // namespace gt::worker::jit

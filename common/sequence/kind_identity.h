// What of a kind belongs to the identity of a sequence, and the part its instructions play there.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/ops/instruction.h"
#include "common/sequence/hash.h"

namespace gt::sequence {

/// The part an instruction plays in its lane's logical stream.
enum class Role : std::uint8_t {
  element,      ///< it computes: an element of the stream
  source,       ///< a value from outside (upload, receive): its result is external to any unit
  observation,  ///< somebody looks at a value (fetch, send); outside of identity
  release,      ///< the end of a value; outside of identity
};
[[nodiscard]] Role role_of(const OpRow& row) noexcept;

/// A tensor operand of a kind.
struct TensorOperand {
  std::uint16_t operand = 0;  ///< counted as in the kind
  std::uint16_t word = 0;     ///< counted as in `Instruction::operand_words`
};

/// A kind as sequences see it.
struct KindIdentity {
  Kind kind;
  const OpRow* row = nullptr;
  Role role = Role::element;
  /// From op number, signal, forms, dtypes and ranks of the operands, and static words; the same in
  /// every process, whatever number a session gave the kind.
  Hash128 hash;
  std::vector<TensorOperand> tensors;      ///< the others are scalars: positional bindings
  std::vector<std::uint8_t> extent_words;  ///< which binding words are extents, rising
};

[[nodiscard]] KindIdentity identify(const ResolvedKind& kind);

/// The kinds of one session by their numbers. Entries stay where they are.
class KindCatalog {
 public:
  /// Adds a kind, or gives what is there already under this number.
  const KindIdentity& define(KindId id, const ResolvedKind& kind);
  /// Null if the number was not defined.
  [[nodiscard]] const KindIdentity* find(KindId id) const noexcept {
    return id < entries_.size() ? entries_[id].get() : nullptr;
  }
  /// The kind under a number that was defined.
  [[nodiscard]] const KindIdentity& at(KindId id) const { return *entries_[id]; }
  /// Numbers up to the highest that was defined.
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

 private:
  std::vector<std::unique_ptr<const KindIdentity>> entries_;
};

/// Why something else came than a unit expects.
enum class Difference : std::uint8_t {
  op,         ///< another operation
  signal,     ///< another signal context
  operands,   ///< another number of operands, or a scalar or nothing where a tensor was
  dtype,      ///< operand `index` has another dtype
  rank,       ///< operand `index` has another number of dimensions
  attribute,  ///< static attribute `index` of the row differs
  data_flow,  ///< operand `index` is another value
  end,        ///< the unit could not go on: what came first is resolved by a mark or by removal
};

struct KindDifference {
  Difference difference = Difference::op;
  std::uint16_t index = 0;
};
/// The first difference of two kinds that are not equal, in the order of `Difference`.
[[nodiscard]] KindDifference compare(const KindIdentity& expected, const KindIdentity& found);

}  // namespace gt::sequence

#include "common/sequence/kind_identity.h"

#include <algorithm>

namespace gt::sequence {
namespace {

/// Part of every hash: raise it when what is hashed changes.
constexpr std::uint64_t kHashVersion = 1;

Hash128 hash_of(const Kind& kind) {
  Hasher hasher;
  hasher.add(kHashVersion);
  hasher.add(static_cast<std::uint64_t>(kind.op));
  hasher.add(kind.signal);
  hasher.add(kind.operands.size());
  for (const OperandType& operand : kind.operands)
    hasher.add(static_cast<std::uint64_t>(operand.form) |
               (static_cast<std::uint64_t>(static_cast<std::uint8_t>(operand.dtype)) << 8) |
               (static_cast<std::uint64_t>(operand.rank) << 16));
  hasher.add(kind.statics.size());
  for (std::uint64_t word : kind.statics) hasher.add(word);
  return hasher.finish();
}

/// The attribute of a row to which static word `index` of one of its kinds belongs.
std::uint16_t attribute_of(const Kind& kind, std::size_t index) {
  const AttributeSpecs& attributes = row_of(kind.op).attributes;
  std::size_t word = 0;
  for (std::size_t k = 0; k < attributes.count; ++k) {
    const AttributeSpec& spec = attributes.specs[k];
    const bool is_static = spec.attribute_class == AttributeClass::statics;
    if (spec.type == AttributeType::integers)
      word += 1 + (is_static ? kind.statics[word] : 0);
    else if (spec.type == AttributeType::scalar)
      word += is_static ? 2 : 1;
    else
      word += is_static ? 1 : 0;
    if (index < word) return static_cast<std::uint16_t>(k);
  }
  return 0;
}

KindDifference compare_operands(const Kind& expected, const Kind& found) {
  const std::size_t count = std::min(expected.operands.size(), found.operands.size());
  if (expected.operands.size() != found.operands.size()) return {Difference::operands, 0};
  for (std::size_t k = 0; k < count; ++k) {
    const OperandType& a = expected.operands[k];
    const OperandType& b = found.operands[k];
    const auto index = static_cast<std::uint16_t>(k);
    if (a.form != b.form) return {Difference::operands, index};
    if (a.dtype != b.dtype) return {Difference::dtype, index};
    if (a.rank != b.rank) return {Difference::rank, index};
  }
  const auto pair = std::mismatch(expected.statics.begin(), expected.statics.end(),
                                  found.statics.begin(), found.statics.end());
  const auto word = static_cast<std::size_t>(pair.first - expected.statics.begin());
  return {Difference::attribute, attribute_of(expected, word)};
}

}  // namespace

Role role_of(const OpRow& row) noexcept {
  if (row.op_class != OpClass::communication || row.op == Op::recover) return Role::element;
  if (row.op == Op::release) return Role::release;
  return row.results != 0 ? Role::source : Role::observation;
}

KindIdentity identify(const ResolvedKind& kind) {
  KindIdentity identity;
  identity.kind = kind.kind;
  identity.row = kind.row;
  identity.role = role_of(*kind.row);
  identity.hash = hash_of(kind.kind);
  std::uint16_t word = 0;
  for (std::size_t k = 0; k < kind.kind.operands.size(); ++k) {
    const OperandMeta::Form form = kind.kind.operands[k].form;
    if (form == OperandMeta::Form::tensor)
      identity.tensors.push_back({static_cast<std::uint16_t>(k), word});
    if (form != OperandMeta::Form::none) ++word;
  }
  for (std::size_t k = 0; k < kind.binding_words; ++k)
    if (((kind.extent_bindings >> k) & 1u) != 0)
      identity.extent_words.push_back(static_cast<std::uint8_t>(k));
  return identity;
}

const KindIdentity& KindCatalog::define(KindId id, const ResolvedKind& kind) {
  GT_INVARIANT(id < kMaxKinds, "kind number out of range");
  if (id >= entries_.size()) entries_.resize(id + 1);
  if (!entries_[id]) entries_[id] = std::make_unique<const KindIdentity>(identify(kind));
  return *entries_[id];
}

KindDifference compare(const KindIdentity& expected, const KindIdentity& found) {
  if (expected.kind.op != found.kind.op) return {Difference::op, 0};
  if (expected.kind.signal != found.kind.signal) return {Difference::signal, 0};
  return compare_operands(expected.kind, found.kind);
}

}  // namespace gt::sequence

#include "dispatcher/core/kind_table.h"

#include <utility>

#include "common/ops/attributes.h"
#include "dispatcher/core/outbox.h"

namespace gt::dispatcher {
namespace {

/// Client threads define kinds under one counter but send them in any order.
constexpr std::size_t kMaxGap = 4096;
/// Operands whose "dies here" bits stand in the header.
constexpr std::size_t kMostPlainOperands = 16;

std::vector<TensorPosition> tensors_of(const Kind& kind) {
  std::vector<TensorPosition> tensors;
  std::uint32_t word = 0;
  for (std::uint32_t k = 0; k < kind.operands.size(); ++k) {
    if (kind.operands[k].form == OperandMeta::Form::tensor) tensors.push_back({k, word});
    if (kind.operands[k].form != OperandMeta::Form::none) ++word;
  }
  return tensors;
}

/// The kind of an instruction of ours, with the sizes in it left open.
Kind own_kind(Op op, const TensorMeta& meta) {
  const OpRow& row = row_of(op);
  Kind kind;
  kind.op = op;
  if (row.operands.count != 0)
    kind.operands.push_back(
        {OperandMeta::Form::tensor, meta.dtype, static_cast<std::uint8_t>(meta.shape.size())});
  if (op == Op::receive) {
    Attributes::Words bindings;
    split_attributes(row, make_attributes(op, meta.dtype, meta.shape, std::int64_t{0}),
                     kind.statics, bindings);
  }
  return kind;
}

}  // namespace

void KindTable::define(KindId id, Kind kind) {
  if (id >= client_kinds_ + kMaxGap)
    violation("kind number " + std::to_string(id) + " after " + std::to_string(client_kinds_) +
              " kinds; numbers rise by one");
  if (id >= by_client_id_.size()) by_client_id_.resize(id + 1, nullptr);
  ResolvedKind resolved = resolve(std::move(kind));
  PlannedKind*& slot = by_client_id_[id];
  if (slot != nullptr) {
    if (!(slot->resolved.kind == resolved.kind))
      violation("kind " + std::to_string(id) + " is defined twice, in different ways");
    return;
  }
  slot = &add(std::move(resolved));
  ++client_kinds_;
}

PlannedKind& KindTable::add(ResolvedKind resolved) {
  const auto planned_id = static_cast<KindId>(kinds_.size());
  if (planned_id >= kMaxKinds) violation("more kinds than 24 bits can number");
  auto kind = std::make_unique<PlannedKind>();
  kind->planned_id = planned_id;
  kind->tensors = tensors_of(resolved.kind);
  kind->is_plain = resolved.row->op_class != OpClass::communication &&
                   resolved.kind.operands.size() <= kMostPlainOperands;
  kind->resolved = std::move(resolved);
  kinds_.push_back(std::move(kind));
  return *kinds_.back();
}

const PlannedKind& KindTable::own(Op op, OwnKinds& kinds, const TensorMeta& meta) {
  const PlannedKind*& slot =
      kinds[static_cast<std::size_t>(meta.dtype) * (kMaxDimensions + 1) + meta.shape.size()];
  if (slot == nullptr) slot = &add(resolve(own_kind(op, meta)));
  return *slot;
}

const PlannedKind& KindTable::release(const TensorMeta& operand) {
  return own(Op::release, releases_, operand);
}
const PlannedKind& KindTable::send(const TensorMeta& operand) {
  return own(Op::send, sends_, operand);
}
const PlannedKind& KindTable::receive(const TensorMeta& result) {
  return own(Op::receive, receives_, result);
}

}  // namespace gt::dispatcher

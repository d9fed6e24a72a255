#include "worker/execution/call_cache.h"

#include <algorithm>

namespace gt::worker {
namespace {

bool has_positions(const OpRow& row) {
  for (std::size_t k = 0; k < row.attributes.count; ++k)
    if (row.attributes.specs[k].attribute_class == AttributeClass::position) return true;
  return false;
}

}  // namespace

bool CallCache::fits(const Entry& entry, const ResolvedKind& kind,
                     std::span<const EngineOperand> operands,
                     std::span<const std::uint64_t> bindings) {
  if (!entry.is_used) return false;
  std::size_t next = 0;
  for (const EngineOperand& operand : operands) {
    if (operand.value == nullptr) continue;
    const OperandForm& form = entry.operands[next++];
    if (form.dtype != operand.value->dtype || !(form.shape == operand.value->shape) ||
        !(form.strides == operand.value->strides))
      return false;
  }
  if (kind.extent_bindings == 0) return true;
  for (std::size_t i = 0; i < bindings.size(); ++i)
    if (((kind.extent_bindings >> i) & 1u) != 0 && bindings[i] != entry.bindings[i]) return false;
  return true;
}

CallCache::Entry* CallCache::look_up(const ResolvedKind& kind,
                                     std::span<const EngineOperand> operands,
                                     std::span<const std::uint64_t> bindings) {
  for (std::size_t tried = 0; tried < entries_.size(); ++tried) {
    if (fits(entries_[last_], kind, operands, bindings)) return &entries_[last_];
    last_ = last_ + 1 == entries_.size() ? 0 : last_ + 1;
  }
  return nullptr;
}

void CallCache::infer_results(const ResolvedKind& kind, std::span<const EngineOperand> operands,
                              Inferred& inferred) {
  metas_.resize(operands.size());
  for (std::size_t k = 0; k < operands.size(); ++k) {
    const OperandType& type = kind.kind.operands[k];
    const Value* value = operands[k].value;
    metas_[k].form = type.form;
    metas_[k].dtype = value != nullptr ? value->dtype : type.dtype;
    metas_[k].shape = value != nullptr ? value->shape : Shape();
  }
  infer(*kind.row, metas_, inferred.attributes, inferred.results);
}

void CallCache::make(Entry& entry, const ResolvedKind& kind,
                     std::span<const EngineOperand> operands,
                     std::span<const std::uint64_t> bindings) {
  entry.is_used = false;
  entry.is_repeated = false;
  entry.call.prepared.reset();
  Inferred& inferred = entry.call.inferred;
  inferred.attributes = merge_attributes(kind, bindings);
  inferred.results.assign(kind.row->results, TensorMeta{});
  infer_results(kind, operands, inferred);
  entry.bindings.assign(bindings.begin(), bindings.end());
  entry.operands.clear();
  for (const EngineOperand& operand : operands)
    if (operand.value != nullptr)
      entry.operands.push_back(
          {operand.value->dtype, operand.value->shape, operand.value->strides});
  entry.is_used = true;
}

void CallCache::rebind(Entry& entry, const ResolvedKind& kind,
                       std::span<const EngineOperand> operands,
                       std::span<const std::uint64_t> bindings) {
  Inferred& inferred = entry.call.inferred;
  entry.is_used = false;
  inferred.attributes = merge_attributes(kind, bindings);
  if (has_positions(*kind.row)) infer_results(kind, operands, inferred);
  std::copy(bindings.begin(), bindings.end(), entry.bindings.begin());
  if (entry.call.prepared != nullptr) entry.call.prepared->bind(inferred.attributes);
  entry.is_used = true;
}

CachedCall& CallCache::find(const ResolvedKind& kind, std::span<const EngineOperand> operands,
                            std::span<const std::uint64_t> bindings, Engine& engine) {
  Entry* entry = look_up(kind, operands, bindings);
  if (entry == nullptr) {
    if (entries_.size() < kEntries) {
      entries_.emplace_back();
      last_ = entries_.size() - 1;
    }
    // A full cache: look-ups have gone round to the one found last, the next is the oldest.
    else if (++last_ == kEntries)
      last_ = 0;
    make(entries_[last_], kind, operands, bindings);
    return entries_[last_].call;
  }
  if (!std::equal(bindings.begin(), bindings.end(), entry->bindings.begin()))
    rebind(*entry, kind, operands, bindings);
  if (!entry->is_repeated) {
    entry->is_repeated = true;
    entry->call.prepared = engine.prepare(
        {*kind.row, operands, entry->call.inferred.attributes, entry->call.inferred.results});
  }
  return entry->call;
}

}  // namespace gt::worker

#include "common/ops/inference_cache.h"

namespace gt {

bool InferenceCache::matches(const Entry& entry, std::span<const OperandMeta> operands,
                             std::span<const std::uint64_t> bindings) {
  if (!entry.is_used || entry.shapes.size() != operands.size() ||
      entry.bindings.size() != bindings.size())
    return false;
  for (std::size_t i = 0; i < bindings.size(); ++i)
    if (bindings[i] != entry.bindings[i]) return false;
  for (std::size_t k = 0; k < operands.size(); ++k)
    if (!(operands[k].shape == entry.shapes[k])) return false;
  return true;
}

const Inferred& InferenceCache::infer(const ResolvedKind& kind,
                                      std::span<const OperandMeta> operands,
                                      std::span<const std::uint64_t> bindings) {
  for (const Entry& entry : entries_)
    if (matches(entry, operands, bindings)) return entry.inferred;
  if (entries_.size() < kEntries) entries_.resize(entries_.size() + 1);
  Entry& entry = entries_[next_ % entries_.size()];
  next_ = (next_ + 1) % kEntries;
  entry.is_used = false;
  entry.inferred.attributes = merge_attributes(kind, bindings);
  entry.inferred.results.assign(kind.row->results, TensorMeta{});
  gt::infer(*kind.row, operands, entry.inferred.attributes, entry.inferred.results);
  entry.bindings.assign(bindings.begin(), bindings.end());
  entry.shapes.clear();
  for (const OperandMeta& operand : operands) entry.shapes.push_back(operand.shape);
  entry.is_used = true;
  return entry.inferred;
}

}  // namespace gt

#include "worker/execution/kind_table.h"

#include <algorithm>
#include <utility>

#include "common/error.h"

namespace gt::worker {

bool InferenceCache::matches(const Entry& entry, std::span<const OperandMeta> operands,
                             std::span<const std::uint64_t> bindings) {
  if (!entry.is_used || entry.shapes.size() != operands.size()) return false;
  if (!std::equal(bindings.begin(), bindings.end(), entry.bindings.begin(), entry.bindings.end()))
    return false;
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

void KindTable::define(KindId id, Kind kind) {
  if (id >= kMaxKinds)
    throw CommonError(ErrorKind::kProtocol, "kind number " + std::to_string(id) + " is too large");
  auto entry = std::make_unique<Entry>();
  entry->resolved = resolve(std::move(kind));
  if (id >= entries_.size()) entries_.resize(std::max<std::size_t>(id + 1, entries_.size() * 2));
  entries_[id] = std::move(entry);
}

}  // namespace gt::worker

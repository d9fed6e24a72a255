#include "client/src/session/call_cache.h"

namespace gt::client {

bool CallCache::matches(const Entry& entry, std::span<const EmitOperand> operands,
                        const Attributes& attributes) {
  if (entry.call.row == nullptr || entry.operands.size() != operands.size() ||
      !(entry.call.attributes.words() == attributes.words()))
    return false;
  for (std::size_t k = 0; k < operands.size(); ++k)
    if (!operands[k].is_like(entry.operands[k])) return false;
  return true;
}

CallCache::Entry& CallCache::replace(Row& row) {
  if (row.entries.size() < kEntries) {
    row.last = row.entries.size();
    return *row.entries.emplace_back(std::make_unique<Entry>());
  }
  row.last = row.next;
  row.next = (row.next + 1) % kEntries;
  Entry& entry = *row.entries[row.last];
  entry.call.row = nullptr;
  entry.operands.clear();
  return entry;
}

InferredCall& CallCache::infer(Op op, std::span<const EmitOperand> operands,
                               const Attributes& attributes) {
  const auto number = static_cast<std::size_t>(op);
  if (number >= rows_.size()) rows_.resize(number + 1);
  Row& row = rows_[number];
  if (row.last < row.entries.size() && matches(*row.entries[row.last], operands, attributes))
    return row.entries[row.last]->call;
  for (std::size_t k = 0; k < row.entries.size(); ++k)
    if (k != row.last && matches(*row.entries[k], operands, attributes)) {
      row.last = k;
      return row.entries[k]->call;
    }

  Entry& entry = replace(row);
  for (const EmitOperand& operand : operands) entry.operands.push_back(operand.meta());
  const OpRow& spec = row_of(op);
  for (TensorMeta& meta : entry.call.metas) meta = TensorMeta{};
  gt::infer(spec, entry.operands, attributes, std::span(entry.call.metas).first(spec.results));
  entry.call.attributes = attributes;
  entry.call.kind = nullptr;
  entry.call.row = &spec;  // last: a call that threw is not kept
  return entry.call;
}

}  // namespace gt::client

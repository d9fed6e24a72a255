// What instructions of one kind make, by what their operands are: programs repeat themselves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "dispatcher/core/value_table.h"

namespace gt::dispatcher {

/// Remembers the last few distinct plans of a kind. Metas are compared by address (MetaTable).
class PlanCache {
 public:
  using Metas = std::vector<const TensorMeta*>;

  /// The results for tensor operands with these metas and for these bindings; nullptr if they are
  /// not known. Valid until the next `add` or `clear`.
  [[nodiscard]] const Metas* find(std::span<const Value* const> operands,
                                  std::span<const std::uint64_t> bindings) noexcept {
    if (entries_.empty()) return nullptr;
    if (entries_[recent_].matches(operands, bindings)) return &entries_[recent_].results;
    for (std::size_t k = 0; k < entries_.size(); ++k)
      if (entries_[k].matches(operands, bindings)) return &entries_[recent_ = k].results;
    return nullptr;
  }

  const Metas& add(std::span<const Value* const> operands, std::span<const std::uint64_t> bindings,
                   Metas results) {
    if (entries_.size() < kEntries) entries_.emplace_back();
    recent_ = std::exchange(next_, (next_ + 1) % kEntries);
    Entry& entry = entries_[recent_];
    entry.operands.clear();
    for (const Value* operand : operands) entry.operands.push_back(operand->meta);
    entry.bindings.assign(bindings.begin(), bindings.end());
    entry.results = std::move(results);
    return entry.results;
  }

  void clear() noexcept {
    entries_.clear();
    recent_ = next_ = 0;
  }

 private:
  static constexpr std::size_t kEntries = 8;
  struct Entry {
    Metas operands;
    std::vector<std::uint64_t> bindings;
    Metas results;

    [[nodiscard]] bool matches(std::span<const Value* const> values,
                               std::span<const std::uint64_t> words) const noexcept {
      if (values.size() != operands.size() || words.size() != bindings.size()) return false;
      for (std::size_t k = 0; k < values.size(); ++k)
        if (values[k]->meta != operands[k]) return false;
      for (std::size_t k = 0; k < words.size(); ++k)
        if (words[k] != bindings[k]) return false;
      return true;
    }
  };

  std::vector<Entry> entries_;
  std::size_t recent_ = 0;
  std::size_t next_ = 0;
};

}  // namespace gt::dispatcher

// Which failures the program has read, and which nobody has.
#pragma once

#include <deque>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "common/protocol/messages.h"

namespace gt::client {

/// Failures of a session, by the first output of the instruction that failed. Not thread-safe:
/// belongs to the session's lock.
class ErrorLedger {
 public:
  /// A failure that the dispatcher tells of; the same one may come several times.
  void report(protocol::ErrorRecord record);
  /// A read of `value` threw `record`: later reads throw it again, and it counts as read.
  void remember_poison(ValueId value, const protocol::ErrorRecord& record);

  /// The failure that an earlier read of this value threw, or nullptr.
  [[nodiscard]] const protocol::ErrorRecord* poison_of(ValueId value) const;
  /// The program cannot name the value any more.
  void forget(ValueId value) {
    if (!poisoned_.empty()) poisoned_.erase(value);
  }

  /// Takes out the oldest failure that nobody has read; it counts as read then.
  [[nodiscard]] std::optional<protocol::ErrorRecord> take_oldest_unread();
  /// How many failures nobody has read, those beyond the bound included.
  [[nodiscard]] std::uint64_t unread_count() const noexcept { return unread_.size() + dropped_; }

 private:
  void mark_read(ValueId root);

  std::deque<protocol::ErrorRecord> unread_;  ///< oldest first, bounded
  std::uint64_t dropped_ = 0;                 ///< failures beyond the bound
  std::deque<ValueId> read_order_;            ///< bounds `read_`
  std::unordered_set<ValueId> read_;
  std::unordered_map<ValueId, protocol::ErrorRecord> poisoned_;
};

}  // namespace gt::client

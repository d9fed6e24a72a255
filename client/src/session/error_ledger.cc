#include "client/src/session/error_ledger.h"

#include <algorithm>
#include <utility>

namespace gt::client {
namespace {

constexpr std::size_t kMostUnread = 64;
constexpr std::size_t kMostRemembered = 1024;

}  // namespace

void ErrorLedger::report(protocol::ErrorRecord record) {
  if (read_.contains(record.value)) return;
  const auto same = [&](const protocol::ErrorRecord& other) { return other.value == record.value; };
  if (std::any_of(unread_.begin(), unread_.end(), same)) return;
  if (unread_.size() < kMostUnread)
    unread_.push_back(std::move(record));
  else
    ++dropped_;
}

void ErrorLedger::remember_poison(ValueId value, const protocol::ErrorRecord& record) {
  poisoned_.insert_or_assign(value, record);
  mark_read(record.value);
}

const protocol::ErrorRecord* ErrorLedger::poison_of(ValueId value) const {
  const auto found = poisoned_.find(value);
  return found != poisoned_.end() ? &found->second : nullptr;
}

std::optional<protocol::ErrorRecord> ErrorLedger::take_oldest_unread() {
  if (unread_.empty()) return std::nullopt;
  protocol::ErrorRecord oldest = std::move(unread_.front());
  unread_.pop_front();
  mark_read(oldest.value);
  return oldest;
}

void ErrorLedger::mark_read(ValueId root) {
  std::erase_if(unread_, [&](const protocol::ErrorRecord& record) { return record.value == root; });
  if (!read_.insert(root).second) return;
  read_order_.push_back(root);
  if (read_order_.size() <= kMostRemembered) return;
  read_.erase(read_order_.front());
  read_order_.pop_front();
}

}  // namespace gt::client

#include "dispatcher/core/signal_table.h"

#include <string>
#include <utility>

#include "dispatcher/core/outbox.h"

namespace gt::dispatcher {

void SignalTable::define(protocol::SignalDefinition definition) {
  const auto [entry, is_new] = signals_.try_emplace(definition.id, definition.signal);
  if (!is_new && !(entry->second == definition.signal))
    violation("signal " + std::to_string(definition.id) + " is defined twice, in different ways");
}

void SignalTable::require(std::uint16_t number) const {
  if (number != 0 && !signals_.contains(number))
    violation("a kind names signal " + std::to_string(number) + ", which was not defined");
}

std::string_view SignalTable::name_of(std::uint16_t number) const {
  const auto found = signals_.find(number);
  return found == signals_.end() ? std::string_view() : found->second.name;
}

}  // namespace gt::dispatcher

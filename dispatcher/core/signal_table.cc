#include "dispatcher/core/signal_table.h"

#include <string>
#include <utility>

#include "dispatcher/core/outbox.h"

namespace gt::dispatcher {

namespace {

/// What a signal takes in a message, at most: each text has a length, a place and padding.
std::size_t bytes_of(const config::Signal& signal) {
  constexpr std::size_t kBesideText = 16;
  constexpr std::size_t kTables = 128;
  std::size_t bytes = kTables + signal.name.size() + signal.backward.size();
  for (const auto* names : {&signal.compile.disabled_passes, &signal.compile.excluded_ops})
    for (const std::string& name : *names) bytes += kBesideText + name.size();
  return bytes;
}

}  // namespace

void SignalTable::define(protocol::SignalDefinition definition) {
  const auto [entry, is_new] = signals_.try_emplace(definition.id, definition.signal);
  if (is_new) bytes_ += bytes_of(definition.signal);
  if (bytes_ > kMaxBytes)
    violation("the signals of the session say more than " + std::to_string(kMaxBytes) + " bytes");
  if (!is_new && !(entry->second == definition.signal))
    violation("signal " + std::to_string(definition.id) + " is defined twice, in different ways");
}

void SignalTable::require(std::uint16_t number) const {
  if (number != 0 && !signals_.contains(number))
    violation("a kind names signal " + std::to_string(number) + ", which was not defined");
}

protocol::SignalDefinition SignalTable::definition_for_workers(std::uint16_t number) const {
  protocol::SignalDefinition definition{number, signals_.at(number)};
  definition.signal.shard.reset();
  return definition;
}

std::string_view SignalTable::name_of(std::uint16_t number) const {
  const auto found = signals_.find(number);
  return found == signals_.end() ? std::string_view() : found->second.name;
}

}  // namespace gt::dispatcher

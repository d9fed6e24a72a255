#include "client/src/session/signals.h"

#include <string>
#include <utility>

namespace gt::client {

std::uint16_t SignalTable::number_of(const config::Signal& signal) {
  if (const auto found = numbers_.find(&signal); found != numbers_.end()) return found->second;
  if (numbers_.size() >= config::kMaxSignals)
    throw CommonError(ErrorKind::kInvalidArgument,
                      "a session can have at most " + std::to_string(config::kMaxSignals) +
                          " signals; call gt::shutdown() to begin a new one");
  const auto number = static_cast<std::uint16_t>(numbers_.size() + 1);
  numbers_.emplace(&signal, number);
  new_.push_back({number, signal});
  return number;
}

std::vector<protocol::SignalDefinition> SignalTable::take_new() { return std::exchange(new_, {}); }

}  // namespace gt::client

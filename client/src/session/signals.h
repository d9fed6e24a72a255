// The signals that a session has named.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "common/config/signal.h"
#include "common/protocol/messages.h"

namespace gt::client {

/// Numbers the signals of a session, and keeps those that the dispatcher has not been told of. Not
/// thread-safe: belongs to the session's lock.
class SignalTable {
 public:
  /// The number of a signal of the registry, from 1. Throws CommonError(kInvalidArgument) when a
  /// session has as many as the format can name.
  [[nodiscard]] std::uint16_t number_of(const config::Signal& signal);

  /// The signals numbered since the last call, to go with the next batch that leaves.
  [[nodiscard]] std::vector<protocol::SignalDefinition> take_new();

 private:
  std::unordered_map<const config::Signal*, std::uint16_t> numbers_;
  std::vector<protocol::SignalDefinition> new_;
};

}  // namespace gt::client

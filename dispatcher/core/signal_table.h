// What the signals of a session say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "common/protocol/messages.h"

namespace gt::dispatcher {

class SignalTable {
 public:
  /// Most bytes that the signals of a session take: any number of them fits into one batch.
  static constexpr std::size_t kMaxBytes = std::size_t{1} << 20;

  /// Defines a signal; the same definition may come again. Throws CommonError(kProtocol) if the
  /// number means something else, or if the session's signals say too much to be passed on.
  void define(protocol::SignalDefinition definition);

  /// Throws CommonError(kProtocol) unless the number is 0 or was defined.
  void require(std::uint16_t number) const;

  /// What a worker has to know of a signal that was defined: all but how it is sharded.
  [[nodiscard]] protocol::SignalDefinition definition_for_workers(std::uint16_t number) const;

  /// The name of a signal that was defined; empty for 0.
  [[nodiscard]] std::string_view name_of(std::uint16_t number) const;

 private:
  std::unordered_map<std::uint16_t, config::Signal> signals_;
  std::size_t bytes_ = 0;  ///< of all texts in them
};

}  // namespace gt::dispatcher

// What the signals of a session say.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "common/protocol/messages.h"

namespace gt::dispatcher {

class SignalTable {
 public:
  /// Defines a signal; the same definition may come again. Throws CommonError(kProtocol) if the
  /// number means something else.
  void define(protocol::SignalDefinition definition);

  /// Throws CommonError(kProtocol) unless the number is 0 or was defined.
  void require(std::uint16_t number) const;

  /// The name of a signal that was defined; empty for 0.
  [[nodiscard]] std::string_view name_of(std::uint16_t number) const;

 private:
  std::unordered_map<std::uint16_t, config::Signal> signals_;
};

}  // namespace gt::dispatcher

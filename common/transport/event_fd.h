// A descriptor that one thread makes readable and another waits for.
#pragma once

#include <optional>

#include "common/process/descriptor.h"

namespace gt::transport {

/// Owns an eventfd. `raise` may be called from any thread and from signal handlers.
class EventFd {
 public:
  /// Throws CommonError(kConnection) if the process has no descriptors left.
  EventFd();
  /// One that another process has made; nothing if the descriptor is anything else, or would block.
  [[nodiscard]] static std::optional<EventFd> adopt(process::Descriptor descriptor);

  void raise() noexcept;
  /// Takes back all raises so far; true if there were any.
  bool clear() noexcept;
  [[nodiscard]] int descriptor() const noexcept { return descriptor_.get(); }

 private:
  explicit EventFd(process::Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

  process::Descriptor descriptor_;
};

}  // namespace gt::transport

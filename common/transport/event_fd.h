// A descriptor that one thread makes readable and another waits for.
#pragma once

namespace gt::transport {

/// Owns an eventfd. `raise` may be called from any thread and from signal handlers.
class EventFd {
 public:
  /// Throws CommonError(kConnection) if the process has no descriptors left.
  EventFd();
  ~EventFd();
  EventFd(const EventFd&) = delete;
  EventFd& operator=(const EventFd&) = delete;

  void raise() noexcept;
  /// Takes back all raises so far; true if there were any.
  bool clear() noexcept;
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

}  // namespace gt::transport

// The signal that this thread's instructions carry.
#pragma once

#include "client/src/session/thread_local.h"
#include "common/config/signal.h"

namespace gt::client {

/// The signal of the instructions that this thread emits next; null for none. Lives as long as the
/// process.
[[nodiscard]] const config::Signal* current_signal() noexcept;

/// The signal of gradients that are computed now: what the innermost context says, or its own;
/// outside of any context the signal `backward`. Null where nothing is configured.
[[nodiscard]] const config::Signal* backward_signal();

/// The signal whose `backward` names that of the gradients of what is recorded now; null if nothing
/// names one.
[[nodiscard]] const config::Signal* recorded_signal() noexcept;
/// What `backward` of such a signal names; null where nothing is configured.
[[nodiscard]] const config::Signal* backward_of(const config::Signal& signal);

/// Instructions of this thread carry another signal until the end of the scope.
class SignalScope {
 public:
  explicit SignalScope(const config::Signal* signal) noexcept;
  ~SignalScope();
  SignalScope(const SignalScope&) = delete;
  SignalScope& operator=(const SignalScope&) = delete;

 private:
  const config::Signal* previous_;
};

}  // namespace gt::client

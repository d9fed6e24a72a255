// Whether a thread that waits for rings looks for a moment before it sleeps.
#pragma once

#include <chrono>
#include <string>

namespace gt::transport {

/// How long this process spins in a wait, and why.
struct Spinning {
  std::chrono::microseconds time{0};
  std::string reason;
};

/// Decided once a process: 20 us if more cores are free than GT has threads that run at a time
/// (client, dispatcher, worker and one to spare), else not at all: on a busy core spinning takes
/// the time from whom it waits for.
[[nodiscard]] const Spinning& spinning();

}  // namespace gt::transport

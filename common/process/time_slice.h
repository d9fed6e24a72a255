// How long a thread may run before the kernel looks at others.
#pragma once

#include <chrono>

namespace gt::process {

/// Of threads that others wait for: the shortest slice that Linux gives.
inline constexpr std::chrono::microseconds kShortSlice{100};

/// Gives a thread the slice that the kernel gives to all.
inline constexpr std::chrono::nanoseconds kKernelSlice{0};

/// Sets the time slice of the calling thread, and of threads and processes that it starts later;
/// gives the one that it had. With a shorter slice a thread that wakes up goes before those that
/// run with longer ones, and gives way sooner; its share of a busy core stays the same. The
/// kernel's own is 1.4 ms on two cores. Needs no privilege. Does nothing before Linux 6.12, or for
/// a thread with a real-time policy.
std::chrono::nanoseconds set_time_slice(std::chrono::nanoseconds length) noexcept;

}  // namespace gt::process

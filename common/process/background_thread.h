// Threads beside those of a program that may not be ours.
#pragma once

#include <functional>
#include <thread>

namespace gt::process {

/// A thread on which no signal handler of the program runs, and whose writes raise no SIGPIPE.
[[nodiscard]] std::thread start_background_thread(std::function<void()> body);

}  // namespace gt::process

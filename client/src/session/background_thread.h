// Threads of the library in a program that is not ours.
#pragma once

#include <functional>
#include <thread>

namespace gt::client {

/// A thread on which no signal handler of the program runs, and whose writes raise no SIGPIPE.
[[nodiscard]] std::thread start_background_thread(std::function<void()> body);

}  // namespace gt::client

// What the kernel knows of other processes.
#pragma once

#include <sys/types.h>

#include <string>

namespace gt::bench {

/// The child of this process whose command line contains `part`. Throws std::runtime_error if there
/// is none, or more than one.
[[nodiscard]] pid_t child_with(const std::string& part);
/// What follows `option` on the command line of the process. Throws std::runtime_error if it has
/// no such option.
[[nodiscard]] std::string argument_of(pid_t process, const std::string& option);

/// Seconds of processor time, user and system, that all threads of the process have had. Throws
/// std::runtime_error if the process is not there.
[[nodiscard]] double processor_seconds(pid_t process);

}  // namespace gt::bench

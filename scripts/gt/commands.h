// The subcommands of the `gt` program. Each adds itself to the command line.
#pragma once

#include <string>

#include "scripts/gt/command_line.h"

namespace gt::tool {

/// Address of a cluster when nobody names another.
inline constexpr const char* kDefaultAddress = "tcp://127.0.0.1:7070";

void add_server(CommandLine& line);
void add_worker(CommandLine& line);
void add_up(CommandLine& line);
void add_down(CommandLine& line);
void add_doctor(CommandLine& line);
void add_stats(CommandLine& line);
void add_bench(CommandLine& line);
void add_cache(CommandLine& line);

/// The address in full, checked; throws CommonError(kInvalidArgument) for one that other machines
/// can reach unless `insecure`.
[[nodiscard]] std::string checked_address(const std::string& address, bool insecure);

/// Processor cores that this process may use.
[[nodiscard]] int available_cores();

}  // namespace gt::tool

// The subcommands of the `gt` program. Each adds itself to the command line; its action runs after
// the line was parsed and gives the exit status.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

namespace gt::tool {

/// What the parsed command line asks for.
using Action = std::function<int()>;

/// Address of a cluster when nobody names another.
inline constexpr const char* kDefaultAddress = "tcp://127.0.0.1:7070";

void add_server(CLI::App& app, Action& action);
void add_worker(CLI::App& app, Action& action);
void add_up(CLI::App& app, Action& action);
void add_down(CLI::App& app, Action& action);
void add_doctor(CLI::App& app, Action& action);
void add_stats(CLI::App& app, Action& action);
void add_bench(CLI::App& app, Action& action);
void add_cache(CLI::App& app, Action& action);

/// The address in full, checked; throws CommonError(kInvalidArgument) for one that other machines
/// can reach unless `insecure`.
[[nodiscard]] std::string checked_address(const std::string& address, bool insecure);

/// Processor cores that this process may use.
[[nodiscard]] int available_cores();

}  // namespace gt::tool

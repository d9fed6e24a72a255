// What `gt up` leaves for `gt down`: the processes of the cluster, in a file of the user's.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace gt::tool {

/// A process, told from a later one with the same number by the time of its start.
struct ClusterProcess {
  std::string role;  ///< `server`, `worker 0`
  pid_t pid = 0;
  std::uint64_t start_time = 0;  ///< clock ticks since boot, as /proc tells
};

struct ClusterState {
  std::string address;
  std::vector<ClusterProcess> processes;
};

/// The folder for state and logs: $XDG_RUNTIME_DIR/gt, else the user's cache folder; made if need
/// be, for this user alone.
[[nodiscard]] std::filesystem::path state_folder();

/// Nothing if there is no state file. Throws CommonError(kInternal) for a file that is damaged.
[[nodiscard]] std::optional<ClusterState> load_state();
void save_state(const ClusterState& state);
void remove_state();

/// Start time of a process, or nothing if there is none with this number (or it is a zombie).
[[nodiscard]] std::optional<std::uint64_t> start_time_of(pid_t pid);
[[nodiscard]] bool is_alive(const ClusterProcess& process);

/// Asks all processes to end, waits, and ends those by force that do not.
void end_processes(const std::vector<ClusterProcess>& processes);

}  // namespace gt::tool

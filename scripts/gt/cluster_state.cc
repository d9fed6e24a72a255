#include "scripts/gt/cluster_state.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "common/config/cache_folder.h"
#include "common/config/environment.h"
#include "common/error.h"

namespace gt::tool {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// Longer than a process of ours takes for an orderly end at most.
constexpr auto kPatience = 8s;
constexpr auto kPoll = 20ms;

fs::path cache_folder() {
  const fs::path folder = config::cache_folder(config::Environment::process());
  if (folder.empty())
    throw CommonError(ErrorKind::kInvalidArgument,
                      "no folder for the state of a cluster: set XDG_RUNTIME_DIR, HOME or "
                      "GT_CACHE_DIR");
  return folder;
}

fs::path state_file() { return state_folder() / "cluster.json"; }

}  // namespace

fs::path state_folder() {
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  const fs::path folder =
      runtime != nullptr && *runtime != '\0' ? fs::path(runtime) / "gt" : cache_folder();
  fs::create_directories(folder);
  fs::permissions(folder, fs::perms::owner_all);
  return folder;
}

std::optional<ClusterState> load_state() {
  std::ifstream file(state_file());
  if (!file) return std::nullopt;
  try {
    const auto json = nlohmann::json::parse(file);
    ClusterState state{json.at("address"), {}};
    for (const auto& process : json.at("processes"))
      state.processes.push_back({process.at("role"), process.at("pid"), process.at("start_time")});
    return state;
  } catch (const nlohmann::json::exception& error) {
    throw CommonError(ErrorKind::kInternal, fmt::format("{} is damaged ({}); remove it",
                                                        state_file().string(), error.what()));
  }
}

void save_state(const ClusterState& state) {
  auto processes = nlohmann::json::array();
  for (const ClusterProcess& process : state.processes)
    processes.push_back(
        {{"role", process.role}, {"pid", process.pid}, {"start_time", process.start_time}});
  const fs::path temporary = state_file().string() + ".new";
  std::ofstream file(temporary);
  file << nlohmann::json{{"address", state.address}, {"processes", processes}}.dump(2) << '\n';
  file.close();
  if (!file)
    throw CommonError(ErrorKind::kInternal, fmt::format("cannot write {}", temporary.string()));
  fs::rename(temporary, state_file());
}

void remove_state() { fs::remove(state_file()); }

std::optional<std::uint64_t> start_time_of(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  // The name in parentheses may hold anything; state is field 3, the start time field 22.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream fields(text.substr(name_end + 1));
  std::string field;
  std::uint64_t start_time = 0;
  for (int number = 3; number < 22; ++number) {
    fields >> field;
    if (number == 3 && (field == "Z" || field == "X")) return std::nullopt;
  }
  if (!(fields >> start_time)) return std::nullopt;
  return start_time;
}

bool is_alive(const ClusterProcess& process) {
  return start_time_of(process.pid) == process.start_time;
}

void end_processes(const std::vector<ClusterProcess>& processes) {
  const auto any_alive = [&] { return std::any_of(processes.begin(), processes.end(), is_alive); };
  for (const ClusterProcess& process : processes)
    if (is_alive(process)) kill(process.pid, SIGTERM);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (any_alive() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(kPoll);
  for (const ClusterProcess& process : processes)
    if (is_alive(process)) kill(process.pid, SIGKILL);
  for (const ClusterProcess& process : processes) waitpid(process.pid, nullptr, WNOHANG);
}

}  // namespace gt::tool

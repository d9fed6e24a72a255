#include "client/src/cluster/embedded.h"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>

#include "client/src/cluster/locate.h"

namespace gt::client {
namespace {

using config::Environment;
using config::Variable;
using namespace std::chrono_literals;

/// How long children may take to end by themselves.
constexpr auto kPatience = 5s;
/// For the last words of a child that has ended.
constexpr auto kLastWords = 50ms;
constexpr int kMostWorkers = 256;

int available_cores() {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (sched_getaffinity(0, sizeof cores, &cores) == 0) return std::max(1, CPU_COUNT(&cores));
  return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

int checked(const char* name, int value, int most) {
  if (value < 1 || value > most)
    throw CommonError(ErrorKind::kInvalidArgument,
                      fmt::format("{} is {}; it must be between 1 and {}", name, value, most));
  return value;
}

int worker_count(const ClusterOptions& options, const Environment& environment) {
  if (options.workers) return checked("ClusterOptions::workers", *options.workers, kMostWorkers);
  const auto count = std::min<std::int64_t>(environment.count(Variable::workers), kMostWorkers + 1);
  return checked("GT_WORKERS", static_cast<int>(count), kMostWorkers);
}

/// Flags of a worker beside its address.
std::vector<std::string> worker_flags(const ClusterOptions& options, const Environment& environment,
                                      int workers) {
  std::vector<std::string> flags;
  const auto add = [&](const char* name, std::string value) {
    flags.emplace_back(name);
    flags.push_back(std::move(value));
  };
  if (options.worker_threads)
    add("--threads",
        std::to_string(checked("ClusterOptions::worker_threads", *options.worker_threads, 4096)));
  else if (!environment.is_set(Variable::worker_threads))
    add("--threads", std::to_string(std::max(1, available_cores() / workers)));
  if (options.memory_limit) add("--memory-limit", *options.memory_limit);
  if (options.backend) add("--backend", *options.backend);
  if (options.device) add("--device", *options.device);
  return flags;
}

}  // namespace

EmbeddedCluster::EmbeddedCluster(const ClusterOptions& options, const Environment& environment)
    : executable_(find_executable(environment)) {
  const int workers = worker_count(options, environment);
  const std::vector<std::string> flags = worker_flags(options, environment, workers);
  start("dispatcher", {"server", "--address", address()});
  for (int k = 0; k < workers; ++k) {
    std::vector<std::string> arguments{"worker", "--connect", address()};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    start(fmt::format("worker {}", k), std::move(arguments));
  }
  output_.input().reset();
  lifeline_.read.reset();
}

EmbeddedCluster::~EmbeddedCluster() {
  lifeline_.write.reset();
  const std::lock_guard lock(mutex_);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  for (ChildProcess& child : children_) child.wait_or_kill(deadline);
}

std::string EmbeddedCluster::address() const {
  return fmt::format("ipc://{}/d", directory_.path().string());
}

void EmbeddedCluster::start(const std::string& role, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), executable_);
  arguments.emplace_back("--lifeline-fd");
  arguments.push_back(std::to_string(kLifelineNumber));
  arguments.emplace_back("--owned-directory");
  arguments.push_back(directory_.path().string());
  children_.emplace_back(role, arguments, lifeline_.read.get(), output_.input().get());
}

std::optional<Loss> EmbeddedCluster::health() {
  const std::lock_guard lock(mutex_);
  if (children_.front().ended())
    return loss_of(ErrorKind::kConnection, children_.front(), "the dispatcher at " + address());
  const auto has_ended = [](ChildProcess& child) { return child.ended().has_value(); };
  if (!std::all_of(children_.begin() + 1, children_.end(), has_ended)) return std::nullopt;
  const std::size_t workers = children_.size() - 1;
  return loss_of(ErrorKind::kWorkerLost, children_.back(),
                 workers == 1 ? "the only worker of the cluster"
                              : fmt::format("the last of {} workers of the cluster", workers));
}

Loss EmbeddedCluster::loss_of(ErrorKind kind, ChildProcess& child, const std::string& what) const {
  std::this_thread::sleep_for(kLastWords);
  const std::string tail = output_.tail();
  return {kind, fmt::format("{} has ended (process {}, {}){}{}", what, child.pid(),
                            child.ended().value_or("unknown"),
                            tail.empty() ? "" : "; the cluster's last words:\n", tail)};
}

}  // namespace gt::client

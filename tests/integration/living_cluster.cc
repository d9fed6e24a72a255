#include "tests/integration/living_cluster.h"

#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/integration/client_processes.h"

namespace gt::testing {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr auto kEndTime = 20s;
/// Of a process that has said goodbye to all its clients: its links, and what it keeps for the next
/// payload. A leak of even one link a run passes this in a few runs.
constexpr std::size_t kMostSharedMemory = 32;

std::optional<protocol::Statistics> statistics_of(const std::string& address) {
  const auto endpoint = transport::connect(address);
  const auto send = [&](const protocol::Message& message) {
    static_cast<void>(
        endpoint->send(transport::kServer, transport::Lane::control, protocol::encode(message)));
  };
  send(protocol::StatisticsRequest{});
  const auto deadline = std::chrono::steady_clock::now() + 5s;
  while (std::chrono::steady_clock::now() < deadline) {
    const auto incoming = endpoint->receive(100ms);
    if (!incoming) continue;
    const protocol::Message message = protocol::decode(incoming->bytes);
    const auto* statistics = std::get_if<protocol::Statistics>(&message);
    if (statistics == nullptr) continue;
    send(protocol::Goodbye{});
    return *statistics;
  }
  return std::nullopt;
}

}  // namespace

std::size_t count_shared_memory(pid_t process) {
  const fs::path folder = "/proc/" + std::to_string(process);
  std::size_t count = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder / "fd", error))
    count += fs::read_symlink(entry.path(), error).string().starts_with("/memfd:");
  std::ifstream maps(folder / "maps");
  for (std::string line; std::getline(maps, line);)
    count += line.find("/memfd:") != std::string::npos;
  return count;
}

LivingCluster::LivingCluster(int workers, std::string placement)
    : placement_(std::move(placement)), workers_(static_cast<std::size_t>(workers)) {}

void LivingCluster::start_server() {
  server_ = std::make_unique<GtProcess>(
      std::vector<std::string>{"server", "--address", address_, "--placement", placement_},
      GtProcess::Settings{}, true);
}

void LivingCluster::start_worker(std::size_t number) {
  workers_[number] = std::make_unique<GtProcess>(
      std::vector<std::string>{"worker", "--connect", address_, "--threads", "1"},
      GtProcess::Settings{}, number != 0);
}

bool LivingCluster::revive() {
  if (!server_ || !server_->is_running()) start_server();
  return becomes_true(
      [&] {
        // Workers with a lifeline end a moment after their server.
        for (std::size_t k = 0; k < workers_.size(); ++k)
          if (!workers_[k] || !workers_[k]->is_running()) start_worker(k);
        const auto statistics = statistics_of(address_);
        return statistics && has_exactly_our_workers(*statistics);
      },
      kEndTime);
}

/// A worker that was killed a moment ago may still be counted.
bool LivingCluster::has_exactly_our_workers(const protocol::Statistics& statistics) const {
  return statistics.workers.size() == workers_.size() &&
         std::all_of(workers_.begin(), workers_.end(), [&](const auto& worker) {
           const std::string process = ":" + std::to_string(worker->pid());
           return std::any_of(statistics.workers.begin(), statistics.workers.end(),
                              [&](const auto& entry) { return entry.name.ends_with(process); });
         });
}

std::vector<std::string> LivingCluster::files() const {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(fs::path(folder_.path(""))))
    names.push_back(entry.path().filename().string());
  return names;
}

/// Sockets of the server, or of a worker that runs: `server.w<pid>-<count>`.
bool LivingCluster::is_expected(const std::string& file) const {
  if (file == "server" || file == "server.ring1") return true;
  return std::any_of(workers_.begin(), workers_.end(), [&](const auto& worker) {
    return worker->is_running() &&
           file.starts_with("server.w" + std::to_string(worker->pid()) + "-");
  });
}

std::string LivingCluster::find_leftover() {
  const auto statistics = statistics_of(address_);
  if (!statistics) return "the server does not answer";
  if (!statistics->sessions.empty())
    return std::to_string(statistics->sessions.size()) + " sessions";
  for (const std::string& file : files())
    if (!is_expected(file)) return "the file " + file;
  const auto too_much = [](GtProcess& process) {
    return count_shared_memory(process.pid()) > kMostSharedMemory;
  };
  if (too_much(*server_)) return "shared memory of the server";
  for (const auto& worker : workers_)
    if (too_much(*worker)) return "shared memory of a worker";
  return {};
}

std::string LivingCluster::leftovers(std::chrono::milliseconds limit) {
  std::string found;
  static_cast<void>(becomes_true([&] { return (found = find_leftover()).empty(); }, limit));
  return found;
}

std::vector<std::string> LivingCluster::end() {
  for (const auto& worker : workers_) worker->signal(SIGTERM);
  for (const auto& worker : workers_) static_cast<void>(worker->wait(kEndTime));
  server_->signal(SIGTERM);
  static_cast<void>(server_->wait(kEndTime));
  return files();
}

}  // namespace gt::testing

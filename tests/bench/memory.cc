#include "tests/bench/memory.h"

#include <gt/gt.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/bench/cluster.h"

namespace gt::bench {
namespace {

constexpr int kEarly = 100'000;
constexpr int kLate = 1'000'000;

struct Process {
  pid_t parent = 0;
  double resident_mib = 0;
};

/// The value of a line `name:  12 kB` of a status file.
long entry(const std::vector<std::string>& lines, const std::string& name) {
  for (const std::string& line : lines)
    if (line.starts_with(name + ":")) return std::stol(line.substr(name.size() + 1));
  return 0;
}

std::map<pid_t, Process> all_processes() {
  std::map<pid_t, Process> processes;
  for (const auto& folder : std::filesystem::directory_iterator("/proc")) {
    const std::string name = folder.path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    std::ifstream file(folder.path() / "status");
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    processes[std::stoi(name)] = {static_cast<pid_t>(entry(lines, "PPid")),
                                  static_cast<double>(entry(lines, "VmRSS")) / 1024};
  }
  return processes;
}

/// Resident memory of this process and all that it started, in MiB.
std::map<pid_t, double> resident_memory() {
  const std::map<pid_t, Process> all = all_processes();
  std::map<pid_t, double> ours;
  for (const auto& [id, process] : all) {
    pid_t ancestor = id;
    while (ancestor != getpid() && all.contains(ancestor)) ancestor = all.at(ancestor).parent;
    if (ancestor == getpid()) ours[id] = process.resident_mib;
  }
  return ours;
}

}  // namespace

Comparison memory_growth(int) {
  const OneWorker cluster;
  const Tensor p = ones({8}), g = ones({8});
  const double lr = 1.0 / (1 << 20);
  for (int step = 0; step < kEarly; ++step) p -= lr * g;
  synchronize();
  const std::map<pid_t, double> early = resident_memory();
  for (int step = kEarly; step < kLate; ++step) p -= lr * g;
  synchronize();
  const std::map<pid_t, double> late = resident_memory();
  if (!p.equal(full({8}, 1.0 - kLate * lr))) throw std::runtime_error("the sum is wrong");
  if (early.size() < 3) throw std::runtime_error("a process of the cluster is not found");

  Comparison result;
  for (const auto& [id, before] : early) {
    result.value = std::max(result.value, late.at(id) - before);
    result.baseline_value += before;
  }
  result.ratio = result.value / result.baseline_value;
  result.interval = {result.ratio, result.ratio};
  return result;
}

}  // namespace gt::bench

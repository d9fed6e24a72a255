#include "tests/bench/machine.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace gt::bench {
namespace {

constexpr std::string_view kKept[] = {"GT_EXECUTABLE", "GT_PLUGIN_PATH", "GT_CACHE_DIR",
                                      "GT_TRANSPORT", "GT_SAVE_COMPILED_CODE"};
constexpr auto kWatch = std::chrono::milliseconds(300);
constexpr double kTolerated = 0.1;  // cores

/// Ticks that all cores together have been busy since boot.
double busy_ticks() {
  std::ifstream file("/proc/stat");
  std::string label;
  double user = 0, nice = 0, system = 0, idle = 0, wait = 0, interrupt = 0, soft = 0, stolen = 0;
  file >> label >> user >> nice >> system >> idle >> wait >> interrupt >> soft >> stolen;
  return user + nice + system + interrupt + soft + stolen;
}

}  // namespace

void clear_environment() {
  std::vector<std::string> names;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const std::string_view name = text.substr(0, text.find('='));
    const bool is_kept = std::find(std::begin(kKept), std::end(kKept), name) != std::end(kKept);
    if (name.starts_with("GT_") && !is_kept) names.emplace_back(name);
  }
  for (const std::string& name : names) unsetenv(name.c_str());
}

void report_foreign_load(std::string_view benchmark) {
  const double before = busy_ticks();
  std::this_thread::sleep_for(kWatch);
  const double seconds = std::chrono::duration<double>(kWatch).count();
  const double busy = (busy_ticks() - before) / static_cast<double>(sysconf(_SC_CLK_TCK)) / seconds;
  if (busy <= kTolerated) return;
  fmt::print(stderr, "bench: {}: other processes keep {:.1f} of {} cores busy\n", benchmark, busy,
             std::thread::hardware_concurrency());
}

}  // namespace gt::bench

// Runs the benchmarks named on the command line, all when none is: one JSON object a line.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/bench/machine.h"
#include "tests/bench/registry.h"

namespace {

using gt::bench::Benchmark;
using gt::bench::Comparison;

constexpr int kLeastPairs = 31;

std::vector<Benchmark> chosen(const std::vector<std::string>& names) {
  const auto all = gt::bench::benchmarks();
  if (names.empty()) return {all.begin(), all.end()};
  std::vector<Benchmark> benchmarks;
  for (const std::string& name : names)
    for (const Benchmark& benchmark : all)
      if (benchmark.name == name) benchmarks.push_back(benchmark);
  return benchmarks;
}

std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const Benchmark& benchmark : gt::bench::benchmarks()) names.emplace_back(benchmark.name);
  return names;
}

void print(const Benchmark& benchmark, const Comparison& result) {
  nlohmann::ordered_json line;
  line["name"] = benchmark.name;
  line["value"] = result.value;
  line["unit"] = benchmark.unit;
  line["baseline"] = benchmark.baseline;
  line["baseline_value"] = result.baseline_value;
  line["ratio"] = result.ratio;
  line["interval"] = {result.interval.low, result.interval.high};
  fmt::print("{}\n", line.dump());
  std::fflush(stdout);
}

/// Whether all ran to their end.
bool run(const std::vector<Benchmark>& benchmarks, int pairs) {
  bool is_complete = true;
  for (const Benchmark& benchmark : benchmarks) {
    gt::bench::report_foreign_load(benchmark.name);
    try {
      print(benchmark, benchmark.run(pairs));
    } catch (const std::exception& error) {
      fmt::print(stderr, "bench: {}: {}\n", benchmark.name, error.what());
      is_complete = false;
    }
  }
  return is_complete;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Measures GT against its baselines; one JSON object a line.");
  std::vector<std::string> names;
  int pairs = kLeastPairs;
  app.add_option("name", names, fmt::format("of {}", fmt::join(all_names(), ", ")))
      ->check(CLI::IsMember(all_names()));
  app.add_option("--pairs", pairs, "interleaved pairs of a benchmark")
      ->check(CLI::Range(kLeastPairs, 1'000'000))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  gt::bench::clear_environment();
  return run(chosen(names), pairs) ? 0 : 1;
}

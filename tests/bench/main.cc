// Runs the benchmarks named on the command line, all when none is: one JSON object a line.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/gpu.h"
#include "tests/bench/machine.h"
#include "tests/bench/registry.h"
#include "tests/bench/result_line.h"
#include "tests/bench/torch_compile.h"

namespace {

using gt::bench::Benchmark;
using gt::bench::Comparison;

constexpr int kLeastPairs = 31;

/// `name` itself, or `start*` for all names that start so.
bool matches(std::string_view pattern, std::string_view name) {
  if (!pattern.ends_with('*')) return pattern == name;
  return name.starts_with(pattern.substr(0, pattern.size() - 1));
}

/// Those of the registry, or, where torch.compile is the baseline, the rows about it.
std::vector<Benchmark> all_benchmarks(const std::string& torch_compile) {
  if (!torch_compile.empty()) return gt::bench::torch_compile_benchmarks(torch_compile);
  const auto all = gt::bench::benchmarks();
  return {all.begin(), all.end()};
}

std::vector<Benchmark> chosen(const std::vector<Benchmark>& all,
                              const std::vector<std::string>& names) {
  if (names.empty()) return all;
  std::vector<Benchmark> benchmarks;
  for (const std::string& name : names)
    for (const Benchmark& benchmark : all)
      if (matches(name, benchmark.name)) benchmarks.push_back(benchmark);
  return benchmarks;
}

/// The names for the help text; those of the very many stand together.
std::vector<std::string> listed_names(const std::vector<Benchmark>& all) {
  std::vector<std::string> names;
  for (const Benchmark& benchmark : all)
    if (!benchmark.is_brief) names.emplace_back(benchmark.name);
  if (names.size() < all.size()) names.emplace_back("pointwise_OPERATION_ELEMENTS[_bfloat16]");
  return names;
}

/// Throws CLI::ValidationError for a name that matches nothing.
void check_names(const std::vector<Benchmark>& all, const std::vector<std::string>& names) {
  for (const std::string& name : names)
    if (chosen(all, {name}).empty())
      throw CLI::ValidationError(
          fmt::format("'{}' is no benchmark: expected of {}, or the start of a name and *", name,
                      fmt::join(listed_names(all), ", ")));
}

void print(const Benchmark& benchmark, const Comparison& result) {
  fmt::print("{}\n",
             gt::bench::result_line(benchmark.name, benchmark.unit, benchmark.baseline, result));
  std::fflush(stdout);
}

/// Whether all ran to their end.
bool run(const std::vector<Benchmark>& benchmarks, int pairs) {
  bool is_complete = true;
  bool last_was_brief = false;
  for (const Benchmark& benchmark : benchmarks) {
    if (!benchmark.is_brief || !last_was_brief) gt::bench::report_foreign_load(benchmark.name);
    last_was_brief = benchmark.is_brief;
    try {
      print(benchmark, benchmark.run(pairs));
    } catch (const gt::bench::Skipped& skipped) {
      fmt::print(stderr, "bench: {}: skipped: {}\n", benchmark.name, skipped.what());
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
  std::string torch_compile;
  app.add_option("name", names,
                 fmt::format("of {}; NAME* for all that start so",
                             fmt::join(listed_names(all_benchmarks({})), ", ")));
  app.add_option("--pairs", pairs, "interleaved pairs of a benchmark")
      ->check(CLI::Range(kLeastPairs, 1'000'000))
      ->capture_default_str();
  app.add_option("--torch-compile", torch_compile,
                 "run the rows against torch.compile instead; the path of torch_compiled.py")
      ->check(CLI::ExistingFile);
  std::vector<Benchmark> all;
  app.callback([&] {
    all = all_benchmarks(torch_compile);
    check_names(all, names);
  });
  CLI11_PARSE(app, argc, argv);
  gt::bench::clear_environment();
  return run(chosen(all, names), pairs) ? 0 : 1;
}

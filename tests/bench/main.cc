// Runs the benchmarks named on the command line, all when none is: one JSON object a line.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
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
bool run_here(std::span<const Benchmark> benchmarks, int pairs) {
  bool is_complete = true;
  gt::bench::report_foreign_load(benchmarks.front().name);
  for (const Benchmark& benchmark : benchmarks) {
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

/// In a process of their own: what a row sets, or leaves in the heap, is no matter of the next.
bool run_apart(std::span<const Benchmark> benchmarks, int pairs) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child == 0) {
    const bool is_complete = run_here(benchmarks, pairs);
    std::fflush(nullptr);
    _exit(is_complete ? 0 : 1);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status))
    fmt::print(stderr, "bench: {}: ended by signal {}\n", benchmarks.front().name,
               WTERMSIG(status));
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// Those that are brief share a process while they follow each other.
bool run(std::span<const Benchmark> benchmarks, int pairs) {
  bool is_complete = true;
  while (!benchmarks.empty()) {
    std::size_t count = 1;
    while (benchmarks[0].is_brief && count < benchmarks.size() && benchmarks[count].is_brief)
      ++count;
    is_complete = run_apart(benchmarks.first(count), pairs) && is_complete;
    benchmarks = benchmarks.subspan(count);
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

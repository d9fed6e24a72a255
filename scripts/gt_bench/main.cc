// `gt bench`: how fast a cluster is, seen from a program of this machine.
#include <fmt/format.h>
#include <gt/cluster.h>
#include <gt/error.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <nlohmann/json.hpp>

#include "scripts/gt_bench/measurements.h"

namespace {

using gt::cluster_bench::Benchmark;
using gt::cluster_bench::Measurement;

std::string known_names() {
  std::string names;
  for (const Benchmark& benchmark : gt::cluster_bench::benchmarks())
    names += fmt::format("  {:<14} {}\n", benchmark.name, benchmark.what);
  return names;
}

void print(const Measurement& measurement, bool as_json) {
  if (as_json)
    fmt::print("{}\n", nlohmann::ordered_json{{"name", measurement.name},
                                              {"value", measurement.value},
                                              {"unit", measurement.unit},
                                              {"remark", measurement.remark}}
                           .dump());
  else
    fmt::print("{:<16}{:>9.3g} {:<8} {}\n", measurement.name, measurement.value, measurement.unit,
               measurement.remark);
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Measure the cluster at GT_ADDRESS, or an embedded one if it is not set.",
               "gt bench");
  std::vector<std::string> names;
  std::string address;
  bool as_json = false;
  app.add_option("NAME", names, "What to measure (everything)")
      ->check(CLI::Validator(
          [](const std::string& name) {
            const auto known = gt::cluster_bench::benchmarks();
            const bool found = std::any_of(known.begin(), known.end(),
                                           [&](const Benchmark& b) { return name == b.name; });
            return found ? std::string() : "'" + name + "' is none of\n" + known_names();
          },
          "", ""));
  app.add_option("--address", address, "Address of a server (else GT_ADDRESS)");
  app.add_flag("--json", as_json, "One JSON object a line");
  app.footer("\nNames:\n" + known_names() +
             "\nOther programs on the machine disturb: run it twice. GT_WORKERS and\n"
             "GT_WORKER_THREADS say what an embedded cluster is.");
  CLI11_PARSE(app, argc, argv);
  try {
    if (!address.empty()) gt::connect(address);
    for (const Benchmark& benchmark : gt::cluster_bench::benchmarks()) {
      if (!names.empty() && std::find(names.begin(), names.end(), benchmark.name) == names.end())
        continue;
      for (const Measurement& measurement : benchmark.run()) print(measurement, as_json);
    }
  } catch (const std::exception& error) {
    fmt::print(stderr, "gt bench: {}\n", error.what());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}

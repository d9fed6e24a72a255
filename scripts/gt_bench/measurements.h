// What `gt bench` measures: a cluster as a program sees it, through the public interface.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace gt::cluster_bench {

/// One line of the result.
struct Measurement {
  std::string name;
  double value = 0;
  std::string unit;
  std::string remark;  ///< what it means, and what to compare it with
};

struct Benchmark {
  const char* name;
  const char* what;
  std::vector<Measurement> (*run)();
};

/// All benchmarks, in the order in which they run. Each takes about a second and ends with a value
/// that was read, or with `gt::synchronize`. Errors of the cluster are thrown.
[[nodiscard]] std::span<const Benchmark> benchmarks();

}  // namespace gt::cluster_bench

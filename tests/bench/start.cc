#include "tests/bench/start.h"

#include <fmt/format.h>

#include <stdexcept>
#include <string>

#include "tests/bench/child_program.h"
#include "tests/bench/stopwatch.h"

namespace gt::bench {
namespace {

double milliseconds_to_first_result(const std::string& program) {
  const Stopwatch watch;
  ChildProgram child(program, {});
  const std::string line = child.read_line();
  const double milliseconds = watch.seconds() * 1e3;
  if (line != "8") throw std::runtime_error(fmt::format("{} printed {}, not 8", program, line));
  child.wait();
  return milliseconds;
}

}  // namespace

Comparison start(int pairs) {
  return compare([] { return milliseconds_to_first_result("gt_bench_start_gt"); },
                 [] { return milliseconds_to_first_result("gt_bench_start_libtorch"); }, pairs);
}

}  // namespace gt::bench

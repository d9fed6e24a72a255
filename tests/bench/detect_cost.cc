#include "tests/bench/detect_cost.h"

#include <stdlib.h>

#include <string>

#include "tests/bench/child_program.h"

namespace gt::bench {
namespace {

double processor_seconds_of_program(bool compiles) {
  if (compiles) setenv("GT_AUTO_COMPILE", "1", 1);
  ChildProgram program("gt_bench_unrepeated", {});
  unsetenv("GT_AUTO_COMPILE");
  const double seconds = std::stod(program.read_line());
  program.wait();
  return seconds;
}

}  // namespace

Comparison detect_cost(int pairs) {
  return compare([] { return processor_seconds_of_program(true); },
                 [] { return processor_seconds_of_program(false); }, pairs);
}

}  // namespace gt::bench

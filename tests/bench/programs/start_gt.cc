// Prints its first result, a matrix product computed by an embedded cluster of two workers.
#include <gt/gt.h>

#include <cstdio>

#include "tests/bench/programs/end_with_parent.h"

int main() {
  gt::bench::end_with_parent();
  gt::ClusterOptions options;
  options.workers = 2;
  options.worker_threads = 1;
  try {
    gt::connect(options);
    std::printf("%g\n", gt::matmul(gt::ones({2, 2}), gt::ones({2, 2})).sum().item<double>());
    std::fflush(stdout);
  } catch (const gt::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

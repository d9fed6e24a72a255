// gt_bench_flood ADDRESS: adds without end on the cluster there. Prints `flooding` when it begins.
#include <gt/gt.h>

#include <cstdio>

#include "tests/bench/programs/end_with_parent.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  gt::bench::end_with_parent();
  try {
    gt::connect(argv[1]);
    const gt::Tensor a = gt::ones({8}), b = gt::ones({8});
    if (gt::add(a, b).sum().item<double>() != 16) return 1;
    std::puts("flooding");
    std::fflush(stdout);
    for (gt::Tensor sum;;) sum = gt::add(a, b);
  } catch (const gt::Error&) {
    return 1;
  }
}

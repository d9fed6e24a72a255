#include "tests/bench/operations_libtorch.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <malloc.h>

#include <limits>

namespace gt::bench {

void prepare_libtorch() {
  at::set_num_threads(1);
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  mallopt(M_TOP_PAD, 64 << 20);
}

void add_in_libtorch(int count) {
  const at::Tensor a = at::ones({8});
  const at::Tensor b = at::ones({8});
  at::Tensor sum;
  for (int k = 0; k < count; ++k) sum = at::add(a, b);
}

double write_rows_in_libtorch(int rows, int columns) {
  at::Tensor x = at::zeros({rows, columns});
  for (int row = 0; row < rows; ++row) x[row] = static_cast<double>(row);
  return x.sum(at::kDouble).item<double>();
}

}  // namespace gt::bench

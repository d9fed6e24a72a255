#include "tests/bench/operations_libtorch.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

namespace gt::bench {

void use_one_libtorch_thread() { at::set_num_threads(1); }

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

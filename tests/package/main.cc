// One product and one sum on an embedded cluster of the installed programs.
#include <gt/gt.h>

#include <cstdio>

int main() {
  const gt::Tensor product = gt::ones({2, 3}).matmul(gt::ones({3, 2}));
  const auto total = product.sum().item<float>();
  std::printf("sum of ones(2,3) @ ones(3,2): %g\n", static_cast<double>(total));
  return total == 12.0F ? 0 : 1;
}

#include "tests/bench/compiled_operations.h"

#include <gt/gt.h>

#include <functional>

#include "tests/bench/cluster.h"
#include "tests/bench/compiled_side.h"

namespace gt::bench {
namespace {

/// One execution after the other of a function of two tensors.
class Repeated {
 public:
  using Function = std::function<Tensor(const Tensor&, const Tensor&)>;
  Repeated(Function function, Tensor x, Tensor y)
      : function_(std::move(function)), x_(std::move(x)), y_(std::move(y)) {}
  void step() { result_ = function_(x_, y_); }
  [[nodiscard]] double loss() const { return result_.sum().item<double>(); }

 private:
  Function function_;
  Tensor x_, y_, result_;
};

/// Both in one session, so what looks for sequences looks at both.
Comparison compare_with_eager(const Repeated::Function& function, const Tensor& x, const Tensor& y,
                              int steps, int pairs) {
  Compiled<Repeated> compiled(function, x, y);
  Repeated eager(function, x, y);
  return compare_compiled(compiled, eager, steps, pairs);
}

Tensor chain(const Tensor& x, const Tensor& y, int rounds) {
  Tensor z = x;
  for (int k = 0; k < rounds; ++k) z = (z * y + x).mul(0.5).abs();
  return z;
}

}  // namespace

Comparison compiled_matmul_relu(int pairs) {
  const OneWorker cluster;
  return compare_with_eager([](const Tensor& x, const Tensor& w) { return relu(x.matmul(w)); },
                            randn({128, 784}), randn({784, 256}), 60, pairs);
}

Comparison compiled_chain(int pairs) {
  const OneWorker cluster;
  return compare_with_eager([](const Tensor& x, const Tensor& y) { return chain(x, y, 2); },
                            randn({256, 1024}), randn({256, 1024}), 60, pairs);
}

Comparison compiled_long_chain(int pairs) {
  const OneWorker cluster;
  return compare_with_eager([](const Tensor& x, const Tensor& y) { return chain(x, y, 10); },
                            randn({256, 1024}), randn({256, 1024}), 20, pairs);
}

Comparison compiled_reductions(int pairs) {
  const OneWorker cluster;
  return compare_with_eager(
      [](const Tensor& x, const Tensor& y) {
        const Tensor z = x * y;
        return (z - z.mean(1, true)).pow(2).mean(1).sqrt();
      },
      randn({256, 1024}), randn({256, 1024}), 60, pairs);
}

Comparison compiled_simple(int pairs) {
  const OneWorker cluster;
  return compare_with_eager(
      [](const Tensor& x, const Tensor& y) { return ((x + y).relu() * y - x).abs().neg(); },
      randn({8}), randn({8}), 2000, pairs);
}

}  // namespace gt::bench

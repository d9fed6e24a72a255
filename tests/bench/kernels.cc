#include "tests/bench/kernels.h"

#include <algorithm>
#include <vector>

#include "tests/bench/fused_kernel.h"
#include "tests/bench/stopwatch.h"

namespace gt::bench {
namespace {

using graph::RecordedOperand;
using graph::ValueRef;

constexpr std::int64_t kManyElements = std::int64_t{16} << 20;
constexpr std::int64_t kElements = std::int64_t{4} << 20;
constexpr std::int64_t kColumns = 1024;
const Shape kMatrix = {kElements / kColumns, kColumns};

/// A graph of float32 tensors.
class Recorder {
 public:
  ValueRef input(const Shape& shape) {
    return builder_.add_input({DType::kFloat32, shape, {}}, {.dies = true});
  }
  ValueRef add(Op op, std::initializer_list<RecordedOperand> operands,
               const Attributes& attributes = {}) {
    return builder_.add_instruction(op, operands, attributes)[0];
  }
  /// a + alpha * b.
  ValueRef sum(RecordedOperand a, RecordedOperand b, double alpha = 1) {
    return add(Op::add, {a, b}, make_attributes(Op::add, ScalarValue(alpha)));
  }
  void output(ValueRef value) { builder_.mark_output(value); }
  graph::Graph finish() && { return std::move(builder_).finish(); }

 private:
  graph::GraphBuilder builder_;
};

#if defined(__x86_64__)
[[gnu::target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), gnu::optimize("O3")]]
#endif
void triad(float* a, const float* b, const float* c, std::int64_t n) {
#pragma GCC ivdep
  for (std::int64_t i = 0; i < n; ++i) a[i] = b[i] + 1.5f * c[i];
}

/// Rates in GB/s.
Comparison measure(graph::Graph graph, int pairs, bool overwrites = false) {
  FusedKernel kernel(std::move(graph), overwrites);
  const std::int64_t n = kernel.bytes() / (3 * static_cast<std::int64_t>(sizeof(float)));
  std::vector<float> a(static_cast<std::size_t>(n), 1), b = a, c = a;
  const auto rate = [&](double seconds) {
    return static_cast<double>(kernel.bytes()) / seconds * 1e-9;
  };
  const auto ours = [&] {
    const Stopwatch watch;
    kernel.run();
    return rate(watch.seconds());
  };
  const auto baseline = [&] {
    const Stopwatch watch;
    triad(a.data(), b.data(), c.data(), n);
    return rate(watch.seconds());
  };
  return compare(ours, baseline, pairs);
}

}  // namespace

Comparison kernel_pointwise(int pairs) {
  Recorder recorder;
  ValueRef inputs[5];
  for (ValueRef& input : inputs) input = recorder.input({kManyElements});
  const auto& [x, a, b, c, d] = inputs;
  const ValueRef line = recorder.sum(recorder.add(Op::mul, {x, a}), b);
  const ValueRef scaled = recorder.add(Op::mul, {recorder.add(Op::relu, {line}), c});
  recorder.output(recorder.sum(scaled, recorder.add(Op::tanh, {d}), -1));
  return measure(std::move(recorder).finish(), pairs);
}

Comparison kernel_sgd(int pairs) {
  Recorder recorder;
  const ValueRef parameter = recorder.input({kElements});
  const ValueRef gradient = recorder.input({kElements});
  const ValueRef momentum = recorder.input({kElements});
  const ValueRef next = recorder.sum(gradient, momentum, 0.9);
  recorder.output(next);
  recorder.output(recorder.sum(parameter, next, -0.01));
  return measure(std::move(recorder).finish(), pairs, true);
}

Comparison kernel_gelu(int pairs) {
  Recorder recorder;
  const ValueRef x = recorder.sum(recorder.input(kMatrix), recorder.input({kColumns}));
  recorder.output(recorder.add(Op::gelu, {x}, make_attributes(Op::gelu, 0)));
  return measure(std::move(recorder).finish(), pairs);
}

Comparison kernel_gelu_grad(int pairs) {
  Recorder recorder;
  const ValueRef x = recorder.sum(recorder.input(kMatrix), recorder.input({kColumns}));
  const ValueRef gradient = recorder.add(Op::gelu_backward, {recorder.input(kMatrix), x},
                                         make_attributes(Op::gelu_backward, 0));
  recorder.output(gradient);
  recorder.output(
      recorder.add(Op::sum, {gradient}, make_attributes(Op::sum, Shape{0}, false, kNoDType)));
  return measure(std::move(recorder).finish(), pairs);
}

Comparison kernel_softmax(int pairs) {
  Recorder recorder;
  recorder.output(recorder.add(Op::softmax, {recorder.input(kMatrix)},
                               make_attributes(Op::softmax, 1, kNoDType)));
  return measure(std::move(recorder).finish(), pairs);
}

Comparison kernel_layer_norm(int pairs) {
  Recorder recorder;
  recorder.output(recorder.add(
      Op::native_layer_norm,
      {recorder.input(kMatrix), recorder.input({kColumns}), recorder.input({kColumns})},
      make_attributes(Op::native_layer_norm, Shape{kColumns}, 1e-5)));
  return measure(std::move(recorder).finish(), pairs);
}

Comparison kernel_cross_entropy(int pairs) {
  Recorder recorder;
  const ValueRef logarithms = recorder.add(Op::log_softmax, {recorder.input(kMatrix)},
                                           make_attributes(Op::log_softmax, 1, kNoDType));
  const ValueRef weighted = recorder.add(Op::mul, {logarithms, recorder.input(kMatrix)});
  const ValueRef total =
      recorder.add(Op::sum, {weighted}, make_attributes(Op::sum, Shape{1}, false, kNoDType));
  recorder.output(recorder.add(Op::neg, {total}));
  return measure(std::move(recorder).finish(), pairs);
}

}  // namespace gt::bench

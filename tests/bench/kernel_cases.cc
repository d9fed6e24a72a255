#include "tests/bench/kernel_cases.h"

#include <initializer_list>
#include <utility>

#include "common/graph/builder.h"

namespace gt::bench {
namespace {

using graph::RecordedOperand;
using graph::ValueRef;

constexpr std::int64_t kManyElements = std::int64_t{16} << 20;
constexpr std::int64_t kElements = std::int64_t{4} << 20;
constexpr std::int64_t kColumns = 1024;
const Shape kMatrix = {kElements / kColumns, kColumns};

/// A graph of tensors of one dtype.
class Recorder {
 public:
  explicit Recorder(DType dtype) : dtype_(dtype) {}
  ValueRef input(const Shape& shape) {
    return builder_.add_input({dtype_, shape, {}}, {.dies = true});
  }
  ValueRef add(Op op, std::initializer_list<RecordedOperand> operands,
               const Attributes& attributes = {}) {
    return builder_.add_instruction(op, operands, attributes)[0];
  }
  /// a + alpha * b.
  ValueRef sum(RecordedOperand a, RecordedOperand b, double alpha = 1) {
    return add(Op::add, {a, b}, make_attributes(Op::add, ScalarValue(alpha)));
  }
  /// Over one dim.
  ValueRef total(ValueRef x, std::int64_t dim) {
    return add(Op::sum, {x}, make_attributes(Op::sum, Shape{dim}, false, kNoDType));
  }
  /// A matrix with a bias for each column.
  ValueRef biased() {
    const ValueRef matrix = input(kMatrix);
    return sum(matrix, input({kColumns}));
  }
  void output(ValueRef value) { builder_.mark_output(value); }
  graph::Graph finish() && { return std::move(builder_).finish(); }

 private:
  DType dtype_;
  graph::GraphBuilder builder_;
};

/// relu(x * a + b) * c - tanh(d).
void pointwise(Recorder& recorder) {
  ValueRef inputs[5];
  for (ValueRef& input : inputs) input = recorder.input({kManyElements});
  const auto& [x, a, b, c, d] = inputs;
  const ValueRef line = recorder.sum(recorder.add(Op::mul, {x, a}), b);
  const ValueRef scaled = recorder.add(Op::mul, {recorder.add(Op::relu, {line}), c});
  recorder.output(recorder.sum(scaled, recorder.add(Op::tanh, {d}), -1));
}

/// A step with momentum, in place.
void sgd(Recorder& recorder) {
  const ValueRef parameter = recorder.input({kElements});
  const ValueRef gradient = recorder.input({kElements});
  const ValueRef momentum = recorder.input({kElements});
  const ValueRef next = recorder.sum(gradient, momentum, 0.9);
  recorder.output(next);
  recorder.output(recorder.sum(parameter, next, -0.01));
}

/// gelu(x + bias).
void gelu(Recorder& recorder) {
  const ValueRef x = recorder.biased();
  recorder.output(recorder.add(Op::gelu, {x}, make_attributes(Op::gelu, 0)));
}

/// Its gradient, and that of the bias.
void gelu_gradient(Recorder& recorder) {
  const ValueRef x = recorder.biased();
  const ValueRef gradient = recorder.add(Op::gelu_backward, {recorder.input(kMatrix), x},
                                         make_attributes(Op::gelu_backward, 0));
  recorder.output(gradient);
  recorder.output(recorder.total(gradient, 0));
}

void softmax(Recorder& recorder) {
  recorder.output(recorder.add(Op::softmax, {recorder.input(kMatrix)},
                               make_attributes(Op::softmax, 1, kNoDType)));
}

void layer_norm(Recorder& recorder) {
  recorder.output(recorder.add(
      Op::native_layer_norm,
      {recorder.input(kMatrix), recorder.input({kColumns}), recorder.input({kColumns})},
      make_attributes(Op::native_layer_norm, Shape{kColumns}, 1e-5)));
}

/// Of each row with the probabilities of its classes.
void cross_entropy(Recorder& recorder) {
  const ValueRef logarithms = recorder.add(Op::log_softmax, {recorder.input(kMatrix)},
                                           make_attributes(Op::log_softmax, 1, kNoDType));
  const ValueRef weighted = recorder.add(Op::mul, {logarithms, recorder.input(kMatrix)});
  recorder.output(recorder.add(Op::neg, {recorder.total(weighted, 1)}));
}

template <void (*kRecord)(Recorder&)>
graph::Graph graph_of(DType dtype) {
  Recorder recorder(dtype);
  kRecord(recorder);
  return std::move(recorder).finish();
}

constexpr KernelCase kCases[] = {
    {"pointwise", graph_of<pointwise>, Rival::pointwise},
    {"sgd", graph_of<sgd>, Rival::sgd, true},
    {"gelu", graph_of<gelu>, Rival::gelu},
    {"gelu_grad", graph_of<gelu_gradient>, Rival::gelu_gradient},
    {"softmax", graph_of<softmax>, Rival::softmax},
    // Its weights are widened apart.
    {"layer_norm", graph_of<layer_norm>, Rival::layer_norm, false, false},
    {"cross_entropy", graph_of<cross_entropy>, Rival::cross_entropy},
};

}  // namespace

std::span<const KernelCase> kernel_cases() { return kCases; }

}  // namespace gt::bench

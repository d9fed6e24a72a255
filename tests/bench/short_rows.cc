#include "tests/bench/short_rows.h"

#include <fmt/format.h>

#include <cstring>
#include <deque>
#include <initializer_list>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

#include "common/graph/builder.h"
#include "tests/bench/engine_program.h"
#include "tests/bench/fused_kernel.h"
#include "tests/bench/stopwatch.h"

namespace gt::bench {
namespace {

using graph::RecordedOperand;
using graph::ValueRef;

constexpr std::int64_t kElements = std::int64_t{64} << 10;  ///< of a matrix, about
constexpr double kBatchSeconds = 5e-4;                      ///< what one measurement takes at least
constexpr double kRowSeconds = 0.4;
const Attributes kOne = make_attributes(Op::add, ScalarValue(1));

/// A graph of float32 tensors, and the same as a program of the engine once that is made.
class Recorder {
 public:
  explicit Recorder(std::int64_t length) : length_(length) {}

  [[nodiscard]] std::int64_t length() const { return length_; }
  /// The shape of `runs` x `length`, of kElements elements or fewer.
  [[nodiscard]] Shape matrix() const { return {kElements / length_, length_}; }

  ValueRef input(const Shape& shape) { return builder_.add_input({DType::kFloat32, shape, {}}); }
  ValueRef add(Op op, std::initializer_list<RecordedOperand> operands,
               const Attributes& attributes = {}) {
    return builder_.add_instruction(op, operands, attributes)[0];
  }
  ValueRef sum(RecordedOperand a, RecordedOperand b) { return add(Op::add, {a, b}, kOne); }
  ValueRef total(ValueRef x, std::int64_t dim) {
    return add(Op::sum, {x}, make_attributes(Op::sum, Shape{dim}, false, kNoDType));
  }
  void output(ValueRef value) { builder_.mark_output(value); }
  graph::Graph finish() && { return std::move(builder_).finish(); }

 private:
  std::int64_t length_;
  graph::GraphBuilder builder_;
};

void bias(Recorder& recorder) {
  const ValueRef x = recorder.input(recorder.matrix());
  recorder.output(recorder.sum(x, recorder.input({recorder.length()})));
}

void bias_relu(Recorder& recorder) {
  const ValueRef x = recorder.input(recorder.matrix());
  recorder.output(recorder.add(Op::relu, {recorder.sum(x, recorder.input({recorder.length()}))}));
}

void bias_gelu(Recorder& recorder) {
  const ValueRef x = recorder.input(recorder.matrix());
  recorder.output(recorder.add(Op::gelu, {recorder.sum(x, recorder.input({recorder.length()}))},
                               make_attributes(Op::gelu, 0)));
}

/// relu(x * column + bias).
void column(Recorder& recorder) {
  const ValueRef x = recorder.input(recorder.matrix());
  const ValueRef factor = recorder.input({recorder.matrix()[0], 1});
  const ValueRef scaled = recorder.add(Op::mul, {x, factor});
  recorder.output(
      recorder.add(Op::relu, {recorder.sum(scaled, recorder.input({recorder.length()}))}));
}

/// relu((x - mean) * deviation * weight + bias) of `length` pixels of 32 channels.
void channels(Recorder& recorder) {
  constexpr std::int64_t kChannels = 32;
  const Shape image = {kElements / kChannels / recorder.length(), kChannels, recorder.length()};
  const Shape channel = {kChannels, 1};
  const ValueRef x = recorder.input(image);
  const ValueRef centred = recorder.add(Op::sub, {x, recorder.input(channel)}, kOne);
  const ValueRef scaled = recorder.add(Op::mul, {centred, recorder.input(channel)});
  const ValueRef weighted = recorder.add(Op::mul, {scaled, recorder.input(channel)});
  recorder.output(recorder.add(Op::relu, {recorder.sum(weighted, recorder.input(channel))}));
}

/// The gradient of ReLU, and that of a bias.
void columns(Recorder& recorder) {
  const ValueRef x = recorder.input(recorder.matrix());
  const ValueRef product = recorder.add(Op::mul, {x, recorder.input(recorder.matrix())});
  recorder.output(product);
  recorder.output(recorder.total(product, 0));
}

/// What was broadcast over `length` rows of each of several planes: the sums of a product.
void planes(Recorder& recorder) {
  constexpr std::int64_t kColumns = 64;
  const Shape shape = {kElements / kColumns / recorder.length(), recorder.length(), kColumns};
  recorder.output(
      recorder.total(recorder.add(Op::mul, {recorder.input(shape), recorder.input(shape)}), 1));
}

void softmax(Recorder& recorder) {
  recorder.output(recorder.add(Op::softmax, {recorder.input(recorder.matrix())},
                               make_attributes(Op::softmax, 1, kNoDType)));
}

void layer_norm(Recorder& recorder) {
  const Shape row = {recorder.length()};
  recorder.output(
      recorder.add(Op::native_layer_norm,
                   {recorder.input(recorder.matrix()), recorder.input(row), recorder.input(row)},
                   make_attributes(Op::native_layer_norm, row, 1e-5)));
}

/// Of each row with the probabilities of its classes.
void cross_entropy(Recorder& recorder) {
  const ValueRef logarithms = recorder.add(Op::log_softmax, {recorder.input(recorder.matrix())},
                                           make_attributes(Op::log_softmax, 1, kNoDType));
  const ValueRef weighted = recorder.add(Op::mul, {logarithms, recorder.input(recorder.matrix())});
  recorder.output(recorder.add(Op::neg, {recorder.total(weighted, 1)}));
}

void squares(Recorder& recorder) {
  const ValueRef x = recorder.input(recorder.matrix());
  recorder.output(recorder.total(recorder.add(Op::mul, {x, x}), 1));
}

struct Case {
  std::string_view name;
  void (*record)(Recorder&);
  std::vector<std::int64_t> lengths;
};
std::vector<Case> cases() {
  return {{"bias", bias, {10, 32, 33, 64, 100, 128, 200, 256, 512}},
          {"bias_relu", bias_relu, {10, 32, 33, 64, 100}},
          {"bias_gelu", bias_gelu, {10, 32, 100}},
          {"column", column, {10, 32, 100, 128, 200, 256, 512}},
          {"channels", channels, {49, 100, 196}},
          {"columns", columns, {10, 32, 100}},
          {"planes", planes, {8, 64, 256}},
          {"squares", squares, {10, 32, 100}},
          {"softmax", softmax, {10, 32, 100}},
          {"layer_norm", layer_norm, {10, 32, 100}},
          {"cross_entropy", cross_entropy, {10, 32, 100}}};
}

graph::Graph graph_of(const Case& short_case, std::int64_t length) {
  Recorder recorder(length);
  short_case.record(recorder);
  return std::move(recorder).finish();
}

/// Appends the instructions of a graph.
void add_to(EngineProgram& program, const graph::Graph& graph) {
  std::vector<int> first_result(graph.nodes().size());
  int results = 0;
  for (graph::NodeIndex i = 0; i < graph.nodes().size(); ++i) {
    const graph::Node& node = graph.node(i);
    first_result[i] = results;
    if (node.is_input()) continue;
    std::vector<Argument> arguments;
    for (const graph::Operand& operand : graph.operands(node)) {
      const graph::ValueRef value = operand.value;
      if (operand.is_scalar())
        arguments.push_back(
            Argument::number(ScalarValue::from_bits(operand.category, operand.word.bits)));
      else if (!operand.is_tensor())
        arguments.push_back(Argument::none());
      else if (graph.node(value.node).is_input())
        arguments.push_back(Argument::input(static_cast<int>(graph.node(value.node).input)));
      else
        arguments.push_back(
            Argument::result(first_result[value.node] + static_cast<int>(value.output)));
    }
    program.add(node.op, arguments, graph.attributes(node));
    results += static_cast<int>(node.value_count);
  }
}

std::vector<worker::Value> values_of(worker::Engine& engine, std::span<const FloatTensor> tensors) {
  std::vector<worker::Value> values;
  for (const FloatTensor& tensor : tensors) {
    const TensorMeta meta{DType::kFloat32, tensor.shape, {}};
    values.push_back(engine.from_host(
        meta, {reinterpret_cast<const std::byte*>(tensor.elements), meta.byte_count()}));
  }
  return values;
}

void check_same_bits(FusedKernel& kernel, const worker::Value& expected) {
  kernel.run();
  const FloatTensor made = kernel.outputs().back();
  if (std::memcmp(made.elements, expected.bytes(), expected.meta().byte_count()) != 0)
    throw std::runtime_error("the kernel's bits are not the engine's");
}

Comparison measure(const Case& short_case, std::int64_t length, int pairs) {
  FusedKernel kernel(graph_of(short_case, length), {});
  const auto engine = worker::make_engine({});
  EngineProgram program(*engine, values_of(*engine, kernel.inputs()));
  add_to(program, graph_of(short_case, length));
  check_same_bits(kernel, program.result());
  const auto timed = [](auto& side) {
    double calls = 0;
    const Stopwatch watch;
    do {
      side.run();
      ++calls;
    } while (watch.seconds() < kBatchSeconds);
    return watch.seconds() / calls * 1e6;
  };
  return compare_briefly([&] { return timed(kernel); }, [&] { return timed(program); }, pairs,
                         kRowSeconds);
}

}  // namespace

std::vector<Benchmark> short_rows_benchmarks() {
  static std::deque<std::string> names;  // the rows hold views of them
  static const std::vector<Case> all = cases();
  std::vector<Benchmark> rows;
  for (const Case& short_case : all)
    for (std::int64_t length : short_case.lengths) {
      names.push_back(fmt::format("short_rows_{}_{}", short_case.name, length));
      Benchmark row{
          names.back(), "us", "the engine's calls, one thread",
          [&short_case, length](int pairs) { return measure(short_case, length, pairs); }};
      row.is_brief = true;
      rows.push_back(std::move(row));
    }
  return rows;
}

}  // namespace gt::bench

#include "tests/unit/jit/run_kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <optional>
#include <random>

#include "common/graph/builder.h"
#include "common/graph/memory/storage.h"
#include "common/graph/print.h"
#include "common/graph/scalars.h"
#include "common/graph/sizes.h"
#include "tests/unit/graph/run_graph.h"

namespace gt::worker::jit {
namespace {

using graph::Graph;
using graph::Group;
using graph::NodeIndex;
using graph::ValueRef;

/// GT_TEST_SHARE, or 1.
int sampled_share() {
  const char* text = std::getenv("GT_TEST_SHARE");  // NOLINT(concurrency-mt-unsafe)
  return text == nullptr ? 1 : std::max(1, std::atoi(text));
}

graph::FusionPlan plan_for(const KernelCompiler& compiler, const Graph& graph, bool fuses) {
  graph::FusionOptions options;
  options.admits = [&](const Graph& of, const graph::Node& node) {
    return compiler.admits(of, node);
  };
  options.vertical = options.siblings = options.horizontal = fuses;
  return plan_fusion(graph, options);
}

/// One run: the values that exist, by value index.
class Run {
 public:
  Run(const Graph& graph, std::span<const Value> inputs, std::span<const std::uint64_t> bindings)
      : graph_(graph),
        bindings_(bindings.begin(), bindings.end()),
        scalars_(graph, shapes_of(inputs), bindings),
        values_(graph.value_count()) {
    for (std::size_t i = 0; i < inputs.size(); ++i)
      values_[graph.value_index({graph.inputs()[i].node, 0})] = inputs[i];
  }

  [[nodiscard]] const Value& value(ValueRef ref) const { return *values_[graph_.value_index(ref)]; }
  void set(ValueRef ref, Value value) { values_[graph_.value_index(ref)] = std::move(value); }

  void call(NodeIndex index) {
    const graph::Node& node = graph_.node(index);
    std::vector<EngineOperand> operands;
    for (const graph::Operand& from : graph_.operands(node)) {
      EngineOperand& operand = operands.emplace_back();
      operand.is_scalar = from.is_scalar();
      if (from.is_scalar())
        operand.scalar = ScalarValue::from_bits(from.category, scalars_.word(from.word));
      if (from.is_tensor()) operand.value = &value(from.value);
    }
    std::vector<TensorMeta> metas;
    for (std::uint32_t k = 0; k < node.value_count; ++k) metas.push_back(meta({index, k}));
    const Attributes attributes = scalars_.attributes(node);
    std::uint32_t k = 0;
    Results made = test_engine().execute({node.row(), operands, attributes, metas});
    for (Value& result : made) set({index, k++}, std::move(result));
  }

  [[nodiscard]] TensorMeta meta(ValueRef ref) const {
    const graph::ValueInfo& info = graph_.value(ref);
    return {info.meta.dtype, shape_at(graph_, info, scalars_.symbols()), {}};
  }

  void kernel(const KernelRequest& request, const KernelModule::Entry& entry,
              const RunOptions& options) {
    std::vector<void*> tensors;
    std::vector<std::int64_t> strides;
    for (std::size_t t = 0; t < request.tensors.size(); ++t) {
      const KernelTensor& tensor = request.tensors[t];
      if (t >= request.group->inputs.size()) set(tensor.value, make_output(request, tensor));
      const Value& at = value(tensor.value);
      ASSERT_TRUE(
          same_pattern(graph_.meta(tensor.value).shape, tensor.strides, at.shape, at.strides));
      tensors.push_back(at.bytes());
      strides.insert(strides.end(), at.strides.begin(), at.strides.end());
    }
    std::vector<std::int64_t> sizes;
    for (const graph::Size& size : graph_.sizes())
      sizes.push_back(evaluate(size, scalars_.symbols()));
    std::vector<double> derived;
    for (std::uint32_t d = 0; d < graph_.derived().size(); ++d)
      derived.push_back(std::bit_cast<double>(scalars_.word({graph::Word::Source::derived, d, 0})));
    std::uint32_t refused = 0;
    KernelArguments arguments{tensors.data(), strides.data(), sizes.data(), bindings_.data(),
                              derived.data()};
    arguments.refused = &refused;
    KernelNeeds needs;
    entry.needs(&arguments, &needs);
    ASSERT_GT(needs.units, 0);
    const BufferRef scratch =
        test_engine().allocator().allocate(static_cast<std::size_t>(needs.scratch_bytes) + 64);
    arguments.scratch = scratch->data();
    if (!options.one_unit_a_call) entry.run(&arguments, 0, needs.units);
    for (std::int64_t unit = options.one_unit_a_call ? needs.units : 0; unit-- > 0;)
      entry.run(&arguments, unit, unit + 1);
    if (refused != 0) throw CommonError(ErrorKind::kIndex, "an index was refused");
  }

 private:
  static std::vector<Shape> shapes_of(std::span<const Value> values) {
    std::vector<Shape> shapes;
    for (const Value& value : values) shapes.push_back(value.shape);
    return shapes;
  }

  /// New memory; filled with what no kernel makes, so that elements left out are noticed.
  Value make_output(const KernelRequest& request, const KernelTensor& tensor) {
    const TensorMeta made = meta(tensor.value);
    Value result{nullptr, 0, made.dtype, made.shape, contiguous_strides(made.shape)};
    if (tensor.overwrites >= 0) {
      const Value& over = value(request.tensors[static_cast<std::size_t>(tensor.overwrites)].value);
      result.buffer = over.buffer;
      result.offset = over.offset;
      return result;
    }
    result.buffer = test_engine().allocator().allocate(made.byte_count() + 64);
    std::memset(result.bytes(), 0x5A, made.byte_count());
    return result;
  }

  const Graph& graph_;
  std::vector<std::uint64_t> bindings_;
  graph::RunScalars scalars_;
  std::vector<std::optional<Value>> values_;
};

/// A value of its own, so that overwriting it changes no other.
Value copied(const Value& value) {
  Value copy = value;
  copy.buffer = test_engine().allocator().allocate(value.buffer->bytes());
  std::memcpy(copy.buffer->data(), value.buffer->data(), value.buffer->bytes());
  return copy;
}

void execute(Run& run, const Group& group) {
  for (const graph::Loop& loop : group.loops)
    for (NodeIndex node : loop.nodes) run.call(node);
}

}  // namespace

Engine& test_engine() {
  static const std::unique_ptr<Engine> made = make_engine({.memory_limit = std::size_t{1} << 30});
  return *made;
}

bool is_compiled(DType dtype) {
  graph::GraphBuilder builder;
  const ValueRef x = builder.add_input({dtype, {2}, {}});
  const ValueRef y = builder.add_instruction(Op::clone, {x})[0];
  const Graph& graph = builder.graph();
  return test_compiler().admits(graph, graph.node(y.node));
}

CompiledGraph::CompiledGraph(Graph graph, std::span<const Value> inputs, const RunOptions& options)
    : graph_(std::move(graph)),
      plan_(plan_for(test_compiler(), graph_, options.fuses)),
      options_(options) {
  compile(inputs);
}

std::size_t CompiledGraph::kernel_count() const { return requests_.size(); }

/// Finds the strides by a run on the engine.
void CompiledGraph::compile(std::span<const Value> inputs) {
  const std::vector<std::uint64_t> bindings = sample_bindings(graph_);
  Run run(graph_, inputs, bindings);
  const graph::Storage storage = find_storage(graph_, plan_);
  for (const Group& group : plan_.groups) {
    execute(run, group);
    kernel_of_.push_back(-1);
    if (group.kind != Group::Kind::kernel) continue;
    kernel_of_.back() = static_cast<int>(requests_.size());
    KernelRequest request{&group, {}};
    for (ValueRef input : group.inputs)
      request.tensors.push_back({input, run.value(input).strides, -1});
    std::vector<bool> is_taken(group.inputs.size(), false);
    for (ValueRef output : group.outputs) {
      KernelTensor tensor{output, contiguous_strides(run.meta(output).shape), -1};
      for (std::size_t k = 0; options_.overwrites && k < group.inputs.size(); ++k) {
        if (is_taken[k] || tensor.overwrites >= 0 || !run.value(group.inputs[k]).is_contiguous() ||
            !may_overwrite(graph_, storage, group, group.inputs[k], output))
          continue;
        tensor.overwrites = static_cast<int>(k);
        is_taken[k] = true;
      }
      request.tensors.push_back(tensor);
    }
    requests_.push_back(std::move(request));
  }
  CompileOptions options;
  options.one_result = options_.one_result;
  if (const char* folder = std::getenv("GT_TEST_SAVE")) {  // NOLINT(concurrency-mt-unsafe)
    options.save_to = folder;
    options.name = "test";
  }
  module_ = test_compiler().compile(graph_, requests_, options);
  if (options_.reloads) {
    const std::vector<std::byte> object(module_->object().begin(), module_->object().end());
    module_ = test_compiler().load(object);
  }
}

std::vector<Value> CompiledGraph::run(std::span<const Value> inputs,
                                      std::span<const std::uint64_t> bindings) const {
  std::vector<Value> own;
  for (const Value& input : inputs) own.push_back(options_.overwrites ? copied(input) : input);
  Run run(graph_, own, bindings);
  // Where kernels overwrite, what is read later is read from a copy: memory is not planned here.
  for (std::size_t g = 0; g < plan_.groups.size(); ++g) {
    const Group& group = plan_.groups[g];
    if (kernel_of_[g] < 0) {
      execute(run, group);
      continue;
    }
    const KernelRequest& request = requests_[static_cast<std::size_t>(kernel_of_[g])];
    std::vector<std::pair<ValueRef, Value>> restored;
    if (options_.overwrites)
      for (ValueRef input : group.inputs) {
        restored.emplace_back(input, run.value(input));
        run.set(input, copied(run.value(input)));
      }
    run.kernel(request, module_->entries()[static_cast<std::size_t>(kernel_of_[g])], options_);
    for (auto& [ref, value] : restored) run.set(ref, value);
  }
  std::vector<Value> outputs;
  for (ValueRef output : graph_.outputs()) outputs.push_back(run.value(output));
  return outputs;
}

void expect_outputs(const CompiledGraph& compiled, const Graph& graph,
                    std::span<const Value> inputs, std::span<const std::uint64_t> bindings,
                    std::span<const Value> expected) {
  const auto actual = compiled.run(inputs, bindings);
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t k = 0; k < actual.size(); ++k)
    ASSERT_TRUE(graph::bits_of(test_engine(), actual[k]) ==
                graph::bits_of(test_engine(), expected[k]))
        << "output " << k << " of\n"
        << to_text(graph) << to_text(graph, compiled.plan());
}

void expect_same_bits(const Graph& graph, Graph passed,
                      std::initializer_list<std::string_view> absent, std::span<const Value> inputs,
                      const RunOptions& options) {
  static const int share = sampled_share();
  static int calls = 0;
  if (calls++ % share != 0) return;
  const std::vector<std::uint64_t> bindings = sample_bindings(graph);
  const auto expected = run_graph(test_engine(), graph, inputs, bindings);
  const CompiledGraph compiled(std::move(passed), inputs, options);
  EXPECT_GT(compiled.kernel_count(), 0u) << "nothing was compiled";
  const std::string text = to_text(compiled.graph());
  for (const std::string_view name : absent)
    EXPECT_EQ(text.find(name), std::string::npos) << name << " in\n" << text;
  expect_outputs(compiled, compiled.graph(), inputs, bindings, expected);
}

void expect_same_bits(const Graph& graph, std::span<const Value> inputs,
                      const RunOptions& options) {
  expect_same_bits(graph, graph, {}, inputs, options);
}

Value seen(const Value& value, const Shape& shape, const Strides& strides, std::int64_t offset) {
  Value view = value;
  view.shape = shape;
  view.strides = strides;
  view.offset += offset;
  return view;
}

Value special_numbers(DType dtype, const Shape& shape, std::uint64_t seed) {
  using Limits = std::numeric_limits<double>;
  using Single = std::numeric_limits<float>;
  constexpr double kSpecial[] = {0.0,
                                 -0.0,
                                 1.0,
                                 -1.0,
                                 Limits::infinity(),
                                 -Limits::infinity(),
                                 Limits::quiet_NaN(),
                                 Single::denorm_min(),
                                 3e-42,
                                 -6e-8,
                                 Single::min(),
                                 Single::max(),
                                 Limits::denorm_min(),
                                 1e300,
                                 65520.0,
                                 88.8,
                                 -103.9,
                                 1e6,
                                 0.5,
                                 2.5};
  std::mt19937_64 generator(seed);
  std::uniform_real_distribution<double> draw(-4, 4);
  std::vector<double> elements(static_cast<std::size_t>(element_count(shape)));
  for (double& element : elements)
    element = generator() % 8 == 0 ? kSpecial[generator() % std::size(kSpecial)] : draw(generator);
  const TensorMeta wide{DType::kFloat64, shape, {}};
  const Value value =
      test_engine().from_host(wide, std::as_bytes(std::span<const double>(elements)));
  EngineOperand operand;
  operand.value = &value;
  const TensorMeta meta{dtype, shape, {}};
  return test_engine()
      .execute({row_of(Op::to), std::span(&operand, 1), make_attributes(Op::to, dtype),
                std::span(&meta, 1)})
      .front();
}

}  // namespace gt::worker::jit

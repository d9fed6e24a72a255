#include "tests/unit/hotpath/interpreting_compiler.h"

#include <bit>
#include <cstring>
#include <map>
#include <utility>

#include "tests/unit/allocation_counter.h"

namespace gt::worker::testing {
namespace {

using graph::Graph;
using graph::Group;
using graph::NodeIndex;

/// Memory that somebody else owns.
Value borrow(void* data, const TensorMeta& meta, const Strides& strides) {
  return {make_buffer<Buffer>(data, std::size_t{0}, Buffer::Access::read_only), 0, meta.dtype,
          meta.shape, strides};
}

class InterpretedKernel {
 public:
  InterpretedKernel(std::shared_ptr<const Graph> graph, const jit::KernelRequest& request,
                    InterpretingCompiler& compiler, Engine& engine)
      : graph_(std::move(graph)),
        group_(*request.group),
        tensors_(request.tensors),
        compiler_(compiler),
        engine_(engine) {}

  void run(const jit::KernelArguments& arguments) const {
    const std::size_t before = gt::testing::allocations();
    compute(arguments);
    compiler_.allocations += gt::testing::allocations() - before;
  }

 private:
  void compute(const jit::KernelArguments& arguments) const {
    std::map<graph::ValueRef, Value> values;
    const std::int64_t* strides = arguments.strides;
    for (std::size_t t = 0; t < tensors_.size(); ++t) {
      const TensorMeta meta = meta_of(tensors_[t].value, arguments);
      if (t < group_.inputs.size())
        values[tensors_[t].value] =
            borrow(arguments.tensors[t], meta, Strides(std::span(strides, meta.shape.size())));
      strides += meta.shape.size();
    }
    for (const graph::Loop& loop : group_.loops)
      for (NodeIndex node : loop.nodes) run_node(node, arguments, values);
    std::vector<Value> outputs;
    for (graph::ValueRef output : group_.outputs) outputs.push_back(values.at(output));
    for (std::size_t k = 0; k < outputs.size(); ++k) {
      const std::vector<std::byte> bytes = engine_.to_host(outputs[k]);
      std::memcpy(arguments.tensors[group_.inputs.size() + k], bytes.data(), bytes.size());
      outputs[k] = borrow(arguments.tensors[group_.inputs.size() + k], outputs[k].meta(),
                          contiguous_strides(outputs[k].shape));
    }
    if (compiler_.after) compiler_.after(outputs);
  }

  [[nodiscard]] TensorMeta meta_of(graph::ValueRef value,
                                   const jit::KernelArguments& arguments) const {
    const graph::ValueInfo& info = graph_->value(value);
    TensorMeta meta = info.meta;
    for (const graph::SymbolicDimension& symbolic : info.symbolic)
      meta.shape[symbolic.dimension] = arguments.sizes[symbolic.size];
    return meta;
  }

  static std::uint64_t bits_of(const graph::Word& word, const jit::KernelArguments& arguments) {
    switch (word.source) {
      case graph::Word::Source::constant:
        return word.bits;
      case graph::Word::Source::binding:
        return arguments.bindings[word.index];
      case graph::Word::Source::size:
        return static_cast<std::uint64_t>(arguments.sizes[word.index]);
      case graph::Word::Source::derived:
        return std::bit_cast<std::uint64_t>(arguments.derived[word.index]);
    }
    return 0;
  }

  void run_node(NodeIndex index, const jit::KernelArguments& arguments,
                std::map<graph::ValueRef, Value>& values) const {
    const graph::Node& node = graph_->node(index);
    std::vector<EngineOperand> operands;
    for (const graph::Operand& from : graph_->operands(node)) {
      EngineOperand& operand = operands.emplace_back();
      operand.is_scalar = from.is_scalar();
      if (from.is_scalar())
        operand.scalar = ScalarValue::from_bits(from.category, bits_of(from.word, arguments));
      if (from.is_tensor()) operand.value = &values.at(from.value);
    }
    Attributes attributes;
    for (const graph::Word& word : graph_->words(node))
      attributes.words().push_back(bits_of(word, arguments));
    const TensorMeta meta = meta_of({index, 0}, arguments);
    values[{index, 0}] =
        std::move(engine_.execute({node.row(), operands, attributes, {&meta, 1}}).front());
  }

  std::shared_ptr<const Graph> graph_;
  Group group_;
  std::vector<jit::KernelTensor> tensors_;
  InterpretingCompiler& compiler_;
  Engine& engine_;
};

class InterpretedModule final : public jit::KernelModule {
 public:
  InterpretedModule(std::vector<Entry> entries, const jit::Tuning& tuning)
      : entries_(std::move(entries)), tuning_(tuning) {}
  [[nodiscard]] std::span<const Entry> entries() const noexcept override { return entries_; }
  [[nodiscard]] std::span<const std::byte> object() const noexcept override {
    return std::as_bytes(std::span(&tuning_, 1));
  }

 private:
  std::vector<Entry> entries_;
  jit::Tuning tuning_;
};

}  // namespace

std::unique_ptr<jit::KernelModule> InterpretingCompiler::compile(
    const Graph& graph, std::span<const jit::KernelRequest> requests,
    const jit::CompileOptions& options) {
  if (before_compilation) before_compilation();
  const auto shared = std::make_shared<const Graph>(graph);
  std::vector<jit::KernelModule::Entry> entries;
  for (const jit::KernelRequest& request : requests) {
    const InterpretedKernel kernel(shared, request, *this, engine_);
    entries.push_back(
        {[kernel](const jit::KernelArguments* arguments, std::int64_t first, std::int64_t last) {
           if (first < last) kernel.run(*arguments);
         },
         [](const jit::KernelArguments*, jit::KernelNeeds* needs) { *needs = {1, 0}; }});
  }
  return std::make_unique<InterpretedModule>(std::move(entries), options.tuning);
}

std::unique_ptr<jit::KernelModule> InterpretingCompiler::load(std::span<const std::byte>) {
  throw CommonError(ErrorKind::kInternal, "interpreted kernels have no object");
}

}  // namespace gt::worker::testing

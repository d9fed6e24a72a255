#include "tests/unit/hotpath/graph_engine.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "worker/engine/native/native_engine.h"

namespace gt::worker::testing {
namespace {

constexpr std::size_t kMemoryLimit = std::size_t{1} << 30;

/// The same place, owned by nobody.
Value borrowed(const Value& value) {
  Value same = value;
  same.buffer = make_buffer<Buffer>(value.buffer->data(), value.buffer->bytes());
  return same;
}

/// A call of the engine with the operands where they are now.
struct CapturedCall {
  const OpRow* row = nullptr;
  std::vector<Value> values;
  std::vector<EngineOperand> operands;
  Attributes attributes;
  std::vector<TensorMeta> metas;
  std::vector<Value> results;

  void run(Engine& engine) {
    std::size_t next = 0;
    for (EngineOperand& operand : operands)
      if (operand.value != nullptr) operand.value = &values[next++];
    const Results made = engine.execute({*row, operands, attributes, metas});
    for (std::size_t k = 0; k < results.size(); ++k) {
      const std::vector<std::byte> bytes = engine.to_host(made[k]);
      std::memcpy(results[k].bytes(), bytes.data(), bytes.size());
    }
  }
};

/// A launch of a kernel: its arguments as they were.
struct Launch {
  std::vector<void*> tensors;
  std::vector<std::int64_t> strides, sizes;
  std::vector<std::uint64_t> bindings;
  std::vector<double> derived;

  Launch(const graph::Graph& graph, const jit::KernelRequest& request,
         const jit::KernelArguments& arguments) {
    std::size_t ranks = 0;
    for (const jit::KernelTensor& tensor : request.tensors) ranks += tensor.strides.size();
    tensors.assign(arguments.tensors, arguments.tensors + request.tensors.size());
    strides.assign(arguments.strides, arguments.strides + ranks);
    sizes.assign(arguments.sizes, arguments.sizes + graph.sizes().size());
    bindings.assign(arguments.bindings, arguments.bindings + graph.bindings().size());
    derived.assign(arguments.derived, arguments.derived + graph.derived().size());
  }
  void run(const jit::KernelModule::Entry& entry) const {
    jit::KernelArguments arguments;
    arguments.tensors = tensors.data();
    arguments.strides = strides.data();
    arguments.sizes = sizes.data();
    arguments.bindings = bindings.data();
    arguments.derived = derived.data();
    entry.run(&arguments, 0, 1);
  }
  [[nodiscard]] std::vector<std::uint64_t> words() const {
    std::vector<std::uint64_t> all = bindings;
    for (const void* tensor : tensors) all.push_back(reinterpret_cast<std::uint64_t>(tensor));
    return all;
  }
};

class GraphModule final : public jit::KernelModule {
 public:
  GraphModule(GraphEngine& engine, const graph::Graph& graph,
              std::span<const jit::KernelRequest> requests,
              std::unique_ptr<jit::KernelModule> interpreted)
      : engine_(engine),
        graph_(graph),
        requests_(requests.begin(), requests.end()),
        interpreted_(std::move(interpreted)) {
    for (std::size_t k = 0; k < requests_.size(); ++k)
      entries_.push_back({[this, k](const jit::KernelArguments* arguments, std::int64_t first,
                                    std::int64_t last) { run(k, arguments, first, last); },
                          interpreted_->entries()[k].needs});
  }
  [[nodiscard]] std::span<const Entry> entries() const noexcept override { return entries_; }
  [[nodiscard]] std::span<const std::byte> object() const noexcept override {
    return interpreted_->object();
  }

 private:
  void run(std::size_t kernel, const jit::KernelArguments* arguments, std::int64_t first,
           std::int64_t last) {
    const Entry& entry = interpreted_->entries()[kernel];
    jit::CapturedLaunches* captured = arguments->captured;
    if (captured == nullptr) {
      if (engine_.capturing() != nullptr) throw std::logic_error("a kernel is not captured");
      return entry.run(arguments, first, last);
    }
    const Launch launch(graph_, requests_[kernel], *arguments);
    const FakeGraph::Step step = [launch, &entry] { launch.run(entry); };
    if (captured->graph == nullptr) {
      captured->launches.push_back({engine_.capturing()->add(step), launch.words(), 1});
      return;
    }
    jit::CapturedLaunches::Launch& known = captured->launches.at(0);
    if (known.parameters == launch.words()) return;
    ++engine_.changes;
    *static_cast<FakeGraph::Step*>(known.node) = step;
    known.parameters = launch.words();
  }

  GraphEngine& engine_;
  const graph::Graph graph_;
  const std::vector<jit::KernelRequest> requests_;
  std::unique_ptr<jit::KernelModule> interpreted_;
  std::vector<Entry> entries_;
};

}  // namespace

class GraphEngine::PoolAllocator final : public Allocator {
 public:
  explicit PoolAllocator(GraphEngine& engine) : engine_(engine) {}
  [[nodiscard]] BufferRef allocate(std::size_t bytes) override {
    if (engine_.capturing_ != nullptr) return engine_.capturing_->allocate(bytes);
    return engine_.inner_->allocator().allocate(bytes);
  }
  void charge(std::size_t bytes) override { engine_.inner_->allocator().charge(bytes); }
  void discharge(std::size_t bytes) noexcept override {
    engine_.inner_->allocator().discharge(bytes);
  }
  [[nodiscard]] std::size_t bytes_in_use() const noexcept override {
    return engine_.inner_->allocator().bytes_in_use();
  }
  [[nodiscard]] std::size_t limit() const noexcept override {
    return engine_.inner_->allocator().limit();
  }

 private:
  GraphEngine& engine_;
};

GraphEngine::GraphEngine()
    : inner_(make_native_engine({.memory_limit = kMemoryLimit})),
      processor_(make_native_engine({.memory_limit = kMemoryLimit})),
      allocator_(std::make_unique<PoolAllocator>(*this)) {}
GraphEngine::~GraphEngine() = default;

Allocator& GraphEngine::allocator() noexcept { return *allocator_; }

std::unique_ptr<WorkGraph> GraphEngine::begin_capture() {
  return std::make_unique<FakeGraph>(*this);
}

bool GraphEngine::captures(const OpRow& row) const {
  return std::find(not_captured.begin(), not_captured.end(), row.op) == not_captured.end();
}

Results GraphEngine::execute(const EngineCall& call) {
  if (capturing_ == nullptr || call.row.op_class == OpClass::shape) return inner_->execute(call);
  if (!captures(call.row)) throw std::logic_error("a row is captured that cannot be");
  if (before_captured_call) before_captured_call();
  auto captured = std::make_shared<CapturedCall>();
  captured->row = &call.row;
  captured->operands.assign(call.operands.begin(), call.operands.end());
  captured->attributes = call.attributes;
  captured->metas.assign(call.result_metas.begin(), call.result_metas.end());
  for (EngineOperand& operand : captured->operands) {
    operand.reusable = false;
    if (operand.value != nullptr) captured->values.push_back(borrowed(*operand.value));
  }
  Results results;
  for (const TensorMeta& meta : call.result_metas) {
    results.push_back({allocator_->allocate(meta.byte_count()), 0, meta.dtype, meta.shape,
                       contiguous_strides(meta.shape)});
    captured->results.push_back(borrowed(results.back()));
  }
  static_cast<void>(capturing_->add([this, captured] { captured->run(*processor_); }));
  return results;
}

Value GraphEngine::from_host(const TensorMeta& meta, std::span<const std::byte> bytes) {
  if (capturing_ != nullptr) throw std::logic_error("a copy from the host is captured");
  return inner_->from_host(meta, bytes);
}

std::vector<std::byte> GraphEngine::to_host(const Value& value) {
  if (capturing_ != nullptr) throw std::logic_error("somebody waits within a capture");
  return inner_->to_host(value);
}

FakeGraph::~FakeGraph() {
  if (engine_.capturing_ == this) engine_.capturing_ = nullptr;
}
void FakeGraph::finish() {
  engine_.capturing_ = nullptr;
  ++engine_.graphs;
}
void FakeGraph::start() {
  ++engine_.starts;
  for (const std::unique_ptr<Step>& step : steps_) (*step)();
}
void FakeGraph::copy(void* to, const void* from, std::size_t bytes) {
  std::memcpy(to, from, bytes);
}
FakeGraph::Step* FakeGraph::add(Step step) {
  steps_.push_back(std::make_unique<Step>(std::move(step)));
  return steps_.back().get();
}
BufferRef FakeGraph::allocate(std::size_t bytes) {
  pool_.push_back(std::make_unique<std::byte[]>(bytes + 1));
  return make_buffer<Buffer>(pool_.back().get(), bytes);
}

bool GraphCompiler::admits(const graph::Graph& graph, const graph::Node& node) const {
  return std::find(calls_.begin(), calls_.end(), node.op) == calls_.end() &&
         interpreter_.admits(graph, node);
}
std::unique_ptr<jit::KernelModule> GraphCompiler::compile(
    const graph::Graph& graph, std::span<const jit::KernelRequest> requests,
    const jit::CompileOptions& options) {
  return std::make_unique<GraphModule>(engine_, graph, requests,
                                       interpreter_.compile(graph, requests, options));
}
std::unique_ptr<jit::KernelModule> GraphCompiler::load(std::span<const std::byte> object) {
  return interpreter_.load(object);
}

}  // namespace gt::worker::testing

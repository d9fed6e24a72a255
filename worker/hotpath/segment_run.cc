#include "worker/hotpath/segment_run.h"

#include <algorithm>
#include <utility>

#include "common/graph/sizes.h"

namespace gt::worker::hotpath {
namespace {

/// Scratch memory of a thread begins at a cache line.
constexpr std::size_t aligned(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

/// Sizes for which calls are kept prepared.
constexpr std::size_t kMostSizes = 16;

}  // namespace

using graph::Group;
using graph::kNoIndex;

/// One row that the engine computes.
struct SegmentRun::Call {
  std::unique_ptr<PreparedCall> prepared;
  std::vector<EngineOperand> operands;
  Attributes attributes;
  std::vector<TensorMeta> results;
  bool is_constant = true;  ///< no word of it differs between executions
  bool is_known = false;
};

/// What follows from the sizes of an execution.
struct SegmentRun::Sized {
  std::vector<std::int64_t> symbols;
  std::vector<std::int64_t> sizes;  ///< Graph::sizes()
  std::vector<Shape> shapes;        ///< by value
  std::vector<Strides> strides;     ///< by value
  std::vector<Call> calls;          ///< by group
  bool keeps_patterns = true;       ///< the kernels are for strides like these
};

SegmentRun::~SegmentRun() = default;

SegmentRun::SegmentRun(std::shared_ptr<const SegmentCode> code, Engine& engine, ThreadTeam& team)
    : code_(std::move(code)), engine_(engine), team_(team) {
  values_.resize(code_->graph.value_count());
  ends_at_.assign(values_.size(), kNoIndex);
  for (std::uint32_t g = 0; g < code_->last_read.size(); ++g)
    for (std::uint32_t value : code_->last_read[g]) ends_at_[value] = g;
  bytes_saved_ = graph::bytes_moved_eagerly(code_->source.graph) -
                 graph::bytes_moved(code_->graph, code_->fusion);
}

bool SegmentRun::is_like_recorded(std::size_t input, const Value& value) const {
  const graph::ValueInfo& info = code_->graph.value({code_->graph.inputs()[input].node, 0});
  const Strides& strides = code_->source.input_strides[input];
  if (value.dtype != info.meta.dtype || value.shape.size() != info.meta.shape.size()) return false;
  if (code_->graph.symbols().empty())
    return value.shape == info.meta.shape && value.strides == strides;
  Shape shape = value.shape;
  for (const graph::SymbolicDimension& symbolic : info.symbolic)
    shape[symbolic.dimension] = info.meta.shape[symbolic.dimension];
  return shape == info.meta.shape &&
         jit::same_pattern(info.meta.shape, strides, value.shape, value.strides);
}

bool SegmentRun::fits(std::span<const Value* const> inputs,
                      std::span<const std::uint64_t> bindings) {
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (!is_like_recorded(i, *inputs[i])) return false;
  const auto expected = code_->graph.bindings();
  for (std::size_t i = 0; i < bindings.size(); ++i)
    if (expected[i].guarded && expected[i].sample != bindings[i]) return false;
  if (scalars_ && code_->graph.symbols().empty()) {
    scalars_->rebind(bindings);
    return at_hand_->keeps_patterns;
  }
  std::vector<Shape> shapes;
  for (const Value* input : inputs) shapes.push_back(input->shape);
  try {
    scalars_.emplace(code_->graph, shapes, bindings);
  } catch (const CommonError&) {
    return false;  // sizes that contradict each other
  }
  at_hand_ = find_sized(inputs);
  return at_hand_->keeps_patterns;
}

SegmentRun::Sized* SegmentRun::find_sized(std::span<const Value* const> inputs) {
  const auto symbols = scalars_->symbols();
  const auto found = std::find_if(sized_.begin(), sized_.end(), [&](const auto& sized) {
    return std::equal(symbols.begin(), symbols.end(), sized->symbols.begin(), sized->symbols.end());
  });
  if (found != sized_.end()) return found->get();
  if (sized_.size() >= kMostSizes) sized_.erase(sized_.begin());
  sized_.push_back(make_sized(inputs));
  return sized_.back().get();
}

std::unique_ptr<SegmentRun::Sized> SegmentRun::make_sized(
    std::span<const Value* const> inputs) const {
  const graph::Graph& graph = code_->graph;
  auto sized = std::make_unique<Sized>();
  sized->symbols.assign(scalars_->symbols().begin(), scalars_->symbols().end());
  for (const graph::Size& size : graph.sizes())
    sized->sizes.push_back(evaluate(size, sized->symbols));
  for (graph::NodeIndex i = 0; i < graph.nodes().size(); ++i)
    for (std::uint32_t k = 0; k < graph.node(i).value_count; ++k)
      sized->shapes.push_back(shape_at(graph, graph.value({i, k}), sized->symbols));
  std::vector<Strides> strides;
  for (const Value* input : inputs) strides.push_back(input->strides);
  sized->strides = find_strides(graph, sized->shapes, strides, [this](const graph::Node& node) {
    return scalars_->attributes(node);
  });
  sized->calls.resize(code_->fusion.groups.size());
  for (const jit::KernelRequest& request : code_->requests)
    for (const jit::KernelTensor& tensor : request.tensors) {
      const std::uint32_t value = graph.value_index(tensor.value);
      sized->keeps_patterns =
          sized->keeps_patterns && jit::same_pattern(graph.meta(tensor.value).shape, tensor.strides,
                                                     sized->shapes[value], sized->strides[value]);
    }
  return sized;
}

void SegmentRun::begin(std::vector<Value> inputs) {
  retained_.clear();
  if (code_->last_refusing != kNoIndex) retained_ = inputs;
  for (std::size_t i = 0; i < inputs.size(); ++i)
    values_[code_->graph.value_index({code_->graph.inputs()[i].node, 0})] = std::move(inputs[i]);
  next_ = 0;
}

bool SegmentRun::step() {
  if (next_ == code_->fusion.groups.size()) return false;
  if (code_->kernels[next_] != kNoIndex)
    run_kernel(next_);
  else
    run_call(next_);
  for (std::uint32_t value : code_->last_read[next_]) values_[value].buffer.reset();
  if (next_ == code_->last_refusing) retained_.clear();
  ++next_;
  return true;
}

std::vector<Value> SegmentRun::finish() {
  std::vector<Value> outputs;
  for (graph::ValueRef output : code_->graph.outputs())
    outputs.push_back(values_[code_->graph.value_index(output)]);
  static_cast<void>(abandon());
  return outputs;
}

std::optional<std::vector<Value>> SegmentRun::abandon() {
  for (Value& value : values_) value.buffer.reset();
  if (retained_.empty()) return std::nullopt;
  return std::exchange(retained_, {});
}

std::uint32_t SegmentRun::current_origin() const {
  const Group& group = code_->fusion.groups[next_];
  return code_->graph.node(group.loops.front().nodes.front()).origin;
}

void SegmentRun::make_output(const jit::KernelRequest& request, std::size_t tensor) {
  const jit::KernelTensor& output = request.tensors[tensor];
  const std::uint32_t index = code_->graph.value_index(output.value);
  const DType dtype = code_->graph.meta(output.value).dtype;
  Value& value = values_[index];
  if (output.overwrites >= 0) {
    const Value& before = values_[code_->graph.value_index(
        request.tensors[static_cast<std::size_t>(output.overwrites)].value)];
    if (before.buffer.may_be_overwritten()) {
      value = before;
      value.dtype = dtype;
      return;
    }
  }
  const Shape& shape = at_hand_->shapes[index];
  const std::size_t bytes = static_cast<std::size_t>(element_count(shape)) * size_of(dtype);
  value = {engine_.allocator().allocate(bytes), 0, dtype, shape, at_hand_->strides[index]};
}

void SegmentRun::run_kernel(std::uint32_t g) {
  const jit::KernelRequest& request = code_->requests[code_->kernels[g]];
  const jit::KernelModule::Entry& entry = code_->module->entries()[code_->kernels[g]];
  const std::size_t inputs = request.group->inputs.size();
  pointers_.clear();
  strides_.clear();
  for (std::size_t t = 0; t < request.tensors.size(); ++t) {
    if (t >= inputs) make_output(request, t);
    const Value& value = values_[code_->graph.value_index(request.tensors[t].value)];
    pointers_.push_back(value.bytes());
    strides_.insert(strides_.end(), value.strides.begin(), value.strides.end());
  }
  jit::KernelArguments arguments;
  arguments.tensors = pointers_.data();
  arguments.strides = strides_.data();
  arguments.sizes = at_hand_->sizes.data();
  arguments.bindings = scalars_->bindings().data();
  arguments.derived = scalars_->derived().data();
  jit::KernelNeeds needs;
  entry.needs(&arguments, &needs);
  const std::size_t scratch = aligned(static_cast<std::size_t>(needs.scratch_bytes));
  const std::size_t all = scratch * static_cast<std::size_t>(team_.size());
  if (all > 0 && (!scratch_ || scratch_->bytes() < all))
    scratch_ = engine_.allocator().allocate(all);
  team_.run(needs.units, [&](int thread, std::int64_t first, std::int64_t last) {
    jit::KernelArguments own = arguments;
    if (scratch > 0)
      own.scratch =
          static_cast<std::byte*>(scratch_->data()) + static_cast<std::size_t>(thread) * scratch;
    entry.run(&own, first, last);
  });
}

void SegmentRun::gather_operands(const graph::Node& node, std::uint32_t g, Call& call) {
  const auto operands = code_->graph.operands(node);
  call.operands.resize(operands.size());
  for (std::size_t k = 0; k < operands.size(); ++k) {
    EngineOperand& given = call.operands[k] = {};
    if (operands[k].is_scalar()) {
      given.is_scalar = true;
      given.scalar = ScalarValue::from_bits(operands[k].category, scalars_->word(operands[k].word));
    }
    if (!operands[k].is_tensor()) continue;
    const std::uint32_t index = code_->graph.value_index(operands[k].value);
    given.value = &values_[index];
    given.reusable = ends_at_[index] == g && given.value->buffer.may_be_overwritten() &&
                     std::count(operands.begin(), operands.end(), operands[k]) == 1;
  }
}

void SegmentRun::run_call(std::uint32_t g) {
  const graph::NodeIndex index = code_->fusion.groups[g].loops.front().nodes.front();
  const graph::Node& node = code_->graph.node(index);
  Call& call = at_hand_->calls[g];
  gather_operands(node, g, call);
  const bool is_new = !call.is_known;
  if (is_new) {
    call.results.clear();
    for (std::uint32_t k = 0; k < node.value_count; ++k)
      call.results.push_back(
          {code_->graph.meta({index, k}).dtype, at_hand_->shapes[node.first_value + k], {}});
    for (const graph::Word& word : code_->graph.words(node))
      call.is_constant =
          call.is_constant && (word.is_constant() || word.source == graph::Word::Source::size);
  }
  if (is_new || !call.is_constant) {
    call.attributes = scalars_->attributes(node);
    if (call.prepared) call.prepared->bind(call.attributes);
  }
  const EngineCall engine_call{node.row(), call.operands, call.attributes, call.results};
  if (is_new) call.prepared = engine_.prepare(engine_call);
  call.is_known = true;
  if (call.prepared) {
    Value result = call.prepared->run(call.operands);
    store_results(node, {&result, 1});
  } else {
    Results results = engine_.execute(engine_call);
    store_results(node, {results.begin(), results.size()});
  }
}

/// Kernels were compiled for dense results of calls.
void SegmentRun::store_results(const graph::Node& node, std::span<Value> results) {
  const bool is_view = node.row().op_class == OpClass::shape;
  for (std::uint32_t k = 0; k < results.size(); ++k)
    values_[node.first_value + k] =
        is_view || results[k].is_contiguous() ? std::move(results[k]) : dense_copy(results[k]);
}

Value SegmentRun::dense_copy(const Value& value) {
  EngineOperand operand;
  operand.value = &value;
  const TensorMeta meta = value.meta();
  return std::move(
      engine_.execute({row_of(Op::clone), {&operand, 1}, Attributes{}, {&meta, 1}}).front());
}

}  // namespace gt::worker::hotpath

#include "worker/hotpath/segment_run.h"

#include <algorithm>
#include <utility>

#include "common/graph/memory/storage.h"
#include "common/graph/sizes.h"
#include "worker/hotpath/segment_captures.h"
#include "worker/hotpath/segment_plan.h"

namespace gt::worker::hotpath {
namespace {

/// Scratch memory of a thread begins at a cache line.
constexpr std::size_t aligned(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

/// Sizes for which calls are kept prepared.
constexpr std::size_t kMostSizes = 16;

/// Bytes that a kernel touches if threads share it. A light one takes half a microsecond for as
/// many, about what it costs to hand out parts of it.
constexpr std::size_t kLeastShared = 128 << 10;

std::size_t bytes_touched(DType dtype, const Shape& shape, const Strides& strides) {
  std::size_t bytes = size_of(dtype);
  for (std::size_t d = 0; d < shape.size(); ++d)
    if (strides[d] != 0) bytes *= static_cast<std::size_t>(shape[d]);
  return bytes;
}

}  // namespace

using graph::Group;
using graph::kNoIndex;

SegmentRun::~SegmentRun() = default;

SegmentRun::SegmentRun(std::shared_ptr<const SegmentCode> code, Engine& engine, ThreadTeam& team)
    : code_(std::move(code)), engine_(engine), team_(team) {
  values_.resize(code_->graph.value_count());
  slots_.resize(code_->slots.count);
  ends_at_.assign(values_.size(), kNoIndex);
  for (std::uint32_t g = 0; g < code_->last_read.size(); ++g)
    for (std::uint32_t value : code_->last_read[g]) ends_at_[value] = g;
  bytes_saved_ = graph::bytes_moved_eagerly(code_->source.graph) -
                 graph::bytes_moved(code_->graph, code_->fusion);
  if (code_->captures) captures_ = std::make_unique<Captures>(*code_, engine_);
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
  take_sized(find_sized(inputs));
  return at_hand_->keeps_patterns;
}

SegmentRun::Sized* SegmentRun::find_sized(std::span<const Value* const> inputs) {
  const auto symbols = scalars_->symbols();
  const auto found = std::find_if(sized_.begin(), sized_.end(), [&](const auto& sized) {
    return std::equal(symbols.begin(), symbols.end(), sized->symbols.begin(), sized->symbols.end());
  });
  if (found != sized_.end()) return found->get();
  sized_.push_back(make_sized(inputs));
  if (sized_.size() > kMostSizes) {
    // What comes next may lie where it was, and would be taken for it.
    if (at_hand_ == sized_.front().get()) at_hand_ = nullptr;
    sized_.erase(sized_.begin());
  }
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
  sized->bytes = code_->slots.bytes(graph, sized->shapes);
  sized->calls.resize(code_->fusion.groups.size());
  for (const jit::KernelRequest& request : code_->requests) {
    std::size_t bytes = 0;
    for (const jit::KernelTensor& tensor : request.tensors) {
      const std::uint32_t value = graph.value_index(tensor.value);
      const Shape& shape = sized->shapes[value];
      const Strides& strides_of_value = sized->strides[value];
      sized->keeps_patterns =
          sized->keeps_patterns && jit::same_pattern(graph.meta(tensor.value).shape, tensor.strides,
                                                     shape, strides_of_value);
      bytes += bytes_touched(graph.meta(tensor.value).dtype, shape, strides_of_value);
    }
    sized->shared.push_back(bytes >= kLeastShared);
  }
  return sized;
}

/// All that is known of the values but where they lie.
void SegmentRun::take_sized(Sized* sized) {
  if (at_hand_ == sized) return;
  at_hand_ = sized;
  const graph::Graph& graph = code_->graph;
  for (graph::NodeIndex i = 0; i < graph.nodes().size(); ++i)
    for (std::uint32_t k = 0; k < graph.node(i).value_count; ++k) {
      const std::uint32_t value = graph.value_index({i, k});
      values_[value] = {nullptr, 0, graph.meta({i, k}).dtype, sized->shapes[value],
                        sized->strides[value]};
    }
}

void SegmentRun::begin(bool may_capture) {
  retains_ = code_->last_refusing != kNoIndex;
  if (retains_) retained_.assign(call_.inputs.begin(), call_.inputs.end());
  const std::uint32_t sole = retains_ ? 2 : 1;
  for (std::uint32_t i = 0; i < call_.inputs.size(); ++i) {
    Value& value = values_[code_->graph.value_index({code_->graph.inputs()[i].node, 0})];
    value = std::move(call_.inputs[i]);
    const bool is_ours = value.buffer.use_count() == sole && !value.buffer->is_read_only() &&
                         value.offset == 0 && value.is_contiguous();
    if (is_ours) slots_[i] = value.buffer;
  }
  call_.inputs.clear();
  next_ = 0;
  if (captures_ != nullptr) {
    captures_->is_wanted = may_capture;
    if (may_capture) begin_captures();
  }
}

bool SegmentRun::step() {
  if (next_ == code_->fusion.groups.size()) return false;
  if (captures_ != nullptr && run_stretch()) return next_ < code_->fusion.groups.size();
  run_group(next_);
  end_lives(next_);
  return ++next_ < code_->fusion.groups.size();
}

void SegmentRun::run_group(std::uint32_t group) {
  if (code_->kernels[group] != kNoIndex)
    run_kernel(group);
  else
    run_call(group);
}

void SegmentRun::end_lives(std::uint32_t group) noexcept {
  for (std::uint32_t value : code_->last_read[group]) values_[value].buffer.reset();
  for (std::uint32_t slot : code_->slots.ending[group]) slots_[slot].reset();
  if (captures_ == nullptr)
    for (std::uint32_t output : code_->last_read_outputs[group]) end_if_unwanted(output);
  if (group != code_->last_refusing) return;
  retained_.clear();
  retains_ = false;
}

/// Eagerly it would end there, too.
void SegmentRun::end_if_unwanted(std::uint32_t output) noexcept {
  if (call_.outputs[output] != kNoValue) return;
  const std::uint32_t value = code_->graph.value_index(code_->graph.outputs()[output]);
  values_[value].buffer.reset();
  slots_[code_->slots.places[value].slot].reset();
}

void SegmentRun::finish() noexcept {
  for (Value& value : values_) value.buffer.reset();
  for (BufferRef& slot : slots_) slot.reset();
}

std::optional<std::vector<Value>> SegmentRun::abandon() {
  finish();
  call_.inputs.clear();
  if (!std::exchange(retains_, false)) return std::nullopt;
  return std::exchange(retained_, {});
}

std::uint32_t SegmentRun::current_origin() const {
  if (next_ == code_->fusion.groups.size()) return kNoIndex;
  const Group& group = code_->fusion.groups[next_];
  return code_->graph.node(group.loops.front().nodes.front()).origin.instruction;
}

/// Finds the memory of a value that is about to be made. What is held to be given back is not
/// overwritten.
void SegmentRun::place(std::uint32_t index) {
  const BufferSlots::Place& place = code_->slots.places[index];
  BufferRef& slot = slots_[place.slot];
  const bool is_input = place.slot < code_->graph.inputs().size();
  if (!slot || (is_input && retains_))
    slot = engine_.allocator().allocate(at_hand_->bytes[place.slot]);
  Value& value = values_[index];
  value.buffer = slot;
  value.offset = place.offset / static_cast<std::int64_t>(size_of(value.dtype));
}

namespace {

/// What the threads of a kernel share.
struct KernelCall {
  const jit::KernelModule::Entry& entry;
  jit::KernelArguments arguments;
  std::byte* scratch = nullptr;
  std::size_t scratch_bytes = 0;  ///< of a thread

  void run(int thread, std::int64_t first, std::int64_t last) const {
    jit::KernelArguments own = arguments;
    if (scratch != nullptr)
      own.scratch = scratch + static_cast<std::size_t>(thread) * scratch_bytes;
    entry.run(&own, first, last);
  }
};

}  // namespace

void SegmentRun::run_kernel(std::uint32_t g) {
  const jit::KernelRequest& request = code_->requests[code_->kernels[g]];
  const std::size_t inputs = request.group->inputs.size();
  pointers_.clear();
  strides_.clear();
  for (std::size_t t = 0; t < request.tensors.size(); ++t) {
    const std::uint32_t index = code_->graph.value_index(request.tensors[t].value);
    if (t >= inputs) place(index);
    const Value& value = values_[index];
    pointers_.push_back(value.bytes());
    strides_.insert(strides_.end(), value.strides.begin(), value.strides.end());
  }
  KernelCall call{code_->module->entries()[code_->kernels[g]], {}};
  call.arguments.tensors = pointers_.data();
  call.arguments.strides = strides_.data();
  call.arguments.sizes = at_hand_->sizes.data();
  call.arguments.bindings = scalars_->bindings().data();
  call.arguments.derived = scalars_->derived().data();
  call.arguments.queue = engine_.queue();
  call.arguments.captured = captured_launches_;
  std::uint32_t refused = 0;
  call.arguments.refused = &refused;
  jit::KernelNeeds needs;
  call.entry.needs(&call.arguments, &needs);
  BufferRef scratch;
  call.scratch_bytes = aligned(static_cast<std::size_t>(needs.scratch_bytes));
  if (call.scratch_bytes > 0) {
    scratch =
        engine_.allocator().allocate(call.scratch_bytes * static_cast<std::size_t>(team_.size()));
    call.scratch = static_cast<std::byte*>(scratch->data());
  }
  if (captured_launches_ != nullptr) return call.run(0, 0, needs.units);
  if (at_hand_->shared[code_->kernels[g]])
    team_.run(needs.units, [&call](int thread, std::int64_t first, std::int64_t last) {
      call.run(thread, first, last);
    });
  else
    call.run(0, 0, needs.units);
  if (refused != 0) throw CommonError(ErrorKind::kIndex, "index out of range");
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

/// An operand that ends here belongs to the engine alone, which may make a result of it.
void SegmentRun::release_operands(const graph::Node& node, std::uint32_t g) {
  for (const graph::Operand& operand : code_->graph.operands(node)) {
    if (!operand.is_tensor()) continue;
    const std::uint32_t index = code_->graph.value_index(operand.value);
    const std::uint32_t slot = code_->slots.places[index].slot;
    const bool is_alone = slot != kNoIndex && code_->slots.arena_bytes[slot] == 0;
    if (is_alone && ends_at_[index] == g) slots_[slot].reset();
  }
}

void SegmentRun::prepare_call(const graph::Node& node, Call& call) {
  const bool is_new = !call.is_known;
  if (is_new) {
    call.results.clear();
    for (std::uint32_t k = 0; k < node.value_count; ++k) {
      const Value& value = values_[node.first_value + k];
      call.results.push_back({value.dtype, at_hand_->shapes[node.first_value + k], {}});
    }
    for (const graph::Word& word : code_->graph.words(node))
      call.is_constant =
          call.is_constant && (word.is_constant() || word.source == graph::Word::Source::size);
  }
  if (is_new || !call.is_constant) {
    call.attributes = scalars_->attributes(node);
    if (call.prepared) call.prepared->bind(call.attributes);
  }
  if (is_new)
    call.prepared = engine_.prepare({node.row(), call.operands, call.attributes, call.results});
  call.is_known = true;
}

void SegmentRun::run_call(std::uint32_t g) {
  const Group& group = code_->fusion.groups[g];
  const graph::Node& node = code_->graph.node(group.loops.front().nodes.front());
  Call& call = at_hand_->calls[g];
  const bool is_planned = graph::writes_as_planned(code_->graph, group);
  if (!is_planned) release_operands(node, g);
  gather_operands(node, g, call);
  prepare_call(node, call);
  if (call.prepared && is_planned) {
    place(node.first_value);
    if (call.prepared->run_into(call.operands, values_[node.first_value])) return;
  }
  if (call.prepared) {
    Value result = call.prepared->run(call.operands);
    store_results(node, {&result, 1});
  } else {
    Results results = engine_.execute({node.row(), call.operands, call.attributes, call.results});
    store_results(node, {results.begin(), results.size()});
  }
  if (!is_planned) adopt_results(node);
}

/// Buffers that the engine has found are those of their slots.
void SegmentRun::adopt_results(const graph::Node& node) {
  for (std::uint32_t k = 0; k < node.value_count; ++k) {
    const Value& value = values_[node.first_value + k];
    const std::uint32_t slot = code_->slots.places[node.first_value + k].slot;
    const bool is_ours = value.buffer.may_be_overwritten() && value.offset == 0;
    if (slot != kNoIndex && is_ours) slots_[slot] = value.buffer;
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

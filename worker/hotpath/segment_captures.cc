// Executions whose work a GPU captures, and those that start what was captured. Part of
// SegmentRun's sources.
//
// An execution that starts a graph visits the groups as every other: kernels find their operands
// and compare parameters with those of the graph, views are made. Only calls are left out: their
// results are where they were.
#include "worker/hotpath/segment_captures.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace gt::worker::hotpath {
namespace {

/// Bytes that a device copies while the host starts one group call by call.
constexpr std::size_t kBytesOfAGroup = std::size_t{1} << 20;

std::uint64_t word_of(const void* address) { return std::bit_cast<std::uint64_t>(address); }

std::vector<std::size_t> bytes_to_copy(const CapturePlan::Stretch& plan, const SegmentCode& code) {
  std::vector<std::size_t> bytes(plan.word_count(), 0);
  const graph::Graph& graph = code.graph;
  for (graph::NodeIndex i = 0; i < graph.nodes().size(); ++i)
    for (std::uint32_t k = 0; k < graph.node(i).value_count; ++k)
      for (std::size_t r = 0; r < plan.reads.size(); ++r)
        if (plan.reads[r].may_be_copied && plan.reads[r].value == graph.value_index({i, k}))
          bytes[r] = graph.meta({i, k}).byte_count();
  return bytes;
}

}  // namespace

using graph::Group;
using graph::kNoIndex;

SegmentRun::Stretch::Stretch(CapturePlan::Stretch planned, const SegmentCode& code)
    : plan(std::move(planned)),
      history(bytes_to_copy(plan, code), kBytesOfAGroup * (plan.last - plan.first)),
      copies(plan.reads.size()),
      given(plan.reads.size()) {}

SegmentRun::Captures::Captures(const SegmentCode& code, const Engine& engine) {
  CapturePlan plan = plan_captures(code, [&](const OpRow& row) { return engine.captures(row); });
  for (CapturePlan::Stretch& stretch : plan.stretches)
    stretches.push_back(std::make_unique<Stretch>(std::move(stretch), code));
  kept = std::move(plan.kept);
  buffers.resize(kept.size());
  if (stretches.empty())
    refusal = "it has no " + std::to_string(kLeastCaptured) +
              " kernels and calls in a row that neither wait for the device nor change in size";
}

std::string SegmentRun::take_refusal() {
  return captures_ == nullptr ? std::string() : std::exchange(captures_->refusal, {});
}

/// The arenas keep their places.
void SegmentRun::begin_captures() {
  captured_launches_ = nullptr;
  for (std::size_t k = 0; k < captures_->kept.size(); ++k) {
    const std::uint32_t slot = captures_->kept[k];
    if (!captures_->buffers[k])
      captures_->buffers[k] = engine_.allocator().allocate(at_hand_->bytes[slot]);
    slots_[slot] = captures_->buffers[k];
  }
}

/// Runs the stretch that begins with the group at hand by its graph. False if there is none, or if
/// it has to run call by call.
bool SegmentRun::run_stretch() {
  if (!captures_->is_wanted) return false;
  const auto found =
      std::find_if(captures_->stretches.begin(), captures_->stretches.end(),
                   [this](const auto& stretch) { return stretch->plan.first == next_; });
  if (found == captures_->stretches.end()) return false;
  Stretch& stretch = **found;
  if (!stretch.history.refusal().empty()) return false;
  gather_words(stretch);
  switch (stretch.history.decide(captures_->words, is_ready(stretch))) {
    case CaptureHistory::Way::by_calls:
      break;
    case CaptureHistory::Way::capture:
      if (!capture(stretch)) break;
      start(stretch);
      return true;
    case CaptureHistory::Way::replay:
      replay(stretch);
      start(stretch);
      return true;
  }
  if (!stretch.history.refusal().empty()) captures_->refusal = stretch.history.refusal();
  return false;
}

/// Whether everything is there that the stretch writes over.
bool SegmentRun::is_ready(const Stretch& stretch) const {
  return std::all_of(stretch.plan.overwritten.begin(), stretch.plan.overwritten.end(),
                     [this](std::uint32_t slot) { return static_cast<bool>(slots_[slot]); });
}

void SegmentRun::gather_words(const Stretch& stretch) {
  std::vector<std::uint64_t>& words = captures_->words;
  words.clear();
  for (const CapturePlan::Read& read : stretch.plan.reads)
    words.push_back(word_of(values_[read.value].bytes()));
  for (std::uint32_t slot : stretch.plan.fixed)
    words.push_back(slots_[slot] ? word_of(slots_[slot]->data()) : 0);
  for (std::uint32_t binding : stretch.plan.bindings)
    words.push_back(scalars_->bindings()[binding]);
}

/// What lies elsewhere each time: fixed places for what is read, new ones for results.
void SegmentRun::provide_memory(Stretch& stretch) {
  for (std::size_t r = 0; r < stretch.plan.reads.size(); ++r) {
    stretch.given[r] = {};
    if (!stretch.history.copied()[r]) continue;
    Value& value = values_[stretch.plan.reads[r].value];
    Value& copy = stretch.copies[r];
    if (!copy.buffer)
      copy = {engine_.allocator().allocate(value.meta().byte_count()), 0, value.dtype, value.shape,
              value.strides};
    stretch.given[r] = std::exchange(value, copy);
  }
  for (std::uint32_t slot : stretch.plan.renewed)
    slots_[slot] = engine_.allocator().allocate(at_hand_->bytes[slot]);
}

/// Nothing runs meanwhile: if it fails, everything is as it was.
bool SegmentRun::capture(Stretch& stretch) {
  const std::vector<Value> values = values_, retained = retained_;
  const std::vector<BufferRef> slots = slots_;
  const bool retains = retains_;
  const std::uint32_t group_count = stretch.plan.last - stretch.plan.first;
  stretch.made.assign(group_count, {});
  stretch.launches.assign(group_count, {});
  stretch.graph.reset();
  try {
    provide_memory(stretch);
    stretch.graph = engine_.begin_capture();
    capture_groups(stretch);
    stretch.graph->finish();
  } catch (const std::exception& error) {
    stretch.made.clear();
    stretch.graph.reset();
    captured_launches_ = nullptr;
    next_ = stretch.plan.first;
    values_ = values;
    retained_ = retained;
    retains_ = retains;
    slots_ = slots;
    stretch.history.failed(error.what());
    return false;
  }
  for (jit::CapturedLaunches& launches : stretch.launches) launches.graph = stretch.graph->handle();
  stretch.history.captured();
  return true;
}

void SegmentRun::capture_groups(Stretch& stretch) {
  for (; next_ < stretch.plan.last; ++next_) {
    const Group& group = code_->fusion.groups[next_];
    const bool is_kernel = group.kind == Group::Kind::kernel;
    std::vector<Stretch::Made>& made = stretch.made[next_ - stretch.plan.first];
    const auto note = [&](std::uint32_t value) {
      const std::uint32_t slot = code_->slots.places[value].slot;
      if (is_kernel ? !slots_[slot] : group.kind == Group::Kind::call)
        made.push_back({value, {}, is_kernel});
    };
    if (is_kernel) {
      for (graph::ValueRef output : group.outputs) note(code_->graph.value_index(output));
      captured_launches_ = &stretch.launches[next_ - stretch.plan.first];
    } else {
      const graph::Node& node = code_->graph.node(group.loops.front().nodes.front());
      for (std::uint32_t k = 0; k < node.value_count; ++k) note(node.first_value + k);
    }
    run_group(next_);
    captured_launches_ = nullptr;
    for (Stretch::Made& one : made) {
      const std::uint32_t slot = code_->slots.places[one.value].slot;
      one.what = values_[one.value];
      one.fills_slot =
          one.fills_slot || (slot != kNoIndex && slots_[slot].get() == one.what.buffer.get());
    }
    end_lives(next_);
  }
}

void SegmentRun::replay(Stretch& stretch) {
  provide_memory(stretch);
  for (; next_ < stretch.plan.last; ++next_) {
    const std::size_t index = next_ - stretch.plan.first;
    for (const Stretch::Made& made : stretch.made[index]) {
      values_[made.value] = made.what;
      if (made.fills_slot) slots_[code_->slots.places[made.value].slot] = made.what.buffer;
    }
    switch (code_->fusion.groups[next_].kind) {
      case Group::Kind::kernel:
        captured_launches_ = &stretch.launches[index];
        run_kernel(next_);
        captured_launches_ = nullptr;
        break;
      case Group::Kind::view:
        run_call(next_);
        break;
      case Group::Kind::call:
        break;
    }
    end_lives(next_);
  }
}

void SegmentRun::start(Stretch& stretch) {
  for (std::size_t r = 0; r < stretch.given.size(); ++r)
    if (stretch.given[r].buffer)
      stretch.graph->copy(stretch.copies[r].bytes(), stretch.given[r].bytes(),
                          stretch.given[r].meta().byte_count());
  stretch.graph->start();
  hand_out(stretch);
}

/// What others see lies in no memory that the next execution writes to.
void SegmentRun::hand_out(Stretch& stretch) {
  for (std::size_t r = 0; r < stretch.given.size(); ++r) {
    if (!stretch.given[r].buffer) continue;
    const CapturePlan::Read& read = stretch.plan.reads[r];
    move(read.value, stretch.copies[r], stretch.given[r]);
    for (std::uint32_t view : read.views) move(view, stretch.copies[r], stretch.given[r]);
    stretch.given[r] = {};
  }
  for (const CapturePlan::Result& result : stretch.plan.copied) {
    const Value from = values_[result.value];
    const std::size_t bytes = from.meta().byte_count();
    const Value to{engine_.allocator().allocate(bytes), 0, from.dtype, from.shape, from.strides};
    stretch.graph->copy(to.bytes(), from.bytes(), bytes);
    const std::uint32_t slot = code_->slots.places[result.value].slot;
    if (slot != kNoIndex && slots_[slot] == from.buffer) slots_[slot] = to.buffer;
    move(result.value, from, to);
    for (std::uint32_t view : result.views) move(view, from, to);
  }
}

/// A value that lies in `from`, if it is still there, lies at the same place of `to`.
void SegmentRun::move(std::uint32_t value, const Value& from, const Value& to) {
  Value& moved = values_[value];
  if (!moved.buffer) return;
  moved.offset += to.offset - from.offset;
  moved.buffer = to.buffer;
}

}  // namespace gt::worker::hotpath

#include "common/graph/memory/buffers.h"

#include <algorithm>

#include "common/graph/memory/packing.h"

namespace gt::graph {
namespace {

class Planner {
 public:
  Planner(const Graph& graph, const FusionPlan& fusion)
      : graph_(graph), fusion_(fusion), storage_(find_storage(graph, fusion)) {}

  BufferPlan run() {
    plan_.placements.resize(graph_.value_count());
    open_input_slots();
    reserve_carried();
    for (std::uint32_t g = 0; g < fusion_.groups.size(); ++g) place_group(g);
    pack();
    place_views();
    find_peak();
    return std::move(plan_);
  }

 private:
  /// A piece of memory that holds one value after the other.
  struct Slot {
    Placement::Kind kind = Placement::Kind::arena;
    std::uint32_t input = kNoIndex;
    std::int64_t bytes = 0;
    ValueRef value;           ///< which it holds at last
    std::uint32_t first = 0;  ///< group that first writes it
    std::uint32_t end = 0;    ///< last group that needs `value`
    bool is_open = true;      ///< another value may follow
  };

  std::uint32_t root_index(ValueRef value) const {
    return storage_.root[graph_.value_index(value)];
  }
  std::int64_t bytes_of(ValueRef value) const {
    return static_cast<std::int64_t>(graph_.meta(value).byte_count());
  }

  void open_input_slots() {
    for (std::uint32_t i = 0; i < graph_.inputs().size(); ++i) {
      const ValueRef value{graph_.inputs()[i].node, 0};
      const std::uint32_t index = graph_.value_index(value);
      plan_.placements[index] = {Placement::Kind::input, i, 0, bytes_of(value)};
      slots_.push_back({Placement::Kind::input, i, bytes_of(value), value, 0, storage_.last[index],
                        graph_.inputs()[i].dies && storage_.last[index] != kForever});
    }
  }

  /// Finds the outputs that go back to where they came from, so that nothing else is put there.
  void reserve_carried() {
    home_.assign(graph_.value_count(), kNoIndex);
    for (std::uint32_t i = 0; i < graph_.inputs().size(); ++i) {
      const Input& input = graph_.inputs()[i];
      if (input.carried_output == kNoIndex || !slots_[i].is_open) continue;
      const ValueRef output = graph_.outputs()[input.carried_output];
      const std::uint32_t index = graph_.value_index(output);
      const bool is_buffer = storage_.root[index] == index && storage_.is_made[index];
      if (!is_buffer || home_[index] != kNoIndex) continue;
      if (!can_follow(slots_[i], output, fusion_.group_of[output.node])) continue;
      home_[index] = i;
      slots_[i].is_open = false;
    }
  }

  /// Whether `value`, made by group `g`, may be written where the slot's last value is.
  bool can_follow(const Slot& slot, ValueRef value, std::uint32_t g) const {
    if (slot.bytes != bytes_of(value) || slot.end > g) return false;
    const bool is_unused = slot.kind == Placement::Kind::input && slot.end == 0 && !is_read(slot);
    if (slot.end < g || is_unused) return true;
    return may_overwrite(graph_, storage_, fusion_.groups[g], slot.value, value);
  }
  /// An input that no group reads has an end of 0 like one that group 0 reads.
  bool is_read(const Slot& slot) const {
    return !fusion_.groups.empty() &&
           std::any_of(
               fusion_.groups[0].inputs.begin(), fusion_.groups[0].inputs.end(),
               [&](ValueRef input) { return root_index(input) == graph_.value_index(slot.value); });
  }

  void place_group(std::uint32_t g) {
    const Group& group = fusion_.groups[g];
    if (group.kind == Group::Kind::view) return;
    for (const Loop& loop : group.loops)
      for (NodeIndex node : loop.nodes)
        for (std::uint32_t k = 0; k < graph_.node(node).value_count; ++k)
          if (storage_.is_made[graph_.value_index({node, k})]) place({node, k}, g);
  }

  void place(ValueRef value, std::uint32_t g) {
    const std::uint32_t index = graph_.value_index(value);
    const std::uint32_t last = storage_.last[index];
    if (home_[index] != kNoIndex) return put(slots_[home_[index]], value, last);
    for (Slot& slot : slots_) {
      // What outlives the unit must not lie in the arena.
      const bool fits = last != kForever || slot.kind == Placement::Kind::input;
      if (slot.is_open && fits && can_follow(slot, value, g)) return put(slot, value, last);
    }
    const bool lives_on = last == kForever;
    slots_.push_back({lives_on ? Placement::Kind::output : Placement::Kind::arena, kNoIndex,
                      bytes_of(value), value, g, last, !lives_on});
    slot_of_.resize(graph_.value_count(), kNoIndex);
    slot_of_[index] = static_cast<std::uint32_t>(slots_.size() - 1);
  }
  void put(Slot& slot, ValueRef value, std::uint32_t last) {
    slot.value = value;
    slot.end = last;
    if (last == kForever) slot.is_open = false;
    slot_of_.resize(graph_.value_count(), kNoIndex);
    slot_of_[graph_.value_index(value)] = static_cast<std::uint32_t>(&slot - slots_.data());
  }

  void pack() {
    std::vector<Interval> intervals;
    std::vector<std::uint32_t> owners;
    for (std::uint32_t s = 0; s < slots_.size(); ++s) {
      if (slots_[s].kind != Placement::Kind::arena) continue;
      intervals.push_back({slots_[s].first, slots_[s].end, aligned_bytes(slots_[s].bytes)});
      owners.push_back(s);
    }
    const Packing packing = pack_intervals(intervals);
    plan_.arena_bytes = packing.bytes;
    offsets_.assign(slots_.size(), 0);
    for (std::size_t i = 0; i < owners.size(); ++i) offsets_[owners[i]] = packing.offsets[i];
  }

  void place_views() {
    slot_of_.resize(graph_.value_count(), kNoIndex);
    for (std::uint32_t v = 0; v < graph_.value_count(); ++v) {
      const std::uint32_t slot = slot_of_[v];
      if (slot != kNoIndex)
        plan_.placements[v] = {slots_[slot].kind, slots_[slot].input, offsets_[slot],
                               slots_[slot].bytes};
    }
    for (std::uint32_t v = 0; v < graph_.value_count(); ++v)
      if (storage_.root[v] != v) plan_.placements[v] = plan_.placements[storage_.root[v]];
  }

  void find_peak() {
    std::vector<std::int64_t> held(fusion_.groups.size() + 1, 0);  // by group
    for (std::uint32_t s = 0; s < slots_.size(); ++s) {
      const Slot& slot = slots_[s];
      if (slot.kind == Placement::Kind::arena) continue;
      const bool is_input = slot.kind == Placement::Kind::input;
      const bool stays = is_input && !graph_.inputs()[slot.input].dies;
      const std::uint32_t end = stays ? kForever : slot.end;
      if (is_input) plan_.input_ends.push_back(end);
      if (!is_input) plan_.output_bytes += aligned_bytes(slot.bytes);
      for (std::uint32_t g = is_input ? 0 : slot.first; g < held.size() && g <= end; ++g)
        held[g] += aligned_bytes(slot.bytes);
    }
    plan_.peak_bytes = *std::max_element(held.begin(), held.end()) + plan_.arena_bytes;
  }

  const Graph& graph_;
  const FusionPlan& fusion_;
  Storage storage_;
  BufferPlan plan_;
  std::vector<Slot> slots_;             ///< those of the inputs first
  std::vector<std::uint32_t> slot_of_;  ///< by value index
  std::vector<std::uint32_t> home_;     ///< by value index: the input whose buffer it takes
  std::vector<std::int64_t> offsets_;   ///< by slot
};

}  // namespace

BufferPlan plan_buffers(const Graph& graph, const FusionPlan& fusion) {
  return Planner(graph, fusion).run();
}

MemoryPlan plan_within(const Graph& graph, std::int64_t limit_bytes, const FusionOptions& options) {
  FusionOptions less = options;
  const auto attempt = [&] {
    MemoryPlan plan{plan_fusion(graph, less), {}};
    plan.buffers = plan_buffers(graph, plan.fusion);
    return plan;
  };
  MemoryPlan plan = attempt();
  for (bool FusionOptions::* part :
       {&FusionOptions::horizontal, &FusionOptions::siblings, &FusionOptions::vertical}) {
    if (plan.buffers.peak_bytes <= limit_bytes) break;
    less.*part = false;
    MemoryPlan smaller = attempt();
    if (smaller.buffers.peak_bytes < plan.buffers.peak_bytes) plan = std::move(smaller);
  }
  return plan;
}

}  // namespace gt::graph

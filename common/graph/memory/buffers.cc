#include "common/graph/memory/buffers.h"

#include <algorithm>

#include "common/graph/memory/packing.h"

namespace gt::graph {
namespace {

class Planner {
 public:
  Planner(const Graph& graph, const FusionPlan& fusion, const BufferOptions& options, bool lends)
      : graph_(graph),
        fusion_(fusion),
        options_(options),
        lends_(lends),
        storage_(find_storage(graph, fusion)) {}

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
    Placement::Kind kind = Placement::Kind::piece;
    std::uint32_t index = kNoIndex;  ///< as in Placement
    std::int64_t bytes = 0;
    ValueRef value;                 ///< which it holds at last
    std::uint32_t first = 0;        ///< group that first writes it
    std::uint32_t end = 0;          ///< last group that needs `value`
    bool is_open = true;            ///< another value may follow
    std::uint32_t host = kNoIndex;  ///< of a temporary: the slot in whose buffer it lies
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
                        options_.reuses && graph_.inputs()[i].dies &&
                            storage_.last[index] != kForever &&
                            (options_.usable_inputs.empty() || options_.usable_inputs[i])});
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
    return can_overwrite(slot, value, g) || can_come_later(slot, value, g);
  }
  /// Over the last value, which the group reads.
  bool can_overwrite(const Slot& slot, ValueRef value, std::uint32_t g) const {
    return slot.bytes == bytes_of(value) && slot.end == g &&
           may_overwrite(graph_, storage_, fusion_.groups[g], slot.value, value);
  }
  /// After the last value has been read. The buffer waits for its next value, and is held
  /// meanwhile.
  bool can_come_later(const Slot& slot, ValueRef value, std::uint32_t g) const {
    if (!options_.one_arena || slot.bytes != bytes_of(value)) return false;
    const bool is_unused = slot.kind == Placement::Kind::input && slot.end == 0 && !is_read(slot);
    return slot.end < g || is_unused;
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
    const bool is_planned = writes_as_planned(graph_, fusion_.groups[g]);
    if (is_planned && home_[index] != kNoIndex) return put(slots_[home_[index]], value, last);
    const bool lives_on = last == kForever;
    for (const bool over_operand : {true, false})
      for (Slot& slot : slots_) {
        // What outlives the unit, or what the engine places, must not lie among the temporaries.
        const bool is_fit = slot.kind == Placement::Kind::input ||
                            (is_planned ? !lives_on : slot.kind == Placement::Kind::engine);
        if (!slot.is_open || !is_fit) continue;
        if (over_operand ? can_overwrite(slot, value, g)
                         : is_planned && can_come_later(slot, value, g))
          return put(slot, value, last);
      }
    const bool is_open = options_.reuses && !lives_on;
    Slot slot{Placement::Kind::piece, kNoIndex, bytes_of(value), value, g, last, is_open};
    if (lives_on) slot.kind = Placement::Kind::output;
    if (!is_planned) slot.kind = Placement::Kind::engine;
    if (slot.kind != Placement::Kind::piece) slot.index = index;
    slots_.push_back(slot);
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

  /// Whether temporary `guest` may lie in the buffer of `host`: behind what an input held, or
  /// before an output is made, and never at the time of another guest.
  bool can_host(std::uint32_t host, const Slot& guest) const {
    const Slot& slot = slots_[host];
    if (slot.bytes < guest.bytes) return false;
    const bool is_free = slot.kind == Placement::Kind::input
                             ? graph_.inputs()[slot.index].dies && slot.end < guest.first
                             : slot.kind == Placement::Kind::output && guest.end < slot.first;
    return is_free && std::none_of(slots_.begin(), slots_.end(), [&](const Slot& other) {
             return other.host == host && other.first <= guest.end && guest.first <= other.end;
           });
  }
  /// The largest guests choose first, each the smallest buffer.
  void find_hosts() {
    std::vector<std::uint32_t> guests;
    for (std::uint32_t s = 0; s < slots_.size(); ++s)
      if (slots_[s].kind == Placement::Kind::piece) guests.push_back(s);
    std::stable_sort(guests.begin(), guests.end(), [&](std::uint32_t a, std::uint32_t b) {
      return slots_[a].bytes > slots_[b].bytes;
    });
    for (std::uint32_t guest : guests)
      for (std::uint32_t host = 0; host < slots_.size(); ++host) {
        const std::uint32_t best = slots_[guest].host;
        if (can_host(host, slots_[guest]) &&
            (best == kNoIndex || slots_[host].bytes < slots_[best].bytes))
          slots_[guest].host = host;
      }
  }

  void pack() {
    if (lends_) find_hosts();
    std::vector<Interval> intervals;
    std::vector<std::uint32_t> owners;
    for (std::uint32_t s = 0; s < slots_.size(); ++s) {
      if (slots_[s].kind != Placement::Kind::piece || slots_[s].host != kNoIndex) continue;
      intervals.push_back({slots_[s].first, slots_[s].end, aligned_bytes(slots_[s].bytes)});
      owners.push_back(s);
    }
    offsets_.assign(slots_.size(), 0);
    if (options_.one_arena)
      make_arena(intervals, owners);
    else
      make_pieces(intervals, owners);
    for (const Piece& piece : plan_.pieces) plan_.piece_bytes += piece.bytes;
  }
  void make_arena(std::span<const Interval> intervals, std::span<const std::uint32_t> owners) {
    if (intervals.empty()) return;
    const Packing packing = pack_intervals(intervals);
    Piece arena{packing.bytes, kNoIndex, 0};
    for (std::size_t i = 0; i < owners.size(); ++i) {
      offsets_[owners[i]] = packing.offsets[i];
      slots_[owners[i]].index = 0;
      arena.first = std::min(arena.first, intervals[i].first);
      arena.last = std::max(arena.last, intervals[i].last);
    }
    plan_.pieces.push_back(arena);
  }
  void make_pieces(std::span<const Interval> intervals, std::span<const std::uint32_t> owners) {
    for (std::size_t i = 0; i < owners.size(); ++i) {
      slots_[owners[i]].index = static_cast<std::uint32_t>(plan_.pieces.size());
      plan_.pieces.push_back({intervals[i].bytes, intervals[i].first, intervals[i].last});
    }
  }

  void place_views() {
    slot_of_.resize(graph_.value_count(), kNoIndex);
    for (std::uint32_t v = 0; v < graph_.value_count(); ++v) {
      if (slot_of_[v] == kNoIndex) continue;
      const Slot& own = slots_[slot_of_[v]];
      const Slot& slot = own.host == kNoIndex ? own : slots_[own.host];
      plan_.placements[v] = {slot.kind, slot.index, offsets_[slot_of_[v]], own.bytes};
    }
    for (std::uint32_t v = 0; v < graph_.value_count(); ++v)
      if (storage_.root[v] != v) plan_.placements[v] = plan_.placements[storage_.root[v]];
  }

  void find_peak() {
    for (const Slot& guest : slots_) {
      if (guest.host == kNoIndex) continue;
      Slot& host = slots_[guest.host];
      host.first = std::min(host.first, guest.first);
      host.end = std::max(host.end, guest.end);
    }
    std::vector<std::int64_t>& held = plan_.held;
    held.assign(fusion_.groups.size() + 1, 0);
    for (const Slot& slot : slots_) {
      if (slot.kind == Placement::Kind::piece) continue;
      const bool is_input = slot.kind == Placement::Kind::input;
      const bool stays = is_input && !graph_.inputs()[slot.index].dies;
      const std::uint32_t end = stays ? kForever : slot.end;
      if (is_input) plan_.input_ends.push_back(end);
      if (!is_input && end == kForever) plan_.output_bytes += aligned_bytes(slot.bytes);
      for (std::uint32_t g = slot.first; g < held.size() && g <= end; ++g)
        held[g] += aligned_bytes(slot.bytes);
    }
    for (const Piece& piece : plan_.pieces)
      for (std::uint32_t g = piece.first; g <= piece.last; ++g) held[g] += piece.bytes;
    plan_.peak_bytes = *std::max_element(held.begin(), held.end());
  }

  const Graph& graph_;
  const FusionPlan& fusion_;
  const BufferOptions& options_;
  bool lends_;  ///< temporaries may lie in the buffers of inputs and outputs
  Storage storage_;
  BufferPlan plan_;
  std::vector<Slot> slots_;             ///< those of the inputs first
  std::vector<std::uint32_t> slot_of_;  ///< by value index
  std::vector<std::uint32_t> home_;     ///< by value index: the input whose buffer it takes
  std::vector<std::int64_t> offsets_;   ///< by slot
};

}  // namespace

BufferPlan plan_buffers(const Graph& graph, const FusionPlan& fusion,
                        const BufferOptions& options) {
  BufferPlan plan = Planner(graph, fusion, options, false).run();
  if (!options.one_arena) return plan;
  // A buffer that is lent is held longer than without; whether that pays is tried.
  BufferPlan lending = Planner(graph, fusion, options, true).run();
  return lending.peak_bytes < plan.peak_bytes ? lending : plan;
}

MemoryPlan plan_within(const Graph& graph, std::int64_t limit_bytes, const FusionOptions& options,
                       const BufferOptions& buffers) {
  using Clock = std::chrono::steady_clock;
  FusionOptions less = options;
  const bool one_arena = buffers.one_arena && buffers.reuses;
  BufferOptions pieces = buffers;
  pieces.one_arena = false;
  MemoryPlan plan;
  const auto attempt = [&] {
    const auto begin = Clock::now();
    FusionPlan fusion = plan_fusion(graph, less);
    const auto fused = Clock::now();
    BufferPlan made = plan_buffers(graph, fusion, one_arena ? buffers : pieces);
    if (one_arena && made.peak_bytes > limit_bytes) made = plan_buffers(graph, fusion, pieces);
    if (plan.attempts++ == 0 || made.peak_bytes < plan.buffers.peak_bytes) {
      plan.fusion = std::move(fusion);
      plan.buffers = std::move(made);
    }
    plan.fusion_time += fused - begin;
    plan.buffer_time += Clock::now() - fused;
  };
  attempt();
  for (bool FusionOptions::* part :
       {&FusionOptions::horizontal, &FusionOptions::siblings, &FusionOptions::vertical}) {
    if (!buffers.reuses || plan.buffers.peak_bytes <= limit_bytes) break;
    less.*part = false;
    attempt();
  }
  return plan;
}

}  // namespace gt::graph

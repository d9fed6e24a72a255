#include "worker/hotpath/buffer_slots.h"

#include <algorithm>
#include <map>
#include <utility>

#include "common/graph/memory/storage.h"

namespace gt::worker::hotpath {
namespace {

using graph::Graph;
using graph::Placement;

class Numbering {
 public:
  Numbering(const Graph& graph, const graph::FusionPlan& fusion, const graph::BufferPlan& plan)
      : graph_(graph), plan_(plan), storage_(graph::find_storage(graph, fusion)) {
    slots_.ending.resize(fusion.groups.size());
  }

  BufferSlots run() && {
    for (const graph::Input& input : graph_.inputs()) slots_.sized_by.push_back({input.node, 0});
    slots_.count = static_cast<std::uint32_t>(graph_.inputs().size());
    slots_.arena_bytes.assign(slots_.count, 0);
    last_.assign(slots_.count, 0);
    slots_.places.resize(graph_.value_count());
    for (graph::NodeIndex node = 0; node < graph_.nodes().size(); ++node)
      for (std::uint32_t k = 0; k < graph_.node(node).value_count; ++k) refs_.push_back({node, k});
    for (std::uint32_t value = 0; value < graph_.value_count(); ++value) place(value);
    for (std::uint32_t slot = 0; slot < slots_.count; ++slot)
      if (last_[slot] < slots_.ending.size()) slots_.ending[last_[slot]].push_back(slot);
    return std::move(slots_);
  }

 private:
  void place(std::uint32_t value) {
    const Placement& placement = plan_.placements[value];
    if (placement.kind == Placement::Kind::none || storage_.root[value] != value) return;
    const std::uint32_t slot = slot_of(placement, value);
    slots_.places[value] = {slot, placement.offset};
    last_[slot] = std::max(last_[slot], storage_.last[value]);
  }

  std::uint32_t slot_of(const Placement& placement, std::uint32_t value) {
    if (placement.kind == Placement::Kind::input) return placement.index;
    const auto [known, is_new] =
        numbers_.try_emplace({placement.kind, placement.index}, slots_.count);
    if (!is_new) return known->second;
    const bool is_piece = placement.kind == Placement::Kind::piece;
    slots_.sized_by.push_back(refs_[is_piece ? value : placement.index]);
    const bool is_arena = is_piece && graph_.symbols().empty();
    slots_.arena_bytes.push_back(is_arena ? plan_.pieces[placement.index].bytes : 0);
    last_.push_back(0);
    return slots_.count++;
  }

  const Graph& graph_;
  const graph::BufferPlan& plan_;
  const graph::Storage storage_;
  BufferSlots slots_;
  std::vector<graph::ValueRef> refs_;  ///< by value index
  std::map<std::pair<Placement::Kind, std::uint32_t>, std::uint32_t> numbers_;
  std::vector<std::uint32_t> last_;  ///< by slot
};

}  // namespace

std::vector<std::size_t> BufferSlots::bytes(const Graph& graph,
                                            std::span<const Shape> shapes) const {
  std::vector<std::size_t> bytes;
  for (std::uint32_t slot = 0; slot < count; ++slot) {
    const graph::ValueRef value = sized_by[slot];
    const std::size_t elements =
        static_cast<std::size_t>(element_count(shapes[graph.value_index(value)]));
    bytes.push_back(arena_bytes[slot] != 0 ? static_cast<std::size_t>(arena_bytes[slot])
                                           : elements * size_of(graph.meta(value).dtype));
  }
  return bytes;
}

BufferSlots number_slots(const Graph& graph, const graph::FusionPlan& fusion,
                         const graph::BufferPlan& plan) {
  return Numbering(graph, fusion, plan).run();
}

}  // namespace gt::worker::hotpath

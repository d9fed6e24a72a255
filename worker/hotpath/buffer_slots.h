// The plan of buffers of a segment, as its executions use it: numbered slots, each with one buffer
// at a time, and for every value where in which slot it lies.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/graph/fusion/fusion.h"
#include "common/graph/graph.h"
#include "common/graph/memory/buffers.h"

namespace gt::worker::hotpath {

struct BufferSlots {
  /// Where a value lies; kNoIndex: never in memory.
  struct Place {
    std::uint32_t slot = graph::kNoIndex;
    std::int64_t offset = 0;  ///< in bytes
    friend bool operator==(const Place&, const Place&) = default;
  };
  std::vector<Place> places;  ///< by value index
  /// The first slots are the buffers of the inputs, in their order.
  std::uint32_t count = 0;
  std::vector<graph::ValueRef> sized_by;  ///< by slot: the value whose bytes it has
  std::vector<std::int64_t> arena_bytes;  ///< by slot: of an arena of several values; 0 for others
  /// By group: slots of which nobody needs anything after it.
  std::vector<std::vector<std::uint32_t>> ending;

  /// Bytes of every slot. `shapes` by value.
  [[nodiscard]] std::vector<std::size_t> bytes(const graph::Graph& graph,
                                               std::span<const Shape> shapes) const;
};

[[nodiscard]] BufferSlots number_slots(const graph::Graph& graph, const graph::FusionPlan& fusion,
                                       const graph::BufferPlan& plan);

}  // namespace gt::worker::hotpath

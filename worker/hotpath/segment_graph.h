// From a recorded segment to a graph, and from instructions of a later execution to its inputs.
#pragma once

#include <cstdint>
#include <vector>

#include "common/graph/graph.h"
#include "worker/hotpath/recording.h"

namespace gt::worker::hotpath {

/// Result `result` of element `element` of the segment, counted from its first one.
struct ResultPlace {
  std::uint32_t element = 0;
  std::uint32_t result = 0;
  friend bool operator==(const ResultPlace&, const ResultPlace&) = default;
};
/// Word `word` of an element: of its operands, then of its bindings.
struct WordPlace {
  std::uint32_t element = 0;
  std::uint32_t word = 0;
};

struct SegmentGraph {
  graph::Graph graph;
  std::uint32_t length = 0;            ///< elements
  std::vector<WordPlace> inputs;       ///< by input of the graph: where its id stands
  std::vector<Strides> input_strides;  ///< as recorded
  std::vector<WordPlace> bindings;     ///< by binding of the graph
  std::vector<ResultPlace> outputs;    ///< by output of the graph
  std::vector<ResultPlace> dead;       ///< all other results: nobody may name them afterwards
};

/// Throws CommonError as GraphBuilder does, and kNotImplemented for what has no graph (recover).
[[nodiscard]] SegmentGraph make_segment_graph(const Recording& recording,
                                              const RecordedSegment& segment);

}  // namespace gt::worker::hotpath

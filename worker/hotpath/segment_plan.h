// Where the values of a segment's graph lie, and which of its nodes are one kernel.
#pragma once

#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "common/graph/fusion/fusion.h"
#include "common/graph/graph.h"
#include "common/graph/memory/buffers.h"
#include "common/graph/pass.h"
#include "worker/hotpath/compile_choices.h"
#include "worker/hotpath/graph_files.h"
#include "worker/hotpath/segment_graph.h"
#include "worker/jit/kernel.h"

namespace gt::worker::hotpath {

/// Strides of every value of a graph where its inputs lie like this: of views they follow, all else
/// is dense. `shapes` by value; `attributes_of(node)` are those of the run.
[[nodiscard]] std::vector<Strides> find_strides(
    const graph::Graph& graph, std::span<const Shape> shapes, std::span<const Strides> inputs,
    const std::function<Attributes(const graph::Node&)>& attributes_of);

struct SegmentPlan {
  std::vector<Strides> strides;  ///< by value
  graph::MemoryPlan memory;
};

/// Plans the graphs of one segment. It borrows all that it is made of.
class SegmentPlanner {
 public:
  /// `source`: the segment's graph as recorded.
  SegmentPlanner(const SegmentGraph& source, const jit::KernelCompiler& compiler,
                 const CompileChoices& choices);
  SegmentPlanner(const SegmentPlanner&) = delete;
  SegmentPlanner& operator=(const SegmentPlanner&) = delete;

  /// Plans a graph that computes what the recorded one does, or another one that it puts in its
  /// place. What was done is appended to the statistics of the passes before.
  [[nodiscard]] SegmentPlan plan(graph::Graph& graph, GraphFiles& files,
                                 std::vector<graph::PassStatistics>& statistics) const;

 private:
  [[nodiscard]] bool is_disabled(std::string_view pass) const;
  [[nodiscard]] SegmentPlan plan_as_it_is(const graph::Graph& graph) const;
  [[nodiscard]] bool recompute(graph::Graph& graph, SegmentPlan& plan) const;

  const SegmentGraph& source_;
  const jit::KernelCompiler& compiler_;
  const CompileChoices& choices_;
  graph::FusionOptions fusion_;
};

}  // namespace gt::worker::hotpath

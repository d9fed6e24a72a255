// What executions of a segment keep from one to the next. Part of SegmentRun's sources.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "worker/engine/work_graph.h"
#include "worker/hotpath/capture_history.h"
#include "worker/hotpath/capture_plan.h"
#include "worker/hotpath/segment_run.h"

namespace gt::worker::hotpath {

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
  std::vector<std::size_t> bytes;   ///< by slot
  std::vector<Call> calls;          ///< by group
  std::vector<bool> shared;         ///< by kernel: whether threads share it
  bool keeps_patterns = true;       ///< the kernels are for strides like these
};

/// A stretch of groups, and the graph that a GPU has captured of it.
struct SegmentRun::Stretch {
  /// What a group has made in memory of the graph.
  struct Made {
    std::uint32_t value = 0;
    Value what;
    bool fills_slot = false;  ///< its buffer is that of its slot
  };
  Stretch(CapturePlan::Stretch planned, const SegmentCode& code);

  CapturePlan::Stretch plan;
  CaptureHistory history;
  std::unique_ptr<WorkGraph> graph;
  std::vector<Value> copies;  ///< by read: its fixed place, if it is copied
  std::vector<Value> given;   ///< by read: the value of the execution at hand
  // By group, from the first of the stretch on:
  std::vector<std::vector<Made>> made;
  std::vector<jit::CapturedLaunches> launches;
};

struct SegmentRun::Captures {
  Captures(const SegmentCode& code, const Engine& engine);

  std::vector<std::unique_ptr<Stretch>> stretches;
  std::vector<std::uint32_t> kept;  ///< slots
  std::vector<BufferRef> buffers;   ///< of these
  std::vector<std::uint64_t> words;
  std::string refusal;
  bool is_wanted = false;  ///< in the execution at hand
};

}  // namespace gt::worker::hotpath

// A compiled segment: everything about it that no execution changes.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "common/graph/fusion/fusion.h"
#include "common/graph/graph.h"
#include "worker/hotpath/buffer_slots.h"
#include "worker/hotpath/compile_choices.h"
#include "worker/hotpath/segment_graph.h"
#include "worker/hotpath/tuned_module.h"
#include "worker/jit/kernel.h"

namespace gt::worker::hotpath {

/// Values are named by their index in `graph`.
struct SegmentCode {
  SegmentGraph source;  ///< as recorded; inputs, outputs and bindings are those of `graph`
  graph::Graph graph;   ///< after all passes
  graph::FusionPlan fusion;
  BufferSlots slots;
  std::vector<Strides> strides;  ///< by value
  /// By group: kernel number in `module`, or kNoIndex.
  std::vector<std::uint32_t> kernels;
  std::vector<jit::KernelRequest> requests;
  std::unique_ptr<jit::KernelModule> module;  ///< null if there are no kernels
  TunedModule* tuned = nullptr;               ///< `module`, if it tries several versions
  /// By group: values that nobody reads after it.
  std::vector<std::vector<std::uint32_t>> last_read;
  /// By group: outputs in memory of their own that nobody reads after it, by their number.
  std::vector<std::vector<std::uint32_t>> last_read_outputs;
  std::vector<std::int64_t> held;  ///< as in BufferPlan
  bool captures = false;           ///< as in CompileChoices
  /// The last group whose row may refuse the values of its operands; kNoIndex for none.
  std::uint32_t last_refusing = graph::kNoIndex;
};

/// Plans one segment: everything but machine code. Throws CommonError saying what stands in the
/// way.
[[nodiscard]] std::unique_ptr<SegmentCode> plan_segment(const Recording& recording,
                                                        const RecordedSegment& segment,
                                                        const jit::KernelCompiler& compiler,
                                                        const CompileChoices& choices);
/// The most bytes that an execution holds of which only these outputs are wanted.
[[nodiscard]] std::int64_t peak_bytes(const SegmentCode& code,
                                      const std::function<bool(std::size_t)>& is_wanted);
/// Compiles the kernels of a plan, or takes them from an object made before for the same plan.
/// Throws CommonError saying what failed.
void compile_kernels(SegmentCode& code, jit::KernelCompiler& compiler,
                     const CompileChoices& choices);
void load_kernels(SegmentCode& code, jit::KernelCompiler& compiler, const CompileChoices& choices,
                  std::span<const std::byte> object);

}  // namespace gt::worker::hotpath

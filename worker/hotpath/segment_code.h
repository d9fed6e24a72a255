// A compiled segment: everything about it that no execution changes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "common/graph/fusion/fusion.h"
#include "common/graph/graph.h"
#include "worker/hotpath/buffer_slots.h"
#include "worker/hotpath/segment_graph.h"
#include "worker/hotpath/tuned_module.h"
#include "worker/jit/kernel.h"

namespace gt::worker::hotpath {

/// Limits of fusion that may be faster or slower, and change no bit.
struct FusionCut {
  bool siblings = true;        ///< as in FusionOptions
  std::size_t max_nodes = 96;  ///< of a loop
};

struct CompileChoices {
  std::vector<std::string> disabled_passes;
  std::vector<std::string> excluded_ops;  ///< rows that no kernel shall hold
  std::vector<bool> excluded_elements;    ///< of the recording: no kernel shall hold them
  bool tunes = false;                     ///< several plans and versions of kernels are tried
  bool captures = false;                  ///< a GPU may capture it in graphs
  FusionCut cut;
  std::string save_to;  ///< folder for graphs and code; empty for none
  std::string name;     ///< prefix of the files there
};

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
  bool captures = false;  ///< as in CompileChoices
  /// The last group whose row may refuse the values of its operands; kNoIndex for none.
  std::uint32_t last_refusing = graph::kNoIndex;
};

/// Strides of every value of a graph where its inputs lie like this: of views they follow, all else
/// is dense. `shapes` by value; `attributes_of(node)` are those of the run.
[[nodiscard]] std::vector<Strides> find_strides(
    const graph::Graph& graph, std::span<const Shape> shapes, std::span<const Strides> inputs,
    const std::function<Attributes(const graph::Node&)>& attributes_of);

/// Plans one segment: everything but machine code. Throws CommonError saying what stands in the
/// way.
[[nodiscard]] std::unique_ptr<SegmentCode> plan_segment(const Recording& recording,
                                                        const RecordedSegment& segment,
                                                        const jit::KernelCompiler& compiler,
                                                        const CompileChoices& choices);
/// Compiles the kernels of a plan, or takes them from an object made before for the same plan.
/// Throws CommonError saying what failed.
void compile_kernels(SegmentCode& code, jit::KernelCompiler& compiler,
                     const CompileChoices& choices);
void load_kernels(SegmentCode& code, jit::KernelCompiler& compiler, const CompileChoices& choices,
                  std::span<const std::byte> object);

}  // namespace gt::worker::hotpath

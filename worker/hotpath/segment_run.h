// Executions of a compiled segment.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "common/graph/scalars.h"
#include "worker/engine/engine.h"
#include "worker/hotpath/segment_code.h"
#include "worker/hotpath/thread_team.h"

namespace gt::worker::hotpath {

/// Runs a segment group by group on an engine: kernels by their code, views and calls through the
/// engine. What was prepared for one execution serves the next of the same sizes.
class SegmentRun {
 public:
  /// Engine and team are borrowed.
  SegmentRun(std::shared_ptr<const SegmentCode> code, Engine& engine, ThreadTeam& team);
  SegmentRun(const SegmentRun&) = delete;
  SegmentRun& operator=(const SegmentRun&) = delete;
  ~SegmentRun();

  [[nodiscard]] const SegmentCode& code() const noexcept { return *code_; }
  /// Whether the code is for inputs like these and for these bindings, which the next execution
  /// will have then.
  [[nodiscard]] bool fits(std::span<const Value* const> inputs,
                          std::span<const std::uint64_t> bindings);

  /// Begins an execution with the inputs for which `fits` held last. Those whose buffers have no
  /// other owner may be overwritten.
  void begin(std::vector<Value> inputs);
  /// Runs the next group; returns false when all have run. Throws what the engine throws; the
  /// execution is to be abandoned then.
  bool step();
  /// The values of the outputs, when all groups have run.
  [[nodiscard]] std::vector<Value> finish();
  /// Lets go of everything. Gives the inputs back if all of them are as they were: until the last
  /// call has run that may refuse a value.
  std::optional<std::vector<Value>> abandon();

  /// The recorded instruction from which the group at hand stems, counted in the segment.
  [[nodiscard]] std::uint32_t current_origin() const;
  /// Bytes that kernels of one execution do not move to memory and back, compared with eager
  /// execution of the rows.
  [[nodiscard]] std::int64_t bytes_saved() const noexcept { return bytes_saved_; }

 private:
  struct Call;
  struct Sized;

  [[nodiscard]] bool is_like_recorded(std::size_t input, const Value& value) const;
  [[nodiscard]] Sized* find_sized(std::span<const Value* const> inputs);
  [[nodiscard]] std::unique_ptr<Sized> make_sized(std::span<const Value* const> inputs) const;
  void run_kernel(std::uint32_t group);
  void run_call(std::uint32_t group);
  void make_output(const jit::KernelRequest& request, std::size_t tensor);
  void gather_operands(const graph::Node& node, std::uint32_t group, Call& call);
  void store_results(const graph::Node& node, std::span<Value> results);
  [[nodiscard]] Value dense_copy(const Value& value);

  std::shared_ptr<const SegmentCode> code_;
  Engine& engine_;
  ThreadTeam& team_;
  std::optional<graph::RunScalars> scalars_;   ///< of the execution
  std::vector<std::unique_ptr<Sized>> sized_;  ///< for the last few sizes
  Sized* at_hand_ = nullptr;                   ///< of the execution
  std::vector<Value> values_;                  ///< by value of the graph
  std::vector<Value> retained_;                ///< the inputs, while they may be asked back
  std::vector<std::uint32_t> ends_at_;         ///< by value: the group after which it is let go
  std::vector<void*> pointers_;
  std::vector<std::int64_t> strides_;
  BufferRef scratch_;
  std::uint32_t next_ = 0;  ///< group
  std::int64_t bytes_saved_ = 0;
};

}  // namespace gt::worker::hotpath

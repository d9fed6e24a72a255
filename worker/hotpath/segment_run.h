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

/// No value has this id.
inline constexpr ValueId kNoValue = ~ValueId{0};

/// What an execution needs of the instructions that it stands for. Memory is kept for the next.
struct SegmentCall {
  std::vector<const Value*> found;  ///< the inputs where they are
  std::vector<std::uint64_t> bindings;
  std::vector<Value> inputs;
  std::vector<ValueId> outputs;  ///< kNoValue for one that nobody names any more
};

/// Runs a segment group by group on an engine: kernels by their code, views and calls through the
/// engine, all on planned buffers. What was prepared for one execution serves the next of the same
/// sizes: it asks the heap for nothing, and the allocator for blocks that it has given back.
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
  /// Of the next execution, or the one that is going on; see find_call.
  [[nodiscard]] SegmentCall& call() noexcept { return call_; }

  /// Begins an execution with the inputs of the call, for which `fits` held last; they are taken.
  /// Those whose buffers have no other owner may be overwritten.
  /// If it may, a GPU captures its work in graphs, and starts these: not while it is validated.
  void begin(bool may_capture = false);
  /// Runs the next groups, if there is one; returns false when all have run. Throws what the engine
  /// throws; the execution is to be abandoned then.
  bool step();
  /// The value of an output, when all groups have run.
  [[nodiscard]] const Value& output(std::size_t index) const {
    return values_[code_->graph.value_index(code_->graph.outputs()[index])];
  }
  /// Lets go of everything. Gives the inputs back if all of them are as they were: until the last
  /// call has run that may refuse a value.
  std::optional<std::vector<Value>> abandon();
  /// Lets go of everything, when all groups have run.
  void finish() noexcept;

  /// The recorded instruction from which the group at hand stems, counted in the segment.
  [[nodiscard]] std::uint32_t current_origin() const;
  /// Bytes that kernels of one execution do not move to memory and back, compared with eager
  /// execution of the rows.
  [[nodiscard]] std::int64_t bytes_saved() const noexcept { return bytes_saved_; }
  /// Why a part of it is not captured although that is wanted; each reason is given once.
  [[nodiscard]] std::string take_refusal();

 private:
  struct Call;
  struct Sized;
  struct Stretch;
  struct Captures;

  [[nodiscard]] bool is_like_recorded(std::size_t input, const Value& value) const;
  [[nodiscard]] Sized* find_sized(std::span<const Value* const> inputs);
  [[nodiscard]] std::unique_ptr<Sized> make_sized(std::span<const Value* const> inputs) const;
  void take_sized(Sized* sized);
  void run_group(std::uint32_t group);
  void run_kernel(std::uint32_t group);
  void run_call(std::uint32_t group);
  void prepare_call(const graph::Node& node, Call& call);
  void place(std::uint32_t value);
  void gather_operands(const graph::Node& node, std::uint32_t group, Call& call);
  void release_operands(const graph::Node& node, std::uint32_t group);
  void store_results(const graph::Node& node, std::span<Value> results);
  void adopt_results(const graph::Node& node);
  [[nodiscard]] Value dense_copy(const Value& value);
  void end_lives(std::uint32_t group) noexcept;
  void end_if_unwanted(std::uint32_t output) noexcept;

  // segment_captures.cc
  void begin_captures();
  [[nodiscard]] bool run_stretch();
  [[nodiscard]] bool is_ready(const Stretch& stretch) const;
  void gather_words(const Stretch& stretch);
  [[nodiscard]] bool capture(Stretch& stretch);
  void capture_groups(Stretch& stretch);
  void replay(Stretch& stretch);
  void provide_memory(Stretch& stretch);
  void start(Stretch& stretch);
  void hand_out(Stretch& stretch);
  void move(std::uint32_t value, const Value& from, const Value& to);

  std::shared_ptr<const SegmentCode> code_;
  Engine& engine_;
  ThreadTeam& team_;
  SegmentCall call_;
  std::optional<graph::RunScalars> scalars_;   ///< of the execution
  std::vector<std::unique_ptr<Sized>> sized_;  ///< for the last few sizes
  Sized* at_hand_ = nullptr;                   ///< of the execution
  std::vector<Value> values_;                  ///< by value of the graph
  std::vector<BufferRef> slots_;               ///< as in SegmentCode::slots; empty: not yet needed
  std::vector<Value> retained_;                ///< the inputs, while they may be asked back
  bool retains_ = false;                       ///< whether they may be
  std::vector<std::uint32_t> ends_at_;         ///< by value: the group after which it is let go
  std::vector<void*> pointers_;
  std::vector<std::int64_t> strides_;
  std::uint32_t next_ = 0;                              ///< group
  std::unique_ptr<Captures> captures_;                  ///< null: nothing is captured
  jit::CapturedLaunches* captured_launches_ = nullptr;  ///< of the kernel at hand
  std::int64_t bytes_saved_ = 0;
};

}  // namespace gt::worker::hotpath

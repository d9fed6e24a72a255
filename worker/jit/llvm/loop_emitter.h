// Writes the function of one loop plan for a processor, in vectors.
//
//   void loop(tensors..., sizes..., strides..., words..., i64 first, i64 last, ptr scratch,
//             ptr refused)
//
// does units [first, last); see geometry.h for what a unit is.
#pragma once

#include <span>
#include <string>

#include "worker/jit/llvm/loop_code.h"
#include "worker/jit/llvm/machine.h"

namespace gt::worker::jit {

class LoopEmitter : private LoopCode {
 public:
  LoopEmitter(llvm::Module& module, const Machine& machine, const LoopPlan& plan, Costs& costs,
              const Tuning& tuning);

  [[nodiscard]] llvm::Function* emit(const std::string& name);

  /// Bytes of scratch memory, as instructions of `builder`.
  [[nodiscard]] llvm::Value* scratch_bytes(llvm::IRBuilder<>& builder, const Sizes& sizes) const;

 private:
  // loop_emitter.cc
  void emit_runs();
  void emit_run(llvm::Value* run, llvm::Value* first, llvm::Value* end);

  // far_memory.cc
  /// Decides whether what the loop stores is so much that it does not stay in the caches, and
  /// whether the run, which begins at `first`, goes past them then: it must begin at their lines.
  void find_distance();
  void find_distance_of_run(llvm::Value* first);
  /// Asks for elements of the next run, or for those that come soon in this one.
  void fetch(llvm::Value* index, bool next_run);
  /// Asks for elements of the run that begins at `bases`.
  void fetch(llvm::Value* index, const Values& bases);
  void fetch(llvm::Value* place);

  // pass_code.cc
  /// Whether a pass asks for the elements of the next row: the one with the most arithmetic, beside
  /// which memory would be idle.
  [[nodiscard]] bool fetches_next(int pass) const;
  void emit_pass(int pass, llvm::Value* first, llvm::Value* end);
  void emit_pointwise_pass(const Schedule::Pass& pass, int number, llvm::Value* first,
                           llvm::Value* end);
  /// Lanes of an iteration of the pass.
  [[nodiscard]] unsigned lanes_of(const Schedule::Pass& pass) const;
  using Body = std::function<void(Iteration&)>;
  /// Calls `body(iteration)` for the rest of a run that is no whole step.
  void for_rest(llvm::Value* first, llvm::Value* end, int pass, const Body& body);
  /// The same of a rest that may be several vectors, at most `lanes`.
  void for_long_rest(llvm::Value* first, llvm::Value* end, int pass, unsigned lanes,
                     const Body& body);
  /// Calls `body(iteration)` for [first, end), masked.
  void for_masked(llvm::Value* first, llvm::Value* end, int pass, unsigned lanes, const Body& body);

  // row_folds.cc
  void emit_fold_pass(const Schedule::Pass& pass, int number, llvm::Value* end);
  /// Folds one block; gives a scalar for each fold.
  [[nodiscard]] Values fold_block(const Schedule::Pass& pass, int number, llvm::Value* first,
                                  llvm::Value* end);
  [[nodiscard]] std::int64_t lanes_in_registers(const Schedule::Pass& pass) const;
  [[nodiscard]] unsigned lanes_together(const Schedule::Pass& pass) const;
  [[nodiscard]] bool may_fold_again(const Schedule::Pass& pass) const;
  [[nodiscard]] llvm::Value* fold_in_registers(const Schedule::Pass& pass, int number,
                                               llvm::Value*& first, llvm::Value* end);
  void keep_lanes(const Schedule::Pass& pass, std::span<llvm::Value* const> lanes);
  [[nodiscard]] llvm::Value* any_nan(std::span<llvm::Value* const> sums);
  [[nodiscard]] llvm::Value* fold_turns_in_memory(const Schedule::Pass& pass, int number,
                                                  llvm::Value* first, llvm::Value* end);
  void fold_in_memory(const Schedule::Pass& pass, Iteration& iteration, llvm::Value* lane);

  // column_folds.cc
  void emit_columns();
  void emit_tile(llvm::Value* first, llvm::Value* end);
  void fold_by_tree(llvm::Value* first, llvm::Value* end);
  /// The rows of a lane, and the one that is walked after them.
  struct LaneRows {
    llvm::Value *first, *end, *next;
  };
  void fold_lane(const LaneRows& rows, llvm::Value* slot, llvm::Value* first_column,
                 llvm::Value* end_column);
  void combine_slots(llvm::Value* base, llvm::Value* lower, llvm::Value* upper);
  [[nodiscard]] llvm::Value* slot_of(std::size_t fold, llvm::Value* base, llvm::Value* slot);

  const Machine& machine_;
  llvm::Value *first_ = nullptr, *last_ = nullptr, *scratch_ = nullptr;
  Values lanes_;  ///< by fold of the present pass, memory for partial results
  llvm::Value* tile_columns_ = nullptr;
  llvm::Value* is_large_ = nullptr;  ///< null: surely not
  llvm::Value* is_far_ = nullptr;    ///< of the present run
};

/// Bytes between the kept runs of two nodes, as instructions of `builder`.
[[nodiscard]] llvm::Value* kept_bytes(llvm::IRBuilder<>& builder, DType dtype, llvm::Value* length);

}  // namespace gt::worker::jit

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
  void emit_passes(llvm::Value* first, llvm::Value* end);

  // short_runs.cc
  /// Short rows of a loop that is walked as one run.
  struct ShortRows {
    Values sizes;  ///< of the dimensions along which they stand
    std::int64_t length = 0;
  };
  /// What is spread: an access, or, for kNoAccess, the places along the last dimension.
  struct Spread {
    std::uint32_t access = kNoAccess;
    std::vector<PlanStride> outer;  ///< from row to row, one a dimension
    PlanStride along;               ///< within a row
    llvm::Type* type = nullptr;
    std::int64_t period = 0;  ///< elements after which it repeats itself; 0: not known
    llvm::Value* memory = nullptr;
  };
  [[nodiscard]] bool is_in_tiles() const;
  [[nodiscard]] std::vector<Spread> find_spreads() const;
  [[nodiscard]] static std::int64_t tile_elements(std::span<const Spread> spreads);
  [[nodiscard]] static std::int64_t bytes_of(const Spread& spread, std::int64_t elements);
  [[nodiscard]] static std::int64_t bytes_of(std::span<const Spread> spreads,
                                             std::int64_t elements);
  void begin_spreads(std::span<Spread> spreads, const ShortRows& rows, std::int64_t elements,
                     llvm::Value* first, llvm::Value* end);
  void spread_tile(std::span<const Spread> spreads, const ShortRows& rows, llvm::Value* tile,
                   llvm::Value* end);
  void fill(const Spread& spread, const ShortRows& rows, llvm::Value* from, llvm::Value* count);
  void copy_row(const Spread& spread, std::int64_t length, llvm::Value* distance, llvm::Value* to);
  void emit_tiles(llvm::Value* first, llvm::Value* end);

  // window_runs.cc
  /// An access that is spread over a whole run, row by row.
  struct RunSpread {
    std::uint32_t access = 0;
    std::vector<PlanStride> rows;  ///< from row to row, one a dimension of the run
    PlanStride along;              ///< within a row
    bool is_doubled = false;       ///< each element comes twice
    bool is_common = false;        ///< it is the same in all runs
    std::int64_t length = 0;       ///< of a row of the run
    llvm::Type* type = nullptr;
  };
  [[nodiscard]] std::vector<RunSpread> find_run_spreads() const;
  [[nodiscard]] std::int64_t bytes_of(const RunSpread& spread) const;
  [[nodiscard]] std::int64_t run_spread_bytes() const;
  /// Takes memory for what is spread, and spreads what is the same in all runs.
  void begin_run_spreads();
  /// Spreads what the present run needs for itself.
  void spread_run();
  void spread_together(std::span<const RunSpread> together);
  void spread_rows(std::span<const RunSpread> together, std::size_t dimension, llvm::Value* row,
                   const Values& distances);
  void copy_row(const RunSpread& spread, llvm::Value* from, std::span<llvm::Value* const> copies);
  [[nodiscard]] llvm::Value* part_of_row(const RunSpread& spread, llvm::Value* from,
                                         llvm::Value* first, unsigned count);

  // narrow_columns.cc
  /// Whether rows are so short that 64 of them are walked as one run, and are not few.
  [[nodiscard]] bool is_narrow() const;
  [[nodiscard]] std::int64_t columns() const;
  [[nodiscard]] std::vector<Spread> find_narrow_spreads() const;
  /// Bytes of scratch memory behind that of other folds of columns.
  [[nodiscard]] std::int64_t narrow_bytes() const;
  void emit_narrow_columns();
  void fold_narrow_block(std::span<const Spread> spreads, const ShortRows& rows, llvm::Value* first,
                         llvm::Value* end);
  void fold_turn(llvm::Value* first, llvm::Value* end);
  void combine_narrow_lanes();

  // far_memory.cc
  /// Decides whether what the loop stores is so much that it does not stay in the caches, and
  /// whether the run, which begins at `first`, goes past them then: it must begin at their lines.
  void find_distance();
  void find_distance_of_run(llvm::Value* first);
  /// Stores what a turn of a run has computed, past the caches if the run goes there. All is read
  /// before anything is written: tensors may lie in each other's memory.
  void store_turn(const Schedule::Pass& pass, std::span<Iteration> iterations);
  /// Asks for elements of the next run, or for those that come soon in this one.
  void fetch(llvm::Value* index, bool next_run);
  /// Asks for elements of the run that begins at `bases`.
  void fetch(llvm::Value* index, const Values& bases);
  void fetch(llvm::Value* place);
  /// Asks for each line of what the lanes walk from `place` on.
  void fetch_lines(llvm::Value* place, std::size_t element_bytes);

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
  [[nodiscard]] bool is_short_row(const Schedule::Pass& pass, llvm::Value* end) const;
  [[nodiscard]] Values fold_short_row(const Schedule::Pass& pass, int number, std::int64_t length);
  void combine_vectors(const Fold& fold, llvm::Value* row, Values& parts);
  void keep_lanes(const Schedule::Pass& pass, std::span<llvm::Value* const> lanes);
  [[nodiscard]] llvm::Value* any_nan(std::span<llvm::Value* const> sums);
  [[nodiscard]] llvm::Value* fold_turns_in_memory(const Schedule::Pass& pass, int number,
                                                  llvm::Value* first, llvm::Value* end);
  void fold_in_memory(const Schedule::Pass& pass, Iteration& iteration, llvm::Value* lane);

  // column_folds.cc
  void emit_columns();
  /// How many rows there are if they are so few that a column is folded in registers; else 0.
  [[nodiscard]] std::int64_t few_rows() const;
  void emit_few_rows(llvm::Value* first, llvm::Value* end);
  void fold_few_rows(Iteration& iteration);
  void emit_tile(llvm::Value* first, llvm::Value* end);
  void store_totals(llvm::Value* first, llvm::Value* end);
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
  llvm::Value* spread_memory_ = nullptr;
  std::vector<RunSpread> run_spreads_;
  llvm::Value* is_large_ = nullptr;  ///< null: surely not
  llvm::Value* is_far_ = nullptr;    ///< of the present run
};

/// Bytes between the kept runs of two nodes, as instructions of `builder`.
[[nodiscard]] llvm::Value* kept_bytes(llvm::IRBuilder<>& builder, DType dtype, llvm::Value* length);

}  // namespace gt::worker::jit

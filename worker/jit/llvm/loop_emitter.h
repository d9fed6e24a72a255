// Writes the function of one loop plan.
//
//   void loop(tensors..., sizes..., strides..., words..., i64 first, i64 last, ptr scratch)
//
// does units [first, last); see geometry.h for what a unit is.
#pragma once

#include <span>
#include <string>

#include "worker/jit/llvm/arithmetic.h"
#include "worker/jit/llvm/costs.h"
#include "worker/jit/llvm/elements.h"
#include "worker/jit/llvm/flow.h"
#include "worker/jit/llvm/folds.h"
#include "worker/jit/llvm/geometry.h"
#include "worker/jit/llvm/loop_plan.h"
#include "worker/jit/llvm/machine.h"

namespace gt::worker::jit {

/// Elements that one step of an inner loop computes.
struct Iteration {
  llvm::Value* index = nullptr;  ///< of the first, in the run
  llvm::Value* mask = nullptr;   ///< the lanes that are in the run; null: all
  Values held;                   ///< by node, what has been computed
  int pass = 0;
  bool is_far = false;  ///< stores go past the caches where they can
};

class LoopEmitter {
 public:
  LoopEmitter(llvm::Module& module, const Machine& machine, const LoopPlan& plan, Costs& costs);

  [[nodiscard]] llvm::Function* emit(const std::string& name);

  /// Bytes of scratch memory, as instructions of `builder`.
  [[nodiscard]] llvm::Value* scratch_bytes(llvm::IRBuilder<>& builder, const Sizes& sizes) const;

 private:
  // loop_emitter.cc
  void declare(const std::string& name);
  void emit_uniform();
  void emit_runs();
  void emit_run(llvm::Value* run, llvm::Value* first, llvm::Value* end);
  /// Finds where the accesses begin in run `run`, and reads what is the same in all of it.
  void begin_run(llvm::Value* run);
  void compute_row_nodes(int pass);
  void store_row_results();

  // element_code.cc
  void read_words();
  [[nodiscard]] llvm::Value* word_value(const PlanNode& node, std::size_t k, const PlanWord& word);
  /// What a node makes, as it is held; operands come from `iteration`, or from the values of
  /// uniform and row nodes if that is null.
  [[nodiscard]] llvm::Value* compute(const PlanNode& node, Iteration* iteration);
  /// Operand `k` in the node's compute type.
  [[nodiscard]] llvm::Value* operand(const PlanNode& node, std::size_t k, Iteration* iteration);
  [[nodiscard]] llvm::Value* element(std::uint32_t node, Iteration& iteration);

  // short_ways.cc
  [[nodiscard]] llvm::Value* common_divisor(const PlanNode& node) const;
  [[nodiscard]] llvm::Value* apply_row(const PlanNode& node, Iteration* iteration,
                                       std::span<llvm::Value* const> operands,
                                       std::span<const ArithmeticAttribute> attributes);

  // access_code.cc
  /// Decides whether what the loop stores is so much that it does not stay in the caches, and
  /// whether the run, which begins at `first`, goes past them then: it must begin at their lines.
  void find_distance();
  void find_distance_of_run(llvm::Value* first);
  [[nodiscard]] bool can_stream(std::uint32_t access) const;
  /// Asks for elements of the next run, or for those that come soon in this one.
  void fetch(llvm::Value* index, bool next_run);
  [[nodiscard]] llvm::Value* load(std::uint32_t access, Iteration& iteration);
  void store(std::uint32_t access, llvm::Value* held, Iteration& iteration);
  void store_one(std::uint32_t access, llvm::Value* held);
  [[nodiscard]] llvm::Value* load_kept(std::uint32_t node, Iteration& iteration);
  void store_kept(std::uint32_t node, llvm::Value* held, Iteration& iteration);
  [[nodiscard]] llvm::Value* positions(Iteration& iteration);
  [[nodiscard]] llvm::Value* places(const PlanAccess& access, Iteration& iteration);
  [[nodiscard]] llvm::Value* stride(const PlanStride& stride) const;
  [[nodiscard]] llvm::Value* read(DType dtype, llvm::Value* from, bool is_gather,
                                  llvm::Value* mask);
  void write(DType dtype, llvm::Value* stored, llvm::Value* to, bool is_scatter, llvm::Value* mask);
  /// The pointer to the elements of a dense access.
  [[nodiscard]] llvm::Value* dense_place(std::uint32_t access, llvm::Value* index);

  // pass_code.cc
  /// Whether a pass asks for the elements of the next row: the last one, while the present row is
  /// in the caches.
  [[nodiscard]] bool fetches_next(int pass) const;
  void emit_pass(int pass, llvm::Value* first, llvm::Value* end);
  void emit_pointwise_pass(const Schedule::Pass& pass, int number, llvm::Value* first,
                           llvm::Value* end);
  /// Calls `body(iteration)` for the rest of a run that is no whole step.
  void for_rest(llvm::Value* first, llvm::Value* end, int pass,
                const std::function<void(Iteration&)>& body);
  [[nodiscard]] Iteration begin(llvm::Value* index, int pass) const;
  /// All that the pass stores is computed before anything is stored: tensors may lie in each
  /// other's memory.
  void compute_elements(const Schedule::Pass& pass, Iteration& iteration);
  void store_elements(const Schedule::Pass& pass, Iteration& iteration);

  // row_folds.cc
  void emit_fold_pass(const Schedule::Pass& pass, int number, llvm::Value* end);
  /// Folds one block; gives a scalar for each fold.
  [[nodiscard]] Values fold_block(const Schedule::Pass& pass, int number, llvm::Value* first,
                                  llvm::Value* end);
  void fold_in_registers(const Schedule::Pass& pass, int number, llvm::Value*& first,
                         llvm::Value* end);
  void fold_in_memory(const Schedule::Pass& pass, Iteration& iteration, llvm::Value* lane);

  // column_folds.cc
  void emit_columns();
  void emit_tile(llvm::Value* first, llvm::Value* end);
  void fold_lane(llvm::Value* row, llvm::Value* end, llvm::Value* slot, llvm::Value* first_column,
                 llvm::Value* end_column);
  void combine_slots(llvm::Value* base, llvm::Value* lower, llvm::Value* upper);
  [[nodiscard]] llvm::Value* slot_of(std::size_t fold, llvm::Value* base, llvm::Value* slot);

  [[nodiscard]] llvm::Value* number(std::int64_t value) {
    return builder_.getInt64(static_cast<std::uint64_t>(value));
  }
  [[nodiscard]] llvm::Value* stack_memory(llvm::Type* element, std::int64_t count);
  [[nodiscard]] Fold fold_of(std::uint32_t node) const { return Fold(plan_.nodes[node]); }
  [[nodiscard]] llvm::LLVMContext& context() { return module_.getContext(); }

  llvm::Module& module_;
  const Machine& machine_;
  const LoopPlan& plan_;
  Schedule schedule_;
  llvm::IRBuilder<> builder_;
  Flow flow_{builder_};
  llvm::Function* function_ = nullptr;
  unsigned width_ = 1;  ///< lanes of an iteration

  Values tensors_, size_parameters_, strides_, words_;
  llvm::Value *first_ = nullptr, *last_ = nullptr, *scratch_ = nullptr;
  Sizes sizes_;
  Values word_values_;  ///< by word, one element of the type in which it is used
  Values scalars_;      ///< by node, held: of uniform nodes, fills, and the present row
  Values bases_;        ///< by access, where it begins in the present run
  Values repeated_;     ///< by access, held: the one element of the present run
  Values kept_;         ///< by node, its scratch memory
  Values lanes_;        ///< by fold of the present pass, memory for partial results
  llvm::Value* tile_columns_ = nullptr;
  llvm::Value* is_large_ = nullptr;  ///< null: surely not
  llvm::Value* is_far_ = nullptr;    ///< of the present run
};

/// Bytes between the kept runs of two nodes, as instructions of `builder`.
[[nodiscard]] llvm::Value* kept_bytes(llvm::IRBuilder<>& builder, DType dtype, llvm::Value* length);

}  // namespace gt::worker::jit

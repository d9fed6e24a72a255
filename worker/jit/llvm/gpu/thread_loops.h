// Writes the function of one loop plan for a GPU, as one thread of a block sees it.
//
//   void loop(tensors..., sizes..., strides..., words..., i64 block)
//
// The same element code as on a processor, one element at a time; threads share the walk:
//   - without folds a block takes neighbouring elements of all runs, a thread every kThreads-th;
//   - rows are folded by a warp each, or by a block where they are long. Thread t of a warp has
//     lanes t and t + 32 of the tree of reduction_tree.h, and the first step of combining lanes is
//     its own; shuffles do the others. So the bits are those of the processors.
//   - long rows that are walked once are cut into parts of a power of two of the tree's blocks, a
//     block each, where there are few of them; partial results go through scratch memory to a
//     second function, which combines them as the whole row's would be:
//       void ends(tensors..., sizes..., strides..., words..., i64 part, i64 scratch, i64 block)
//     and the first one has the same parameters.
//   - columns are folded by a block for 32 of them: each warp has eight lanes of the tree.
// What a later walk over a row needs is computed again, or read from its output by the thread that
// wrote it.
#pragma once

#include <string>

#include "worker/jit/llvm/loop_code.h"

namespace gt::worker::jit {

/// Threads of a block, of a warp, and warps of a block.
inline constexpr std::int64_t kThreads = 256;
inline constexpr std::int64_t kWarp = 32;
inline constexpr std::int64_t kWarps = kThreads / kWarp;

/// Address space of memory that all of the device sees.
inline constexpr unsigned kGlobal = 1;

/// a / b, rounded up.
[[nodiscard]] llvm::Value* quotient_up(llvm::IRBuilder<>& builder, llvm::Value* a, llvm::Value* b);

class ThreadLoops : private LoopCode {
 public:
  ThreadLoops(llvm::Module& module, const LoopPlan& plan, Costs& costs);

  [[nodiscard]] llvm::Function* emit(const std::string& name);

  /// Blocks that do the loop, as instructions of a processor.
  [[nodiscard]] llvm::Value* blocks(llvm::IRBuilder<>& builder, const Sizes& sizes) const;

  /// Whether rows may be cut into parts.
  [[nodiscard]] bool cuts_rows() const;
  [[nodiscard]] llvm::Function* emit_ends(const std::string& name);
  /// How they are cut, as instructions of a processor.
  struct Cut {
    llvm::Value* part = nullptr;    ///< blocks of the tree in a part
    llvm::Value* blocks = nullptr;  ///< of the first function
    llvm::Value* ends = nullptr;    ///< blocks of the second one; 0 where rows are one part
    llvm::Value* scratch_bytes = nullptr;
  };
  [[nodiscard]] Cut cut(llvm::IRBuilder<>& builder, const Sizes& sizes) const;

 private:
  // thread_loops.cc
  using LoopCode::begin;
  /// Begins a function.
  void begin(const std::string& name);
  void read_thread();
  void emit_elements();
  /// Elements first, first + step, ... below `end`, all of which is a run or several.
  void emit_some(llvm::Value* first, llvm::Value* end, llvm::Value* first_of_block);
  /// Goes to the run of element `flat` and gives the element's place there.
  [[nodiscard]] llvm::Value* enter_run(llvm::Value* flat, llvm::Value* first_of_block);
  /// Computes the elements at these places in the present run, then stores them.
  void do_together(const Schedule::Pass& pass, int number, const Values& places);
  [[nodiscard]] int unrolling(const Schedule::Pass& pass) const;

  // row_walks.cc
  void emit_row(llvm::Value* row);
  void emit_row_pass(const Schedule::Pass& pass, int number);
  void emit_fold_pass(const Schedule::Pass& pass, int number);
  /// Folds elements [first, end) of the row in this warp; all its threads get the totals.
  [[nodiscard]] Values fold_in_warp(const Schedule::Pass& pass, int number, llvm::Value* first,
                                    llvm::Value* end);
  [[nodiscard]] Values fold_steps(const Schedule::Pass& pass, int number, llvm::Value*& first,
                                  llvm::Value* end);
  [[nodiscard]] bool is_long_row() const;
  /// Folds `count` blocks of the tree from block `first` on.
  [[nodiscard]] Values fold_blocks(const Schedule::Pass& pass, int number, llvm::Value* first,
                                   llvm::Value* count);
  void finish_folds(const Schedule::Pass& pass, const Values& totals);
  /// Blocks of the tree in a row.
  [[nodiscard]] llvm::Value* block_count();

  // cut_rows.cc
  void emit_part();
  [[nodiscard]] llvm::Value* parts_of_row();
  [[nodiscard]] llvm::Value* scratch_place(llvm::Value* number, std::size_t fold);
  void finish_row(const Values& totals);

  // column_walks.cc
  void emit_columns();
  void fold_lanes_of_warp(llvm::Value* block, llvm::Value* last, llvm::Value* column);
  [[nodiscard]] Values fold_lane(llvm::Value* first, llvm::Value* last, llvm::Value* column);
  [[nodiscard]] Values combine_warps();

  // threads.cc
  /// All threads of the block meet, and see what the others wrote.
  void meet();
  /// The value of the thread `distance` further on in the warp, or that of its thread 0.
  [[nodiscard]] llvm::Value* from_further(llvm::Value* value, std::int64_t distance);
  [[nodiscard]] llvm::Value* from_first(llvm::Value* value);
  [[nodiscard]] llvm::Value* shuffled(llvm::Value* value, llvm::Intrinsic::ID id,
                                      std::int64_t argument);
  /// Element `index` of the block's shared memory for fold `fold` of a pass: one for each thread.
  [[nodiscard]] llvm::Value* shared_place(std::size_t fold, llvm::Type* type, llvm::Value* index);
  /// Partial results of blocks of the tree, in memory of the thread.
  void open_slots(const Schedule::Pass& pass, std::int64_t levels);
  [[nodiscard]] BinaryCounter counter(const Schedule::Pass& pass);
  void put(const Schedule::Pass& pass, llvm::Value* slot, const Values& values);
  [[nodiscard]] Values taken(const Schedule::Pass& pass);

  llvm::Value *block_ = nullptr, *thread_ = nullptr, *lane_ = nullptr, *warp_ = nullptr;
  Values slots_;  ///< by fold of the present pass
};

}  // namespace gt::worker::jit

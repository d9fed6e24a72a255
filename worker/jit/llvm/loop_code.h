// What every walk over a loop needs: the function with its parameters, numbers, what nodes compute,
// and their loads and stores. How elements are visited, vector by vector on a processor or thread
// by thread on a GPU, is said by the classes over it (loop_emitter.h).
#pragma once

#include <llvm/IR/Module.h>

#include <map>
#include <span>
#include <string>

#include "worker/jit/llvm/arithmetic.h"
#include "worker/jit/llvm/costs.h"
#include "worker/jit/llvm/elements.h"
#include "worker/jit/llvm/flow.h"
#include "worker/jit/llvm/folds.h"
#include "worker/jit/llvm/geometry.h"
#include "worker/jit/llvm/loop_plan.h"

namespace gt::worker::jit {

/// Bytes of a line of the caches.
inline constexpr std::int64_t kLineBytes = 64;

/// Numbers that are drawn for two steps at a time, by node.
using Drawn = std::map<std::uint32_t, llvm::Value*>;

/// Elements that one step of an inner loop computes.
struct Iteration {
  llvm::Value* index = nullptr;  ///< of the first, in the run
  llvm::Value* mask = nullptr;   ///< the lanes that are in the run; null: all
  Values held;                   ///< by node, what has been computed
  int pass = 0;
  bool is_far = false;  ///< stores go past the caches where they can
  /// Of steps that are done together: what the even one has drawn for the next as well.
  Drawn* drawn = nullptr;
  bool is_second = false;  ///< it takes what the one before has drawn
};

class LoopCode {
 public:
  LoopCode(const LoopCode&) = delete;
  LoopCode& operator=(const LoopCode&) = delete;

 protected:
  LoopCode(llvm::Module& module, const LoopPlan& plan, Schedule schedule, unsigned width);
  ~LoopCode() = default;

  // loop_code.cc
  /// Declares void name(tensors..., sizes..., strides..., words..., rest...) and goes to its body.
  void declare(const std::string& name, llvm::ArrayRef<llvm::Type*> rest);
  [[nodiscard]] llvm::Value* rest_argument(unsigned index) const;
  /// Reads numbers and what is the same in all of the loop.
  void begin_loop();
  void store_uniform_results();
  /// Runs that begin afterwards are those of plane `plane`.
  void begin_plane(llvm::Value* plane);
  /// Finds where the accesses begin in run `run`, and reads what is the same in all of it.
  void begin_run(llvm::Value* run);
  /// The index along each dimension of what is walked as one.
  [[nodiscard]] Values taken_apart(llvm::Value* index, const Values& sizes);
  /// `offset` and the way along dimensions with these strides.
  [[nodiscard]] llvm::Value* moved(llvm::Value* offset, const Values& indices,
                                   std::span<const PlanStride> strides);
  void compute_row_nodes(int pass);
  void store_row_results();
  [[nodiscard]] Iteration begin(llvm::Value* index, int pass) const;
  /// All that the pass stores is computed before anything is stored: tensors may lie in each
  /// other's memory.
  void compute_elements(const Schedule::Pass& pass, Iteration& iteration);
  void store_elements(const Schedule::Pass& pass, Iteration& iteration);

  // element_code.cc
  void read_words();
  [[nodiscard]] llvm::Value* word_value(const PlanNode& node, std::size_t k, const PlanWord& word);
  /// What a node makes, as it is held; operands come from `iteration`, or from the values of
  /// uniform and row nodes if that is null.
  [[nodiscard]] llvm::Value* compute(const PlanNode& node, Iteration* iteration);
  /// What the node has computed as it is held: rounded to its dtype, if all results are to be.
  [[nodiscard]] llvm::Value* held(const PlanNode& node, llvm::Value* computed) const;
  [[nodiscard]] DType dtype_of(const PlanOperand& from) const;
  /// What a node has made, or an access reads, as it is held.
  [[nodiscard]] llvm::Value* held_operand(const PlanOperand& from, Iteration* iteration);
  /// Operand `k` in the node's compute type.
  [[nodiscard]] llvm::Value* operand(const PlanNode& node, std::size_t k, Iteration* iteration);
  [[nodiscard]] llvm::Value* element(std::uint32_t node, Iteration& iteration);

  // short_ways.cc
  [[nodiscard]] llvm::Value* common_divisor(const PlanNode& node) const;
  [[nodiscard]] llvm::Value* apply_row(const PlanNode& node, Iteration* iteration,
                                       std::span<llvm::Value* const> operands,
                                       std::span<const ArithmeticAttribute> attributes);

  // index_code.cc
  /// Finds the indices of element nodes that are the same in all of the present run, where these
  /// are known after `pass` (-1: from its beginning).
  void find_common_indices(int pass);
  [[nodiscard]] llvm::Value* look_up(const PlanNode& node, Iteration* iteration);
  [[nodiscard]] llvm::Value* replace(const PlanNode& node, Iteration& iteration);
  /// One index if it is the same in the whole run or there is no iteration, else one an element.
  [[nodiscard]] llvm::Value* index_of(const PlanNode& node, Iteration* iteration);
  /// Indices that name something; others are told of, and become 0.
  [[nodiscard]] llvm::Value* checked(const PlanIndexing& indexing, llvm::Value* index,
                                     llvm::Value* mask);
  /// Tells of it if a lane of `mask` (null: any) is bad.
  void refuse(llvm::Value* is_bad, llvm::Value* mask);
  [[nodiscard]] llvm::Value* size(const PlanSize& size);

  // draw_code.cc
  [[nodiscard]] llvm::Value* draw_number(const PlanNode& node, Iteration& iteration);
  [[nodiscard]] llvm::Value* drop(const PlanNode& node, Iteration& iteration);
  [[nodiscard]] llvm::Value* uniform_between(const PlanNode& node, Iteration& iteration);
  [[nodiscard]] llvm::Value* normal_around(const PlanNode& node, Iteration& iteration);
  [[nodiscard]] llvm::Value* chosen_by_chance(const PlanNode& node, Iteration& iteration);
  [[nodiscard]] llvm::Value* integer_between(const PlanNode& node, Iteration& iteration);
  /// Of words uniform numbers in [0, 1), of the node's compute type.
  [[nodiscard]] llvm::Value* uniform(const PlanNode& node, llvm::Value* words);
  /// For each element a word of 32 bits, or of 64 for a double, or a normal number.
  [[nodiscard]] llvm::Value* draw(const PlanNode& node, Iteration& iteration);
  /// The same for `count` neighbours, by whole blocks.
  [[nodiscard]] llvm::Value* draw_neighbours(const PlanNode& node, llvm::Value* index,
                                             unsigned count);
  /// The same for all elements of blocks first, first + 1, ...
  [[nodiscard]] llvm::Value* draw_of_blocks(const PlanNode& node, llvm::Value* first,
                                            unsigned count);
  /// The same, a block for each element.
  [[nodiscard]] llvm::Value* draw_apart(const PlanNode& node, Iteration& iteration);
  [[nodiscard]] llvm::Value* normal_pairs(const PlanNode& node, llvm::Value* words);
  [[nodiscard]] llvm::Value* shifted(llvm::Value* first, llvm::Value* next, llvm::Value* shift,
                                     unsigned most);
  /// The 64-bit draws of blocks of Philox, two a block: those of even and of odd index.
  struct Draws {
    llvm::Value *even, *odd;
  };
  [[nodiscard]] Draws draw_blocks(const PlanNode& node, llvm::Value* blocks);
  /// Attribute `k` as a word.
  [[nodiscard]] llvm::Value* raw_word(const PlanNode& node, std::size_t k);

  // access_code.cc
  [[nodiscard]] bool can_stream(std::uint32_t access) const;
  [[nodiscard]] llvm::Value* load(std::uint32_t access, Iteration& iteration);
  /// The same where the access begins at `base`.
  [[nodiscard]] llvm::Value* load_from(llvm::Value* base, const PlanAccess& access,
                                       Iteration& iteration);
  /// As memory has it.
  [[nodiscard]] llvm::Value* stored(DType dtype, llvm::Value* held) const;
  void store(std::uint32_t access, llvm::Value* held, Iteration& iteration);
  void store_one(std::uint32_t access, llvm::Value* held);
  [[nodiscard]] llvm::Value* load_kept(std::uint32_t node, Iteration& iteration);
  void store_kept(std::uint32_t node, llvm::Value* held, Iteration& iteration);
  [[nodiscard]] llvm::Value* positions(Iteration& iteration);
  [[nodiscard]] llvm::Value* places(const PlanAccess& access, Iteration& iteration);
  /// Whether all lanes are in one row of the last dim, where they are one element or neighbours:
  /// folds of rows walk turns of 64 elements, or of a power of two that the lanes fit in, from the
  /// beginning of the run.
  [[nodiscard]] bool is_in_one_row(const PlanAccess& access) const;
  [[nodiscard]] llvm::Value* load_from_row(std::uint32_t access, Iteration& iteration);
  /// Whether what is spread of the access are places.
  [[nodiscard]] bool spreads_places(std::uint32_t access) const;
  /// Elements of `iteration` from what lies at `spread`, where that has one for each of the run.
  [[nodiscard]] llvm::Value* load_spread(llvm::Value* spread, llvm::Type* type,
                                         Iteration& iteration);
  /// Places along the last dimension of the run.
  [[nodiscard]] llvm::Value* last_positions(Iteration& iteration);
  [[nodiscard]] llvm::Value* stride(const PlanStride& stride) const;
  [[nodiscard]] llvm::Value* read(DType dtype, llvm::Value* from, bool is_gather,
                                  llvm::Value* mask);
  void write(DType dtype, llvm::Value* stored, llvm::Value* to, bool is_scatter, llvm::Value* mask);
  /// The pointer to the elements of a dense access.
  [[nodiscard]] llvm::Value* dense_place(std::uint32_t access, llvm::Value* index);

  [[nodiscard]] llvm::Value* number(std::int64_t value) {
    return builder_.getInt64(static_cast<std::uint64_t>(value));
  }
  [[nodiscard]] llvm::Value* stack_memory(llvm::Type* element, std::int64_t count);
  [[nodiscard]] Fold fold_of(std::uint32_t node) const { return Fold(plan_.nodes[node]); }
  [[nodiscard]] llvm::LLVMContext& context() { return module_.getContext(); }

  llvm::Module& module_;
  const LoopPlan& plan_;
  Schedule schedule_;
  llvm::IRBuilder<> builder_;
  Flow flow_{builder_};
  llvm::Function* function_ = nullptr;
  unsigned width_ = 1;  ///< lanes of an iteration

  Values tensors_, size_parameters_, strides_, words_;
  Sizes sizes_;
  Values word_values_;  ///< by word, one element of the type in which it is used
  Values scalars_;      ///< by node, held: of uniform nodes, fills, and the present row
  Values bases_;        ///< by access, where it begins in the present run
  Values repeated_;     ///< by access, held: the one element of the present run
  Values kept_;         ///< by node, its scratch memory
  /// By access, null for most: memory in which elements lie as in the run, or, where those are not
  /// to be copied, their distances (i64) from where the access begins; counted from its beginning.
  Values spread_;
  llvm::Value* spread_positions_ = nullptr;  ///< the same of places along the last dimension (i64)
  Values common_indices_;  ///< by node that goes by index, the one of the present run, if known
  Values plane_offsets_;   ///< by access, where it begins in the present plane; may be empty
  llvm::Value* first_run_ = nullptr;  ///< of the present plane; null for 0
  llvm::Value* run_ = nullptr;        ///< the present one, of all planes
  llvm::Value* refused_ = nullptr;    ///< KernelArguments::refused
};

}  // namespace gt::worker::jit

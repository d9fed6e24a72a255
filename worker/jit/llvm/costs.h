// What nodes cost, and what is kept for a later walk over a row.
#pragma once

#include <map>
#include <tuple>
#include <vector>

#include "worker/jit/kernel.h"
#include "worker/jit/llvm/loop_plan.h"

namespace gt::worker::jit {

/// Instructions that the arithmetic of rows takes, found by emitting it.
class Costs {
 public:
  [[nodiscard]] int of(const PlanNode& node) { return find(node).usual; }
  /// What the code of a general formula counts for that stands beside the usual one.
  [[nodiscard]] int beside(const PlanNode& node) { return find(node).beside; }
  /// Whether the arithmetic of a point-wise node calls the C library.
  [[nodiscard]] bool calls_library(const PlanNode& node) { return find(node).calls_library; }

 private:
  struct Cost {
    int usual = 1;
    int beside = 0;
    bool calls_library = false;
  };
  [[nodiscard]] const Cost& find(const PlanNode& node);

  std::map<std::tuple<Op, ComputeType, std::int64_t>, Cost> known_;
};

/// What each walk over a row does.
struct Schedule {
  struct Pass {
    std::vector<std::uint32_t> folds;   ///< nodes that it folds
    std::vector<std::uint32_t> stores;  ///< nodes whose elements it writes to their output
    std::vector<std::uint32_t> keeps;   ///< nodes whose elements it keeps in scratch memory
    int cost = 0;                       ///< instructions of an element
    int steps = 1;                      ///< of the loop that are done at a time, without folds
    /// That are computed together, operation by operation, so that those which wait for each other
    /// stand apart; as far as the processor has registers for them.
    unsigned vectors = 1;
  };
  std::vector<Pass> passes;
  /// By node: the elements are read again in later passes, from scratch memory or the output,
  /// instead of computed again.
  std::vector<bool> is_kept;
};
/// Where elements may be kept for later passes.
enum class Keeping : std::uint8_t { anywhere, in_outputs };
[[nodiscard]] Schedule schedule_of(const LoopPlan& plan, Costs& costs, const Tuning& tuning,
                                   Keeping keeping = Keeping::anywhere);

}  // namespace gt::worker::jit

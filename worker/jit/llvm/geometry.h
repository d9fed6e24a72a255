// Sizes of a loop, and how its work is cut into units.
#pragma once

#include "worker/jit/llvm/flow.h"
#include "worker/jit/llvm/loop_plan.h"

namespace gt::worker::jit {

/// Elements of a unit of a loop without column folds.
inline constexpr std::int64_t kUnitElements = std::int64_t{16} << 10;
/// Columns of a unit of a loop with column folds: a tile, for which all that is folded is walked.
inline constexpr std::int64_t kTileColumns = 512;
/// Bytes of a partial result of a tile.
inline constexpr std::int64_t kTileBytes = kTileColumns * 8;
/// Rows of column folds that are known to be so few are folded in registers.
inline constexpr std::int64_t kFewRows = 16;
/// Levels of the binary counter of lanes, and of blocks (of 4096 elements).
inline constexpr std::int64_t kLaneLevels = 8;
inline constexpr std::int64_t kBlockLevels = 24;

/// Sizes as i64 values: constants where they are known.
struct Sizes {
  Values planes, outer, inner;
  llvm::Value* plane_count = nullptr;  ///< product of `planes`
  llvm::Value* runs = nullptr;         ///< product of `outer`
  llvm::Value* length = nullptr;       ///< product of `inner`
};
[[nodiscard]] Sizes sizes_of(llvm::IRBuilder<>& builder, const LoopPlan& plan,
                             const Values& parameters);

/// The unit u is: block u % blocks of runs [u / blocks * runs, ...); blocks is 1 if runs is not.
/// Of column folds: tile u % blocks of plane u / blocks.
struct Units {
  llvm::Value* count = nullptr;
  llvm::Value* runs = nullptr;    ///< of a unit
  llvm::Value* blocks = nullptr;  ///< of a run, or plane
};
[[nodiscard]] Units units_of(llvm::IRBuilder<>& builder, const LoopPlan& plan, const Sizes& sizes);

[[nodiscard]] llvm::Value* least(llvm::IRBuilder<>& builder, llvm::Value* a, llvm::Value* b);

}  // namespace gt::worker::jit

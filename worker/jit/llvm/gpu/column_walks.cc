// Folds of columns: a block does 32 of them, a thread one column and eight lanes of the tree.
#include "worker/jit/llvm/gpu/thread_loops.h"

namespace gt::worker::jit {
namespace {

/// Lanes of the tree that a warp has: w, w + 8, ..., w + 56.
constexpr std::int64_t kLanesOfWarp = kFoldLanes / kWarps;
/// Rows of a lane that are read at a time.
constexpr int kRowsTogether = 4;

}  // namespace

/// Folds rows first, first + 64, ... < `last` of the thread's column.
Values ThreadLoops::fold_lane(llvm::Value* first, llvm::Value* last, llvm::Value* column) {
  const Schedule::Pass& pass = schedule_.passes[0];
  const auto visit = [&](llvm::Value* row, const Values& now) {
    begin_run(row);
    Iteration iteration = begin(column, 0);
    Values next;
    for (std::size_t f = 0; f < pass.folds.size(); ++f) {
      const PlanNode& node = plan_.nodes[pass.folds[f]];
      next.push_back(Fold(node).combine(now[f], operand(node, 0, &iteration)));
    }
    store_elements(pass, iteration);
    return next;
  };
  Values start = {first};
  for (std::uint32_t n : pass.folds) start.push_back(fold_of(n).identity());
  const auto walk = [&](const Values& from, int rows) {
    return flow_.repeat(
        from,
        [&](const Values& now) {
          llvm::Value* furthest = builder_.CreateAdd(now[0], number((rows - 1) * kFoldLanes));
          return builder_.CreateICmpSLT(furthest, last);
        },
        [&](const Values& now) {
          llvm::Value* row = now[0];
          Values folded(now.begin() + 1, now.end());
          for (int k = 0; k < rows; ++k) {
            folded = visit(row, folded);
            row = builder_.CreateNSWAdd(row, number(kFoldLanes));
          }
          folded.insert(folded.begin(), row);
          return folded;
        });
  };
  if (unrolling(pass) > 1) start = walk(start, kRowsTogether);
  Values made = walk(start, 1);
  made.erase(made.begin());
  return made;
}

/// The lanes of this warp over rows [block, last), in the order in which they combine; the result
/// goes into slot 0.
void ThreadLoops::fold_lanes_of_warp(llvm::Value* block, llvm::Value* last, llvm::Value* column) {
  const Schedule::Pass& pass = schedule_.passes[0];
  const BinaryCounter lanes = counter(pass);
  flow_.each(number(0), number(kLanesOfWarp), 1, [&](llvm::Value* visit) {
    // The three bits of `visit` in reverse order.
    llvm::Value* low = builder_.CreateShl(builder_.CreateAnd(visit, number(1)), 2);
    llvm::Value* middle = builder_.CreateAnd(visit, number(2));
    llvm::Value* lane =
        builder_.CreateOr(builder_.CreateOr(low, middle), builder_.CreateLShr(visit, 2));
    llvm::Value* first = builder_.CreateAdd(
        block, builder_.CreateAdd(warp_, builder_.CreateMul(lane, number(kWarps))));
    put(pass, lanes.slot(visit), fold_lane(first, last, column));
    lanes.push(visit);
  });
}

/// Combines what the warps have put into shared memory for the thread's column.
Values ThreadLoops::combine_warps() {
  const Schedule::Pass& pass = schedule_.passes[0];
  Values totals;
  for (std::size_t f = 0; f < pass.folds.size(); ++f) {
    const Fold fold = fold_of(pass.folds[f]);
    llvm::Type* type = computed_type(context(), fold.type());
    Values parts;
    for (std::int64_t warp = 0; warp < kWarps; ++warp)
      parts.push_back(builder_.CreateLoad(
          type, shared_place(f, type, builder_.CreateAdd(lane_, number(warp * kWarp)))));
    totals.push_back(fold.total(parts));
  }
  return totals;
}

void ThreadLoops::emit_columns() {
  const Schedule::Pass& pass = schedule_.passes[0];
  llvm::Value* tiles = quotient_up(builder_, sizes_.length, number(kWarp));
  begin_plane(builder_.CreateUDiv(block_, tiles));
  llvm::Value* tile = builder_.CreateURem(block_, tiles);
  llvm::Value* column = builder_.CreateAdd(builder_.CreateMul(tile, number(kWarp)), lane_);
  llvm::Value* is_column = builder_.CreateICmpSLT(column, sizes_.length);
  open_slots(pass, kLaneLevels);
  const Values lane_slots = slots_;
  open_slots(pass, kBlockLevels);
  const Values block_slots = slots_;
  const BinaryCounter blocks = counter(pass);
  flow_.each(number(0), sizes_.runs, kFoldBlock, [&](llvm::Value* block) {
    llvm::Value* end = least(builder_, builder_.CreateAdd(block, number(kFoldBlock)), sizes_.runs);
    slots_ = lane_slots;
    // Threads without a column find no rows, but meet the others.
    fold_lanes_of_warp(block, builder_.CreateSelect(is_column, end, block), column);
    const Values folded = taken(pass);
    for (std::size_t f = 0; f < folded.size(); ++f)
      builder_.CreateStore(folded[f], shared_place(f, folded[f]->getType(), thread_));
    meet();
    const Values totals = combine_warps();
    meet();
    slots_ = block_slots;
    llvm::Value* number_of_block = builder_.CreateUDiv(block, number(kFoldBlock));
    put(pass, blocks.slot(number_of_block), totals);
    blocks.push(number_of_block);
  });
  slots_ = block_slots;
  blocks.finish(builder_.CreateUDiv(builder_.CreateAdd(sizes_.runs, number(kFoldBlock - 1)),
                                    number(kFoldBlock)));
  const Values totals = taken(pass);
  llvm::Value* is_writer = builder_.CreateAnd(is_column, builder_.CreateICmpEQ(warp_, number(0)));
  flow_.when(is_writer, [&] {
    begin_run(number(0));
    for (std::size_t f = 0; f < pass.folds.size(); ++f) {
      const PlanNode& node = plan_.nodes[pass.folds[f]];
      if (node.output == kNoAccess) continue;
      Iteration iteration = begin(column, 0);
      store(node.output, Fold(node).finish(totals[f], sizes_.runs), iteration);
    }
  });
}

}  // namespace gt::worker::jit

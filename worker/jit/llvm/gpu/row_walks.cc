// Walks over a row by the threads of a warp, or of a block.
#include <llvm/IR/IntrinsicsNVPTX.h>

#include "worker/jit/llvm/gpu/thread_loops.h"

namespace gt::worker::jit {

/// Whether a block walks the row: its warps take blocks of the tree in turn.
bool ThreadLoops::is_long_row() const {
  std::int64_t length = 1;
  for (const PlanSize& size : plan_.inner)
    length = size.constant == 0 ? kFoldBlock + 1 : length * size.constant;
  return length > kFoldBlock;
}

void ThreadLoops::emit_row(llvm::Value* row) {
  begin_run(row);
  compute_row_nodes(-1);
  for (int pass = 0; pass < static_cast<int>(schedule_.passes.size()); ++pass) {
    emit_row_pass(schedule_.passes[static_cast<std::size_t>(pass)], pass);
    compute_row_nodes(pass);
  }
  llvm::Value* member = is_long_row() ? thread_ : lane_;
  flow_.when(builder_.CreateICmpEQ(member, number(0)), [&] { store_row_results(); });
}

void ThreadLoops::emit_row_pass(const Schedule::Pass& pass, int number) {
  if (!pass.folds.empty()) return emit_fold_pass(pass, number);
  if (pass.stores.empty()) return;
  // A thread visits the elements that it visits in a pass with folds.
  const auto visit = [&](llvm::Value* first, llvm::Value* end) {
    const int together = unrolling(pass);
    const Flow::Turn rest =
        flow_.whole_steps(first, end, together * kWarp, {}, [&](llvm::Value* index, const Values&) {
          Values places;
          for (int k = 0; k < together; ++k)
            places.push_back(
                builder_.CreateAdd(builder_.CreateAdd(index, lane_), this->number(k * kWarp)));
          do_together(pass, number, places);
          return Values{};
        });
    flow_.each(builder_.CreateAdd(rest.index, lane_), end, kWarp,
               [&](llvm::Value* place) { do_together(pass, number, {place}); });
  };
  if (!is_long_row()) return visit(this->number(0), sizes_.length);
  llvm::Value* first = builder_.CreateMul(warp_, this->number(kFoldBlock));
  flow_.each(first, sizes_.length, kWarps * kFoldBlock, [&](llvm::Value* block) {
    visit(block,
          least(builder_, builder_.CreateAdd(block, this->number(kFoldBlock)), sizes_.length));
  });
}

/// Folds what is in whole turns; `first` becomes the begin of the rest. Gives two lanes a fold.
Values ThreadLoops::fold_steps(const Schedule::Pass& pass, int number, llvm::Value*& first,
                               llvm::Value* end) {
  Values start;
  for (std::uint32_t n : pass.folds) start.insert(start.end(), 2, fold_of(n).identity());
  const int halves = unrolling(pass);
  const std::int64_t step = halves == 1 ? kFoldLanes : halves * kWarp;
  const Flow::Turn turn =
      flow_.whole_steps(first, end, step, start, [&](llvm::Value* index, const Values& now) {
        Values next = now;
        std::vector<Iteration> iterations;
        for (std::int64_t half = 0; half < step / kWarp; ++half) {
          llvm::Value* place =
              builder_.CreateAdd(builder_.CreateAdd(index, lane_), this->number(half * kWarp));
          iterations.push_back(begin(place, number));
          for (std::size_t f = 0; f < pass.folds.size(); ++f) {
            const PlanNode& node = plan_.nodes[pass.folds[f]];
            llvm::Value*& lane = next[2 * f + static_cast<std::size_t>(half % 2)];
            lane = Fold(node).combine(lane, operand(node, 0, &iterations.back()));
          }
          compute_elements(pass, iterations.back());
        }
        for (Iteration& iteration : iterations) store_elements(pass, iteration);
        return next;
      });
  first = turn.index;
  return turn.carried;
}

Values ThreadLoops::fold_in_warp(const Schedule::Pass& pass, int number, llvm::Value* first,
                                 llvm::Value* end) {
  Values lanes = fold_steps(pass, number, first, end);
  for (std::int64_t half = 0; half < 2; ++half) {
    // The rest of lane `lane` and of lane `lane + 32`, one after the other.
    Values carried = {
        builder_.CreateAdd(builder_.CreateAdd(first, lane_), this->number(half * kWarp))};
    for (std::size_t f = 0; f < pass.folds.size(); ++f)
      carried.push_back(lanes[2 * f + static_cast<std::size_t>(half)]);
    const Values made = flow_.repeat(
        carried, [&](const Values& now) { return builder_.CreateICmpSLT(now[0], end); },
        [&](const Values& now) {
          Iteration iteration = begin(now[0], number);
          Values next = {builder_.CreateNSWAdd(now[0], this->number(kFoldLanes))};
          for (std::size_t f = 0; f < pass.folds.size(); ++f) {
            const PlanNode& node = plan_.nodes[pass.folds[f]];
            next.push_back(Fold(node).combine(now[f + 1], operand(node, 0, &iteration)));
          }
          store_elements(pass, iteration);
          return next;
        });
    for (std::size_t f = 0; f < pass.folds.size(); ++f)
      lanes[2 * f + static_cast<std::size_t>(half)] = made[f + 1];
  }
  Values totals;
  for (std::size_t f = 0; f < pass.folds.size(); ++f) {
    const Fold fold = fold_of(pass.folds[f]);
    llvm::Value* total = fold.combine(lanes[2 * f], lanes[2 * f + 1]);
    for (std::int64_t distance = kWarp / 2; distance > 0; distance /= 2)
      total = fold.combine(total, from_further(total, distance));
    totals.push_back(from_first(total));
  }
  return totals;
}

llvm::Value* ThreadLoops::block_count() {
  return quotient_up(builder_, sizes_.length, number(kFoldBlock));
}

Values ThreadLoops::fold_blocks(const Schedule::Pass& pass, int number, llvm::Value* first_block,
                                llvm::Value* count) {
  open_slots(pass, kBlockLevels);
  const BinaryCounter blocks = counter(pass);
  const auto place = [&](std::size_t f, llvm::Value* warp) {
    return shared_place(f, computed_type(context(), fold_of(pass.folds[f]).type()), warp);
  };
  flow_.each(this->number(0), count, kWarps, [&](llvm::Value* round) {
    llvm::Value* block = builder_.CreateAdd(round, warp_);
    flow_.when(builder_.CreateICmpSLT(block, count), [&] {
      llvm::Value* first =
          builder_.CreateMul(builder_.CreateAdd(first_block, block), this->number(kFoldBlock));
      llvm::Value* end =
          least(builder_, builder_.CreateAdd(first, this->number(kFoldBlock)), sizes_.length);
      const Values made = fold_in_warp(pass, number, first, end);
      flow_.when(builder_.CreateICmpEQ(lane_, this->number(0)), [&] {
        for (std::size_t f = 0; f < made.size(); ++f)
          builder_.CreateStore(made[f], place(f, warp_));
      });
    });
    meet();
    // Every thread combines all of them, in their order.
    llvm::Value* last = least(builder_, builder_.CreateAdd(round, this->number(kWarps)), count);
    flow_.each(round, last, 1, [&](llvm::Value* done) {
      Values made;
      for (std::size_t f = 0; f < pass.folds.size(); ++f)
        made.push_back(builder_.CreateLoad(computed_type(context(), fold_of(pass.folds[f]).type()),
                                           place(f, builder_.CreateSub(done, round))));
      put(pass, blocks.slot(done), made);
      blocks.push(done);
    });
    meet();
  });
  blocks.finish(count);
  return taken(pass);
}

void ThreadLoops::finish_folds(const Schedule::Pass& pass, const Values& totals) {
  for (std::size_t f = 0; f < pass.folds.size(); ++f)
    scalars_[pass.folds[f]] = fold_of(pass.folds[f]).finish(totals[f], sizes_.length);
}

void ThreadLoops::emit_fold_pass(const Schedule::Pass& pass, int number) {
  finish_folds(pass, is_long_row() ? fold_blocks(pass, number, this->number(0), block_count())
                                   : fold_in_warp(pass, number, this->number(0), sizes_.length));
}

}  // namespace gt::worker::jit

// Folds of columns, tile by tile: each column by the tree. The lanes of the tree are visited in the
// order in which they combine, so that only a few partial results of each column are alive; they
// lie in scratch memory, a slot of kTileColumns elements for each.
#include <bit>

#include "worker/jit/llvm/loop_emitter.h"

namespace gt::worker::jit {
namespace {

/// Instructions of a column whose rows are folded in registers.
constexpr std::int64_t kMostCostOfFewRows = 600;

}  // namespace

/// `base`: the first slot of a counter, counted over all slots of a fold.
llvm::Value* LoopEmitter::slot_of(std::size_t fold, llvm::Value* base, llvm::Value* slot) {
  const auto first = static_cast<std::int64_t>(fold) * (kLaneLevels + kBlockLevels);
  llvm::Value* index = builder_.CreateAdd(builder_.CreateAdd(base, slot), number(first));
  return builder_.CreateGEP(builder_.getInt8Ty(), scratch_,
                            builder_.CreateMul(index, number(kTileBytes)));
}

void LoopEmitter::combine_slots(llvm::Value* base, llvm::Value* lower, llvm::Value* upper) {
  const Schedule::Pass& pass = schedule_.passes[0];
  for (std::size_t f = 0; f < pass.folds.size(); ++f) {
    const Fold fold = fold_of(pass.folds[f]);
    llvm::Value* low = slot_of(f, base, lower);
    llvm::Value* high = slot_of(f, base, upper);
    flow_.each(number(0), tile_columns_, width_, [&](llvm::Value* column) {
      const ir::Lanes lanes(builder_, width_);
      llvm::Type* element = computed_type(context(), fold.type());
      llvm::Type* type = ir::Lanes::type_of(element);
      llvm::Value* to = builder_.CreateGEP(element, low, column);
      llvm::Value* from = builder_.CreateGEP(element, high, column);
      llvm::Value* made = fold.combine(builder_.CreateAlignedLoad(type, to, llvm::Align(4)),
                                       builder_.CreateAlignedLoad(type, from, llvm::Align(4)));
      builder_.CreateAlignedStore(made, to, llvm::Align(4));
    });
  }
}

/// Folds rows first, first + 64, ... < end into a slot of the lanes' counter; every row from
/// `first` on where the order does not matter. Rows that are walked one after the other lie far
/// apart: each asks for the next.
void LoopEmitter::fold_lane(const LaneRows& rows, llvm::Value* slot, llvm::Value* first_column,
                            llvm::Value* end_column) {
  const Schedule::Pass& pass = schedule_.passes[0];
  lanes_.clear();
  for (std::size_t f = 0; f < pass.folds.size(); ++f) {
    lanes_.push_back(slot_of(f, number(0), slot));
    const Fold fold = fold_of(pass.folds[f]);
    flow_.each(number(0), tile_columns_, width_, [&](llvm::Value* column) {
      const ir::Lanes lanes(builder_, width_);
      llvm::Value* place =
          builder_.CreateGEP(computed_type(context(), fold.type()), lanes_[f], column);
      builder_.CreateAlignedStore(fold.identity(), place, llvm::Align(4));
    });
  }
  const std::int64_t step = plan_.one_result ? kFoldLanes : 1;
  flow_.each(rows.first, rows.end, step, [&](llvm::Value* run) {
    llvm::Value* below = builder_.CreateAdd(run, number(step));
    begin_run(builder_.CreateSelect(builder_.CreateICmpSLT(below, rows.end), below, rows.next));
    const Values next = bases_;
    begin_run(run);
    find_distance_of_run(first_column);
    const auto visit = [&](Iteration& iteration) {
      fetch(iteration.index, next);
      fold_in_memory(pass, iteration, builder_.CreateSub(iteration.index, first_column));
    };
    const unsigned together = lanes_of(pass);
    const Flow::Turn rest = flow_.whole_steps(first_column, end_column, together, {},
                                              [&](llvm::Value* index, const Values&) {
                                                const ir::Lanes lanes(builder_, together);
                                                Iteration iteration = begin(index, 0);
                                                visit(iteration);
                                                store_turn(pass, {&iteration, 1});
                                                return Values{};
                                              });
    for_long_rest(rest.index, end_column, 0, together, [&](Iteration& iteration) {
      visit(iteration);
      store_elements(pass, iteration);
    });
  });
}

/// Folds a tile into slot 0 of the blocks' counter.
void LoopEmitter::fold_by_tree(llvm::Value* first, llvm::Value* end) {
  const auto counter = [&](std::int64_t base) {
    return BinaryCounter(builder_, [this, base](llvm::Value* lower, llvm::Value* upper) {
      combine_slots(number(base), lower, upper);
    });
  };
  const BinaryCounter lanes = counter(0);
  const BinaryCounter blocks = counter(kLaneLevels);
  const Schedule::Pass& pass = schedule_.passes[0];
  flow_.each(number(0), sizes_.runs, kFoldBlock, [&](llvm::Value* block) {
    llvm::Value* last = least(builder_, builder_.CreateAdd(block, number(kFoldBlock)), sizes_.runs);
    llvm::Value* length = builder_.CreateSub(last, block);
    // The power of two that is not below the length, at most 64, and its logarithm.
    llvm::Value* most = least(builder_, length, number(kFoldLanes));
    llvm::Value* leading =
        builder_.CreateIntrinsic(llvm::Intrinsic::ctlz, {builder_.getInt64Ty()},
                                 {builder_.CreateSub(most, number(1)), builder_.getFalse()});
    llvm::Value* logarithm = builder_.CreateSub(number(64), leading);
    llvm::Value* count = builder_.CreateShl(number(1), logarithm);
    const auto first_row = [&](llvm::Value* visit) {
      llvm::Value* reversed = builder_.CreateUnaryIntrinsic(llvm::Intrinsic::bitreverse, visit);
      llvm::Value* shifted =
          builder_.CreateLShr(reversed, builder_.CreateSub(number(63), logarithm));
      return builder_.CreateAdd(block, builder_.CreateLShr(shifted, number(1)));
    };
    llvm::Value* last_row = builder_.CreateSub(last, number(1));
    flow_.each(number(0), count, 1, [&](llvm::Value* visit) {
      llvm::Value* next = first_row(builder_.CreateAdd(visit, number(1)));
      fold_lane({first_row(visit), last, least(builder_, next, last_row)}, lanes.slot(visit), first,
                end);
      lanes.push(visit);
    });
    // The lanes' total joins the blocks.
    llvm::Value* number_of_block = builder_.CreateUDiv(block, number(kFoldBlock));
    llvm::Value* slot = blocks.slot(number_of_block);
    for (std::size_t f = 0; f < pass.folds.size(); ++f)
      builder_.CreateMemCpy(slot_of(f, number(kLaneLevels), slot), llvm::Align(64),
                            slot_of(f, number(0), number(0)), llvm::Align(64), number(kTileBytes));
    blocks.push(number_of_block);
  });
  blocks.finish(builder_.CreateUDiv(builder_.CreateAdd(sizes_.runs, number(kFoldBlock - 1)),
                                    number(kFoldBlock)));
}

void LoopEmitter::emit_tile(llvm::Value* first, llvm::Value* end) {
  tile_columns_ = builder_.CreateSub(end, first);
  if (plan_.one_result)
    fold_by_tree(first, end);
  else
    fold_lane({number(0), sizes_.runs, number(0)}, number(0), first, end);
  store_totals(first, end);
}

/// Stores what lies in slot 0 of the blocks' counter.
void LoopEmitter::store_totals(llvm::Value* first, llvm::Value* end) {
  const Schedule::Pass& pass = schedule_.passes[0];
  begin_run(number(0));
  for (std::size_t f = 0; f < pass.folds.size(); ++f) {
    const PlanNode& node = plan_.nodes[pass.folds[f]];
    if (node.output == kNoAccess) continue;
    const Fold fold(node);
    llvm::Value* totals = slot_of(f, number(plan_.one_result ? kLaneLevels : 0), number(0));
    for_rest(first, end, 0, [&](Iteration& iteration) {
      llvm::Type* element = computed_type(context(), fold.type());
      llvm::Value* place =
          builder_.CreateGEP(element, totals, builder_.CreateSub(iteration.index, first));
      llvm::Value* total =
          builder_.CreateAlignedLoad(ir::Lanes::type_of(element), place, llvm::Align(4));
      store(node.output, fold.finish(total, sizes_.runs), iteration);
    });
  }
}

std::int64_t LoopEmitter::few_rows() const {
  std::int64_t rows = 1;
  for (const PlanSize& size : plan_.outer) rows *= size.constant;
  return rows <= kFewRows && rows * schedule_.passes[0].cost <= kMostCostOfFewRows ? rows : 0;
}

/// The tree over the rows of some columns: lanes without a row change no value.
void LoopEmitter::fold_few_rows(Iteration& iteration) {
  const Schedule::Pass& pass = schedule_.passes[0];
  std::vector<Values> rows(pass.folds.size());
  for (std::int64_t row = 0; row < few_rows(); ++row) {
    begin_run(number(row));
    Iteration elements = begin(iteration.index, 0);
    elements.mask = iteration.mask;
    compute_elements(pass, elements);
    for (std::size_t f = 0; f < pass.folds.size(); ++f)
      rows[f].push_back(operand(plan_.nodes[pass.folds[f]], 0, &elements));
    store_elements(pass, elements);
  }
  for (std::size_t f = 0; f < pass.folds.size(); ++f) {
    const PlanNode& node = plan_.nodes[pass.folds[f]];
    if (node.output == kNoAccess) continue;
    const Fold fold(node);
    Values& lanes = rows[f];
    for (std::size_t half = std::bit_ceil(lanes.size()) / 2; half > 0; half /= 2)
      for (std::size_t lane = 0; lane < half && lane + half < lanes.size(); ++lane)
        lanes[lane] = fold.combine(lanes[lane], lanes[lane + half]);
    store(node.output, fold.finish(lanes.front(), sizes_.runs), iteration);
  }
}

void LoopEmitter::emit_few_rows(llvm::Value* first, llvm::Value* end) {
  const Flow::Turn rest =
      flow_.whole_steps(first, end, width_, {}, [&](llvm::Value* index, const Values&) {
        const ir::Lanes lanes(builder_, width_);
        Iteration iteration = begin(index, 0);
        fold_few_rows(iteration);
        return Values{};
      });
  for_rest(rest.index, end, 0, [&](Iteration& iteration) { fold_few_rows(iteration); });
}

void LoopEmitter::emit_columns() {
  const Units units = units_of(builder_, plan_, sizes_);
  flow_.each(first_, last_, 1, [&](llvm::Value* unit) {
    begin_plane(builder_.CreateUDiv(unit, units.blocks));
    if (is_narrow()) return emit_narrow_columns();
    llvm::Value* tile = builder_.CreateURem(unit, units.blocks);
    llvm::Value* first = builder_.CreateMul(tile, number(kTileColumns));
    llvm::Value* end =
        least(builder_, builder_.CreateAdd(first, number(kTileColumns)), sizes_.length);
    if (few_rows() != 0)
      emit_few_rows(first, end);
    else
      emit_tile(first, end);
  });
}

}  // namespace gt::worker::jit

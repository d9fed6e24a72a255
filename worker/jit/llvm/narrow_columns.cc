// Folds of columns where rows are short: 64 of them, one for each lane of the tree, are walked as
// one run, and added to the 64 before them. The lanes of all columns lie in scratch memory, row by
// row, so that to combine lanes is to combine the two halves of what is left.
#include <algorithm>

#include "worker/jit/llvm/loop_emitter.h"

namespace gt::worker::jit {
namespace {

constexpr std::int64_t kMostNarrow = 127;
/// Lanes of a step that stand behind the last element.
constexpr std::int64_t kBehind = 128;

}  // namespace

std::int64_t LoopEmitter::columns() const {
  std::int64_t columns = 1;
  for (const PlanSize& size : plan_.inner) columns *= size.constant;
  return columns;
}

bool LoopEmitter::is_narrow() const {
  if (plan_.fold != Space::Fold::columns || !plan_.one_result || columns() == 0 ||
      columns() > kMostNarrow || few_rows() != 0)
    return false;
  return std::all_of(plan_.accesses.begin(), plan_.accesses.end(),
                     [&](const PlanAccess& access) {
                       if (access.role != Role::element || access.is_one_run) return true;
                       const PlanTensor& tensor = plan_.tensors[access.tensor];
                       return access.form != PlanAccess::Inner::indexed && !tensor.is_output &&
                              tensor.is_alone;
                     }) &&
         std::none_of(plan_.nodes.begin(), plan_.nodes.end(),
                      [](const PlanNode& node) { return node.indexing.has_value(); });
}

std::vector<LoopEmitter::Spread> LoopEmitter::find_narrow_spreads() const {
  std::vector<Spread> spreads;
  for (std::uint32_t a = 0; a < plan_.accesses.size(); ++a) {
    const PlanAccess& access = plan_.accesses[a];
    if (access.role != Role::element || access.is_one_run) continue;
    const PlanStride along = access.form == PlanAccess::Inner::dense
                                 ? PlanStride{PlanStride::Kind::one, 0}
                             : access.form == PlanAccess::Inner::strided ? access.inner[0]
                                                                         : PlanStride{};
    const bool is_same =
        std::all_of(access.outer.begin(), access.outer.end(),
                    [](const PlanStride& stride) { return stride.kind == PlanStride::Kind::zero; });
    spreads.push_back({a, access.outer, along,
                       stored_type(module_.getContext(), plan_.tensors[access.tensor].dtype),
                       is_same ? columns() : 0, nullptr});
  }
  return spreads;
}

std::int64_t LoopEmitter::narrow_bytes() const {
  if (!is_narrow()) return 0;
  const std::int64_t elements = columns() * kFoldLanes;
  const auto folds = static_cast<std::int64_t>(schedule_.passes[0].folds.size());
  return folds * (elements + kBehind) * 8 + bytes_of(find_narrow_spreads(), elements);
}

/// Folds what a turn [first, end) of at most 64 rows has into the lanes.
void LoopEmitter::fold_turn(llvm::Value* first, llvm::Value* end) {
  const Schedule::Pass& pass = schedule_.passes[0];
  const unsigned together = std::min(lanes_of(pass), static_cast<unsigned>(kFoldLanes));
  const auto visit = [&](Iteration& iteration) {
    fold_in_memory(pass, iteration, builder_.CreateSub(iteration.index, first));
    store_elements(pass, iteration);
  };
  const Flow::Turn rest =
      flow_.whole_steps(first, end, together, {}, [&](llvm::Value* index, const Values&) {
        const ir::Lanes lanes(builder_, together);
        Iteration iteration = begin(index, 0);
        visit(iteration);
        return Values{};
      });
  for_long_rest(rest.index, end, 0, together, visit);
}

/// Leaves the totals of all columns in the first lane.
void LoopEmitter::combine_narrow_lanes() {
  const Schedule::Pass& pass = schedule_.passes[0];
  flow_.repeat(
      {number(kFoldLanes / 2 * columns())},
      [&](const Values& now) { return builder_.CreateICmpSGE(now[0], number(columns())); },
      [&](const Values& now) {
        for (std::size_t f = 0; f < pass.folds.size(); ++f) {
          const Fold fold = fold_of(pass.folds[f]);
          llvm::Type* element = computed_type(context(), fold.type());
          const llvm::Align align(native::size_of(fold.type()));
          // The upper half is read before the last vector of the lower one reaches into it.
          flow_.each(number(0), now[0], width_, [&](llvm::Value* index) {
            const ir::Lanes lanes(builder_, width_);
            llvm::Type* type = ir::Lanes::type_of(element);
            llvm::Value* low = builder_.CreateGEP(element, lanes_[f], index);
            llvm::Value* high = builder_.CreateGEP(element, low, now[0]);
            llvm::Value* made = fold.combine(builder_.CreateAlignedLoad(type, low, align),
                                             builder_.CreateAlignedLoad(type, high, align));
            builder_.CreateAlignedStore(made, low, align);
          });
        }
        return Values{builder_.CreateLShr(now[0], 1)};
      });
}

/// Folds the elements [first, end) of a block.
void LoopEmitter::fold_narrow_block(std::span<const Spread> spreads, const ShortRows& rows,
                                    llvm::Value* first, llvm::Value* end) {
  const Schedule::Pass& pass = schedule_.passes[0];
  const std::int64_t elements = columns() * kFoldLanes;
  for (std::size_t f = 0; f < pass.folds.size(); ++f) {
    const Fold fold = fold_of(pass.folds[f]);
    flow_.each(number(0), number(elements), width_, [&](llvm::Value* index) {
      const ir::Lanes lanes(builder_, width_);
      llvm::Value* place =
          builder_.CreateGEP(computed_type(context(), fold.type()), lanes_[f], index);
      builder_.CreateAlignedStore(fold.identity(), place,
                                  llvm::Align(native::size_of(fold.type())));
    });
  }
  flow_.each(first, end, elements, [&](llvm::Value* turn) {
    llvm::Value* turn_end = least(builder_, builder_.CreateAdd(turn, number(elements)), end);
    spread_tile(spreads, rows, turn, turn_end);
    fold_turn(turn, turn_end);
  });
  combine_narrow_lanes();
}

void LoopEmitter::emit_narrow_columns() {
  const Schedule::Pass& pass = schedule_.passes[0];
  const std::int64_t elements = columns() * kFoldLanes;
  const auto folds = static_cast<std::int64_t>(pass.folds.size());
  llvm::Value* place = builder_.CreateGEP(
      builder_.getInt8Ty(), scratch_, number(folds * (kLaneLevels + kBlockLevels) * kTileBytes));
  lanes_.clear();
  for (std::int64_t f = 0; f < folds; ++f) {
    lanes_.push_back(place);
    place = builder_.CreateGEP(builder_.getInt8Ty(), place, number((elements + kBehind) * 8));
  }
  spread_memory_ = place;
  std::vector<Spread> spreads = find_narrow_spreads();
  const ShortRows rows{sizes_.outer, columns()};
  llvm::Value* length = builder_.CreateMul(sizes_.runs, number(columns()));
  begin_run(number(0));
  begin_spreads(spreads, rows, elements, number(0), length);
  tile_columns_ = number(columns());
  const BinaryCounter blocks(builder_, [&](llvm::Value* lower, llvm::Value* upper) {
    combine_slots(number(kLaneLevels), lower, upper);
  });
  const std::int64_t block_elements = kFoldBlock * columns();
  flow_.each(number(0), length, block_elements, [&](llvm::Value* first) {
    fold_narrow_block(spreads, rows, first,
                      least(builder_, builder_.CreateAdd(first, number(block_elements)), length));
    llvm::Value* block = builder_.CreateUDiv(first, number(block_elements));
    llvm::Value* slot = blocks.slot(block);
    for (std::size_t f = 0; f < pass.folds.size(); ++f)
      builder_.CreateMemCpy(slot_of(f, number(kLaneLevels), slot), llvm::Align(8), lanes_[f],
                            llvm::Align(8), number(columns() * 8));
    blocks.push(block);
  });
  blocks.finish(builder_.CreateUDiv(builder_.CreateAdd(sizes_.runs, number(kFoldBlock - 1)),
                                    number(kFoldBlock)));
  store_totals(number(0), number(columns()));
}

}  // namespace gt::worker::jit

// Folds of a row.
#include "worker/jit/llvm/loop_emitter.h"

namespace gt::worker::jit {
namespace {

/// Instructions of an element up to which the 64 lanes are computed in one turn of the loop, with
/// the partial results in registers.
constexpr int kCheapFold = 40;
constexpr unsigned kMostVectors = 8;

}  // namespace

/// Lanes whose partial results are in registers, beginning with the first; 0 if none are.
std::int64_t LoopEmitter::lanes_in_registers(const Schedule::Pass& pass) const {
  const unsigned vectors = static_cast<unsigned>(kFoldLanes) / width_;
  if (pass.cost <= kCheapFold && vectors <= kMostVectors) return kFoldLanes;
  return plan_.one_result ? 0 : static_cast<std::int64_t>(width_);
}

void LoopEmitter::fold_in_memory(const Schedule::Pass& pass, Iteration& iteration,
                                 llvm::Value* lane) {
  for (std::size_t f = 0; f < pass.folds.size(); ++f) {
    const PlanNode& node = plan_.nodes[pass.folds[f]];
    const Fold fold(node);
    llvm::Type* element = computed_type(context(), fold.type());
    llvm::Value* place = builder_.CreateGEP(element, lanes_[f], lane);
    llvm::Type* type = ir::Lanes::type_of(element);
    const llvm::Align align(native::size_of(fold.type()));
    llvm::Value* before = builder_.CreateAlignedLoad(type, place, align);
    llvm::Value* after = fold.combine(before, operand(node, 0, &iteration));
    if (iteration.mask != nullptr) after = builder_.CreateSelect(iteration.mask, after, before);
    builder_.CreateAlignedStore(after, place, align);
  }
  store_elements(pass, iteration);
}

/// Folds what is in whole turns of 64 elements; `first` becomes the begin of the rest.
void LoopEmitter::fold_in_registers(const Schedule::Pass& pass, int number, llvm::Value*& first,
                                    llvm::Value* end) {
  const std::int64_t step = lanes_in_registers(pass);
  const auto vectors = static_cast<std::size_t>(step) / width_;
  const ir::Lanes lanes(builder_, width_);
  Values start;
  for (std::uint32_t n : pass.folds) {
    const Fold fold = fold_of(n);
    start.insert(start.end(), vectors, fold.identity());
  }
  const Flow::Turn turn =
      flow_.whole_steps(first, end, step, start, [&](llvm::Value* index, const Values& now) {
        Values next = now;
        std::vector<Iteration> iterations;
        for (std::size_t v = 0; v < vectors; ++v) {
          const auto offset = static_cast<std::int64_t>(v * width_);
          iterations.push_back(begin(builder_.CreateNSWAdd(index, this->number(offset)), number));
          for (std::size_t f = 0; f < pass.folds.size(); ++f) {
            const PlanNode& node = plan_.nodes[pass.folds[f]];
            llvm::Value*& lane = next[f * vectors + v];
            lane = Fold(node).combine(lane, operand(node, 0, &iterations.back()));
          }
          compute_elements(pass, iterations.back());
        }
        if (fetches_next(number))
          for (const Iteration& iteration : iterations) fetch(iteration.index, true);
        for (Iteration& iteration : iterations) store_elements(pass, iteration);
        return next;
      });
  for (std::size_t f = 0; f < pass.folds.size(); ++f)
    for (std::size_t v = 0; v < vectors; ++v) {
      llvm::Type* element = computed_type(context(), fold_of(pass.folds[f]).type());
      builder_.CreateAlignedStore(
          turn.carried[f * vectors + v],
          builder_.CreateGEP(element, lanes_[f],
                             this->number(static_cast<std::int64_t>(v * width_))),
          llvm::Align(4));
    }
  first = turn.index;
}

Values LoopEmitter::fold_block(const Schedule::Pass& pass, int number, llvm::Value* first,
                               llvm::Value* end) {
  const auto step = static_cast<std::int64_t>(width_);
  const auto for_lanes =
      [&](const std::function<void(std::size_t, const Fold&, llvm::Value*)>& visit) {
        const ir::Lanes lanes(builder_, width_);
        for (std::size_t f = 0; f < pass.folds.size(); ++f) {
          const Fold fold = fold_of(pass.folds[f]);
          for (std::int64_t lane = 0; lane < kFoldLanes; lane += step)
            visit(f, fold,
                  builder_.CreateGEP(computed_type(context(), fold.type()), lanes_[f],
                                     this->number(lane)));
        }
      };
  const bool is_in_registers = lanes_in_registers(pass) > 0;
  if (lanes_in_registers(pass) < kFoldLanes)
    for_lanes([&](std::size_t, const Fold& fold, llvm::Value* place) {
      builder_.CreateAlignedStore(fold.identity(), place, llvm::Align(4));
    });
  if (is_in_registers) {
    fold_in_registers(pass, number, first, end);
  } else {
    const Flow::Turn turn =
        flow_.whole_steps(first, end, kFoldLanes, {}, [&](llvm::Value* index, const Values&) {
          flow_.each(this->number(0), this->number(kFoldLanes), step, [&](llvm::Value* lane) {
            const ir::Lanes lanes(builder_, width_);
            Iteration iteration = begin(builder_.CreateNSWAdd(index, lane), number);
            if (fetches_next(number)) fetch(iteration.index, true);
            fold_in_memory(pass, iteration, lane);
          });
          return Values{};
        });
    first = turn.index;
  }
  for_rest(first, end, number, [&](Iteration& iteration) {
    fold_in_memory(pass, iteration, builder_.CreateSub(iteration.index, first));
  });
  std::vector<Values> parts(pass.folds.size());
  for_lanes([&](std::size_t f, const Fold& fold, llvm::Value* place) {
    llvm::Type* type = ir::Lanes::type_of(computed_type(context(), fold.type()));
    parts[f].push_back(builder_.CreateAlignedLoad(type, place, llvm::Align(4)));
  });
  const ir::Lanes lanes(builder_, width_);
  Values totals;
  for (std::size_t f = 0; f < pass.folds.size(); ++f)
    totals.push_back(fold_of(pass.folds[f]).total(parts[f]));
  return totals;
}

void LoopEmitter::emit_fold_pass(const Schedule::Pass& pass, int number, llvm::Value* end) {
  lanes_.clear();
  for (std::uint32_t n : pass.folds)
    lanes_.push_back(stack_memory(computed_type(context(), fold_of(n).type()), kFoldLanes));
  const auto* length = llvm::dyn_cast<llvm::ConstantInt>(end);
  Values totals;
  if (!plan_.one_result || (length != nullptr && length->getSExtValue() <= kFoldBlock)) {
    totals = fold_block(pass, number, this->number(0), end);
  } else {
    Values slots;
    for (std::uint32_t n : pass.folds)
      slots.push_back(stack_memory(computed_type(context(), fold_of(n).type()), kBlockLevels));
    const auto slot_of = [&](std::size_t f, llvm::Value* slot) {
      return builder_.CreateGEP(computed_type(context(), fold_of(pass.folds[f]).type()), slots[f],
                                slot);
    };
    const BinaryCounter blocks(builder_, [&](llvm::Value* lower, llvm::Value* upper) {
      const ir::Lanes lanes(builder_, 1);
      for (std::size_t f = 0; f < pass.folds.size(); ++f) {
        const Fold fold = fold_of(pass.folds[f]);
        llvm::Type* type = computed_type(context(), fold.type());
        llvm::Value* a = builder_.CreateLoad(type, slot_of(f, lower));
        llvm::Value* b = builder_.CreateLoad(type, slot_of(f, upper));
        builder_.CreateStore(fold.combine(a, b), slot_of(f, lower));
      }
    });
    flow_.each(this->number(0), end, kFoldBlock, [&](llvm::Value* first) {
      llvm::Value* last = least(builder_, builder_.CreateAdd(first, this->number(kFoldBlock)), end);
      const Values made = fold_block(pass, number, first, last);
      llvm::Value* count = builder_.CreateUDiv(first, this->number(kFoldBlock));
      for (std::size_t f = 0; f < made.size(); ++f)
        builder_.CreateStore(made[f], slot_of(f, blocks.slot(count)));
      blocks.push(count);
    });
    blocks.finish(builder_.CreateUDiv(builder_.CreateAdd(end, this->number(kFoldBlock - 1)),
                                      this->number(kFoldBlock)));
    for (std::size_t f = 0; f < pass.folds.size(); ++f)
      totals.push_back(builder_.CreateLoad(computed_type(context(), fold_of(pass.folds[f]).type()),
                                           slot_of(f, this->number(0))));
  }
  const ir::Lanes lanes(builder_, 1);
  for (std::size_t f = 0; f < pass.folds.size(); ++f)
    scalars_[pass.folds[f]] = fold_of(pass.folds[f]).finish(totals[f], sizes_.length);
}

}  // namespace gt::worker::jit

// Folds of a row.
#include <algorithm>
#include <bit>
#include <numeric>

#include "worker/jit/llvm/loop_emitter.h"

namespace gt::worker::jit {
namespace {

/// Instructions of an element up to which the 64 lanes are computed in one turn of the loop, with
/// the partial results in registers.
constexpr int kCheapFold = 40;
constexpr unsigned kMostVectors = 8;
/// Rows up to which one step takes all of a row, where its rest may be masked.
constexpr std::int64_t kShortRow = 2 * kFoldLanes;
/// Instructions of an element up to which that pays for rows of more than 64.
constexpr int kCheapLongRow = 10;

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
}

/// Lanes that one iteration of such a pass has: several vectors, so that operations that wait for
/// each other stand apart, and one look at the operands serves them all. As many as registers hold.
unsigned LoopEmitter::lanes_together(const Schedule::Pass& pass) const {
  const unsigned vectors =
      (machine_.processor().has_masks ? 4u : 2u) / (pass.folds.size() > 1 ? 2u : 1u);
  return std::min(vectors * width_, static_cast<unsigned>(lanes_in_registers(pass)));
}

/// Whether a pass is folded in registers as if no element were NaN, and again if one may have been:
/// it must do nothing but fold.
bool LoopEmitter::may_fold_again(const Schedule::Pass& pass) const {
  const bool looks = std::any_of(pass.folds.begin(), pass.folds.end(),
                                 [&](std::uint32_t n) { return fold_of(n).looks_for_nan(); });
  return looks && pass.stores.empty() && pass.keeps.empty() &&
         lanes_in_registers(pass) == kFoldLanes;
}

/// Folds what is in whole turns of 64 elements; `first` becomes the begin of the rest. Where the
/// pass may fold again the result says whether it has to, else it is null. A sum shows whether
/// there is a NaN; two infinities are taken for one.
llvm::Value* LoopEmitter::fold_in_registers(const Schedule::Pass& pass, int number,
                                            llvm::Value*& first, llvm::Value* end) {
  const std::int64_t step = lanes_in_registers(pass);
  const unsigned together = lanes_together(pass);
  const auto parts = static_cast<std::size_t>(step) / together;
  const std::size_t folds = pass.folds.size();
  const bool is_ordered = may_fold_again(pass);
  const ir::Lanes lanes(builder_, together);
  Values start;
  for (std::uint32_t n : pass.folds) start.insert(start.end(), parts, fold_of(n).identity());
  if (is_ordered)
    for (std::size_t k = 0; k < folds * parts; ++k)
      start.push_back(llvm::Constant::getNullValue(start[k]->getType()));
  const Flow::Turn turn =
      flow_.whole_steps(first, end, step, start, [&](llvm::Value* index, const Values& now) {
        Values next = now;
        std::vector<Iteration> iterations;
        Drawn drawn;
        for (std::size_t v = 0; v < parts; ++v) {
          const auto offset = static_cast<std::int64_t>(v * together);
          iterations.push_back(begin(builder_.CreateNSWAdd(index, this->number(offset)), number));
          iterations.back().drawn = parts > 1 ? &drawn : nullptr;
          iterations.back().is_second = v % 2 != 0;
          for (std::size_t f = 0; f < folds; ++f) {
            const PlanNode& node = plan_.nodes[pass.folds[f]];
            const Fold fold(node);
            llvm::Value*& lane = next[f * parts + v];
            llvm::Value* element = operand(node, 0, &iterations.back());
            const bool is_short = is_ordered && fold.looks_for_nan();
            lane = is_short ? fold.combine_ordered(lane, element) : fold.combine(lane, element);
            if (!is_short) continue;
            llvm::Value*& sum = next[(folds + f) * parts + v];
            sum = builder_.CreateFAdd(sum, element);
          }
          compute_elements(pass, iterations.back());
        }
        if (fetches_next(number))
          for (const Iteration& iteration : iterations) fetch(iteration.index, true);
        for (Iteration& iteration : iterations) store_elements(pass, iteration);
        return next;
      });
  first = turn.index;
  keep_lanes(pass, std::span(turn.carried).first(folds * parts));
  return is_ordered ? any_nan(std::span(turn.carried).subspan(folds * parts)) : nullptr;
}

/// The lanes of each fold, in parts one after the other.
void LoopEmitter::keep_lanes(const Schedule::Pass& pass, std::span<llvm::Value* const> lanes) {
  const std::size_t parts = lanes.size() / pass.folds.size();
  const std::int64_t length = lanes_in_registers(pass) / static_cast<std::int64_t>(parts);
  for (std::size_t k = 0; k < lanes.size(); ++k) {
    const std::size_t f = k / parts;
    llvm::Type* element = computed_type(context(), fold_of(pass.folds[f]).type());
    llvm::Value* place = builder_.CreateGEP(element, lanes_[f],
                                            number(static_cast<std::int64_t>(k % parts) * length));
    builder_.CreateAlignedStore(lanes[k], place, llvm::Align(4));
  }
}

/// Of vectors, those of integers among them.
llvm::Value* LoopEmitter::any_nan(std::span<llvm::Value* const> sums) {
  llvm::Value* has_nan = builder_.getFalse();
  for (llvm::Value* sum : sums) {
    if (!sum->getType()->isFPOrFPVectorTy()) continue;
    llvm::Value* is_nan = builder_.CreateFCmpUNO(sum, sum);
    has_nan = builder_.CreateOr(has_nan, builder_.CreateOrReduce(is_nan));
  }
  return has_nan;
}

/// The same by way of memory, which must hold the identity or what was folded before.
llvm::Value* LoopEmitter::fold_turns_in_memory(const Schedule::Pass& pass, int number,
                                               llvm::Value* first, llvm::Value* end) {
  const unsigned together = std::min(lanes_of(pass), static_cast<unsigned>(kFoldLanes));
  const auto step = static_cast<std::int64_t>(together);
  const Flow::Turn turn =
      flow_.whole_steps(first, end, kFoldLanes, {}, [&](llvm::Value* index, const Values&) {
        flow_.each(this->number(0), this->number(kFoldLanes), step, [&](llvm::Value* lane) {
          const ir::Lanes lanes(builder_, together);
          Iteration iteration = begin(builder_.CreateNSWAdd(index, lane), number);
          if (fetches_next(number)) fetch(iteration.index, true);
          fold_in_memory(pass, iteration, lane);
          store_elements(pass, iteration);
        });
        return Values{};
      });
  return turn.index;
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
  const auto clear = [&] {
    for_lanes([&](std::size_t, const Fold& fold, llvm::Value* place) {
      builder_.CreateAlignedStore(fold.identity(), place, llvm::Align(4));
    });
  };
  if (lanes_in_registers(pass) < kFoldLanes) clear();
  if (lanes_in_registers(pass) > 0) {
    llvm::Value* const begin = first;
    llvm::Value* again = fold_in_registers(pass, number, first, end);
    if (again != nullptr)
      flow_.when(again, [&] {
        clear();
        static_cast<void>(fold_turns_in_memory(pass, number, begin, first));
      });
  } else {
    first = fold_turns_in_memory(pass, number, first, end);
  }
  for_rest(first, end, number, [&](Iteration& iteration) {
    fold_in_memory(pass, iteration, builder_.CreateSub(iteration.index, first));
    store_elements(pass, iteration);
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

/// Whether a row that ends at `end` is folded in one step.
bool LoopEmitter::is_short_row(const Schedule::Pass& pass, llvm::Value* end) const {
  const auto* length = llvm::dyn_cast<llvm::ConstantInt>(end);
  return length != nullptr && length->getSExtValue() <= kShortRow &&
         machine_.processor().has_masks && width_ <= kFoldLanes &&
         (pass.cost <= kCheapLongRow || length->getSExtValue() <= kFoldLanes);
}

/// The same as `fold_block` of a whole row, by way of registers alone. Lanes that have no element
/// are left out: combining with the identity changes nothing.
Values LoopEmitter::fold_short_row(const Schedule::Pass& pass, int number, std::int64_t length) {
  std::vector<Values> parts(pass.folds.size());
  for (std::int64_t first = 0; first < length; first += kFoldLanes) {
    const auto left = static_cast<unsigned>(std::min(kFoldLanes, length - first));
    const unsigned vectors = (left + width_ - 1) / width_;
    const ir::Lanes lanes(builder_, vectors * width_);
    Iteration iteration = begin(this->number(first), number);
    std::vector<llvm::Constant*> is_on;
    for (unsigned lane = 0; lane < vectors * width_; ++lane)
      is_on.push_back(builder_.getInt1(lane < left));
    if (left % width_ != 0) iteration.mask = llvm::ConstantVector::get(is_on);
    for (std::size_t f = 0; f < parts.size(); ++f) {
      const Fold fold = fold_of(pass.folds[f]);
      llvm::Value* row = operand(plan_.nodes[pass.folds[f]], 0, &iteration);
      if (iteration.mask != nullptr)
        row = builder_.CreateSelect(iteration.mask, row, fold.identity());
      combine_vectors(fold, row, parts[f]);
    }
    store_elements(pass, iteration);
  }
  const ir::Lanes lanes(builder_, width_);
  Values totals;
  for (std::size_t f = 0; f < parts.size(); ++f) {
    const Fold fold = fold_of(pass.folds[f]);
    while (!std::has_single_bit(parts[f].size())) parts[f].push_back(fold.identity());
    totals.push_back(fold.total(std::move(parts[f])));
  }
  return totals;
}

/// Combines the vectors of a row with `parts`, from the first on.
void LoopEmitter::combine_vectors(const Fold& fold, llvm::Value* row, Values& parts) {
  const unsigned vectors = ir::Lanes::width() / width_;
  const ir::Lanes lanes(builder_, width_);
  for (unsigned v = 0; v < vectors; ++v) {
    std::vector<int> own(width_);
    std::iota(own.begin(), own.end(), static_cast<int>(v * width_));
    llvm::Value* part = builder_.CreateShuffleVector(row, own);
    if (v < parts.size())
      parts[v] = fold.combine(parts[v], part);
    else
      parts.push_back(part);
  }
}

void LoopEmitter::emit_fold_pass(const Schedule::Pass& pass, int number, llvm::Value* end) {
  lanes_.clear();
  for (std::uint32_t n : pass.folds)
    lanes_.push_back(stack_memory(computed_type(context(), fold_of(n).type()), kFoldLanes));
  const auto* length = llvm::dyn_cast<llvm::ConstantInt>(end);
  Values totals;
  if (is_short_row(pass, end)) {
    totals = fold_short_row(pass, number, llvm::cast<llvm::ConstantInt>(end)->getSExtValue());
  } else if (!plan_.one_result || (length != nullptr && length->getSExtValue() <= kFoldBlock)) {
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

// One walk over a run.
#include "worker/jit/llvm/loop_emitter.h"

namespace gt::worker::jit {
bool LoopEmitter::fetches_next(int pass) const {
  if (plan_.spreads_runs) return true;
  if (plan_.fold != Space::Fold::rows || schedule_.passes.size() < 2) return false;
  std::size_t dearest = 0;
  for (std::size_t k = 1; k < schedule_.passes.size(); ++k)
    if (schedule_.passes[k].cost >= schedule_.passes[dearest].cost) dearest = k;
  return static_cast<std::size_t>(pass) == dearest;
}

unsigned LoopEmitter::lanes_of(const Schedule::Pass& pass) const {
  return width_ * std::min(pass.vectors, machine_.processor().vectors_together);
}

void LoopEmitter::for_rest(llvm::Value* first, llvm::Value* end, int pass, const Body& body) {
  if (machine_.processor().has_masks) return for_masked(first, end, pass, width_, body);
  const ir::Lanes lanes(builder_, 1);
  flow_.each(first, end, 1, [&](llvm::Value* index) {
    Iteration iteration = begin(index, pass);
    body(iteration);
  });
}

void LoopEmitter::for_long_rest(llvm::Value* first, llvm::Value* end, int pass, unsigned lanes,
                                const Body& body) {
  if (lanes == width_) return for_rest(first, end, pass, body);
  const auto* rest = llvm::dyn_cast<llvm::ConstantInt>(builder_.CreateSub(end, first));
  if (machine_.processor().has_masks && rest != nullptr) {
    const auto left = static_cast<unsigned>(rest->getZExtValue());
    if (left == 0) return;
    return for_masked(first, end, pass, (left + width_ - 1) / width_ * width_, body);
  }
  const Flow::Turn turn =
      flow_.whole_steps(first, end, width_, {}, [&](llvm::Value* index, const Values&) {
        const ir::Lanes vector(builder_, width_);
        Iteration iteration = begin(index, pass);
        body(iteration);
        return Values{};
      });
  for_rest(turn.index, end, pass, body);
}

void LoopEmitter::for_masked(llvm::Value* first, llvm::Value* end, int pass, unsigned width,
                             const Body& body) {
  const ir::Lanes lanes(builder_, width);
  flow_.each(first, end, width, [&](llvm::Value* index) {
    Iteration iteration = begin(index, pass);
    // A step has at most 128 lanes, so 32 bits are enough.
    llvm::Value* left = builder_.CreateTrunc(
        least(builder_, builder_.CreateSub(end, index), number(width)), builder_.getInt32Ty());
    std::vector<llvm::Constant*> numbers;
    for (unsigned lane = 0; lane < width; ++lane) numbers.push_back(builder_.getInt32(lane));
    iteration.mask =
        builder_.CreateICmpULT(llvm::ConstantVector::get(numbers), ir::Lanes::spread(left));
    body(iteration);
  });
}

void LoopEmitter::emit_pass(int number, llvm::Value* first, llvm::Value* end) {
  const Schedule::Pass& pass = schedule_.passes[static_cast<std::size_t>(number)];
  if (!pass.folds.empty())
    emit_fold_pass(pass, number, end);
  else if (!pass.stores.empty() || !pass.keeps.empty())
    emit_pointwise_pass(pass, number, first, end);
}

void LoopEmitter::emit_pointwise_pass(const Schedule::Pass& pass, int number, llvm::Value* first,
                                      llvm::Value* end) {
  const int steps = pass.steps;
  const unsigned lanes_together = lanes_of(pass);
  const auto step = static_cast<std::int64_t>(lanes_together);
  const Flow::Turn rest =
      flow_.whole_steps(first, end, steps * step, {}, [&](llvm::Value* index, const Values&) {
        const ir::Lanes lanes(builder_, lanes_together);
        std::vector<Iteration> iterations;
        Drawn drawn;
        for (int u = 0; u < steps; ++u) {
          iterations.push_back(begin(builder_.CreateNSWAdd(index, this->number(u * step)), number));
          iterations.back().drawn = steps > 1 ? &drawn : nullptr;
          iterations.back().is_second = u % 2 != 0;
          compute_elements(pass, iterations.back());
        }
        if (fetches_next(number))
          for (const Iteration& iteration : iterations) fetch(iteration.index, true);
        store_turn(pass, iterations);
        return Values{};
      });
  for_long_rest(rest.index, end, number, lanes_together,
                [&](Iteration& iteration) { store_elements(pass, iteration); });
}

}  // namespace gt::worker::jit

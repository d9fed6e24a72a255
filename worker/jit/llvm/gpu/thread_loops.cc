#include "worker/jit/llvm/gpu/thread_loops.h"

#include <llvm/IR/IntrinsicsNVPTX.h>

#include <limits>

namespace gt::worker::jit {
namespace {

/// Instructions of an element up to which a thread does four at a time.
constexpr int kModestCost = 80;
constexpr int kTogether = 4;

int elements_of_thread(const Schedule& schedule) {
  return !schedule.passes.empty() && schedule.passes.back().cost <= kModestCost ? kTogether : 1;
}

llvm::Value* parts(llvm::IRBuilder<>& builder, llvm::Value* a, std::int64_t b) {
  return quotient_up(builder, a, builder.getInt64(static_cast<std::uint64_t>(b)));
}

}  // namespace

llvm::Value* quotient_up(llvm::IRBuilder<>& builder, llvm::Value* a, llvm::Value* b) {
  llvm::Value* almost = builder.CreateAdd(a, builder.CreateSub(b, builder.getInt64(1)));
  return builder.CreateUDiv(almost, b);
}

ThreadLoops::ThreadLoops(llvm::Module& module, const LoopPlan& plan, Costs& costs)
    : LoopCode(module, plan, schedule_of(plan, costs, {}, Keeping::in_outputs), 1) {}

int ThreadLoops::unrolling(const Schedule::Pass& pass) const {
  return pass.cost <= kModestCost ? kTogether : 1;
}

llvm::Value* ThreadLoops::blocks(llvm::IRBuilder<>& builder, const Sizes& sizes) const {
  switch (plan_.fold) {
    case Space::Fold::none:
      return parts(builder, builder.CreateMul(sizes.runs, sizes.length),
                   kThreads * elements_of_thread(schedule_));
    case Space::Fold::rows:
      if (cuts_rows()) return cut(builder, sizes).blocks;
      return is_long_row() ? sizes.runs : parts(builder, sizes.runs, kWarps);
    case Space::Fold::columns:
      return builder.CreateMul(parts(builder, sizes.length, kWarp), sizes.plane_count);
  }
  return nullptr;
}

void ThreadLoops::read_thread() {
  llvm::Value* thread = builder_.CreateIntrinsic(llvm::Intrinsic::nvvm_read_ptx_sreg_tid_x, {}, {});
  thread_ = builder_.CreateZExt(thread, builder_.getInt64Ty());
  lane_ = builder_.CreateAnd(thread_, number(kWarp - 1));
  warp_ = builder_.CreateUDiv(thread_, number(kWarp));
}

void ThreadLoops::begin(const std::string& name) {
  llvm::Type* word = builder_.getInt64Ty();
  if (cuts_rows()) {
    declare(name, {word, word, word});
    block_ = rest_argument(2);
  } else {
    declare(name, {word});
    block_ = rest_argument(0);
  }
  read_thread();
  for (llvm::Value*& tensor : tensors_)
    tensor = builder_.CreateAddrSpaceCast(tensor, builder_.getPtrTy(kGlobal));
  begin_loop();
}

llvm::Function* ThreadLoops::emit(const std::string& name) {
  begin(name);
  const ir::Lanes lanes(builder_, 1);
  llvm::Value* is_first = builder_.CreateICmpEQ(builder_.CreateOr(block_, thread_), number(0));
  flow_.when(is_first, [&] { store_uniform_results(); });
  switch (plan_.fold) {
    case Space::Fold::none:
      emit_elements();
      break;
    case Space::Fold::rows:
      if (cuts_rows()) {
        emit_part();
      } else if (is_long_row()) {
        emit_row(block_);
      } else {
        llvm::Value* row = builder_.CreateAdd(builder_.CreateMul(block_, number(kWarps)), warp_);
        flow_.when(builder_.CreateICmpSLT(row, sizes_.runs), [&] { emit_row(row); });
      }
      break;
    case Space::Fold::columns:
      emit_columns();
      break;
  }
  builder_.CreateRetVoid();
  return function_;
}

void ThreadLoops::do_together(const Schedule::Pass& pass, int number, const Values& places) {
  std::vector<Iteration> iterations;
  for (llvm::Value* place : places) {
    iterations.push_back(begin(place, number));
    compute_elements(pass, iterations.back());
  }
  for (Iteration& iteration : iterations) store_elements(pass, iteration);
}

void ThreadLoops::emit_elements() {
  if (schedule_.passes.empty()) return;
  const int together = elements_of_thread(schedule_);
  llvm::Value* total = builder_.CreateMul(sizes_.runs, sizes_.length);
  llvm::Value* first = builder_.CreateMul(block_, number(kThreads * together));
  llvm::Value* end = least(builder_, builder_.CreateAdd(first, number(kThreads * together)), total);
  emit_some(builder_.CreateAdd(first, thread_), end, first);
}

void ThreadLoops::emit_some(llvm::Value* first, llvm::Value* end, llvm::Value* first_of_block) {
  const Schedule::Pass& pass = schedule_.passes.front();
  const auto one_by_one = [&]() -> llvm::Value* {
    flow_.each(first, end, kThreads,
               [&](llvm::Value* flat) { do_together(pass, 0, {enter_run(flat, first_of_block)}); });
    return nullptr;
  };
  const int together = elements_of_thread(schedule_);
  if (together == 1) {
    one_by_one();
    return;
  }
  llvm::Value* is_whole =
      builder_.CreateICmpEQ(builder_.CreateSub(end, first_of_block), number(kThreads * together));
  flow_.choose(
      is_whole,
      [&]() -> llvm::Value* {
        // Elements may be of different runs: each brings its own.
        std::vector<Iteration> iterations;
        std::vector<Values> bases;
        for (int k = 0; k < together; ++k) {
          llvm::Value* flat = builder_.CreateAdd(first, number(k * kThreads));
          iterations.push_back(begin(enter_run(flat, first_of_block), 0));
          compute_elements(pass, iterations.back());
          bases.push_back(bases_);
        }
        for (std::size_t k = 0; k < iterations.size(); ++k) {
          bases_ = bases[k];
          store_elements(pass, iterations[k]);
        }
        return nullptr;
      },
      one_by_one);
}

llvm::Value* ThreadLoops::enter_run(llvm::Value* flat, llvm::Value* first_of_block) {
  if (plan_.outer.empty()) {
    begin_run(number(0));
    return flat;
  }
  // The block's first run by a long division, which is the same in all threads; from there on by
  // a short one, where sizes are known to fit.
  llvm::Value* run = builder_.CreateUDiv(first_of_block, sizes_.length);
  llvm::Value* place = builder_.CreateSub(flat, builder_.CreateMul(run, sizes_.length));
  const auto* length = llvm::dyn_cast<llvm::ConstantInt>(sizes_.length);
  const bool is_short =
      length != nullptr && length->getSExtValue() < std::numeric_limits<std::int32_t>::max() / 2;
  llvm::Type* type = is_short ? builder_.getInt32Ty() : builder_.getInt64Ty();
  llvm::Value* narrow = builder_.CreateTrunc(place, type);
  llvm::Value* divisor = builder_.CreateTrunc(sizes_.length, type);
  llvm::Value* further = builder_.CreateUDiv(narrow, divisor);
  llvm::Value* rest = builder_.CreateSub(narrow, builder_.CreateMul(further, divisor));
  begin_run(builder_.CreateAdd(run, builder_.CreateZExt(further, builder_.getInt64Ty())));
  return builder_.CreateZExt(rest, builder_.getInt64Ty());
}

}  // namespace gt::worker::jit

// What threads of a block share.
#include <llvm/IR/IntrinsicsNVPTX.h>

#include "worker/jit/llvm/gpu/thread_loops.h"

namespace gt::worker::jit {
namespace {

constexpr unsigned kShared = 3;  ///< address space of the memory of a block
constexpr std::uint32_t kAllThreads = 0xFFFFFFFF;
constexpr std::uint64_t kSlotBytes = 8;

/// One variable a fold, for all loops of the module: a block does one loop.
llvm::GlobalVariable* shared_memory(llvm::Module& module, std::size_t fold) {
  const std::string name = "gt_shared_" + std::to_string(fold);
  if (llvm::GlobalVariable* known = module.getNamedGlobal(name)) return known;
  llvm::Type* type = llvm::ArrayType::get(llvm::Type::getInt64Ty(module.getContext()), kThreads);
  auto* made = new llvm::GlobalVariable(module, type, false, llvm::GlobalValue::InternalLinkage,
                                        llvm::UndefValue::get(type), name, nullptr,
                                        llvm::GlobalValue::NotThreadLocal, kShared);
  made->setAlignment(llvm::Align(kSlotBytes));
  return made;
}

}  // namespace

void ThreadLoops::meet() { builder_.CreateIntrinsic(llvm::Intrinsic::nvvm_barrier0, {}, {}); }

llvm::Value* ThreadLoops::shuffled(llvm::Value* value, llvm::Intrinsic::ID id,
                                   std::int64_t argument) {
  llvm::Type* type = value->getType();
  llvm::Type* word = builder_.getInt32Ty();
  const auto move = [&](llvm::Value* half) {
    return builder_.CreateIntrinsic(
        id, {},
        {builder_.getInt32(kAllThreads), half,
         builder_.getInt32(static_cast<std::uint32_t>(argument)), builder_.getInt32(kWarp - 1)});
  };
  if (type->getPrimitiveSizeInBits() == 32)
    return builder_.CreateBitCast(move(builder_.CreateBitCast(value, word)), type);
  llvm::Type* wide = builder_.getInt64Ty();
  llvm::Value* bits = builder_.CreateBitCast(value, wide);
  llvm::Value* low = move(builder_.CreateTrunc(bits, word));
  llvm::Value* high = move(builder_.CreateTrunc(builder_.CreateLShr(bits, 32), word));
  bits = builder_.CreateOr(builder_.CreateZExt(low, wide),
                           builder_.CreateShl(builder_.CreateZExt(high, wide), 32));
  return builder_.CreateBitCast(bits, type);
}

llvm::Value* ThreadLoops::from_further(llvm::Value* value, std::int64_t distance) {
  return shuffled(value, llvm::Intrinsic::nvvm_shfl_sync_down_i32, distance);
}
llvm::Value* ThreadLoops::from_first(llvm::Value* value) {
  return shuffled(value, llvm::Intrinsic::nvvm_shfl_sync_idx_i32, 0);
}

llvm::Value* ThreadLoops::shared_place(std::size_t fold, llvm::Type* type, llvm::Value* index) {
  return builder_.CreateGEP(type, shared_memory(module_, fold), index);
}

void ThreadLoops::open_slots(const Schedule::Pass& pass, std::int64_t levels) {
  slots_.clear();
  for (std::uint32_t n : pass.folds)
    slots_.push_back(stack_memory(computed_type(context(), fold_of(n).type()), levels));
}

BinaryCounter ThreadLoops::counter(const Schedule::Pass& pass) {
  return BinaryCounter(builder_, [this, &pass](llvm::Value* lower, llvm::Value* upper) {
    for (std::size_t f = 0; f < pass.folds.size(); ++f) {
      const Fold fold = fold_of(pass.folds[f]);
      llvm::Type* type = computed_type(context(), fold.type());
      llvm::Value* to = builder_.CreateGEP(type, slots_[f], lower);
      llvm::Value* from = builder_.CreateGEP(type, slots_[f], upper);
      builder_.CreateStore(
          fold.combine(builder_.CreateLoad(type, to), builder_.CreateLoad(type, from)), to);
    }
  });
}

void ThreadLoops::put(const Schedule::Pass& pass, llvm::Value* slot, const Values& values) {
  for (std::size_t f = 0; f < pass.folds.size(); ++f)
    builder_.CreateStore(values[f], builder_.CreateGEP(values[f]->getType(), slots_[f], slot));
}

Values ThreadLoops::taken(const Schedule::Pass& pass) {
  Values values;
  for (std::size_t f = 0; f < pass.folds.size(); ++f)
    values.push_back(
        builder_.CreateLoad(computed_type(context(), fold_of(pass.folds[f]).type()), slots_[f]));
  return values;
}

}  // namespace gt::worker::jit

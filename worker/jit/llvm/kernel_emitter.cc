#include "worker/jit/llvm/kernel_emitter.h"

#include <algorithm>
#include <cstddef>

#include "worker/jit/llvm/argument_code.h"

namespace gt::worker::jit {

std::string run_name(std::size_t index) { return "gt_kernel_" + std::to_string(index); }
std::string needs_name(std::size_t index) { return run_name(index) + "_needs"; }

const KernelEmitter::KnownLoop& KernelEmitter::known(const LoopPlan& plan) {
  for (const KnownLoop& loop : known_)
    if (*loop.plan == plan) return loop;
  KnownLoop made;
  made.plan = std::make_unique<LoopPlan>(plan);
  made.emitter = std::make_unique<LoopEmitter>(module_, machine_, *made.plan, costs_, tuning_);
  made.function = made.emitter->emit("loop_" + std::to_string(known_.size()));
  known_.push_back(std::move(made));
  return known_.back();
}

llvm::Function* KernelEmitter::declare(const std::string& name,
                                       llvm::ArrayRef<llvm::Type*> parameters) {
  llvm::LLVMContext& context = module_.getContext();
  auto* function = llvm::Function::Create(
      llvm::FunctionType::get(llvm::Type::getVoidTy(context), parameters, false),
      llvm::Function::ExternalLinkage, name, module_);
  function->setDoesNotThrow();
  llvm::BasicBlock::Create(context, "entry", function);
  return function;
}

std::vector<KernelEmitter::PlacedLoop> KernelEmitter::place(llvm::IRBuilder<>& builder,
                                                            llvm::Value* arguments,
                                                            std::span<const LoweredLoop> loops) {
  std::vector<PlacedLoop> placed;
  for (const LoweredLoop& loop : loops) {
    PlacedLoop made;
    made.loop = &loop;
    made.size_parameters = ArgumentCode(builder, arguments).sizes(loop.parameters);
    made.sizes = sizes_of(builder, loop.plan, made.size_parameters);
    made.units = units_of(builder, loop.plan, made.sizes).count;
    placed.push_back(std::move(made));
  }
  for (std::size_t k = 0; k < loops.size(); ++k) static_cast<void>(known(loops[k].plan));
  for (PlacedLoop& made : placed) made.known = &known(made.loop->plan);
  return placed;
}

/// Only sizes decide what a kernel needs.
bool KernelEmitter::KnownKernel::has_needs_of(const KnownKernel& other) const {
  return plans == other.plans &&
         std::equal(
             parameters.begin(), parameters.end(), other.parameters.begin(),
             [](const LoopParameters& a, const LoopParameters& b) { return a.sizes == b.sizes; });
}

void KernelEmitter::emit(std::size_t index, std::span<const LoweredLoop> loops) {
  KnownKernel made;
  for (const LoweredLoop& loop : loops) {
    made.plans.push_back(known(loop.plan).plan.get());
    made.parameters.push_back(loop.parameters);
  }
  for (const KnownKernel& other : kernels_) {
    if (!other.has_needs_of(made)) continue;
    made.needs = other.needs;
    if (other.parameters != made.parameters) continue;
    made.run = other.run;
    break;
  }
  const auto name = [](llvm::Function*& function, const std::string& as, auto&& write) {
    if (function != nullptr)
      llvm::GlobalAlias::create(as, function);
    else
      function = write();
  };
  name(made.run, run_name(index), [&] { return emit_run(index, loops); });
  name(made.needs, needs_name(index), [&] { return emit_needs(index, loops); });
  kernels_.push_back(std::move(made));
}

llvm::Function* KernelEmitter::emit_run(std::size_t index, std::span<const LoweredLoop> loops) {
  llvm::IRBuilder<> builder(module_.getContext());
  llvm::Function* function =
      declare(run_name(index), {builder.getPtrTy(), builder.getInt64Ty(), builder.getInt64Ty()});
  builder.SetInsertPoint(&function->getEntryBlock());
  llvm::Value* arguments = function->getArg(0);
  const auto placed = place(builder, arguments, loops);
  const ArgumentCode given(builder, arguments);
  llvm::Value* scratch = given.field(offsetof(KernelArguments, scratch), builder.getPtrTy());
  llvm::Value* refused = given.field(offsetof(KernelArguments, refused), builder.getPtrTy());
  llvm::Value* zero = builder.getInt64(0);
  llvm::Value* before = zero;
  for (const PlacedLoop& loop : placed) {
    // The units of this loop among those that are asked for.
    llvm::Value* first = builder.CreateSub(function->getArg(1), before);
    first = builder.CreateSelect(builder.CreateICmpSGT(first, zero), first, zero);
    llvm::Value* last = least(builder, builder.CreateSub(function->getArg(2), before), loop.units);
    Flow(builder).when(builder.CreateICmpSLT(first, last), [&] {
      Values values = given.all(loop.loop->parameters, loop.size_parameters);
      values.insert(values.end(), {first, last, scratch, refused});
      builder.CreateCall(loop.known->function, values);
    });
    before = builder.CreateAdd(before, loop.units);
  }
  builder.CreateRetVoid();
  return function;
}

llvm::Function* KernelEmitter::emit_needs(std::size_t index, std::span<const LoweredLoop> loops) {
  llvm::IRBuilder<> builder(module_.getContext());
  llvm::Function* function = declare(needs_name(index), {builder.getPtrTy(), builder.getPtrTy()});
  builder.SetInsertPoint(&function->getEntryBlock());
  const auto placed = place(builder, function->getArg(0), loops);
  llvm::Value* units = builder.getInt64(0);
  llvm::Value* scratch = builder.getInt64(0);
  for (const PlacedLoop& loop : placed) {
    units = builder.CreateAdd(units, loop.units);
    llvm::Value* bytes = loop.known->emitter->scratch_bytes(builder, loop.sizes);
    scratch = builder.CreateSelect(builder.CreateICmpSGT(bytes, scratch), bytes, scratch);
  }
  const auto store = [&](llvm::Value* value, std::size_t offset) {
    builder.CreateStore(
        value, builder.CreateConstGEP1_64(builder.getInt8Ty(), function->getArg(1), offset));
  };
  store(units, offsetof(KernelNeeds, units));
  store(scratch, offsetof(KernelNeeds, scratch_bytes));
  builder.CreateRetVoid();
  return function;
}

}  // namespace gt::worker::jit

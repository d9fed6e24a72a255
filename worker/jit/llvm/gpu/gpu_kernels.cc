#include "worker/jit/llvm/gpu/gpu_kernels.h"

#include <llvm/IR/IntrinsicsNVPTX.h>

#include <cstddef>

#include "common/error.h"

namespace gt::worker::jit {
namespace {

/// Words before those of the loops.
constexpr std::size_t kHeadWords = 2;

}  // namespace

std::string entry_name(std::size_t kernel, std::size_t launch) {
  return "gt_kernel_" + std::to_string(kernel) + "_" + std::to_string(launch);
}
std::string parameters_name(std::size_t kernel) {
  return "gt_kernel_" + std::to_string(kernel) + "_parameters";
}

const GpuKernels::KnownLoop& GpuKernels::known(const LoopPlan& plan) {
  for (const KnownLoop& loop : known_)
    if (*loop.plan == plan) return loop;
  KnownLoop made;
  const std::string number = std::to_string(known_.size());
  made.plan = std::make_unique<LoopPlan>(plan);
  made.emitter = std::make_unique<ThreadLoops>(device_, *made.plan, costs_);
  made.function = made.emitter->emit("loop_" + number);
  if (made.emitter->cuts_rows()) {
    made.end_emitter = std::make_unique<ThreadLoops>(device_, *made.plan, costs_);
    made.ends = made.end_emitter->emit_ends("ends_" + number);
  }
  known_.push_back(std::move(made));
  return known_.back();
}

/// Words of a loop in the block: its end, and its parameters.
std::size_t GpuKernels::words_of(const LoopPlan& plan) {
  return 1 + plan.tensors.size() + plan.size_parameters + plan.stride_parameters +
         plan.word_parameters + (known(plan).ends != nullptr ? 2 : 0);
}

/// As few launches as have room for the parameters of their loops.
std::vector<GpuKernels::Launch> GpuKernels::launches_of(std::span<const LoweredLoop> loops) {
  std::vector<Launch> launches;
  for (const bool is_end : {false, true}) {
    launches.push_back({is_end, {}, kHeadWords});
    for (std::size_t k = 0; k < loops.size(); ++k) {
      if (is_end && known(loops[k].plan).ends == nullptr) continue;
      const std::size_t own = words_of(loops[k].plan);
      if (kHeadWords + own > kMostWords)
        throw CommonError(ErrorKind::kInternal, "a loop of a GPU kernel has " +
                                                    std::to_string(own) + " parameters; at most " +
                                                    std::to_string(kMostWords - kHeadWords) +
                                                    " have room");
      if (launches.back().words + own > kMostWords) launches.push_back({is_end, {}, kHeadWords});
      launches.back().loops.push_back(k);
      launches.back().words += own;
    }
    if (launches.back().loops.empty()) launches.pop_back();
  }
  return launches;
}

void GpuKernels::emit(std::size_t kernel, std::span<const LoweredLoop> loops) {
  const std::vector<Launch> launches = launches_of(loops);
  std::vector<std::uint32_t> words;
  for (std::size_t l = 0; l < launches.size(); ++l) {
    words.push_back(static_cast<std::uint32_t>(launches[l].words));
    emit_entry(entry_name(kernel, l), loops, launches[l]);
  }
  emit_parameters(kernel, loops, launches);
  launches_.push_back(std::move(words));
}

void GpuKernels::finish() {
  for (const KnownLoop& loop : known_)
    for (llvm::Function* function : {loop.function, loop.ends}) {
      if (function == nullptr || !function->hasOneUse()) continue;
      function->removeFnAttr(llvm::Attribute::NoInline);
      function->addFnAttr(llvm::Attribute::AlwaysInline);
    }
}

void GpuKernels::emit_entry(const std::string& name, std::span<const LoweredLoop> loops,
                            const Launch& launch) {
  llvm::LLVMContext& context = device_.getContext();
  llvm::IRBuilder<> builder(context);
  llvm::Type* block_type = llvm::ArrayType::get(builder.getInt64Ty(), launch.words);
  auto* function = llvm::Function::Create(
      llvm::FunctionType::get(builder.getVoidTy(), {builder.getPtrTy()}, false),
      llvm::Function::ExternalLinkage, name, device_);
  function->setCallingConv(llvm::CallingConv::PTX_Kernel);
  function->setDoesNotThrow();
  function->addParamAttr(0, llvm::Attribute::getWithByValType(context, block_type));
  function->addParamAttr(0, llvm::Attribute::getWithAlignment(context, llvm::Align(8)));
  device_.getOrInsertNamedMetadata("nvvm.annotations")
      ->addOperand(llvm::MDNode::get(
          context,
          {llvm::ValueAsMetadata::get(function), llvm::MDString::get(context, "maxntidx"),
           llvm::ConstantAsMetadata::get(builder.getInt32(static_cast<std::uint32_t>(kThreads)))}));
  builder.SetInsertPoint(llvm::BasicBlock::Create(context, "entry", function));
  const auto word = [&](std::size_t index, llvm::Type* type) {
    return builder.CreateLoad(
        type, builder.CreateConstGEP1_64(builder.getInt64Ty(), function->getArg(0), index));
  };
  llvm::Value* own = builder.CreateIntrinsic(llvm::Intrinsic::nvvm_read_ptx_sreg_ctaid_x, {}, {});
  llvm::Value* block = builder.CreateAdd(builder.CreateZExt(own, builder.getInt64Ty()),
                                         word(0, builder.getInt64Ty()));
  llvm::BasicBlock* behind = llvm::BasicBlock::Create(context, "behind", function);
  llvm::Value* before = builder.getInt64(0);
  std::size_t next = kHeadWords;
  for (std::size_t k : launch.loops) {
    const KnownLoop& loop = known(loops[k].plan);
    llvm::Function* does_loop = launch.is_end ? loop.ends : loop.function;
    llvm::BasicBlock* here = llvm::BasicBlock::Create(context, "here", function);
    llvm::BasicBlock* further = llvm::BasicBlock::Create(context, "further", function);
    llvm::Value* end = word(next++, builder.getInt64Ty());
    builder.CreateCondBr(builder.CreateICmpSLT(block, end), here, further);
    builder.SetInsertPoint(here);
    Values given;
    for (unsigned a = 0; a + 1 < does_loop->arg_size(); ++a)
      given.push_back(word(next++, does_loop->getArg(a)->getType()));
    given.push_back(builder.CreateSub(block, before));
    builder.CreateCall(does_loop, given);
    builder.CreateBr(behind);
    builder.SetInsertPoint(further);
    before = end;
  }
  builder.CreateBr(behind);
  builder.SetInsertPoint(behind);
  builder.CreateRetVoid();
}

void GpuKernels::emit_parameters(std::size_t kernel, std::span<const LoweredLoop> loops,
                                 std::span<const Launch> launches) {
  llvm::IRBuilder<> builder(host_.getContext());
  auto* function = llvm::Function::Create(
      llvm::FunctionType::get(builder.getVoidTy(), {builder.getPtrTy(), builder.getPtrTy()}, false),
      llvm::Function::ExternalLinkage, parameters_name(kernel), host_);
  function->setDoesNotThrow();
  builder.SetInsertPoint(llvm::BasicBlock::Create(host_.getContext(), "entry", function));
  const ArgumentCode arguments(builder, function->getArg(0));
  std::size_t next = 0;
  const auto store = [&](std::size_t index, llvm::Value* value) {
    builder.CreateStore(
        value, builder.CreateConstGEP1_64(builder.getInt64Ty(), function->getArg(1), index));
  };
  llvm::Value* scratch = arguments.field(offsetof(KernelArguments, scratch), builder.getInt64Ty());
  llvm::Value* used = builder.getInt64(0);
  std::vector<llvm::Value*> places(loops.size(), nullptr);  // of the loops' scratch memory
  for (const Launch& launch : launches) {
    const std::size_t head = next;
    next += kHeadWords;
    llvm::Value* end = builder.getInt64(0);
    for (std::size_t k : launch.loops) {
      const KnownLoop& loop = known(loops[k].plan);
      const Values given = arguments.sizes(loops[k].parameters);
      const Sizes sizes = sizes_of(builder, loops[k].plan, given);
      ThreadLoops::Cut cut;
      if (loop.ends != nullptr) {
        cut = loop.emitter->cut(builder, sizes);
        if (places[k] == nullptr) {
          places[k] = builder.CreateAdd(scratch, used);
          used = builder.CreateAdd(used, cut.scratch_bytes);
        }
      }
      end = builder.CreateAdd(end, launch.is_end ? cut.ends : loop.emitter->blocks(builder, sizes));
      store(next++, end);
      for (llvm::Value* value : arguments.all(loops[k].parameters, given)) store(next++, value);
      if (loop.ends == nullptr) continue;
      store(next++, cut.part);
      store(next++, places[k]);
    }
    store(head, builder.getInt64(0));
    store(head + 1, end);
  }
  store(next, used);
  builder.CreateRetVoid();
}

}  // namespace gt::worker::jit

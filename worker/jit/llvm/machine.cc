#include "worker/jit/llvm/machine.h"

#include <llvm/Config/llvm-config.h>
#include <llvm/IR/LegacyPassManager.h>
#include <llvm/IR/Verifier.h>
#include <llvm/MC/TargetRegistry.h>
#include <llvm/Passes/PassBuilder.h>
#include <llvm/Support/TargetSelect.h>
#include <llvm/Support/raw_ostream.h>
#include <llvm/TargetParser/Host.h>
#include <llvm/TargetParser/SubtargetFeature.h>
#include <llvm/TargetParser/Triple.h>

#include "common/config/version.h"
#include "common/error.h"
#include "worker/jit/llvm/build_identity.h"

namespace gt::worker::jit {
namespace {

[[noreturn]] void fail(const std::string& message) {
  throw CommonError(ErrorKind::kInternal, "cannot compile kernels: " + message);
}

}  // namespace

Processor Processor::host() {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  Processor made;
  made.triple = llvm::sys::getProcessTriple();
  made.name = llvm::sys::getHostCPUName().str();
  llvm::SubtargetFeatures features;
  const auto host = llvm::sys::getHostCPUFeatures();
  for (const auto& feature : host) features.AddFeature(feature.getKey(), feature.getValue());
  made.features = features.getString();
  const auto has = [&](const char* name) {
    const auto found = host.find(name);
    return found != host.end() && found->getValue();
  };
  made.has_masks = has("avx512f") && has("avx512bw") && has("avx512dq") && has("avx512vl");
  if (llvm::StringRef(made.name).starts_with("znver")) made.fetch_bytes = 0;
  made.vector_bytes = made.has_masks ? 64 : has("avx2") ? 32 : 16;
  made.vectors_together = made.has_masks ? 8 : 4;
  made.converts_half = made.has_masks || has("f16c") || llvm::Triple(made.triple).isAArch64();
  return made;
}

Processor Processor::aarch64() {
  return {"aarch64-linux-gnu", "generic", "+neon", 16, false, true, 4, true};
}

Processor Processor::nvptx(const std::string& architecture) {
  LLVMInitializeNVPTXTargetInfo();
  LLVMInitializeNVPTXTarget();
  LLVMInitializeNVPTXTargetMC();
  LLVMInitializeNVPTXAsmPrinter();
  // PTX 7.8 is the first that knows sm_90.
  return {"nvptx64-nvidia-cuda", architecture, "+ptx78", 16, false, true, 1, false};
}

Machine::Machine(Processor processor) : processor_(std::move(processor)) {
  std::string error;
  const llvm::Target* target = llvm::TargetRegistry::lookupTarget(processor_.triple, error);
  if (target == nullptr) fail(error);
  llvm::TargetOptions options;
  options.AllowFPOpFusion = llvm::FPOpFusion::Strict;
  target_.reset(target->createTargetMachine(processor_.triple, processor_.name, processor_.features,
                                            options, llvm::Reloc::PIC_, llvm::CodeModel::Small,
                                            llvm::CodeGenOptLevel::Default, true));
  if (target_ == nullptr) fail("LLVM has no code generator for " + processor_.triple);
  // The same request gives other code where the emitter is another.
  description_ = "GT " + std::string(library_version()) + " build " + build_identity() +
                 " LLVM " LLVM_VERSION_STRING " " + processor_.triple + " " + processor_.name +
                 " " + processor_.features;
}

void Machine::prepare(llvm::Module& module) const {
  module.setDataLayout(target_->createDataLayout());
  module.setTargetTriple(target_->getTargetTriple().str());
  if (!target_->getTargetTriple().isNVPTX()) module.setPICLevel(llvm::PICLevel::BigPIC);
}

void Machine::optimise(llvm::Module& module) const {
  std::string broken;
  llvm::raw_string_ostream stream(broken);
  if (llvm::verifyModule(module, &stream)) fail("the compiler made unsound code: " + broken);
  llvm::LoopAnalysisManager loops;
  llvm::FunctionAnalysisManager functions;
  llvm::CGSCCAnalysisManager components;
  llvm::ModuleAnalysisManager modules;
  llvm::PassBuilder passes(target_.get());
  passes.registerModuleAnalyses(modules);
  passes.registerCGSCCAnalyses(components);
  passes.registerFunctionAnalyses(functions);
  passes.registerLoopAnalyses(loops);
  passes.crossRegisterProxies(loops, functions, components, modules);
  llvm::ModulePassManager manager;
  // Vectors and unrolled loops are in the code already: what is left is to tidy up.
  if (llvm::Error error =
          passes.parsePassPipeline(manager,
                                   "always-inline,function(early-cse,instcombine<no-verify-"
                                   "fixpoint>,simplifycfg,loop-simplify,lcssa,"
                                   "loop-mssa(licm),early-cse,simplifycfg)"))
    fail(llvm::toString(std::move(error)));
  manager.run(module, modules);
}

std::string Machine::emit(llvm::Module& module, llvm::CodeGenFileType type) const {
  llvm::SmallVector<char, 0> bytes;
  llvm::raw_svector_ostream stream(bytes);
  llvm::legacy::PassManager manager;
  if (target_->addPassesToEmitFile(manager, stream, nullptr, type))
    fail("LLVM cannot write code of this kind for this machine");
  manager.run(module);
  return {bytes.data(), bytes.size()};
}

std::string Machine::object_of(llvm::Module& module) const {
  return emit(module, llvm::CodeGenFileType::ObjectFile);
}
std::string Machine::assembly_of(llvm::Module& module) const {
  return emit(module, llvm::CodeGenFileType::AssemblyFile);
}

}  // namespace gt::worker::jit

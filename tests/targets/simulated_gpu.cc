#include "tests/targets/simulated_gpu.h"

#include <llvm/IR/Instructions.h>
#include <llvm/IR/Module.h>
#include <llvm/Transforms/Utils/Cloning.h>

#include <fstream>
#include <vector>

#include "common/error.h"
#include "tests/targets/fibers.h"
#include "tests/targets/processes.h"
#include "tests/unit/hotpath/graph_engine.h"
#include "worker/jit/llvm/linker.h"

namespace gt::worker::jit {
namespace {

constexpr std::string_view kIntrinsicPrefix = "llvm.nvvm.";

/// The same instructions, with functions of the simulation in place of what a GPU has.
void retarget(llvm::Module& module, const Machine& host) {
  std::vector<llvm::Function*> intrinsics;
  for (llvm::Function& function : module)
    if (std::string_view(function.getName()).starts_with(kIntrinsicPrefix))
      intrinsics.push_back(&function);
  for (llvm::Function* intrinsic : intrinsics) {
    const std::string name = intrinsic->getName().drop_front(kIntrinsicPrefix.size()).str();
    auto* called = llvm::Function::Create(
        intrinsic->getFunctionType(), llvm::Function::ExternalLinkage, "gt_device_" + name, module);
    intrinsic->replaceAllUsesWith(called);
    intrinsic->eraseFromParent();
  }
  for (llvm::Function& function : module) {
    // Calls of an intrinsic keep its attributes, such as that it reads no memory.
    for (llvm::BasicBlock& block : function)
      for (llvm::Instruction& instruction : block)
        if (auto* call = llvm::dyn_cast<llvm::CallInst>(&instruction);
            call != nullptr && call->getCalledFunction()->getName().starts_with("gt_device_"))
          call->setAttributes({});
    if (function.getCallingConv() != llvm::CallingConv::PTX_Kernel) continue;
    function.setCallingConv(llvm::CallingConv::C);
    function.removeParamAttr(0, llvm::Attribute::ByVal);  // the simulation hands over the address
  }
  if (llvm::NamedMDNode* notes = module.getNamedMetadata("nvvm.annotations"))
    notes->eraseFromParent();
  host.prepare(module);
}

class SimulatedProgram final : public GpuProgram {
 public:
  explicit SimulatedProgram(std::string_view code)
      : code_(std::as_bytes(std::span(code)), &address_of_intrinsic) {}

  [[nodiscard]] std::size_t find(const std::string& entry) override {
    entries_.push_back(reinterpret_cast<Entry*>(code_.address_of(entry)));
    return entries_.size() - 1;
  }
  void launch(std::size_t entry, std::span<const std::uint64_t> parameters, std::uint32_t blocks,
              void* queue) override {
    if (queue == nullptr) return step(entry, parameters, blocks)();
    last_ = static_cast<FakeGraph*>(queue)->add(step(entry, parameters, blocks));
  }
  [[nodiscard]] void* last_node(void*) override { return last_; }
  void change(void*, void* node, std::size_t entry, std::span<const std::uint64_t> parameters,
              std::uint32_t blocks) override {
    *static_cast<FakeGraph::Step*>(node) = step(entry, parameters, blocks);
  }

 private:
  using FakeGraph = testing::FakeGraph;
  using Entry = void(const std::uint64_t*);

  [[nodiscard]] FakeGraph::Step step(std::size_t entry, std::span<const std::uint64_t> parameters,
                                     std::uint32_t blocks) const {
    return [function = entries_[entry], words = std::vector(parameters.begin(), parameters.end()),
            blocks] { run_blocks(blocks, [&] { function(words.data()); }); };
  }

  FakeGraph::Step* last_ = nullptr;
  LinkedObject code_;
  std::vector<Entry*> entries_;
};

class SimulatedGpu final : public GpuDevice {
 public:
  explicit SimulatedGpu(std::string ptxas) : ptxas_(std::move(ptxas)) {}

  [[nodiscard]] const std::string& architecture() const noexcept override { return architecture_; }
  [[nodiscard]] const std::string& description() const noexcept override { return description_; }

  [[nodiscard]] std::string code_of(llvm::Module& module, const Machine& machine) override {
    if (!ptxas_.empty()) {
      const std::unique_ptr<llvm::Module> copy = llvm::CloneModule(module);
      assemble(machine.assembly_of(*copy));
    }
    retarget(module, host_);
    host_.optimise(module);
    return host_.object_of(module);
  }
  [[nodiscard]] std::unique_ptr<GpuProgram> load(std::string_view code) override {
    return std::make_unique<SimulatedProgram>(code);
  }

 private:
  void assemble(const std::string& text) const {
    const TemporaryFolder folder;
    const std::string source = folder.path() + "/kernels.ptx";
    std::ofstream(source) << text;
    std::vector<std::string> command = {
        ptxas_, "--gpu-name", architecture_, "--output-file", folder.path() + "/kernels.cubin",
        source};
    if (run_process(command) != 0)
      throw CommonError(ErrorKind::kInternal, "ptxas refuses\n" + text);
  }

  const std::string ptxas_;
  const std::string architecture_ = "sm_80";
  const std::string description_ = "simulated";
  Machine host_{Processor::host()};
};

}  // namespace

std::unique_ptr<GpuDevice> make_simulated_gpu(const std::string& ptxas) {
  return std::make_unique<SimulatedGpu>(ptxas);
}

}  // namespace gt::worker::jit

// The compiler under test where the tests of compiled kernels run on a GPU: kernels run there on
// copies of the tensors, so that results are compared with the processor's bit for bit.
#include <cstring>

#include "tests/gpu/cuda_engine.h"
#include "tests/targets/call_memory.h"
#include "tests/unit/jit/run_kernels.h"

namespace gt::worker::jit {
namespace {

using conformance::cuda_engine;

class StagedModule final : public KernelModule {
 public:
  StagedModule(std::unique_ptr<KernelModule> module, std::vector<CallSignature> signatures)
      : module_(std::move(module)), signatures_(std::move(signatures)) {
    for (std::size_t k = 0; k < signatures_.size(); ++k)
      entries_.push_back({[this, k](const KernelArguments* arguments, std::int64_t first,
                                    std::int64_t last) { run(k, *arguments, first, last); },
                          module_->entries()[k].needs});
  }
  [[nodiscard]] std::span<const Entry> entries() const noexcept override { return entries_; }
  [[nodiscard]] std::span<const std::byte> object() const noexcept override {
    return module_->object();
  }

 private:
  void run(std::size_t kernel, const KernelArguments& arguments, std::int64_t first,
           std::int64_t last) const {
    Engine& gpu = *cuda_engine().engine;
    const CallMemory memory = signatures_[kernel].memory_of(arguments);
    std::vector<Value> copies;
    for (std::span<std::byte> region : memory.regions)
      copies.push_back(gpu.from_host(
          {DType::kUInt8, Shape{static_cast<std::int64_t>(region.size())}, {}}, region));
    std::vector<void*> tensors;
    for (std::uint64_t region : memory.region_of) tensors.push_back(copies[region].bytes());
    KernelArguments own = arguments;
    own.tensors = tensors.data();
    own.queue = gpu.queue();
    module_->entries()[kernel].run(&own, first, last);
    for (std::size_t r = 0; r < copies.size(); ++r) {
      const std::vector<std::byte> bytes = gpu.to_host(copies[r]);
      std::memcpy(memory.regions[r].data(), bytes.data(), bytes.size());
    }
  }

  std::unique_ptr<KernelModule> module_;
  const std::vector<CallSignature> signatures_;
  std::vector<Entry> entries_;
};

class StagedCompiler final : public KernelCompiler {
 public:
  [[nodiscard]] std::string_view target() const noexcept override { return compiler_->target(); }
  [[nodiscard]] bool admits(const graph::Graph& graph, const graph::Node& node) const override {
    return compiler_->admits(graph, node);
  }
  [[nodiscard]] std::unique_ptr<KernelModule> compile(const graph::Graph& graph,
                                                      std::span<const KernelRequest> requests,
                                                      const CompileOptions& options) override {
    std::vector<CallSignature> signatures;
    for (const KernelRequest& request : requests) signatures.emplace_back(graph, request);
    return std::make_unique<StagedModule>(compiler_->compile(graph, requests, options),
                                          std::move(signatures));
  }
  [[nodiscard]] std::unique_ptr<KernelModule> load(std::span<const std::byte> object) override {
    return compiler_->load(object);
  }

 private:
  std::unique_ptr<KernelCompiler> compiler_ = load_compiler("cuda:0");
};

}  // namespace

KernelCompiler& test_compiler() {
  static StagedCompiler made;
  return made;
}

}  // namespace gt::worker::jit

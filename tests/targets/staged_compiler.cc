#include "tests/targets/staged_compiler.h"

#include <utility>
#include <vector>

#include "tests/targets/call_memory.h"

namespace gt::worker::jit {
namespace {

class StagedModule final : public KernelModule {
 public:
  StagedModule(std::unique_ptr<KernelModule> module, std::vector<CallSignature> signatures,
               std::shared_ptr<DeviceRoom> room)
      : module_(std::move(module)), signatures_(std::move(signatures)), room_(std::move(room)) {
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
    const CallMemory memory = signatures_[kernel].memory_of(arguments);
    std::vector<std::unique_ptr<DeviceCopy>> copies;
    for (std::span<std::byte> region : memory.regions) copies.push_back(room_->copy(region));
    std::vector<void*> tensors;
    for (std::uint64_t region : memory.region_of) tensors.push_back(copies[region]->place());
    KernelArguments own = arguments;
    own.tensors = tensors.data();
    own.queue = room_->queue();
    KernelNeeds needs;
    module_->entries()[kernel].needs(&own, &needs);
    const std::vector<std::byte> scratch(static_cast<std::size_t>(needs.scratch_bytes) + 1);
    const std::unique_ptr<DeviceCopy> scratch_copy = room_->copy(scratch);
    own.scratch = scratch_copy->place();
    module_->entries()[kernel].run(&own, first, last);
    for (std::size_t r = 0; r < copies.size(); ++r) copies[r]->fetch(memory.regions[r]);
  }

  std::unique_ptr<KernelModule> module_;
  const std::vector<CallSignature> signatures_;
  std::shared_ptr<DeviceRoom> room_;
  std::vector<Entry> entries_;
};

class StagedCompiler final : public KernelCompiler {
 public:
  StagedCompiler(std::unique_ptr<KernelCompiler> compiler, std::shared_ptr<DeviceRoom> room)
      : compiler_(std::move(compiler)), room_(std::move(room)) {}
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
                                          std::move(signatures), room_);
  }
  [[nodiscard]] std::unique_ptr<KernelModule> load(std::span<const std::byte> object) override {
    return compiler_->load(object);
  }

 private:
  std::unique_ptr<KernelCompiler> compiler_;
  std::shared_ptr<DeviceRoom> room_;
};

}  // namespace

std::unique_ptr<KernelCompiler> make_staged_compiler(std::unique_ptr<KernelCompiler> compiler,
                                                     std::shared_ptr<DeviceRoom> room) {
  return std::make_unique<StagedCompiler>(std::move(compiler), std::move(room));
}

}  // namespace gt::worker::jit

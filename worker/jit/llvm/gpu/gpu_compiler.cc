#include "worker/jit/llvm/gpu/gpu_compiler.h"

#include <llvm/IR/LLVMContext.h>
#include <llvm/Transforms/Utils/Cloning.h>

#include <algorithm>
#include <limits>

#include "common/error.h"
#include "worker/jit/llvm/compiler.h"
#include "worker/jit/llvm/crash_guard.h"
#include "worker/jit/llvm/gpu/gpu_kernels.h"
#include "worker/jit/llvm/gpu/gpu_object.h"
#include "worker/jit/llvm/linker.h"
#include "worker/jit/llvm/listing.h"
#include "worker/jit/llvm/saved_code.h"

namespace gt::worker::jit {
namespace {

/// Of a launch.
constexpr std::uint64_t kMostBlocks = std::numeric_limits<std::int32_t>::max();

class GpuModule final : public KernelModule {
  using Parameters = void(const KernelArguments*, std::uint64_t*);

 public:
  GpuModule(std::vector<std::byte> object, GpuDevice& device)
      : object_(std::move(object)), parts_(read_object(object_)), host_(parts_.host_code) {
    program_ = device.load(parts_.device_code);
    for (std::size_t k = 0; k < parts_.launches.size(); ++k) {
      Kernel& kernel = kernels_.emplace_back();
      kernel.words = parts_.launches[k];
      for (std::size_t l = 0; l < kernel.words.size(); ++l)
        kernel.entries.push_back(program_->find(entry_name(k, l)));
      kernel.parameters = reinterpret_cast<Parameters*>(host_.address_of(parameters_name(k)));
    }
    for (std::size_t k = 0; k < kernels_.size(); ++k)
      entries_.push_back(
          {[this, k](const KernelArguments* arguments, std::int64_t first, std::int64_t last) {
             if (first < last) run(kernels_[k], *arguments);
           },
           [this, k](const KernelArguments* arguments, KernelNeeds* needs) {
             *needs = this->needs(kernels_[k], *arguments);
           }});
  }
  GpuModule(const GpuModule&) = delete;
  GpuModule& operator=(const GpuModule&) = delete;

  [[nodiscard]] std::span<const Entry> entries() const noexcept override { return entries_; }
  [[nodiscard]] std::span<const std::byte> object() const noexcept override { return object_; }

 private:
  struct Kernel {
    std::vector<std::uint32_t> words;  ///< of each launch
    std::vector<std::size_t> entries;
    Parameters* parameters = nullptr;
  };

  /// Calls `visit(launch, its block)`; gives the bytes of scratch memory.
  template <class Visit>
  std::uint64_t for_launches(const Kernel& kernel, const KernelArguments& arguments,
                             Visit&& visit) {
    std::size_t total = 0;
    for (std::uint32_t words : kernel.words) total += words;
    words_.resize(total + 1);
    kernel.parameters(&arguments, words_.data());
    std::size_t first = 0;
    for (std::size_t l = 0; l < kernel.words.size(); first += kernel.words[l++])
      visit(l, std::span(words_).subspan(first, kernel.words[l]));
    return words_.back();
  }

  /// All is one unit: a launch may need what an earlier one has made.
  KernelNeeds needs(const Kernel& kernel, const KernelArguments& arguments) {
    std::uint64_t blocks = 0;
    const std::uint64_t scratch = for_launches(
        kernel, arguments,
        [&](std::size_t, std::span<const std::uint64_t> words) { blocks += words[1]; });
    return {blocks > 0 ? 1 : 0, static_cast<std::int64_t>(scratch)};
  }

  void run(const Kernel& kernel, const KernelArguments& arguments) {
    std::size_t launch = 0;
    for_launches(kernel, arguments, [&](std::size_t l, std::span<std::uint64_t> words) {
      const std::uint64_t count = words[1];
      for (std::uint64_t from = 0; from < count; from += kMostBlocks) {
        const std::uint64_t blocks = std::min(count - from, kMostBlocks);
        words[0] = from;
        start(kernel.entries[l], words, static_cast<std::uint32_t>(blocks), arguments, launch++);
      }
    });
  }

  /// Launch number `launch` of a call.
  void start(std::size_t entry, std::span<const std::uint64_t> words, std::uint32_t blocks,
             const KernelArguments& arguments, std::size_t launch) {
    CapturedLaunches* captured = arguments.captured;
    if (captured == nullptr || captured->graph == nullptr)
      program_->launch(entry, words, blocks, arguments.queue);
    if (captured == nullptr) return;
    if (captured->graph == nullptr) {
      captured->launches.push_back(
          {program_->last_node(arguments.queue), {words.begin(), words.end()}, blocks});
      return;
    }
    CapturedLaunches::Launch& known = captured->launches.at(launch);
    if (known.blocks == blocks && std::ranges::equal(known.parameters, words)) return;
    program_->change(captured->graph, known.node, entry, words, blocks);
    known.parameters.assign(words.begin(), words.end());
    known.blocks = blocks;
  }

  std::vector<std::byte> object_;
  GpuObject parts_;
  LinkedObject host_;
  std::unique_ptr<GpuProgram> program_;
  std::vector<Kernel> kernels_;
  std::vector<Entry> entries_;
  std::vector<std::uint64_t> words_;  ///< of the call at hand
};

class GpuCompiler final : public KernelCompiler {
 public:
  explicit GpuCompiler(std::unique_ptr<GpuDevice> device)
      : device_(std::move(device)), machine_(Processor::nvptx(device_->architecture())) {
    target_ = machine_.description() + " " + device_->description() + " by " + host_.description();
  }

  [[nodiscard]] std::string_view target() const noexcept override { return target_; }

  [[nodiscard]] bool goes_by_index() const noexcept override {
    return machine_.processor().tells_refusals;
  }
  [[nodiscard]] bool runs_on_host() const noexcept override { return false; }
  [[nodiscard]] bool admits(const graph::Graph& graph, const graph::Node& node) const override {
    // There is no C library on a device.
    return jit::admits(machine_.processor(), graph, node) && !calls_library(costs_, graph, node);
  }

  [[nodiscard]] std::unique_ptr<KernelModule> compile(const graph::Graph& graph,
                                                      std::span<const KernelRequest> requests,
                                                      const CompileOptions& options) override {
    std::unique_ptr<KernelModule> made;
    run_guarded([&] {
      made = std::make_unique<GpuModule>(to_bytes(make_object(graph, requests, options)), *device_);
    });
    return made;
  }
  [[nodiscard]] std::unique_ptr<KernelModule> load(std::span<const std::byte> object) override {
    return std::make_unique<GpuModule>(std::vector<std::byte>(object.begin(), object.end()),
                                       *device_);
  }

 private:
  GpuObject make_object(const graph::Graph& graph, std::span<const KernelRequest> requests,
                        const CompileOptions& options) {
    SavedCode saved(options);
    llvm::LLVMContext context;
    llvm::Module device("kernels", context);
    llvm::Module host("parameters", context);
    machine_.prepare(device);
    host_.prepare(host);
    GpuKernels kernels(device, host, costs_);
    std::string listing;
    for (std::size_t k = 0; k < requests.size(); ++k) {
      const auto loops = lower_all(graph, requests[k], options.one_result);
      kernels.emit(k, loops);
      if (saved.is_wanted())
        listing += listing_of("gt_kernel_" + std::to_string(k), tensors_of(graph, requests[k]),
                              loops, costs_, {});
    }
    kernels.finish();
    machine_.optimise(device);
    host_.optimise(host);
    if (saved.is_wanted()) {
      saved.write(".listing", listing);
      saved.write(".ll", text_of(device));
      const std::unique_ptr<llvm::Module> copy = llvm::CloneModule(device);
      saved.write(".ptx", machine_.assembly_of(*copy));
    }
    GpuObject object;
    object.launches = kernels.launches();
    object.set_host_code(host_.object_of(host));
    object.device_code = device_->code_of(device, machine_);
    return object;
  }

  std::unique_ptr<GpuDevice> device_;
  Machine machine_;
  Machine host_{Processor::host()};
  mutable Costs costs_;
  std::string target_;
};

}  // namespace

std::unique_ptr<KernelCompiler> make_gpu_compiler(std::unique_ptr<GpuDevice> device) {
  return std::make_unique<GpuCompiler>(std::move(device));
}

}  // namespace gt::worker::jit

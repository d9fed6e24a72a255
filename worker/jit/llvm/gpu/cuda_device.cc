#include "worker/jit/llvm/gpu/cuda_device.h"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

#include "common/error.h"
#include "worker/jit/llvm/gpu/cuda_driver.h"
#include "worker/jit/llvm/gpu/thread_loops.h"

namespace gt::worker::jit {
namespace {

/// Numbers of cuda.h.
constexpr int kCapabilityMajor = 75, kCapabilityMinor = 76;
constexpr int kIsCapturing = 1;
constexpr int kErrorLog = 5, kErrorLogBytes = 6;

/// The newest architecture that LLVM 19 writes for; newer devices take its PTX.
constexpr int kNewest = 90;
/// The oldest whose warps have the shuffles that kernels use.
constexpr int kOldest = 70;

/// The context that LibTorch works in, retained while this lives.
class Context {
 public:
  Context(const CudaDriver& driver, int index) : driver_(driver) {
    const std::string name = "cuda:" + std::to_string(index);
    driver.check(driver.device_get(&device_, index), "find " + name);
    driver.check(driver.primary_context_retain(&context_, device_), "use " + name);
  }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() { driver_.primary_context_release(device_); }

  [[nodiscard]] const CudaDriver& driver() const noexcept { return driver_; }
  [[nodiscard]] CudaDevice device() const noexcept { return device_; }
  [[nodiscard]] CudaContext handle() const noexcept { return context_; }

 private:
  const CudaDriver& driver_;
  CudaDevice device_ = 0;
  CudaContext context_ = nullptr;
};

/// The context is this thread's while it lives.
class Current {
 public:
  explicit Current(const Context& context) : driver_(context.driver()) {
    driver_.check(driver_.context_push(context.handle()), "enter the GPU's context");
  }
  Current(const Current&) = delete;
  Current& operator=(const Current&) = delete;
  ~Current() {
    CudaContext left = nullptr;
    driver_.context_pop(&left);
  }

 private:
  const CudaDriver& driver_;
};

class CudaProgram final : public GpuProgram {
 public:
  CudaProgram(std::shared_ptr<const Context> context, const std::string& code)
      : context_(std::move(context)) {
    const Current current(*context_);
    std::array<char, 4096> log{};
    std::array<int, 2> names = {kErrorLog, kErrorLogBytes};
    std::array<void*, 2> values = {log.data(), std::bit_cast<void*>(log.size())};
    const CudaResult result =
        driver().module_load_data(&module_, code.c_str(), 2, names.data(), values.data());
    driver().check(result, "load kernels (" + std::string(log.data()) + ")");
  }
  CudaProgram(const CudaProgram&) = delete;
  CudaProgram& operator=(const CudaProgram&) = delete;
  ~CudaProgram() override {
    try {
      const Current current(*context_);
      driver().context_synchronize();  // kernels of it may be on their way
      driver().module_unload(module_);
    } catch (const CommonError&) {
      module_ = nullptr;  // the context is gone, and the module with it
    }
  }

  [[nodiscard]] std::size_t find(const std::string& entry) override {
    const Current current(*context_);
    CudaFunction function = nullptr;
    driver().check(driver().module_get_function(&function, module_, entry.c_str()),
                   "find the kernel " + entry);
    functions_.push_back(function);
    return functions_.size() - 1;
  }
  /// The driver copies the parameters before it returns.
  void launch(std::size_t entry, std::span<const std::uint64_t> parameters, std::uint32_t blocks,
              void* queue) override {
    const Current current(*context_);
    void* block = const_cast<std::uint64_t*>(parameters.data());
    driver().check(
        driver().launch_kernel(functions_[entry], blocks, 1, 1, static_cast<unsigned>(kThreads), 1,
                               1, 0, static_cast<CudaStream>(queue), &block, nullptr),
        "start a kernel");
  }
  [[nodiscard]] void* last_node(void* queue) override {
    int status = 0;
    std::uint64_t id = 0;
    CudaGraph graph = nullptr;
    const CudaGraphNode* nodes = nullptr;
    std::size_t count = 0;
    driver().check(driver().stream_get_capture_info(static_cast<CudaStream>(queue), &status, &id,
                                                    &graph, &nodes, &count),
                   "find a kernel in the graph that is captured");
    if (status != kIsCapturing || count != 1)
      throw CommonError(ErrorKind::kInternal, "a kernel is not the last node of a captured graph");
    return nodes[0];
  }
  void change(void* graph, void* node, std::size_t entry, std::span<const std::uint64_t> parameters,
              std::uint32_t blocks) override {
    const Current current(*context_);
    void* block = const_cast<std::uint64_t*>(parameters.data());
    CudaKernelNode changed{};
    changed.function = functions_[entry];
    changed.grid_x = blocks;
    changed.block_x = static_cast<unsigned>(kThreads);
    changed.grid_y = changed.grid_z = changed.block_y = changed.block_z = 1;
    changed.parameters = &block;
    driver().check(driver().graph_set_kernel_node(static_cast<CudaGraphExecutable>(graph),
                                                  static_cast<CudaGraphNode>(node), &changed),
                   "change a kernel of a graph");
  }

 private:
  [[nodiscard]] const CudaDriver& driver() const noexcept { return context_->driver(); }

  std::shared_ptr<const Context> context_;
  CudaModule module_ = nullptr;
  std::vector<CudaFunction> functions_;
};

class CudaGpu final : public GpuDevice {
 public:
  explicit CudaGpu(int index)
      : context_(std::make_shared<const Context>(CudaDriver::get(), index)) {
    const int capability = 10 * attribute(kCapabilityMajor) + attribute(kCapabilityMinor);
    std::array<char, 256> name{};
    const CudaDriver& driver = context_->driver();
    driver.check(
        driver.device_get_name(name.data(), static_cast<int>(name.size()), context_->device()),
        "read the GPU's name");
    if (capability < kOldest)
      throw CommonError(ErrorKind::kInternal,
                        std::string("kernels are compiled for GPUs from sm_70 on; ") + name.data() +
                            " is sm_" + std::to_string(capability));
    architecture_ = "sm_" + std::to_string(std::min(capability, kNewest));
    description_ = std::string(name.data()) + " sm_" + std::to_string(capability);
  }

  [[nodiscard]] const std::string& architecture() const noexcept override { return architecture_; }
  [[nodiscard]] const std::string& description() const noexcept override { return description_; }
  [[nodiscard]] std::string code_of(llvm::Module& module, const Machine& machine) override {
    return machine.assembly_of(module);
  }
  [[nodiscard]] std::unique_ptr<GpuProgram> load(std::string_view code) override {
    return std::make_unique<CudaProgram>(context_, std::string(code));
  }

 private:
  [[nodiscard]] int attribute(int number) const {
    int value = 0;
    const CudaDriver& driver = context_->driver();
    driver.check(driver.device_get_attribute(&value, number, context_->device()),
                 "ask the GPU for its architecture");
    return value;
  }

  std::shared_ptr<const Context> context_;
  std::string architecture_, description_;
};

}  // namespace

std::unique_ptr<GpuDevice> make_cuda_device(int index) { return std::make_unique<CudaGpu>(index); }

}  // namespace gt::worker::jit

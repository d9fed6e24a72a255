// The compiler of kernels for a GPU: the host's half of every kernel, the device's half, and the
// object that holds both. What runs the device's half is a GpuDevice.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "worker/jit/kernel.h"
#include "worker/jit/llvm/machine.h"

namespace gt::worker::jit {

/// Code of a device, ready to run.
class GpuProgram {
 public:
  virtual ~GpuProgram() = default;
  /// The number of an entry. Throws CommonError(kInternal) if there is none of that name.
  [[nodiscard]] virtual std::size_t find(const std::string& entry) = 0;
  /// Starts `blocks` blocks of kThreads threads after all that is in the queue, and returns.
  virtual void launch(std::size_t entry, std::span<const std::uint64_t> parameters,
                      std::uint32_t blocks, void* queue) = 0;
  /// Of a queue that is captured: the node of what was launched last.
  [[nodiscard]] virtual void* last_node(void* queue) = 0;
  /// Changes a launch of the entry in a finished graph.
  virtual void change(void* graph, void* node, std::size_t entry,
                      std::span<const std::uint64_t> parameters, std::uint32_t blocks) = 0;
};

class GpuDevice {
 public:
  virtual ~GpuDevice() = default;
  /// Of the code that it takes: `sm_90`.
  [[nodiscard]] virtual const std::string& architecture() const noexcept = 0;
  /// Everything else that decides whether code of one device serves another.
  [[nodiscard]] virtual const std::string& description() const noexcept = 0;
  /// What `load` takes, of a module for `machine`, which may be changed.
  [[nodiscard]] virtual std::string code_of(llvm::Module& module, const Machine& machine) = 0;
  /// Throws CommonError(kInternal) saying what the device found wrong.
  [[nodiscard]] virtual std::unique_ptr<GpuProgram> load(std::string_view code) = 0;
};

[[nodiscard]] std::unique_ptr<KernelCompiler> make_gpu_compiler(std::unique_ptr<GpuDevice> device);

}  // namespace gt::worker::jit

// Kernels for a GPU: entries of the device, and functions of the host that say what they are given.
//
// A kernel is one launch or several. An entry has one parameter, a block of words by value:
//   first block, number of blocks, then of each loop: the block behind its last one, and
//   parameters.
// The host's function fills it from KernelArguments, so that a launch needs nothing else. Loops
// whose rows are cut into parts are in two launches: the second combines the parts.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "worker/jit/llvm/argument_code.h"
#include "worker/jit/llvm/gpu/thread_loops.h"

namespace gt::worker::jit {

/// Words of the largest parameter block: 4 KiB is what every GPU takes.
inline constexpr std::size_t kMostWords = 512;

/// Names of the device's entry of a launch, and of the host's function
/// void(const KernelArguments*, i64 words[]), which fills the blocks of all launches of a kernel,
/// and behind them one more word: the bytes of scratch memory.
[[nodiscard]] std::string entry_name(std::size_t kernel, std::size_t launch);
[[nodiscard]] std::string parameters_name(std::size_t kernel);

class GpuKernels {
 public:
  GpuKernels(llvm::Module& device, llvm::Module& host, Costs& costs)
      : device_(device), host_(host), costs_(costs) {}

  void emit(std::size_t kernel, std::span<const LoweredLoop> loops);
  /// When all kernels are there: loops that are done at one place only become part of it.
  void finish();
  /// By kernel, of each launch: the words of its block.
  [[nodiscard]] const std::vector<std::vector<std::uint32_t>>& launches() const noexcept {
    return launches_;
  }

 private:
  struct KnownLoop {
    std::unique_ptr<LoopPlan> plan;
    std::unique_ptr<ThreadLoops> emitter;
    llvm::Function* function = nullptr;
    std::unique_ptr<ThreadLoops> end_emitter;  ///< null if rows are not cut
    llvm::Function* ends = nullptr;
  };
  struct Launch {
    bool is_end = false;             ///< of rows that were cut
    std::vector<std::size_t> loops;  ///< of the kernel
    std::size_t words = 0;
  };
  const KnownLoop& known(const LoopPlan& plan);
  [[nodiscard]] std::size_t words_of(const LoopPlan& plan);
  [[nodiscard]] std::vector<Launch> launches_of(std::span<const LoweredLoop> loops);
  void emit_entry(const std::string& name, std::span<const LoweredLoop> loops,
                  const Launch& launch);
  void emit_parameters(std::size_t kernel, std::span<const LoweredLoop> loops,
                       std::span<const Launch> launches);

  llvm::Module& device_;
  llvm::Module& host_;
  Costs& costs_;
  std::vector<KnownLoop> known_;
  std::vector<std::vector<std::uint32_t>> launches_;
};

}  // namespace gt::worker::jit

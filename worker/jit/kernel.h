// Fused kernels: what a group of a fusion plan becomes, and who makes it.
//
// A kernel computes the loops of one group (common/graph/fusion) in memory that its caller planned.
// It is compiled for dtypes, static sizes and a *pattern* of strides; symbolic sizes, the other
// strides, addresses and numbers come with each call. It gives the bits that the engine gives row
// by row: results are rounded to their dtype after every node, nothing is contracted across nodes,
// and reductions add up in the tree of engine/native/kernels/reduction_tree.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/graph/fusion/fusion.h"
#include "common/graph/graph.h"
#include "common/tensor/shape.h"

namespace gt::worker::jit {

/// How one tensor of a group lies in memory: an input or an output of the group, in that order.
struct KernelTensor {
  graph::ValueRef value;
  /// In elements, one a dimension of the value, as in the recorded run. A stride of 0 or 1 there
  /// is one in every run, and so is what makes neighbouring dimensions one (see `same_pattern`).
  Strides strides;
  /// Of an output: the input (index among the tensors) over which it is written, element by
  /// element; -1 for memory of its own.
  int overwrites = -1;
};

/// One group to compile.
struct KernelRequest {
  const graph::Group* group = nullptr;
  std::vector<KernelTensor> tensors;
};

/// Whether a kernel compiled for tensors of these shapes and strides serves others: dimensions of
/// size 1 apart, strides of 0 and 1 stand at the same places, and dimension d continues d + 1
/// (stride[d] == size[d + 1] * stride[d + 1]) at the same places.
[[nodiscard]] bool same_pattern(const Shape& shape, const Strides& strides,
                                const Shape& other_shape, const Strides& other_strides);

/// The launches of one kernel in a graph of a GPU (worker/engine/work_graph.h).
struct CapturedLaunches {
  struct Launch {
    void* node = nullptr;  ///< the device's
    std::vector<std::uint64_t> parameters;
    std::uint32_t blocks = 0;
  };
  void* graph = nullptr;  ///< its handle, once it is finished; null while it is captured
  std::vector<Launch> launches;
};

/// What one call is given. All tables are indexed as in the graph; they live during the call.
struct KernelArguments {
  void* const* tensors = nullptr;           ///< first element of each tensor of the request
  const std::int64_t* strides = nullptr;    ///< of all tensors, one after the other
  const std::int64_t* sizes = nullptr;      ///< Graph::sizes(), evaluated for this run
  const std::uint64_t* bindings = nullptr;  ///< Graph::bindings() of this run
  const double* derived = nullptr;          ///< Graph::derived(), evaluated for this run
  void* scratch = nullptr;                  ///< `scratch_bytes` bytes, aligned to 64, or null
  void* queue = nullptr;                    ///< of a GPU (a CUstream): the order of its work
  /// Of a GPU: of the graph that is captured, then what was started is noted here; or of one that
  /// is finished, then nothing is started, but launches whose parameters differ are changed there.
  CapturedLaunches* captured = nullptr;
  /// Becomes 1 if a node refuses what it is given, an index that names nothing for one; what the
  /// kernel made is of no use then. Null where none may (common/graph/fusion/loop.h).
  std::uint32_t* refused = nullptr;
};

/// What a call needs: a function of the sizes alone.
struct KernelNeeds {
  std::int64_t units = 0;          ///< of work, which can be done in any order and in parallel
  std::int64_t scratch_bytes = 0;  ///< of each thread that works
};

/// Does units [first, last). Different units may run in different threads at the same time. On a
/// GPU it starts them in the queue and returns.
using KernelFunction =
    std::function<void(const KernelArguments*, std::int64_t first, std::int64_t last)>;
using NeedsFunction = std::function<void(const KernelArguments*, KernelNeeds*)>;

/// Machine code of several kernels, in memory as long as this lives.
class KernelModule {
 public:
  struct Entry {
    KernelFunction run;
    /// Called before each execution, by the thread that begins it.
    NeedsFunction needs;
  };
  virtual ~KernelModule() = default;
  /// One for each request, in order. Requests that differ in nothing but names may share code.
  [[nodiscard]] virtual std::span<const Entry> entries() const noexcept = 0;
  /// What `KernelCompiler::load` takes; the code is for machines with the same `target`.
  [[nodiscard]] virtual std::span<const std::byte> object() const noexcept = 0;
  /// Executions of each kernel after which all code that it may run has run.
  [[nodiscard]] virtual int versions() const noexcept { return 1; }
};

/// Choices that change how fast a kernel is, and no bit of its results.
struct Tuning {
  /// Steps of an inner loop that are done at a time; 0: by what a step costs.
  int steps = 0;
  /// Elements that take more instructions are kept for later walks over a row, instead of computed
  /// again.
  int worth_keeping = 10;

  friend bool operator==(const Tuning&, const Tuning&) = default;
};

struct CompileOptions {
  /// Folder into which listing, LLVM IR and assembly (PTX) of the module are written; empty for
  /// none.
  std::string save_to;
  /// Prefix of the files.
  std::string name;
  Tuning tuning = {};
  /// Whether kernels give the bits that the engine gives. If not, products and sums of different
  /// nodes may become one operation, folds add up in the order that suits the kernel, and what one
  /// node hands to another is not rounded to a narrow dtype: to measure what the bits cost.
  bool one_result = true;
};

/// Compiles kernels. Calls may come from any thread, one at a time.
class KernelCompiler {
 public:
  virtual ~KernelCompiler() = default;
  /// Everything of this machine and toolchain that compiled code depends on, for keys of caches.
  [[nodiscard]] virtual std::string_view target() const noexcept = 0;
  /// Whether a kernel can hold the node; for FusionOptions::admits.
  [[nodiscard]] virtual bool admits(const graph::Graph& graph, const graph::Node& node) const = 0;
  /// Whether it admits rows that go by index. Composites that become such rows stay calls if not.
  [[nodiscard]] virtual bool goes_by_index() const noexcept { return true; }
  /// Whether kernels run where the rows of the CPU's engine do.
  [[nodiscard]] virtual bool runs_on_host() const noexcept { return true; }
  /// Throws CommonError(kInternal) saying what failed, a crash of the code generator included.
  [[nodiscard]] virtual std::unique_ptr<KernelModule> compile(
      const graph::Graph& graph, std::span<const KernelRequest> requests,
      const CompileOptions& options) = 0;
  /// Kernels from an object made earlier for the same requests. Throws CommonError(kInternal) for
  /// bytes that are none; whoever keeps objects guards them by a checksum.
  [[nodiscard]] virtual std::unique_ptr<KernelModule> load(std::span<const std::byte> object) = 0;
};

inline constexpr std::uint32_t kCompilerPluginVersion = 3;

/// The one C entry of the plugin `jit`: `extern "C" const CompilerPlugin* gt_compiler_plugin()`.
struct CompilerPlugin {
  std::uint32_t version = kCompilerPluginVersion;
  const char* name = nullptr;  ///< `LLVM 19.1.7`
  /// For `cpu` or `cuda:N`. Throws CommonError(kInternal) where that device cannot be used.
  KernelCompiler* (*make)(const char* device) = nullptr;
};

/// The plugin `jit`, loaded and checked for version; `path` receives where it was found. Throws
/// CommonError(kInternal) with the path tried and the loader's reason.
[[nodiscard]] const CompilerPlugin& load_compiler_plugin(std::string& path);

/// Loads the plugin `jit` (as load_plugin of engine/library.h does) and makes its compiler for
/// `cpu` or `cuda:N`. Throws CommonError(kInternal) with the path tried and the loader's reason, or
/// with what is wrong with the device.
[[nodiscard]] std::unique_ptr<KernelCompiler> load_compiler(const std::string& device = "cpu");

}  // namespace gt::worker::jit

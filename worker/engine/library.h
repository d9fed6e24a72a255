// The rows that a vendor library computes, behind a plugin (`lib/gt/engine_torch.so`) that is
// loaded when the first of them runs, so that a worker which needs none starts without LibTorch.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "worker/engine/engine.h"

namespace gt::worker {

/// As many products of float32 matrices with dense rows, out = a b, in memory that is there. A
/// stride leads from one row to the next, at least as far as a row is long; a step from one matrix
/// to the next. Without depth they are zero.
struct ProductBatch {
  template <class Element>
  struct Matrices {
    Element* data = nullptr;
    std::int64_t stride = 0;
    std::int64_t step = 0;
  };
  std::int64_t count = 0;
  std::int64_t rows = 0;     ///< of a and of out; positive, as are columns
  std::int64_t columns = 0;  ///< of b and of out
  std::int64_t depth = 0;    ///< columns of a, rows of b
  Matrices<const float> a;
  Matrices<const float> b;
  Matrices<float> out;  ///< shares no memory with the operands
};
using MultiplyBatch = void (*)(const ProductBatch&);

/// Computes library rows into buffers that the caller's allocator hands out.
class Library {
 public:
  virtual ~Library() = default;
  /// Same contract as Engine::execute, for rows of class library (on other devices: every row).
  [[nodiscard]] virtual Results execute(const EngineCall& call) = 0;
  /// Same contract as Engine::prepare.
  [[nodiscard]] virtual std::unique_ptr<PreparedCall> prepare(const EngineCall& call) = 0;
  /// Null where it is no faster than rows of products; that depends on processor and library alone.
  [[nodiscard]] virtual MultiplyBatch multiply_batch() { return nullptr; }
  /// Of what the thread that calls computes from now on.
  virtual void set_threads(int threads) = 0;
  /// Same contract as Engine::run_in_threads, for the threads that were set.
  [[nodiscard]] virtual bool run_in_threads(const std::function<void()>& work) = 0;
};

inline constexpr std::uint32_t kLibraryPluginVersion = 5;

/// The one C entry of a plugin: `extern "C" const LibraryPlugin* gt_library_plugin()`.
struct LibraryPlugin {
  std::uint32_t version = kLibraryPluginVersion;
  const char* name = nullptr;  ///< `LibTorch 2.15.0`
  /// Makes the library over the host's allocator (borrowed; outlives the library).
  Library* (*make)(Allocator& allocator, const char* device) = nullptr;
  /// Makes a whole engine for `options.device`, where the plugin has one (engine_torch_cuda); its
  /// errors are those of make_engine.
  Engine* (*make_engine)(const EngineOptions& options) = nullptr;
};

/// The entry of plugin `name`, loaded and checked for version; `path` receives where it was found.
/// Throws CommonError(kInternal) with the path tried and the loader's reason.
[[nodiscard]] const LibraryPlugin& load_plugin(const char* name, std::string& path);

/// Loads plugin `name` (file `name`.so beside the executable in `../lib/gt`) with RTLD_LOCAL and
/// makes its library. Throws CommonError(kInternal) with the path tried and the loader's reason.
[[nodiscard]] std::unique_ptr<Library> load_library(const char* name, Allocator& allocator,
                                                    const char* device);

/// The same for a plugin that computes every row: loads it and makes the engine of the options.
[[nodiscard]] std::unique_ptr<Engine> load_engine(const char* name, const EngineOptions& options);

}  // namespace gt::worker

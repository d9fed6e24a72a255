// From a recording to programs that can run.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "worker/hotpath/program_cache.h"
#include "worker/hotpath/recording.h"
#include "worker/hotpath/segment_code.h"

namespace gt::worker::hotpath {

struct CompileResult {
  std::vector<std::shared_ptr<const SegmentCode>> segments;  ///< empty if it failed
  double seconds = 0;                                        ///< that the work itself took
  std::string error;                                         ///< why it failed; else empty
  sequence::Hash128 key;                                     ///< in the cache
};

/// Plans the segments of recordings, and finds their machine code in the cache or has it made. It
/// belongs to one thread.
class ProgramCompiler {
 public:
  /// Makes the compiler of kernels when the first recording comes.
  using MakeCompiler = std::function<std::unique_ptr<jit::KernelCompiler>()>;
  ProgramCompiler(MakeCompiler make, ProgramCache cache)
      : make_(std::move(make)), cache_(std::move(cache)) {}

  /// Never throws: what goes wrong is the result's error.
  [[nodiscard]] CompileResult compile(const Recording& recording, const CompileChoices& choices);
  [[nodiscard]] const ProgramCache& cache() const noexcept { return cache_; }

 private:
  using Segments = std::span<const std::unique_ptr<SegmentCode>>;
  [[nodiscard]] std::vector<std::unique_ptr<SegmentCode>> plan(const Recording& recording,
                                                               const CompileChoices& choices);
  void find_or_compile(const sequence::Hash128& key, Segments segments,
                       const CompileChoices& choices);
  [[nodiscard]] sequence::Hash128 key_of(Segments segments, const CompileChoices& choices) const;
  [[nodiscard]] bool load(const sequence::Hash128& key, Segments segments,
                          const CompileChoices& choices) const;
  void store(const sequence::Hash128& key, Segments segments) const;

  MakeCompiler make_;
  ProgramCache cache_;
  std::unique_ptr<jit::KernelCompiler> compiler_;
};

}  // namespace gt::worker::hotpath

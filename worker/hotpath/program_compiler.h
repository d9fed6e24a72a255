// From a recording to programs that can run.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "worker/hotpath/gain.h"
#include "worker/hotpath/lives.h"
#include "worker/hotpath/program_cache.h"
#include "worker/hotpath/recording.h"
#include "worker/hotpath/segment_code.h"

namespace gt::worker::hotpath {

/// The segments of a program under one plan.
using PlannedSegments = std::vector<std::shared_ptr<SegmentCode>>;

struct CompileResult {
  /// None if it failed, or does not pay yet; several where they are to be tried.
  std::vector<PlannedSegments> plans;
  double seconds = 0;     ///< that the work itself took
  std::string error;      ///< why it failed, and in further lines where; else empty
  sequence::Hash128 key;  ///< in the cache
  /// What it is compiled for, if an earlier start has found other values alive, or compiled for
  /// another one of the sizes that may differ.
  std::optional<Recording> recording;
  std::optional<Gain> gain;  ///< at an earlier start
  bool is_found = false;     ///< an earlier start has made the code
  /// CompileChoices::spent from which on the code will be made; nothing if it was.
  std::optional<double> pays_from;
};

/// What the cache holds of a tuned program once one of its plans, as numbered in the result, is
/// chosen. It is loaded as the only one.
[[nodiscard]] ProgramObjects chosen_objects(std::size_t plan,
                                            std::vector<std::vector<std::byte>> segments);

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
  using Plans = std::vector<PlannedSegments>;
  /// What is being done, for whoever asks where it failed.
  struct Step {
    const char* what = "loading the compiler";
    std::optional<std::size_t> segment;       ///< none for what concerns all
    std::shared_ptr<const SegmentCode> code;  ///< of the segment, once it is planned
  };
  [[nodiscard]] std::string describe_step(const Recording& recording) const;
  [[nodiscard]] PlannedSegments plan(const Recording& recording, const CompileChoices& choices);
  [[nodiscard]] Plans plan_all(const Recording& recording, const CompileChoices& choices);
  [[nodiscard]] Plans plan_as_known(CompileResult& result, const Recording& recording,
                                    const CompileChoices& choices);
  [[nodiscard]] std::optional<Recording> at_known_size(const Recording& recording,
                                                       const CompileChoices& choices) const;
  void note_size(const Recording& recording, const CompileChoices& choices) const;
  [[nodiscard]] std::optional<Recording> with_known_lives(const Recording& recording,
                                                          const CompileChoices& choices) const;
  [[nodiscard]] std::optional<Lives> known_lives(const Recording& recording,
                                                 const CompileChoices& choices) const;
  void note_lives(const Recording& recording, const CompileChoices& choices) const;
  template <class Read>
  [[nodiscard]] auto find_note(const sequence::Hash128& key, Read&& read) const;
  [[nodiscard]] sequence::Hash128 key_of(const Plans& plans, const CompileChoices& choices) const;
  [[nodiscard]] bool find_or_make(CompileResult& result, Plans& plans,
                                  const CompileChoices& choices);
  [[nodiscard]] bool load(const sequence::Hash128& key, Plans& plans,
                          const CompileChoices& choices) const;
  void store(const sequence::Hash128& key, const Plans& plans, const CompileChoices& choices) const;

  MakeCompiler make_;
  ProgramCache cache_;
  std::unique_ptr<jit::KernelCompiler> compiler_;
  Step step_;
};

}  // namespace gt::worker::hotpath

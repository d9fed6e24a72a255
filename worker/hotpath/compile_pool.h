// Compiles beside the running program.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "worker/hotpath/program_cache.h"
#include "worker/hotpath/recording.h"
#include "worker/hotpath/segment_code.h"

namespace gt::worker::hotpath {

struct CompileResult {
  std::vector<std::shared_ptr<const SegmentCode>> segments;  ///< empty if it failed
  double seconds = 0;                                        ///< that the work itself took
  std::string error;                                         ///< why it failed; else empty
};

struct CompilerSetup {
  /// Called once, in the compiling thread; what it throws is the result of every recording.
  std::function<std::unique_ptr<jit::KernelCompiler>()> make = &jit::load_compiler;
  ProgramCache cache = ProgramCache({});
};

/// One thread of low priority that takes recordings one after the other; it starts with the first.
/// The other functions belong to one thread.
class CompilePool {
 public:
  using Ticket = std::uint64_t;
  /// Recordings that may wait at a time.
  static constexpr std::size_t kMostWaiting = 64;

  explicit CompilePool(CompilerSetup setup);
  CompilePool(const CompilePool&) = delete;
  CompilePool& operator=(const CompilePool&) = delete;
  /// Waits for the recording at hand, and drops the others.
  ~CompilePool();

  /// Nothing if too many wait.
  [[nodiscard]] std::optional<Ticket> submit(Recording recording, CompileChoices choices);
  /// The result, given once, or nothing if it is not there yet.
  [[nodiscard]] std::optional<CompileResult> take(Ticket ticket);
  /// The result is not wanted any more.
  void cancel(Ticket ticket);
  /// Waits until nothing waits and nothing is compiled, for tests.
  void wait_until_idle();

 private:
  struct Job {
    Ticket ticket = 0;
    Recording recording;
    CompileChoices choices;
  };
  void work();
  [[nodiscard]] CompileResult compile(const Job& job);
  [[nodiscard]] sequence::Hash128 key_of(
      std::span<const std::unique_ptr<SegmentCode>> segments) const;
  [[nodiscard]] bool load(const sequence::Hash128& key,
                          std::span<const std::unique_ptr<SegmentCode>> segments) const;
  void store(const sequence::Hash128& key,
             std::span<const std::unique_ptr<SegmentCode>> segments) const;

  const CompilerSetup setup_;
  std::unique_ptr<jit::KernelCompiler> compiler_;  ///< of the thread

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_:
  std::deque<Job> waiting_;
  std::map<Ticket, CompileResult> results_;
  Ticket at_hand_ = 0;  ///< 0 for none
  bool drops_at_hand_ = false;
  bool stops_ = false;

  Ticket next_ = 1;
  std::thread thread_;
};

}  // namespace gt::worker::hotpath

// Compiles beside the running program.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>

#include "worker/hotpath/program_compiler.h"

namespace gt::worker::hotpath {

struct CompilerSetup {
  /// Called once, in the compiling thread; what it throws is the result of every recording.
  ProgramCompiler::MakeCompiler make = [] { return jit::load_compiler(); };
  ProgramCache cache = ProgramCache({});
  /// That one recording may take. Then it has failed: its thread is left behind, and another one
  /// takes those that wait.
  std::chrono::milliseconds time_limit = std::chrono::minutes(5);
  /// That the end of the pool waits for the recording at hand. Its thread must not outlive the
  /// static objects of the process if this is less than the time limit.
  std::chrono::milliseconds patience = time_limit;
};

/// One thread of low priority that takes recordings one after the other; it starts with the first.
/// The functions belong to one thread.
class CompilePool {
 public:
  using Ticket = std::uint64_t;
  /// Recordings that may wait at a time.
  static constexpr std::size_t kMostWaiting = 64;

  explicit CompilePool(CompilerSetup setup);
  CompilePool(const CompilePool&) = delete;
  CompilePool& operator=(const CompilePool&) = delete;
  /// Stores what is to be kept, and waits for the recording at hand, until its time or the patience
  /// is up; drops the other recordings.
  ~CompilePool();

  /// Nothing if too many wait.
  [[nodiscard]] std::optional<Ticket> submit(Recording recording, CompileChoices choices);
  /// The result, given once, or nothing if it is not there yet.
  [[nodiscard]] std::optional<CompileResult> take(Ticket ticket);
  /// Puts objects into the cache, some time, at the latest when the pool ends. Lost if too many
  /// wait.
  void keep(const sequence::Hash128& key, ProgramObjects objects, ProgramCache::Content content);
  /// The result is not wanted any more.
  void cancel(Ticket ticket);
  /// Waits until nothing waits and nothing is compiled, for tests.
  void wait_until_idle();

 private:
  struct Job;
  struct Shared;
  /// What a compiling thread does. It shares all it needs, since it may outlive the pool.
  static void work(const std::shared_ptr<Shared>& shared, std::uint64_t shift);
  [[nodiscard]] bool push(Job job);
  void start();
  void leave_behind_if_overdue();
  [[nodiscard]] bool ends_in_time();

  const std::shared_ptr<Shared> shared_;
  Ticket next_ = 1;
  std::thread thread_;
};

}  // namespace gt::worker::hotpath

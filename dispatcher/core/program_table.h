// What is known of the hot sequences of a session, and what becomes of their programs.
//
// A pure state machine: reports of workers in, decisions for workers out. A worker that reports a
// sequence is a member of it, and gets on by reports (->) and by decisions (=>):
//
//   detected -> compiling -> ready => validating -> validated => in use
//
// While a member is on its way to `ready`, the ready ones wait for it; then all of them are told to
// validate. When the last of these has validated, all are told to use the program. So those that
// change do it at the same point of the session's stream; a worker that comes to a sequence when
// others use its program follows by itself. What fails at one member is dropped at all of them, and
// the sequence stays eager for the rest of the session.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/protocol/messages.h"

namespace gt::dispatcher {

/// A hot sequence of a session.
struct Program {
  std::string operations;          ///< `matmul -> relu -> sum`
  std::uint64_t executions = 0;    ///< when it was detected
  std::uint64_t instructions = 0;  ///< in one execution
  double compile_seconds = 0;      ///< of the member for which it took longest
  bool is_dropped = false;
};

class ProgramTable {
 public:
  using SequenceId = protocol::SequenceId;
  using WorkerId = protocol::WorkerId;

  /// Further sequences of a session are left alone: they stay eager.
  static constexpr std::size_t kMaxSequences = 1024;

  /// What a report has changed.
  struct Outcome {
    const Program* program = nullptr;  ///< nullptr if the report was ignored
    /// Whether it says what no worker has said before: `ready` says something when the last member
    /// is ready.
    bool is_news = false;
    bool is_drop = false;  ///< whether the program was dropped because of it
    /// Whether it is a failure in the words of the one before, of whatever sequence: without a
    /// compiler each of them fails.
    bool repeats_failure = false;
  };
  /// Takes in a report of a worker of the session. A report that does not fit what the worker has
  /// reported before is ignored.
  Outcome apply(WorkerId worker, const protocol::SequenceReport& report);

  /// The worker is gone: drops the sequences of which it was a member, which are returned. Those
  /// of which it was the only one are forgotten instead.
  std::vector<SequenceId> lose(WorkerId worker);

  /// What the worker has to be told at the head of its next batch; at most one decision a
  /// sequence, the last. Each is given once.
  [[nodiscard]] std::vector<protocol::ProgramDecision> take_decisions(WorkerId worker);

  /// The session compiles what repeats: something will soon wait for decisions.
  void expect_programs() noexcept {
    awaits_decisions_ = true;
    batches_until_tired_ = kBatchesUntilTired;
  }
  /// A batch of the session was planned in whole.
  void batch_planned() noexcept { batches_until_tired_ -= batches_until_tired_ > 0 ? 1 : 0; }
  /// Whether a program that is being compiled, or validated, waits for decisions, or the first one
  /// is expected. Not for ever: one whose sequence does not come again would wait as long as the
  /// session lives.
  [[nodiscard]] bool awaits_decisions() const noexcept {
    return awaits_decisions_ && batches_until_tired_ > 0;
  }

  /// Whether a worker executes a sequence of the lane by its program.
  [[nodiscard]] bool is_compiled(LaneId lane) const { return lanes_.contains(lane); }

  struct Counts {
    std::uint64_t sequences = 0;
    std::uint64_t compiled = 0;  ///< of those, in use
    std::uint64_t dropped = 0;   ///< of those
  };
  [[nodiscard]] Counts counts() const;

  /// Sums of what members have counted.
  struct Totals {
    std::uint64_t executions = 0;  ///< by programs
    double eager_seconds = 0;
    double compiled_seconds = 0;
    std::uint64_t bytes_saved = 0;
  };
  [[nodiscard]] const Totals& totals() const noexcept { return totals_; }

 private:
  /// Batches for which a program is waited for, until it moves on.
  static constexpr std::uint32_t kBatchesUntilTired = 64;

  enum class Stage : std::uint8_t { detected, compiling, ready, validating, validated, in_use };
  struct Entry {
    Program program;
    std::map<WorkerId, Stage> members;
    // What the user was told; the last three since the last recompilation.
    bool is_detection_told = false;
    bool is_start_told = false;
    bool is_completion_told = false;
    bool is_speed_told = false;
    bool is_refusal_told = false;  ///< that it is not captured
    std::string reason;            ///< of the last recompilation
    WorkerId reason_from = 0;      ///< who gave it
  };
  using Entries = std::map<SequenceId, Entry, protocol::SequenceIdLess>;

  [[nodiscard]] bool find_awaiting() const;
  [[nodiscard]] Entry* find_or_add(const protocol::SequenceReport& report);
  [[nodiscard]] bool take_in(Entry& entry, WorkerId worker, const protocol::SequenceReport& report);
  void count(const protocol::SequenceReport& report);
  [[nodiscard]] bool recompile(Entry& entry, WorkerId worker, const std::string& reason);
  [[nodiscard]] bool validate_ready(Entry& entry, const SequenceId& id);
  void use_validated(Entry& entry, const SequenceId& id);
  void drop(Entry& entry, const SequenceId& id);
  void decide(WorkerId worker, const SequenceId& id, protocol::ProgramDecision::Action action);
  void withdraw(WorkerId worker, const SequenceId& id);
  void leave(WorkerId worker, LaneId lane, const SequenceId& id);
  template <class Predicate>
  void leave_all(Predicate&& must_leave);

  Entries programs_;
  std::map<WorkerId, std::vector<protocol::ProgramDecision>> decisions_;
  /// The program by which a worker executes a lane; no inner map is empty.
  std::map<LaneId, std::map<WorkerId, SequenceId>> lanes_;
  Totals totals_;
  bool awaits_decisions_ = false;
  std::uint32_t batches_until_tired_ = 0;
  std::string last_failure_;  ///< first line of why a compilation failed
};

}  // namespace gt::dispatcher

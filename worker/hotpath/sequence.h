// What is known of one unit on this worker: its programs, and what they gain.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/sequence/hash.h"
#include "common/sequence/unit.h"
#include "worker/hotpath/balance.h"
#include "worker/hotpath/compile_pool.h"
#include "worker/hotpath/segment_run.h"
#include "worker/hotpath/time_samples.h"

namespace gt::worker::hotpath {

/// One way to cut a program into kernels.
struct Plan {
  std::size_t number = 0;  ///< in the compiler's result
  std::vector<std::unique_ptr<SegmentRun>> segments;
  std::vector<int> left_to_validate;  ///< executions, by segment
  TimeSamples times;                  ///< since its kernels are settled

  [[nodiscard]] bool is_validated() const;
  /// Whether no kernel tries versions any more.
  [[nodiscard]] bool is_settled() const;
};

/// Executions that a program would fit if it made more of its results.
struct Misses {
  std::optional<Recording> wider;  ///< that of the program with what it would have to make
  int count = 0;
  std::uint64_t first = 0;  ///< the execution of the sequence in which counting began
};

/// A program: a unit compiled for the sizes and layouts of one recording.
struct Program {
  enum class State : std::uint8_t {
    compiling,   ///< `ticket` will tell
    ready,       ///< and reported; the dispatcher decides
    validating,  ///< the next execution is compared with eager
    validated,   ///< and reported; the dispatcher decides
    in_use,
    dropped,
  };
  sequence::Hash128 id;
  State state = State::compiling;
  CompilePool::Ticket ticket = 0;
  std::shared_ptr<const Recording> recording;
  std::vector<std::uint32_t> boundaries;  ///< where segments begin, and the end of the last
  std::vector<Plan> plans;                ///< once compiled; several while it is being tuned
  std::size_t plan_at_hand = 0;
  bool is_tuning = false;  ///< plans, or versions of kernels, take turns
  bool is_captured = false;
  sequence::Hash128 cache_key;
  double compile_seconds = 0;
  TimeSamples compiled_times;
  TimeSamples eager_times;         ///< of executions that it would have fitted, in turn with those
  std::uint32_t turns = 0;         ///< of both
  std::uint64_t runs = 0;          ///< compiled executions
  std::uint64_t reported = 0;      ///< of these
  double unreported_seconds = 0;   ///< of those that are not
  std::optional<Gain> noted_gain;  ///< at an earlier start
  double gain_seconds = 0;         ///< of an execution against eagerly, once that is known
  bool has_reported_gain = false;
  int contradictions = 0;             ///< of the noted gain, one after the other
  bool has_reported_refusal = false;  ///< to be captured by a GPU
  Misses misses;

  [[nodiscard]] Plan& plan() { return plans[plan_at_hand]; }
  /// Another plan has its turn.
  void begin_execution() { plan_at_hand = (plan_at_hand + 1) % plans.size(); }
  /// Until its gain is known eager execution takes turns with it: what else the machine does, such
  /// as compiling, disturbs both alike. Not where a GPU captures it: addresses would change.
  /// And not for ever, where executions are never by the program as a whole.
  [[nodiscard]] bool takes_turns() const noexcept {
    return !is_captured && !is_tuning && !has_reported_gain && turns < 2 * TimeSamples::kKept + 1;
  }
  /// What was measured is not believed.
  void measure_again() noexcept {
    compiled_times = {};
    eager_times = {};
    turns = 0;
  }
  /// A turn begins that fits the program. Returns whether it is eager execution's: every second.
  [[nodiscard]] bool gives_turn() noexcept { return ++turns % 2 == 0; }
};

/// What the first executions have in common, before anything is compiled.
struct FirstRecordings {
  Recording recording;      ///< with the lives of all of them
  std::uint64_t batch = 0;  ///< in which the first of them ended
  int size_changes = 0;     ///< how often in a row a size was another than before
};

struct Sequence {
  std::shared_ptr<const sequence::Unit> unit;
  std::string text;              ///< `matmul -> relu -> sum`
  std::uint64_t executions = 0;  ///< since it became hot, and before
  bool is_refused = false;       ///< it cannot be compiled, or gains nothing
  bool keeps_sizes = false;      ///< its sizes cannot become symbolic
  std::vector<std::unique_ptr<Program>> programs;
  std::optional<FirstRecordings> first;  ///< as long as there is no program
  /// Where the last recording that was hurried was cut, the execution of which it was, and how many
  /// before it, a few executions apart, were cut at the same places.
  std::vector<std::uint32_t> hurried_cuts;
  std::uint64_t hurried_execution = 0;
  int hurried_alike = 0;
  TimeSamples eager_times;   ///< without a program of its own; shorter sequences may have theirs
  double eager_seconds = 0;  ///< of all of these, since a program was made for some
  double pays_from = 0;      ///< `eager_seconds` from which on the next program is made

  /// Whether an execution that no program fits shall be recorded.
  [[nodiscard]] bool wants_recording() const;
  /// Whether there may be programs beside those that there are.
  [[nodiscard]] bool may_have_more() const;
  /// Remembers where a recording that was hurried was cut; returns whether executions are always
  /// cut like this: the one before, a few executions ago, was too, or several where there is a
  /// program for others.
  [[nodiscard]] bool note_hurried(const Recording& recording);
  /// What an execution takes without the program.
  [[nodiscard]] const TimeSamples& eager_times_of(const Program& program) const noexcept {
    return program.eager_times.size() == 0 ? eager_times : program.eager_times;
  }
  /// What may still come of it, as long as it is not over.
  [[nodiscard]] Balance::Prospect prospect() const;
  /// Nothing more will come of it: it runs eagerly, and need not be held.
  [[nodiscard]] bool is_over() const;
};

}  // namespace gt::worker::hotpath

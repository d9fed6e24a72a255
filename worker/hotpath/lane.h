// Follows the instructions of one lane: recognises what repeats, holds what may be compiled, and
// runs it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/sequence/detector.h"
#include "common/sequence/lane_recorder.h"
#include "common/sequence/matcher.h"
#include "worker/hotpath/balance.h"
#include "worker/hotpath/host.h"
#include "worker/hotpath/instruction_queue.h"
#include "worker/hotpath/piece.h"
#include "worker/hotpath/recording.h"
#include "worker/hotpath/rest.h"
#include "worker/hotpath/sequence_book.h"
#include "worker/hotpath/wishes.h"

namespace gt::worker::hotpath {

/// Why nothing may be kept any longer.
enum class Wait : std::uint8_t {
  observed,  ///< somebody looks at a value: always at this place of the stream
  hurried,   ///< input is late, or credit has run out: at a place that depends on time
};

/// The stream of a lane, cut into *stretches* as the matcher resolves it: executions of a unit, or
/// what lies between. A stretch runs in pieces: segments of a program, or eagerly.
class Lane {
 public:
  /// All are borrowed.
  Lane(LaneId id, const sequence::KindCatalog& kinds, const Wishes& wishes, SequenceBook& book,
       Host& host);

  /// The next instruction: runs it at once, or keeps it. Not while there is work.
  void take(const Instruction& instruction);
  /// Somebody waits: what is kept becomes work.
  void mark(Wait wait);
  [[nodiscard]] bool has_work() const noexcept { return next_stretch_ < stretches_.size(); }
  /// Does a small part of the work.
  void work();
  [[nodiscard]] bool holds() const noexcept { return !queue_.empty(); }
  /// Whether an instruction that is kept names a value of another lane.
  [[nodiscard]] bool holds_foreign_values() const noexcept { return holds_foreign_; }
  /// What was kept behind the instruction that `work` is running.
  [[nodiscard]] const InstructionQueue& queue() const noexcept { return queue_; }

 private:
  using Position = sequence::Position;
  /// What is known of the stream.
  struct Past {
    Past(const sequence::KindCatalog& kinds, const sequence::DetectorOptions& options);

    sequence::History history;
    sequence::LaneRecorder recorder;
    sequence::Detector detector;
  };
  struct Stretch {
    sequence::Resolution::Form form = sequence::Resolution::Form::passed;
    sequence::UnitId unit = sequence::kNoUnit;
    Position begin = 0;  ///< of the instance
    Position first = 0;
    Position last = 0;
    std::string reason;            ///< of a divergence
    Sequence* sequence = nullptr;  ///< of the unit; null if it is not followed
    bool is_hurried = false;       ///< it ended because of Wait::hurried
  };

  // lane.cc: the stream
  void wake();
  void note(const Instruction& instruction, ValueId first_result);
  void take_element(const Instruction& instruction);
  void follow_element(const Instruction& instruction);
  void follow_measured(const Instruction& instruction);
  [[nodiscard]] bool passes(std::span<const sequence::Resolution> resolutions,
                            Position position) const;
  void keep(const Instruction& instruction, Position position,
            std::span<const sequence::Resolution> resolutions);
  void execute_unfollowed(const Instruction& instruction);
  void record();
  void execute_passing(const Instruction& instruction, Position position);
  void compile_first_execution();
  void push(const Instruction& instruction, std::optional<Position> position);
  void resolve(std::span<const sequence::Resolution> resolutions, Wait wait = Wait::observed);
  void finish_pending();
  void follow_hot(sequence::UnitId id);
  void follow(sequence::UnitId id, Sequence& sequence);
  void follow_no_more();
  void weigh();
  void begin_rest();
  [[nodiscard]] Balance::Prospect prospect() const;
  void announce_rest();
  [[nodiscard]] bool computes(const sequence::Unit& unit) const;
  [[nodiscard]] bool admits(const sequence::Unit& unit) const;

  // lane_work.cc: stretches
  [[nodiscard]] const Stretch& stretch() const { return stretches_[next_stretch_]; }
  [[nodiscard]] Sequence* sequence_of(sequence::UnitId unit) const;
  [[nodiscard]] bool work_on();
  [[nodiscard]] bool work_measured();
  void begin_piece();
  [[nodiscard]] std::optional<std::size_t> segment_at_hand(const Program& program) const;
  [[nodiscard]] bool has_program(const Sequence& sequence);
  void note_missing(Sequence& sequence);
  [[nodiscard]] bool goes_on_recording(const Sequence& sequence);
  [[nodiscard]] bool is_eager_turn(Program& program, SegmentRun& run);
  [[nodiscard]] bool begin_program(Sequence& sequence, Program& program);
  void begin_eager(Sequence* sequence, Position last);

  // shorter_sequences.cc: executions of other sequences within the stretch
  template <class Visit>
  void for_each_shorter(const Sequence& sequence, Visit&& visit) const;
  [[nodiscard]] bool begin_shorter(const Sequence& sequence, Position last);
  [[nodiscard]] Position next_shorter(const Sequence& sequence, Position last) const;

  void end_stretch();
  void compile(Sequence& sequence, Position begin);
  void end_instance(Sequence& sequence);
  [[nodiscard]] double seconds_to_hold(const Sequence& sequence) const;
  [[nodiscard]] Position next_boundary(const Sequence& sequence, Position last) const;
  void announce(const Stretch& stretch);

  const LaneId id_;
  const sequence::KindCatalog& kinds_;
  const Wishes& wishes_;
  SequenceBook& book_;
  Host& host_;

  std::optional<Past> past_;                        ///< none while the lane rests
  std::vector<sequence::KnownUnit> known_in_rest_;  ///< when the rest began
  std::optional<sequence::Matcher> matcher_;        ///< as long as there are units to follow
  std::unordered_map<sequence::UnitId, Sequence*> sequences_;
  Balance balance_;          ///< of what is followed
  bool gives_up_ = false;    ///< what is followed does not pay
  std::size_t longest_ = 0;  ///< unit that is followed
  Rest rest_;

  InstructionQueue unrecorded_;  ///< has run, and is to be recorded; empty if there is a matcher
  std::vector<std::uint64_t> unrecorded_bytes_;  ///< sizes of its results

  InstructionQueue queue_;
  bool holds_foreign_ = false;
  TimeSamples holding_times_;       ///< of an element that was kept, now and then
  std::optional<Stretch> pending_;  ///< complete; frees that follow at once still belong to it
  std::vector<Stretch> stretches_;  ///< to be run, in order; memory is kept
  std::size_t next_stretch_ = 0;    ///< of these: the one at hand

  /// What runs eagerly since somebody waited last, where sequences are compiled at their first
  /// execution.
  Recorder first_execution_;
  Position first_begin_ = 0;
  sequence::UnitId next_own_unit_ = sequence::kNoUnit - 1;  ///< the detector counts from 0

  // Of the stretch that is being run:
  Position executed_ = 0;  ///< elements before this one have run
  EagerPiece eager_piece_{queue_, host_};
  CompiledPiece compiled_piece_{queue_, host_};
  ValidatingPiece validating_piece_{eager_piece_, host_};
  Piece* piece_ = nullptr;  ///< of these, the one that is going on
  Position piece_end_ = 0;
  bool is_compiled_ = false;  ///< the piece
  Recorder recording_;
  Position recording_begin_ = 0;  ///< of the instance that is recorded

  // Of the instance that is being run:
  double eager_seconds_ = 0;
  double compiled_seconds_ = 0;
  bool is_all_eager_ = false;
  bool is_all_compiled_ = false;
  Program* program_ = nullptr;   ///< that ran some of it
  Program* compared_ = nullptr;  ///< that would have fitted, but takes turns with eager execution

  /// By which the dispatcher knows that the lane runs programs; null if it runs none.
  const Program* announced_ = nullptr;
  std::uint32_t eager_in_a_row_ = 0;  ///< executions, as long as something is announced
  std::string leaving_reason_;        ///< why these
};

}  // namespace gt::worker::hotpath

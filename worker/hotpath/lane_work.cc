// The stretches of a lane, and the pieces in which they run. Part of Lane's sources.
#include <algorithm>
#include <utility>

#include "worker/hotpath/lane.h"
#include "worker/hotpath/past_lives.h"
#include "worker/hotpath/stopwatch.h"

namespace gt::worker::hotpath {
namespace {

using sequence::Resolution;
using Event = protocol::SequenceReport::Event;

/// Executions that are measured at first; later, one of so many.
constexpr std::size_t kFirstSamples = 16;
constexpr std::uint64_t kSampleInterval = 32;

/// Executions without a program after which the lane has ceased to run programs.
constexpr std::uint32_t kEagerUntilLeft = 2;

bool is_measured(const Sequence& sequence) {
  if (sequence.executions % kSampleInterval == 0) return true;
  bool runs_compiled = false;
  for (const auto& program : sequence.programs) {
    if (program->state != Program::State::in_use) continue;
    if (program->compiled_times.size() < kFirstSamples) return true;
    runs_compiled = true;
  }
  return !runs_compiled && sequence.eager_times.size() < kFirstSamples;
}

}  // namespace

Sequence* Lane::sequence_of(sequence::UnitId unit) const {
  const auto found = sequences_.find(unit);
  return found == sequences_.end() ? nullptr : found->second;
}

void Lane::work() {
  Sequence* sequence = stretch().sequence;
  const bool measured = sequence != nullptr && is_measured(*sequence);
  const bool goes_on = measured ? work_measured() : work_on();
  if (goes_on) return;
  piece_ = nullptr;
  executed_ = piece_end_;
  if (executed_ == stretch().last) end_stretch();
  if (has_work()) return;
  if (balance_.is_due(longest_)) weigh();
  follow_no_more();
}

bool Lane::work_on() {
  if (piece_ == nullptr) begin_piece();
  return piece_->step();
}

/// To find and to prepare a program belongs to what it costs; eagerly nothing would be looked for.
bool Lane::work_measured() {
  Stopwatch watch;
  if (piece_ == nullptr) begin_piece();
  if (!is_compiled_) watch = Stopwatch();
  const bool goes_on = piece_->step();
  (is_compiled_ ? compiled_seconds_ : eager_seconds_) += watch.seconds();
  return goes_on;
}

void Lane::begin_piece() {
  const Stretch& stretch = this->stretch();
  executed_ = std::max(executed_, stretch.first);
  if (executed_ == stretch.begin) {
    eager_seconds_ = compiled_seconds_ = 0;  // eagerly: or by programs of shorter sequences
    is_all_compiled_ = is_all_eager_ = true;
    compared_ = nullptr;
    program_ = nullptr;  // of an instance that was cut, and never ended
  }
  Sequence* sequence = stretch.sequence;
  const bool matches =
      stretch.form == Resolution::Form::complete || stretch.form == Resolution::Form::forced;
  if (sequence == nullptr || !matches) return begin_eager(nullptr, stretch.last);
  for (const auto& program : sequence->programs)
    if (begin_program(*sequence, *program)) return;
  if (compared_ == nullptr) note_missing(*sequence);
  const Position last = next_boundary(*sequence, stretch.last);
  if (goes_on_recording(*sequence)) return begin_eager(sequence, last);
  if (!begin_shorter(*sequence, last)) begin_eager(sequence, next_shorter(*sequence, last));
}

/// The segment of a program that begins with the element at hand and ends within the stretch.
std::optional<std::size_t> Lane::segment_at_hand(const Program& program) const {
  const Stretch& stretch = this->stretch();
  const auto place = static_cast<std::uint32_t>(executed_ - stretch.begin);
  const auto& boundaries = program.boundaries;
  const auto found = std::lower_bound(boundaries.begin(), boundaries.end(), place);
  if (found == boundaries.end() || *found != place || found + 1 == boundaries.end())
    return std::nullopt;
  if (stretch.begin + found[1] > stretch.last) return std::nullopt;
  return static_cast<std::size_t>(found - boundaries.begin());
}

/// Whether the execution at hand would fit the program, and it is the turn of eager execution.
bool Lane::is_eager_turn(Program& program, SegmentRun& run) {
  if (!fits_here(run, queue_, past_->history, host_.values())) return false;
  if (program.gives_turn()) compared_ = &program;
  return compared_ == &program;
}

bool Lane::begin_program(Sequence& sequence, Program& program) {
  const bool validates = program.state == Program::State::validating;
  if (!validates && program.state != Program::State::in_use) return false;
  const std::optional<std::size_t> segment = segment_at_hand(program);
  if (!segment) return false;
  if (compared_ == &program) return false;
  if (*segment == 0) program.begin_execution();
  SegmentRun& run = *program.plan().segments[*segment];
  if (*segment == 0 && !validates && program.takes_turns() && is_eager_turn(program, run))
    return false;
  if (!find_call(run, queue_, past_->history, host_.values())) return false;
  piece_end_ = stretch().begin + program.boundaries[*segment + 1];
  is_compiled_ = !validates;
  is_all_eager_ = false;
  if (validates) {
    is_all_compiled_ = false;
    eager_piece_.begin(piece_end_ - executed_);
    validating_piece_.begin(
        run, [this, &sequence, &program, segment = *segment](const Validation& validation) {
          book_.segment_validated(sequence, program, id_, segment, validation);
        });
    piece_ = &validating_piece_;
    return true;
  }
  program_ = &program;
  compiled_piece_.begin(run);
  piece_ = &compiled_piece_;
  return true;
}

/// Tells of what the last program that would fit does not make. One that will do, or that would if
/// it had not been dropped, is enough.
void Lane::note_missing(Sequence& sequence) {
  Program* program = nullptr;
  std::size_t segment = 0;
  std::vector<ResultPlace> results;
  for (auto it = sequence.programs.rbegin(); it != sequence.programs.rend(); ++it) {
    Program& other = **it;
    const std::optional<std::size_t> at_hand =
        other.plans.empty() ? std::nullopt : segment_at_hand(other);
    if (!at_hand) continue;
    SegmentRun& run = *other.plan().segments[*at_hand];
    if (!fits_but_for_lives(run, queue_, host_.values())) continue;
    std::vector<ResultPlace> missing = find_missing(run, queue_, past_->history);
    if (missing.empty()) return;
    if (program != nullptr || other.state == Program::State::dropped) continue;
    program = &other;
    segment = *at_hand;
    results = std::move(missing);
  }
  if (program != nullptr) book_.note_missing(sequence, *program, id_, segment, results);
}

/// Whether there is a program for the execution at hand, which may not be used yet, or any more, or
/// one but for what lives on.
bool Lane::has_program(const Sequence& sequence) {
  return std::any_of(sequence.programs.begin(), sequence.programs.end(), [&](const auto& program) {
    const std::optional<std::size_t> segment =
        program->plans.empty() ? std::nullopt : segment_at_hand(*program);
    return segment &&
           fits_but_for_lives(*program->plan().segments[*segment], queue_, host_.values());
  });
}

/// Where a program may take over again.
Lane::Position Lane::next_boundary(const Sequence& sequence, Position last) const {
  const Position begin = stretch().begin;
  for (const auto& program : sequence.programs) {
    if (program->state != Program::State::in_use && program->state != Program::State::validating)
      continue;
    for (std::uint32_t boundary : program->boundaries)
      if (begin + boundary > executed_) last = std::min(last, begin + boundary);
  }
  return last;
}

/// Whether the element at hand is to be recorded, as all before it in the instance were.
bool Lane::goes_on_recording(const Sequence& sequence) {
  const Position begin = stretch().begin;
  const bool is_known =
      executed_ == begin || (recording_begin_ == begin && recording_.size() == executed_ - begin);
  return is_known && sequence.wants_recording() && !has_program(sequence);
}

void Lane::begin_eager(Sequence* sequence, Position last) {
  const Stretch& stretch = this->stretch();
  is_compiled_ = false;
  is_all_compiled_ = false;
  piece_end_ = last;
  BeforeElement before;
  const bool begins = executed_ == stretch.begin;
  if (begins || recording_begin_ != stretch.begin || recording_.size() != executed_ - stretch.begin)
    recording_.clear();
  if (sequence != nullptr && goes_on_recording(*sequence)) {
    recording_begin_ = stretch.begin;
    before = [this](const Instruction& instruction) {
      recording_.begin_element(instruction, host_.values());
    };
  }
  eager_piece_.begin(last - executed_, std::move(before));
  piece_ = &eager_piece_;
}

void Lane::end_stretch() {
  const Stretch stretch = std::move(stretches_[next_stretch_++]);
  if (!has_work()) {
    stretches_.clear();
    next_stretch_ = 0;
  }
  if (queue_.empty()) holds_foreign_ = false;
  Sequence* sequence = stretch.sequence;
  announce(stretch);
  if (sequence == nullptr) return;
  const bool is_recorded = recording_.size() == stretch.last - stretch.begin &&
                           recording_begin_ == stretch.begin && recording_.size() != 0;
  if (stretch.is_hurried && is_recorded) recording_.hurry();
  if (stretch.form == Resolution::Form::forced && is_recorded) recording_.cut(host_.values());
  if (stretch.form != Resolution::Form::complete) return;
  if (is_recorded) {
    compile(*sequence, stretch.begin);
    is_all_eager_ = false;  // to record took time of its own
  }
  end_instance(*sequence);
}

void Lane::compile(Sequence& sequence, Position begin) {
  Recording recording = recording_.finish(host_.values());
  if (sequence.programs.empty()) keep_past_lives(recording, past_->history, *sequence.unit, begin);
  book_.compile(sequence, id_, std::move(recording));
}

void Lane::end_instance(Sequence& sequence) {
  const bool measured = is_measured(sequence);
  if (is_all_compiled_ && program_ != nullptr) {
    book_.count_compiled(sequence, *program_, id_,
                         measured ? compiled_seconds_ + seconds_to_hold(sequence) : 0);
    balance_.gain(program_->gain_seconds);
  } else {
    const double seconds = measured && is_all_eager_ ? eager_seconds_ : 0;
    SequenceBook::count_eager(sequence, seconds);
    if (compared_ != nullptr && seconds > 0) compared_->eager_times.add(seconds);
  }
  program_ = nullptr;
}

/// What it cost to keep the instructions of an execution for the program.
double Lane::seconds_to_hold(const Sequence& sequence) const {
  return holding_times_.size() == 0
             ? 0
             : holding_times_.typical() * static_cast<double>(sequence.unit->length());
}

/// Tells when the lane begins or ceases to run programs, not which of several it runs. What stands
/// between executions of a unit does not count, nor does one that runs eagerly now and then.
void Lane::announce(const Stretch& stretch) {
  const Sequence* sequence = stretch.sequence;
  if (sequence == nullptr) return;
  if (program_ == nullptr) {
    if (announced_ == nullptr || compared_ != nullptr) return;
    if (stretch.is_hurried) leaving_reason_ = "its instructions came late";
    if (!stretch.reason.empty()) leaving_reason_ = stretch.reason;
    const bool has_ended = stretch.form != Resolution::Form::forced;
    if (!has_ended || ++eager_in_a_row_ < kEagerUntilLeft) return;
    if (leaving_reason_.empty()) leaving_reason_ = "other sizes, layouts or lives";
    book_.report(Event::left, *sequence, announced_->id, id_, leaving_reason_);
    announced_ = nullptr;
    return;
  }
  eager_in_a_row_ = 0;
  leaving_reason_.clear();
  if (program_->state == Program::State::dropped) return;  // within this execution
  if (announced_ == nullptr || announced_->state == Program::State::dropped) {
    announced_ = program_;
    book_.report(Event::entered, *sequence, program_->id, id_);
  }
}

void Lane::announce_rest() {
  if (announced_ == nullptr) return;
  for (const auto& [id, sequence] : sequences_)
    for (const auto& program : sequence->programs)
      if (program.get() == announced_)
        book_.report(Event::left, *sequence, program->id, id_,
                     "its programs gain less than it costs to follow its instructions");
  announced_ = nullptr;
}

}  // namespace gt::worker::hotpath

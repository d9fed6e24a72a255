#include "worker/hotpath/sequence_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace gt::worker::hotpath {
namespace {

using Event = protocol::SequenceReport::Event;

/// Sequences of one session.
constexpr std::size_t kMostSequences = 256;
/// Eager executions that are measured before a program can take over.
constexpr std::size_t kLeastEagerSamples = 4;
/// Sizes that differ from one execution to the next so often in a row, before anything is compiled,
/// change all the time. The last batch of an epoch makes two such changes.
constexpr int kChangesUntilSymbolic = 3;
/// Executions that a program misses for what they leave alive, among so many, before there is one
/// for all of them. Fewer may as well run eagerly.
constexpr int kMostMisses = 16;
constexpr std::uint64_t kMissesWithin = 256;

void add_alive(Recording& recording, std::size_t segment, std::span<const ResultPlace> results) {
  std::vector<ValueId>& alive = recording.segments[segment].alive;
  for (const ResultPlace& place : results) {
    const std::uint32_t element = recording.segments[segment].first + place.element;
    const ValueId id = recording.elements[element].first_output + place.result;
    const auto at = std::lower_bound(alive.begin(), alive.end(), id);
    if (at == alive.end() || *at != id) alive.insert(at, id);
  }
}

sequence::Hash128 id_for_any_size(const sequence::Hash128& id, const sequence::Hash128& earlier) {
  sequence::Hasher hasher;
  hasher.add(id);
  hasher.add(earlier);
  return hasher.finish();
}

}  // namespace

SequenceBook::~SequenceBook() {
  for (const auto& [id, place] : programs_) workshop_.compilers.cancel(place.program->ticket);
}

SequenceBook::Place* SequenceBook::find(const sequence::Hash128& id) {
  const auto found = programs_.find(id);
  return found == programs_.end() ? nullptr : &found->second;
}

Sequence* SequenceBook::adopt(const std::shared_ptr<const sequence::Unit>& unit, std::string text,
                              std::uint64_t executions) {
  const auto found = sequences_.find(unit->structure);
  if (found != sequences_.end()) return found->second.get();
  if (sequences_.size() >= kMostSequences) return nullptr;
  auto& sequence = sequences_[unit->structure] = std::make_unique<Sequence>();
  sequence->unit = unit;
  sequence->text = std::move(text);
  sequence->executions = executions;
  return sequence.get();
}

void SequenceBook::report(Event event, const Sequence& sequence, const sequence::Hash128& id,
                          LaneId lane, std::string text, double seconds, double compiled_seconds) {
  protocol::SequenceReport report;
  report.lane = lane;
  report.sequence = id;
  report.event = event;
  report.executions = sequence.executions;
  report.instructions = sequence.unit->length();
  report.seconds = seconds;
  report.compiled_seconds = compiled_seconds;
  report.text = std::move(text);
  host_.report(std::move(report));
}

void SequenceBook::compile(Sequence& sequence, LaneId lane, Recording recording) {
  sequence::Hash128 id = identify(recording, sequence.unit->structure);
  if (programs_.contains(id)) return;
  // Where time cuts an execution a program would not be met again, unless it is always there.
  if (recording.is_hurried && !sequence.note_hurried(recording)) return;
  if (sequence.programs.empty()) {
    if (awaits_more(sequence, id, recording)) return;
  }
  std::string reason;
  if (!sequence.programs.empty())
    reason = describe_difference(*sequence.programs.back()->recording, recording);
  if (std::optional<General> general = find_general(sequence, recording)) {
    reason = describe_difference(*general->from->recording, recording);
    recording = std::move(general->recording);
    if (recording.symbol == 0) {
      id = identify(recording, sequence.unit->structure);
    } else {
      if (general->from->recording->symbol == 0) reason += "; from now on for any such size";
      id = id_for_any_size(id, general->from->id);
    }
    if (programs_.contains(id)) return;
  }
  start(sequence, lane, id, std::move(recording), std::move(reason));
}

/// Lives depend on where the program's batches end (see past_lives.h): the first executions are
/// recorded until a batch has ended, and become one. Sizes that change all the time become symbolic
/// at once.
bool SequenceBook::awaits_more(Sequence& sequence, sequence::Hash128& id, Recording& recording) {
  if (wishes_.settings().compile_all) return false;
  if (!sequence.first) {
    sequence.first = {std::move(recording), batch_};
    return true;
  }
  FirstRecordings& first = *sequence.first;
  std::optional<Recording> joined = join_recordings(first.recording, recording);
  const bool changes_size = joined && joined->symbol != 0 && first.recording.symbol == 0;
  if (!joined || (changes_size && keeps_sizes(sequence, recording))) {
    sequence.first.reset();
    return false;
  }
  if (!changes_size) first.size_changes = 0;
  if (changes_size && ++first.size_changes < kChangesUntilSymbolic) {
    first.recording = std::move(recording);
    first.batch = batch_;
    return true;
  }
  first.recording = std::move(*joined);
  if (first.batch == batch_) return true;
  recording = std::move(first.recording);
  sequence.first.reset();
  const sequence::Hash128& structure = sequence.unit->structure;
  id = identify(recording, structure);
  if (recording.symbol != 0) id = id_for_any_size(id, structure);
  return false;
}

/// A program for what the earlier one makes, and for what was alive after the executions that it
/// missed.
void SequenceBook::note_missing(Sequence& sequence, Program& program, LaneId lane,
                                std::size_t segment, std::span<const ResultPlace> results) {
  Misses& misses = program.misses;
  if (!misses.wider) misses.wider = *program.recording;
  add_alive(*misses.wider, segment, results);
  if (misses.count == 0 || sequence.executions - misses.first > kMissesWithin) {
    misses.count = 0;
    misses.first = sequence.executions;
  }
  ++misses.count;
  const bool suffices = wishes_.settings().compile_all || misses.count >= kMostMisses;
  if (!suffices || !sequence.wants_recording()) return;
  Recording wider = std::move(*misses.wider);
  std::string reason = describe_difference(*program.recording, wider);
  sequence::Hash128 id = identify(wider, sequence.unit->structure);
  if (wider.symbol != 0) id = id_for_any_size(id, program.id);
  misses = {};
  if (!programs_.contains(id)) start(sequence, lane, id, std::move(wider), std::move(reason), true);
}

void SequenceBook::start(Sequence& sequence, LaneId lane, const sequence::Hash128& id,
                         Recording recording, std::string reason, bool makes_more) {
  CompileChoices choices = choices_for(recording, sequence.unit->structure, id);
  choices.makes_more = makes_more;
  if (is_known_.value_or(false) && !wishes_.settings().compile_all)
    choices.spent = sequence.eager_seconds;
  const bool may_be_postponed = choices.spent.has_value();
  auto program = std::make_unique<Program>();
  program->id = id;
  program->is_captured = choices.captures;
  for (const RecordedSegment& segment : recording.segments)
    program->boundaries.push_back(segment.first);
  program->boundaries.push_back(static_cast<std::uint32_t>(recording.elements.size()));
  program->recording = std::make_shared<const Recording>(recording);
  const auto ticket = workshop_.compilers.submit(std::move(recording), std::move(choices));
  if (!ticket) return;  // so much is being compiled: the next execution tries again
  program->ticket = *ticket;
  Place& place = programs_[id] = {&sequence, program.get(), lane, std::move(reason)};
  if (!may_be_postponed) announce(place);
  sequence.programs.push_back(std::move(program));
}

void SequenceBook::announce(Place& place) {
  const Sequence& sequence = *place.sequence;
  const Program& program = *place.program;
  std::string reason = std::move(place.reason);
  if (reason.empty()) {
    report(Event::detected, sequence, program.id, place.lane, sequence.text);
    reason = find_kind_change(sequence, *program.recording);
  }
  if (!reason.empty())
    report(Event::recompiling, sequence, program.id, place.lane, std::move(reason));
  report(Event::compiling, sequence, program.id, place.lane);
  place.is_announced = true;
}

/// Why the program of another sequence, which has the same operations, does not do for this one.
std::string SequenceBook::find_kind_change(const Sequence& sequence,
                                           const Recording& recording) const {
  for (const auto& [hash, other] : sequences_) {
    if (other.get() == &sequence || other->programs.empty()) continue;
    const Program& program = *other->programs.back();
    std::string text = describe_kind_change(*program.recording, recording);
    if (!text.empty())
      return fmt::format("the operations of {}, but {}", protocol::short_text(program.id), text);
  }
  return {};
}

/// A recording for all lives, and for all sizes if no signal forbids it, if nothing else has
/// changed since an earlier one.
std::optional<SequenceBook::General> SequenceBook::find_general(const Sequence& sequence,
                                                                const Recording& recording) const {
  const bool keeps = keeps_sizes(sequence, recording);
  for (auto program = sequence.programs.rbegin(); program != sequence.programs.rend(); ++program) {
    std::optional<Recording> general = generalise(*(*program)->recording, recording);
    if (general && !(keeps && general->symbol != 0))
      return General{std::move(*general), program->get()};
  }
  return std::nullopt;
}

/// Whether sizes stay as they are: they cannot become symbolic, or a signal does not want it.
bool SequenceBook::keeps_sizes(const Sequence& sequence, const Recording& recording) const {
  return sequence.keeps_sizes ||
         std::any_of(recording.kinds.begin(), recording.kinds.end(), [&](const auto& kind) {
           const config::CompileOptions* options = wishes_.options(kind.kind.signal);
           return options != nullptr && !options->dynamic.value_or(true);
         });
}

bool SequenceBook::has_mode(const Recording& recording, config::CompileMode mode) const {
  return std::any_of(recording.kinds.begin(), recording.kinds.end(), [&](const auto& kind) {
    const config::CompileOptions* options = wishes_.options(kind.kind.signal);
    return options != nullptr && options->mode == mode;
  });
}

/// What signals switch off in a part of the unit is off in all of it, but for whole sections; these
/// stay eager where nobody asks for more.
CompileChoices SequenceBook::choices_for(const Recording& recording,
                                         const sequence::Hash128& structure,
                                         const sequence::Hash128& id) const {
  CompileChoices choices;
  choices.structure = structure;
  choices.threads = host_.engine().threads();
  choices.save_to = save_to_;
  choices.name = protocol::short_text(id);
  // Versions are timed by the host, which on a GPU only starts work.
  const bool is_tuned = has_mode(recording, config::CompileMode::max_autotune);
  choices.tunes = is_tuned && host_.engine().device() == "cpu";
  choices.captures = host_.engine().has_graphs() &&
                     (is_tuned || has_mode(recording, config::CompileMode::reduce_overhead));
  std::set<std::string_view> excluded;
  for (const ResolvedKind& kind : recording.kinds) {
    const config::CompileOptions* options = wishes_.options(kind.kind.signal);
    if (options == nullptr) continue;
    choices.disabled_passes.insert(choices.disabled_passes.end(), options->disabled_passes.begin(),
                                   options->disabled_passes.end());
    excluded.insert(options->excluded_ops.begin(), options->excluded_ops.end());
  }
  for (const RecordedElement& element : recording.elements) {
    const ResolvedKind& kind = recording.kinds[element.kind];
    choices.excluded_elements.push_back(!wishes_.compile(kind.kind.signal) ||
                                        excluded.contains(kind.row->name));
  }
  return choices;
}

void SequenceBook::collect() {
  ++batch_;
  for (auto next = programs_.begin(); next != programs_.end();) {
    auto& [id, place] = *next++;
    if (place.program->state == Program::State::compiling)
      if (auto result = workshop_.compilers.take(place.program->ticket)) {
        if (result->pays_from) {
          postpone(id, *result->pays_from);
          continue;
        }
        take_result(place, std::move(*result));
      }
    if (place.program->state == Program::State::ready) report_ready(place);
  }
}

/// What an earlier start did not come to is rare, or depends on chance: it has to earn what it
/// costs.
void SequenceBook::postpone(const sequence::Hash128& id, double pays_from) {
  const auto found = programs_.find(id);
  Sequence& sequence = *found->second.sequence;
  sequence.pays_from = pays_from;
  std::erase_if(sequence.programs,
                [&](const auto& program) { return program.get() == found->second.program; });
  programs_.erase(found);
}

void SequenceBook::take_result(Place& place, CompileResult result) {
  Program& program = *place.program;
  if (!place.is_announced) announce(place);
  if (!is_known_ && result.error.empty()) is_known_ = result.is_found;
  if (!result.is_found) place.sequence->eager_seconds = place.sequence->pays_from = 0;
  program.compile_seconds = result.seconds;
  if (!result.error.empty()) {
    give_up(place, std::move(result.error));
    return;
  }
  program.state = Program::State::ready;
  program.cache_key = result.key;
  program.noted_gain = result.gain;
  if (result.recording)
    program.recording = std::make_shared<const Recording>(std::move(*result.recording));
  for (PlannedSegments& segments : result.plans) {
    Plan& plan = program.plans.emplace_back();
    plan.number = program.plans.size() - 1;
    for (auto& code : segments) {
      plan.left_to_validate.push_back(code->module ? code->module->versions() : 1);
      plan.segments.push_back(
          std::make_unique<SegmentRun>(std::move(code), host_.engine(), workshop_.team));
    }
  }
  program.is_tuning = program.plans.size() > 1 || !program.plan().is_settled();
}

/// Without symbolic sizes the next execution is recorded again, for its own.
void SequenceBook::give_up(Place& place, std::string reason) {
  drop(*place.sequence, *place.program);
  if (place.program->recording->symbol == 0)
    return report(Event::failed, *place.sequence, place.program->id, place.lane, std::move(reason));
  place.sequence->keeps_sizes = true;
  place.sequence->is_refused = false;
  report(Event::recompiling, *place.sequence, place.program->id, place.lane,
         "sizes stay as they are: " + reason);
}

void SequenceBook::report_ready(Place& place) {
  if (place.is_reported || place.sequence->eager_times.size() < kLeastEagerSamples) return;
  place.is_reported = true;
  report(Event::ready, *place.sequence, place.program->id, place.lane, {},
         place.program->compile_seconds);
}

/// The code is kept: what it is for is not compiled again.
void SequenceBook::drop(Sequence& sequence, Program& program) {
  program.state = Program::State::dropped;
  const bool all_dropped =
      std::all_of(sequence.programs.begin(), sequence.programs.end(),
                  [](const auto& other) { return other->state == Program::State::dropped; });
  sequence.is_refused = sequence.is_refused || all_dropped;
}

void SequenceBook::decide(const protocol::ProgramDecision& decision) {
  Place* place = find(decision.sequence);
  if (place == nullptr) return;
  Program& program = *place->program;
  const bool is_compiled = !program.plans.empty();
  switch (decision.action) {
    case protocol::ProgramDecision::Action::validate:
      if (is_compiled) program.state = Program::State::validating;
      break;
    case protocol::ProgramDecision::Action::use:
      if (is_compiled) program.state = Program::State::in_use;
      break;
    case protocol::ProgramDecision::Action::drop:
      drop(*place->sequence, program);
      break;
  }
}

void SequenceBook::segment_validated(Sequence& sequence, Program& program, LaneId lane,
                                     std::size_t segment, const Validation& validation) {
  switch (validation.verdict) {
    case Validation::Verdict::undecided:  // the next execution will tell
      return;
    case Validation::Verdict::different:
    case Validation::Verdict::unfinished: {
      const bool differs = validation.verdict == Validation::Verdict::different;
      drop(sequence, program);
      return report(differs ? Event::mismatched : Event::failed, sequence, program.id, lane,
                    (differs ? "" : "its program could not run: ") + validation.text);
    }
    case Validation::Verdict::same:
      break;
  }
  --program.plan().left_to_validate[segment];
  if (!std::all_of(program.plans.begin(), program.plans.end(),
                   [](const Plan& plan) { return plan.is_validated(); }))
    return;
  program.state = Program::State::validated;
  report(Event::validated, sequence, program.id, lane);
}

}  // namespace gt::worker::hotpath

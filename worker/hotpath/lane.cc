#include "worker/hotpath/lane.h"

#include <algorithm>
#include <utility>

#include "worker/hotpath/stopwatch.h"

namespace gt::worker::hotpath {
namespace {

using sequence::Resolution;
using sequence::Role;

/// Of a sequence that is compiled at its first execution.
constexpr std::size_t kMostFirstElements = 20'000;
/// Instructions that are recorded together, while what is looked up for it stays in the caches:
/// what instructions do passes through them.
constexpr std::size_t kMostUnrecorded = 32;

std::size_t bytes_of(const Value& value) {
  return static_cast<std::size_t>(value.element_count()) * size_of(value.dtype);
}

sequence::DetectorOptions options_of(const config::CompileSettings& settings) {
  sequence::DetectorOptions options;
  options.threshold = settings.compile_all ? 1 : settings.threshold;
  options.min_length = settings.min_length;
  return options;
}

/// That the longest unit takes to become hot: it is known after some rounds.
std::uint64_t elements_until_hot(const sequence::DetectorOptions& options) {
  return (options.threshold + 3) * options.max_length;
}

}  // namespace

Lane::Past::Past(const sequence::KindCatalog& kinds, const sequence::DetectorOptions& options)
    : history(sequence::Detector::history_elements(options)),
      recorder(history, kinds),
      detector(history, kinds, options) {}

Lane::Lane(LaneId id, const sequence::KindCatalog& kinds, const Wishes& wishes, SequenceBook& book,
           Host& host)
    : id_(id),
      kinds_(kinds),
      wishes_(wishes),
      book_(book),
      host_(host),
      rest_(elements_until_hot(options_of(wishes.settings()))) {
  wake();
}

/// Positions begin anew. Units that were known stay known: otherwise shorter ones within them would
/// be found before they are.
void Lane::wake() {
  past_.emplace(kinds_, options_of(wishes_.settings()));
  recording_.clear();
  executed_ = piece_end_ = recording_begin_ = 0;
  past_->detector.recall(std::exchange(known_in_rest_, {}));
}

void Lane::note(const Instruction& instruction, ValueId first_result) {
  if (past_) static_cast<void>(past_->recorder.take(instruction, first_result));
}

void Lane::take(const Instruction& instruction) {
  switch (kinds_.at(instruction.kind_id).role) {
    case Role::element:
      finish_pending();
      return take_element(instruction);
    case Role::source:
      host_.execute(instruction);
      note(instruction, instruction.first_output);
      return;
    case Role::release:
      if (unrecorded_.empty())
        note(instruction, 0);
      else
        unrecorded_.push(instruction, std::nullopt);
      if (queue_.empty())
        host_.execute(instruction);
      else
        push(instruction, std::nullopt);
      return;
    case Role::observation:
      mark(Wait::observed);
      note(instruction, 0);
      if (queue_.empty())
        host_.execute(instruction);
      else
        push(instruction, std::nullopt);
      return;
  }
}

void Lane::take_element(const Instruction& instruction) {
  if (!past_) {
    if (!rest_.ends(kinds_.size())) return host_.execute(instruction);
    balance_.end_rest(rest_.passed(), thread_seconds());
    wake();
  }
  if (!matcher_) return execute_unfollowed(instruction);
  if (balance_.take_element())
    follow_measured(instruction);
  else
    follow_element(instruction);
  if (queue_.empty() && !pending_ && balance_.is_due(longest_)) {
    weigh();
    follow_no_more();
  }
}

void Lane::follow_element(const Instruction& instruction) {
  const auto position = past_->recorder.take(instruction, instruction.first_output);
  const std::span<const Resolution> resolutions = matcher_->advance();
  if (passes(resolutions, *position))
    execute_passing(instruction, *position);
  else
    keep(instruction, *position, resolutions);
  for (sequence::UnitId id : past_->detector.advance()) follow_hot(id);
}

/// The same.
void Lane::follow_measured(const Instruction& instruction) {
  Stopwatch watch;
  const auto position = past_->recorder.take(instruction, instruction.first_output);
  const std::span<const Resolution> resolutions = matcher_->advance();
  double seconds = watch.seconds();
  if (passes(resolutions, *position)) {
    execute_passing(instruction, *position);
  } else {
    watch = Stopwatch();
    keep(instruction, *position, resolutions);
    holding_times_.add(watch.seconds());
  }
  watch = Stopwatch();
  for (sequence::UnitId id : past_->detector.advance()) follow_hot(id);
  balance_.add_cost_of_element(seconds + watch.seconds());
}

/// Whether the element at `position`, with which these come, runs by itself at once.
bool Lane::passes(std::span<const Resolution> resolutions, Position position) const {
  return queue_.empty() && resolutions.size() == 1 &&
         resolutions[0].form == Resolution::Form::passed && resolutions[0].last == position + 1;
}

void Lane::keep(const Instruction& instruction, Position position,
                std::span<const Resolution> resolutions) {
  first_execution_.clear();
  push(instruction, position);
  resolve(resolutions);
}

/// Nothing waits for what is found, as long as nothing is followed, but for units that were known
/// before a rest: these are followed from where one of them begins. Sizes of results are known
/// after they have been made.
void Lane::execute_unfollowed(const Instruction& instruction) {
  execute_passing(instruction, past_->history.next());
  for (std::size_t k = 0; k < instruction.row().results; ++k) {
    const TableEntry* entry = host_.values().find(instruction.first_output + k);
    const bool is_known = entry != nullptr && entry->value.buffer;
    unrecorded_bytes_.push_back(is_known ? bytes_of(entry->value) : 1);
  }
  unrecorded_.push(instruction, std::nullopt);
  const bool records_at_once = wishes_.settings().compile_all || past_->detector.is_settling();
  if (records_at_once || unrecorded_.size() >= kMostUnrecorded) record();
}

void Lane::record() {
  if (unrecorded_.empty()) return;
  std::vector<sequence::UnitId> hot;
  std::span<const std::uint64_t> bytes(unrecorded_bytes_);
  for (; !unrecorded_.empty(); unrecorded_.pop()) {
    const Instruction instruction = unrecorded_[0];
    const std::size_t results = instruction.row().results;
    if (!past_->recorder.take(instruction, instruction.first_output, bytes.first(results)))
      continue;
    bytes = bytes.subspan(results);
    for (sequence::UnitId id : past_->detector.advance()) hot.push_back(id);
  }
  unrecorded_bytes_.clear();
  for (sequence::UnitId id : hot) follow_hot(id);
  const bool may_rest = !matcher_ && !wishes_.settings().compile_all;
  if (may_rest &&
      rest_.begins(past_->history.next(), past_->detector.hot_elements(), kinds_.size()))
    begin_rest();
}

void Lane::execute_passing(const Instruction& instruction, Position position) {
  if (wishes_.settings().compile_all) {
    if (first_execution_.size() == 0) first_begin_ = position;
    if (first_execution_.size() < kMostFirstElements)
      first_execution_.begin_element(instruction, host_.values());
  }
  host_.execute(instruction);
}

/// What ran between two places where somebody waits is a sequence.
void Lane::compile_first_execution() {
  const std::size_t length = first_execution_.size();
  const bool is_whole = length >= wishes_.settings().min_length && length < kMostFirstElements &&
                        first_begin_ >= past_->history.oldest();
  if (!is_whole) return first_execution_.clear();
  Recording recording = first_execution_.finish(host_.values());
  const auto unit = std::make_shared<const sequence::Unit>(
      make_unit(past_->history, kinds_, {first_begin_, static_cast<std::uint32_t>(length), 0, 0}));
  if (!admits(*unit)) return;
  Sequence* sequence = book_.adopt(unit, sequence::describe(*unit, kinds_), 1);
  if (sequence == nullptr || sequence->is_over() || !sequence->programs.empty()) return;
  follow(next_own_unit_--, *sequence);
  book_.compile(*sequence, id_, std::move(recording));
}

void Lane::push(const Instruction& instruction, std::optional<Position> position) {
  if (position)
    for (const sequence::TensorOperand& tensor : kinds_.at(instruction.kind_id).tensors)
      holds_foreign_ = holds_foreign_ || lane_of(instruction.operand_words[tensor.word]) != id_;
  queue_.push(instruction, position);
}

void Lane::resolve(std::span<const Resolution> resolutions, Wait wait) {
  for (const Resolution& resolution : resolutions) {
    finish_pending();
    Stretch stretch{resolution.form,  resolution.unit,      resolution.begin,
                    resolution.first, resolution.last,      {},
                    nullptr,          wait == Wait::hurried};
    if (resolution.form == Resolution::Form::diverged) {
      stretch.unit = resolution.divergence.unit;
      stretch.reason = "the program went on in another way";
    }
    stretch.sequence = sequence_of(stretch.unit);
    if (resolution.form == Resolution::Form::complete) {
      pending_ = std::move(stretch);
      continue;
    }
    stretches_.push_back(std::move(stretch));
  }
}

void Lane::finish_pending() {
  if (!pending_) return;
  stretches_.push_back(std::move(*pending_));
  pending_.reset();
}

void Lane::mark(Wait wait) {
  if (wait == Wait::observed)
    record();  // what is followed, and from where, is not a matter of time
  if (pending_) pending_->is_hurried = wait == Wait::hurried;
  finish_pending();
  compile_first_execution();
  if (!matcher_) return;
  resolve(matcher_->mark(), wait);
  finish_pending();
}

/// A unit that the detector has found to be hot.
void Lane::follow_hot(sequence::UnitId id) {
  const std::shared_ptr<const sequence::Unit> unit = past_->detector.unit(id);
  if (unit == nullptr || !computes(*unit) || !admits(*unit)) return;
  Sequence* sequence =
      book_.adopt(unit, sequence::describe(*unit, kinds_), past_->detector.executions(id));
  if (sequence != nullptr && !sequence->is_over()) follow(id, *sequence);
}

void Lane::follow(sequence::UnitId id, Sequence& sequence) {
  if (!matcher_) {
    matcher_.emplace(past_->history, kinds_);
    balance_.begin(thread_seconds());
    longest_ = 0;
  }
  if (!matcher_->add(id, sequence.unit)) return;
  sequences_[id] = &sequence;
  longest_ = std::max(longest_, sequence.unit->length());
  rest_.put_off();
}

/// Whether it pays to follow what is followed. What the work costs a GPU is not seen.
void Lane::weigh() {
  const bool is_fixed = wishes_.settings().compile_all || host_.engine().device() != "cpu";
  switch (balance_.settle(is_fixed ? Balance::Prospect::working : prospect(), thread_seconds())) {
    case Balance::Verdict::open:
      return;
    case Balance::Verdict::pays:
      return rest_.shorten();
    case Balance::Verdict::rest:
      gives_up_ = true;
      return announce_rest();
  }
}

/// What may still come of the sequences that are followed.
Balance::Prospect Lane::prospect() const {
  auto prospect = Balance::Prospect::none;
  for (const auto& [id, sequence] : sequences_) prospect = std::max(prospect, sequence->prospect());
  return prospect;
}

/// What will never run by a program need not be held, and nothing if that does not pay.
void Lane::follow_no_more() {
  for (auto it = sequences_.begin(); it != sequences_.end();) {
    if (!gives_up_ && !it->second->is_over()) {
      ++it;
      continue;
    }
    const sequence::UnitId id = it->first;
    it = sequences_.erase(it);
    finish_pending();
    resolve(matcher_->remove(id));
  }
  if (!sequences_.empty() || !queue_.empty() || pending_) return;
  matcher_.reset();
  if (!std::exchange(gives_up_, false)) return;
  rest_.begin(kinds_.size());
  begin_rest();
}

void Lane::begin_rest() {
  known_in_rest_ = past_->detector.known();
  past_.reset();
  balance_.begin_rest(thread_seconds());
}

/// Views alone take no time that a program could save.
bool Lane::computes(const sequence::Unit& unit) const {
  return std::any_of(unit.elements.begin(), unit.elements.end(),
                     [this](const sequence::UnitElement& element) {
                       return kinds_.at(element.kind).row->op_class != OpClass::shape;
                     });
}

/// What no signal names is compiled where the session asks for it.
bool Lane::admits(const sequence::Unit& unit) const {
  return std::any_of(unit.elements.begin(), unit.elements.end(),
                     [this](const sequence::UnitElement& element) {
                       return wishes_.compile(kinds_.at(element.kind).kind.signal);
                     });
}

}  // namespace gt::worker::hotpath

#include "common/sequence/detector.h"

#include <algorithm>
#include <utility>

namespace gt::sequence {
namespace {

/// A unit of this length is worth running by itself: loops around it gain nothing.
constexpr std::size_t kLongUnit = 64;
/// Several rounds of a loop of at most this length are worth a unit.
constexpr std::uint32_t kShortLoop = 16;
constexpr std::uint32_t kMostRounds = 8;
constexpr std::size_t kMostCompletions = 4096;
constexpr std::size_t kMostPhrases = 1024;
/// Occurrences of a stretch that does not go round before it is known.
constexpr std::uint64_t kPhraseOccurrences = 3;
/// A hot unit makes at least 1/16 of what no other unit explains.
constexpr std::uint64_t kShare = 16;
/// All known units together have at most so many times the longest unit's elements.
constexpr std::size_t kKnownElements = 4;

}  // namespace

Detector::Detector(History& history, const KindCatalog& kinds, const DetectorOptions& options)
    : history_(history),
      kinds_(kinds),
      options_(options),
      repeats_(options.max_length),
      matcher_(history, kinds),
      gap_begin_(history.next()) {}

std::shared_ptr<const Unit> Detector::unit(UnitId id) const {
  const auto known = known_.find(id);
  return known == known_.end() ? nullptr : known->second.unit;
}

std::uint64_t Detector::executions(UnitId id) const {
  const auto known = known_.find(id);
  return known == known_.end() ? 0 : known->second.executions;
}

std::span<const UnitId> Detector::advance() {
  hot_.clear();
  const auto resolved = matcher_.advance();
  resolutions_.assign(resolved.begin(), resolved.end());
  const std::span<const Repeat> repeats = repeats_.advance(history_);
  if (awaited_ != kNoUnit) {
    settle();
    return hot_;
  }
  for (const Resolution& resolution : resolutions_) take(resolution);
  for (const Repeat& repeat : repeats) take(repeat);
  if (history_.next() % (history_.capacity() / 2) == 0) remember_enough();
  return hot_;
}

/// What has been taken over may have been broken off by the beginning of the stream.
void Detector::settle() {
  for (const Resolution& resolution : resolutions_) {
    gap_begin_ = resolution.last;
    if (resolution.form == Resolution::Form::complete && resolution.unit == awaited_)
      awaited_ = kNoUnit;
  }
  if (history_.next() >= awaited_until_) awaited_ = kNoUnit;
  if (awaited_ == kNoUnit) hot_ = std::exchange(recalled_, {});
}

void Detector::take(const Repeat& repeat) {
  switch (repeat.form) {
    case Repeat::Form::loop:
      take_loop(repeat);
      return;
    case Repeat::Form::again: {
      // What is being held will be explained, or is looked at when it comes again.
      if (const Held held = matcher_.held(); held.first < held.last && held.begin <= repeat.begin)
        return;
      const Position begin = std::max(repeat.begin, gap_begin_);
      const Position end = repeat.begin + repeat.length;
      if (begin >= end || begin < history_.oldest()) return;
      if (begin == broken_off_begin_ && end == broken_off_end_) return;
      const auto length = static_cast<std::uint32_t>(end - begin);
      count_phrase({begin, length, repeat.distance, 0}, 2);
      return;
    }
  }
}

void Detector::take_loop(const Repeat& repeat) {
  const std::uint32_t period = repeat.length;
  const Position second = repeat.begin;
  if (period < options_.min_length || period > options_.max_length) return;
  if (second < history_.oldest() + period) {
    history_.remember(std::size_t{2} * period + 1024);
    return;
  }
  if (const auto loop = find_loop(second, period)) {
    if (repeat.rounds > 2) refine(loop->first, loop->second, second);
    learn_rounds(loop->first, loop->second, repeat.rounds);
    return;
  }
  if (is_round_of_shorter(second, period) || is_mostly_one_unit(second, period)) return;
  const Position cut = best_cut(history_, second, period);
  learn(make_unit(history_, kinds_, {cut, period, period, second}), repeat.rounds);
}

/// The known unit that is the loop which came for the second time at `second`, cut anywhere, and
/// where an instance of it begins.
std::optional<std::pair<UnitId, Position>> Detector::find_loop(Position second,
                                                               std::uint32_t period) const {
  for (const auto& [id, known] : known_) {
    if (known.unit->length() != period) continue;
    const Position last = known.last_end - period;
    if (known.last_end > second && is_instance(history_, *known.unit, last)) return {{id, last}};
    for (Position begin = second - period; begin <= second; ++begin)
      if (is_instance(history_, *known.unit, begin)) return {{id, begin}};
  }
  return std::nullopt;
}

/// What the first rounds took from before the loop is carried in those that follow.
void Detector::refine(UnitId id, Position begin, Position second) {
  Known& known = known_.at(id);
  if (known.is_hot) return;
  const auto period = static_cast<std::uint32_t>(known.unit->length());
  Unit unit = make_unit(history_, kinds_, {begin, period, period, std::max(begin, second)});
  if (unit.structure != known.unit->structure)
    known.unit = std::make_shared<const Unit>(std::move(unit));
}

/// `last` is where the last instance of the loop begins.
void Detector::learn_rounds(UnitId id, Position last, std::uint64_t rounds) {
  const Known& known = known_.at(id);
  const auto period = static_cast<std::uint32_t>(known.unit->length());
  if (!known.is_hot || period > kShortLoop || !hands_values_on(*known.unit)) return;
  const std::uint32_t together =
      std::min(kMostRounds, static_cast<std::uint32_t>(kLongUnit) / period);
  if (rounds <= std::uint64_t{2} * together) return;
  const std::uint32_t length = together * period;
  const Position begin = last + period - length;
  Unit unit = make_unit(history_, kinds_, {begin, length, length, begin});
  const bool is_looked_into = std::any_of(unit.results.begin(), unit.results.end(),
                                          [](const UnitResult& one) { return one.is_observed; });
  if (!is_looked_into) learn(std::move(unit), rounds / together);
}

/// Whether rounds of the unit make one kernel that has something to save.
bool Detector::hands_values_on(const Unit& unit) const {
  const auto is_light = [&](const UnitElement& element) {
    const OpClass op_class = kinds_.at(element.kind).row->op_class;
    return op_class == OpClass::pointwise || op_class == OpClass::shape;
  };
  return std::all_of(unit.elements.begin(), unit.elements.end(), is_light) &&
         std::any_of(unit.results.begin(), unit.results.end(),
                     [](const UnitResult& result) { return result.is_carried; });
}

/// Whether the elements are rounds of a loop of `period`.
bool Detector::goes_round(Position begin, Position end, std::uint32_t period) const {
  const Position second = begin + period;
  for (Position i = second; i < end; ++i) {
    const std::uint32_t window =
        std::min(history_.symbols_between(second, i), history_.symbols_between(i - period, i));
    if (!history_.agree(i, i - period, window)) return false;
  }
  return true;
}

bool Detector::is_round_of_shorter(Position begin, std::uint32_t period) const {
  const std::uint32_t shorter = history_[begin + period - 1].shortest_run;
  return shorter != 0 && shorter < period && period % shorter == 0 &&
         goes_round(begin - shorter, begin + period, shorter);
}

bool Detector::is_mostly_one_unit(Position begin, std::uint32_t period) const {
  std::map<UnitId, std::pair<std::uint64_t, std::uint64_t>> covered;  // executions, elements
  for (auto completion = long_completions_.rbegin();
       completion != long_completions_.rend() && completion->end > begin; ++completion) {
    auto& [executions, elements] = covered[completion->unit];
    ++executions;
    elements += completion->end - std::max(completion->begin, begin);
  }
  return std::any_of(covered.begin(), covered.end(), [&](const auto& entry) {
    const auto [executions, elements] = entry.second;
    return executions >= 2 && elements * 4 >= std::uint64_t{period} * 3;
  });
}

void Detector::take(const Resolution& resolution) {
  if (resolution.form != Resolution::Form::complete) {
    unexplained_ += resolution.last - resolution.first;
    if (resolution.divergence.unit != kNoUnit) {
      broken_off_begin_ = resolution.begin;
      broken_off_end_ = resolution.begin + resolution.divergence.element;
    }
    return;
  }
  take_gap(resolution.begin);
  gap_begin_ = resolution.last;
  const auto known = known_.find(resolution.unit);
  if (known == known_.end()) return;
  known->second.last_end = resolution.last;
  if (known->second.unit->length() >= kLongUnit) {
    long_completions_.push_back({resolution.unit, resolution.begin, resolution.last});
    if (long_completions_.size() > kMostCompletions) long_completions_.pop_front();
  }
  if (known->second.is_hot) hot_elements_ += known->second.unit->length();
  count_execution(known->first, known->second);
}

/// What lies between two instances of known units may be one itself.
void Detector::take_gap(Position end) {
  if (gap_begin_ >= end || gap_begin_ < history_.oldest()) return;
  const std::uint64_t length = end - gap_begin_;
  if (length > options_.max_length) return;
  count_phrase({gap_begin_, static_cast<std::uint32_t>(length), 0, 0}, 1);
}

void Detector::count_execution(UnitId id, Known& known) {
  ++known.executions;
  check_hot(id, known);
}

void Detector::check_hot(UnitId id, Known& known) {
  if (known.is_hot || known.executions < options_.threshold) return;
  const std::uint64_t executions = known.executions - known.since_executions;
  const std::uint64_t unexplained = unexplained_ - known.since_unexplained;
  if (executions * known.unit->length() * kShare >= unexplained) {
    known.is_hot = true;
    hot_.push_back(id);
  } else if (executions >= options_.threshold) {
    known.since_executions = known.executions;
    known.since_unexplained = unexplained_;
  }
}

void Detector::count_phrase(Instance instance, std::uint64_t first_occurrences) {
  const Position end = instance.begin + instance.length;
  if (instance.length < options_.min_length || end == phrase_end_) return;
  phrase_end_ = end;
  for (std::uint32_t period = options_.min_length; period * 2 <= instance.length; ++period)
    if (instance.length % period == 0 && goes_round(instance.begin, end, period))
      instance = {end - period, period, period, 0};
  Unit unit = make_unit(history_, kinds_, instance);
  if (phrases_.size() >= kMostPhrases) forget_phrases();
  const auto [phrase, is_new] = phrases_.try_emplace(unit.structure);
  phrase->second.occurrences += is_new ? first_occurrences : 1;
  phrase->second.last_end = end;
  if (phrase->second.occurrences < kPhraseOccurrences) return;
  std::uint64_t executions = phrase->second.occurrences;
  phrases_.erase(phrase);
  if (const auto rotated = find_rotation(unit)) {
    const Known& known = known_.at(*rotated);
    if (known.is_hot) return;
    executions += known.executions;
    forget(*rotated);
  }
  learn(std::move(unit), executions);
}

/// The known unit that has the same kinds, beginning somewhere else.
std::optional<UnitId> Detector::find_rotation(const Unit& unit) const {
  const std::size_t length = unit.length();
  const auto is_rotated = [&](const Unit& other, std::size_t first) {
    for (std::size_t k = 0; k < length; ++k)
      if (other.elements[(first + k) % length].kind != unit.elements[k].kind) return false;
    return true;
  };
  for (const auto& [id, known] : known_) {
    if (known.unit->length() != length) continue;
    for (std::size_t first = 1; first < length; ++first)
      if (is_rotated(*known.unit, first)) return id;
  }
  return std::nullopt;
}

void Detector::forget(UnitId id) {
  known_elements_ -= known_.at(id).unit->length();
  known_.erase(id);
  for (const Resolution& resolution : matcher_.remove(id))
    if (resolution.form == Resolution::Form::complete)
      gap_begin_ = resolution.last;
    else
      unexplained_ += resolution.last - resolution.first;
}

void Detector::learn(Unit unit, std::uint64_t executions) {
  const UnitId id = next_unit_;
  if (Known* known = add(std::make_shared<const Unit>(std::move(unit)), executions))
    check_hot(id, *known);
}

/// Under the next number; null if the same is known already.
Detector::Known* Detector::add(std::shared_ptr<const Unit> unit, std::uint64_t executions) {
  forget_some();
  if (!matcher_.add(next_unit_, unit)) return nullptr;
  Known& known = known_[next_unit_++];
  known_elements_ += unit->length();
  known.unit = std::move(unit);
  known.executions = executions;
  known.last_end = history_.next();
  known.since_unexplained = unexplained_;
  return &known;
}

void Detector::recall(std::span<const KnownUnit> units) {
  for (const KnownUnit& unit : units) {
    const std::size_t length = unit.unit->length();
    history_.remember(2 * length + 1024);
    const UnitId id = next_unit_;
    Known* known = add(unit.unit, unit.executions);
    if (known == nullptr || !unit.is_hot) continue;
    known->is_hot = true;
    recalled_.push_back(id);
    if (history_.next() + 2 * length <= awaited_until_) continue;
    awaited_ = id;
    awaited_until_ = history_.next() + 2 * length;
  }
}

std::vector<KnownUnit> Detector::known() const {
  std::vector<KnownUnit> units;
  for (const auto& [id, known] : known_)
    units.push_back({known.unit, known.executions, known.is_hot});
  return units;
}

/// Makes room for one more unit: those that are not hot go first, those that ran last stay. While
/// an instance is being held there may be twice as many, since removal would break it off.
void Detector::forget_some() {
  const Held held = matcher_.held();
  const std::size_t slack = held.first < held.last ? 2 : 1;
  const auto is_full = [&] {
    return known_.size() >= options_.max_units * slack ||
           known_elements_ > kKnownElements * slack * options_.max_length;
  };
  while (!known_.empty() && is_full()) {
    const auto oldest =
        std::min_element(known_.begin(), known_.end(), [](const auto& a, const auto& b) {
          return std::pair(a.second.is_hot, a.second.last_end) <
                 std::pair(b.second.is_hot, b.second.last_end);
        });
    forget(oldest->first);
  }
}

void Detector::forget_phrases() {
  std::vector<Position> ends;
  for (const auto& entry : phrases_) ends.push_back(entry.second.last_end);
  const auto middle = ends.begin() + static_cast<std::ptrdiff_t>(ends.size() / 2);
  std::nth_element(ends.begin(), middle, ends.end());
  std::erase_if(phrases_, [&](const auto& entry) { return entry.second.last_end <= *middle; });
}

/// A longer past is kept while known units explain less than seven eighths of the stream.
void Detector::remember_enough() {
  const std::uint64_t unexplained = unexplained_ - std::exchange(looked_at_, unexplained_);
  if (unexplained * 16 <= history_.capacity()) return;
  history_.remember(std::min(history_.capacity() * 2, history_elements(options_)));
}

}  // namespace gt::sequence

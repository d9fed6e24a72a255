// Recognises the sequences that a lane repeats, and counts their executions.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "common/sequence/matcher.h"
#include "common/sequence/repeats.h"

namespace gt::sequence {

struct DetectorOptions {
  std::uint64_t threshold = 10;        ///< executions at which a unit is hot (G29)
  std::uint32_t min_length = 3;        ///< elements that a unit has at least
  std::uint32_t max_length = 100'000;  ///< and at most
  std::size_t max_units = 64;          ///< that are known at a time, hot or not
};

/// What one detector knows, and another one of the same lane may begin with.
struct KnownUnit {
  std::shared_ptr<const Unit> unit;
  std::uint64_t executions = 0;
  bool is_hot = false;
};

/// Watches one lane. A unit becomes known when it has come twice in a row, or three times between
/// other things: then each of its instances counts, wherever it stands, until it is hot. Three
/// sources, all O(1) an element, amortised:
///
/// - a loop that goes round (RepeatFinder) is cut where the fewest bytes cross (`best_cut`);
/// - a stretch that came before at another place, bounded by what differs: a loop whose rounds are
///   kept apart by one-off instructions;
/// - what lies between instances of known units: an evaluation after every hundredth step.
///
/// Not a unit: what is shorter than `min_length`; several rounds of a known loop; a loop of which
/// three quarters are rounds of one unit that is long enough by itself (64 elements). What comes
/// rarely, less than a sixteenth of all that no unit explains, is known but never hot: so chance
/// repeats in streams without structure do not count.
///
/// There is one exception: of a hot loop of at most 16 elements, all of them point-wise or views,
/// that hands values on, up to eight rounds (at most 64 elements) are a unit beside it. What one of
/// them makes for the next need not be stored then.
///
/// Extents do not matter: rounds of other sizes are executions of the same unit.
class Detector {
 public:
  /// Both are borrowed. The history must be able to grow to `history_elements(options)`.
  Detector(History& history, const KindCatalog& kinds, const DetectorOptions& options);
  [[nodiscard]] static std::size_t history_elements(const DetectorOptions& options) noexcept {
    return std::size_t{2} * options.max_length + 1024;
  }

  /// Takes over what another detector knew, before the first element. The stream may begin in the
  /// middle of a unit: nothing counts before the longest hot one has come once, or twice its length
  /// has passed. With that element `advance` gives the hot ones.
  void recall(std::span<const KnownUnit> units);
  [[nodiscard]] bool is_settling() const noexcept { return awaited_ != kNoUnit; }
  [[nodiscard]] std::vector<KnownUnit> known() const;

  /// Looks at the element recorded last; to be called for each. Gives the units that have become
  /// hot with it, valid until the next call; each is given once, as long as it is known.
  std::span<const UnitId> advance();

  /// A unit that `advance` gave. Numbers are never used again; null if the unit has been forgotten,
  /// because more than `max_units` have come since it ran last.
  [[nodiscard]] std::shared_ptr<const Unit> unit(UnitId id) const;
  /// How often it has run since it was first seen.
  [[nodiscard]] std::uint64_t executions(UnitId id) const;

  [[nodiscard]] std::size_t known_units() const noexcept { return known_.size(); }
  /// Elements so far that were executions of hot units.
  [[nodiscard]] std::uint64_t hot_elements() const noexcept { return hot_elements_; }

 private:
  struct Known {
    std::shared_ptr<const Unit> unit;
    std::uint64_t executions = 0;
    Position last_end = 0;
    bool is_hot = false;
    // Since when the share of the unit in what is not explained is looked at:
    std::uint64_t since_executions = 0;
    std::uint64_t since_unexplained = 0;
  };
  struct Phrase {
    std::uint64_t occurrences = 0;
    Position last_end = 0;
  };
  struct HashOfHash {
    std::size_t operator()(const Hash128& hash) const noexcept { return hash.low; }
  };
  struct Completion {
    UnitId unit = kNoUnit;
    Position begin = 0;
    Position end = 0;
  };

  void settle();
  void take(const Repeat& repeat);
  void take_loop(const Repeat& repeat);
  void take(const Resolution& resolution);
  void take_gap(Position end);
  void count_execution(UnitId id, Known& known);
  void count_phrase(Instance instance, std::uint64_t first_occurrences);
  [[nodiscard]] std::optional<std::pair<UnitId, Position>> find_loop(Position second,
                                                                     std::uint32_t period) const;
  void refine(UnitId id, Position begin, Position second);
  void learn_rounds(UnitId id, Position last, std::uint64_t rounds);
  [[nodiscard]] bool hands_values_on(const Unit& unit) const;
  [[nodiscard]] bool goes_round(Position begin, Position end, std::uint32_t period) const;
  [[nodiscard]] bool is_mostly_one_unit(Position begin, std::uint32_t period) const;
  [[nodiscard]] bool is_round_of_shorter(Position begin, std::uint32_t period) const;
  void learn(Unit unit, std::uint64_t executions);
  Known* add(std::shared_ptr<const Unit> unit, std::uint64_t executions);
  void check_hot(UnitId id, Known& known);
  [[nodiscard]] std::optional<UnitId> find_rotation(const Unit& unit) const;
  void forget(UnitId id);
  void forget_some();
  void forget_phrases();
  void remember_enough();

  History& history_;
  const KindCatalog& kinds_;
  const DetectorOptions options_;
  RepeatFinder repeats_;
  Matcher matcher_;
  std::map<UnitId, Known> known_;
  UnitId next_unit_ = 0;
  std::size_t known_elements_ = 0;  ///< of all known units together
  std::unordered_map<Hash128, Phrase, HashOfHash> phrases_;
  std::deque<Completion> long_completions_;  ///< the last ones of units that stand by themselves
  std::vector<UnitId> hot_;
  std::vector<Resolution> resolutions_;  ///< of one element: learning a unit may make others

  // After `recall`:
  UnitId awaited_ = kNoUnit;    ///< nothing counts before this unit has come
  Position awaited_until_ = 0;  ///< or there
  std::vector<UnitId> recalled_;

  Position gap_begin_ = 0;   ///< end of the last instance of a known unit
  Position phrase_end_ = 0;  ///< end of the stretch counted last
  // The last instance of a known unit that was broken off: no unit of its own.
  Position broken_off_begin_ = 0;
  Position broken_off_end_ = 0;
  std::uint64_t unexplained_ = 0;  ///< elements that were no part of a known unit
  std::uint64_t looked_at_ = 0;    ///< of these, when memory was looked at last
  std::uint64_t hot_elements_ = 0;
};

}  // namespace gt::sequence

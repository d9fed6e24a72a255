// Follows a stream through a set of known units.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "common/sequence/trie.h"

namespace gt::sequence {

/// Why a match ended before its unit did.
struct Divergence {
  UnitId unit = kNoUnit;      ///< one of those that were still possible
  std::uint32_t element = 0;  ///< of the unit: the first that does not fit
  Difference difference = Difference::op;
  std::uint16_t index = 0;  ///< operand (as in the kind) or attribute (as in the row)
};

/// What becomes of a stretch of the stream. Resolutions are contiguous: each element is resolved
/// once, in order.
struct Resolution {
  enum class Form : std::uint8_t {
    complete,  ///< [begin, last) is an instance of `unit`; what lies before `first` was forced
    forced,    ///< begins a unit that may still complete, but cannot wait: run it now
    diverged,  ///< was held for `divergence.unit` and is no part of it: run it by itself
    passed,    ///< fits no unit: run it by itself
  };
  Form form = Form::passed;
  UnitId unit = kNoUnit;  ///< complete: which; forced: one that is possible
  Position begin = 0;     ///< of the instance
  Position first = 0;
  Position last = 0;  ///< one behind
  Divergence divergence;
};

/// What is held at the moment.
struct Held {
  Position begin = 0;         ///< of the instance that may be going on
  Position first = 0;         ///< the first element that is not resolved
  Position last = 0;          ///< one behind; none is held if it is `first`
  UnitId unit = kNoUnit;      ///< one of the units that are possible
  bool is_decided = false;    ///< it is the only one
  std::uint32_t element = 0;  ///< how many elements of it have matched
};

/// Finds instances one after the other: the one that begins first, and of these the longest, wins.
/// An instance that is also the beginning of a longer one is held until that has failed. After a
/// divergence what was held is looked through again for other beginnings, with a budget, so that
/// work stays O(1) an element, amortised: when it is used up, the rest of what was held is resolved
/// as it is, and an instance that began there is missed. Data flow is compared exactly.
class Matcher {
 public:
  /// Both are borrowed; the history must remember more elements than any unit has. Matching begins
  /// with the next element.
  Matcher(const History& history, const KindCatalog& kinds);

  /// Adds a unit under a number of its owner's; returns false if the same is there already. It is
  /// found from the next beginning on.
  bool add(UnitId id, std::shared_ptr<const Unit> unit);
  /// Removes a unit that was added. What is held is resolved; the span is valid as that of
  /// `advance`.
  std::span<const Resolution> remove(UnitId id);
  [[nodiscard]] const std::shared_ptr<const Unit>& unit(UnitId id) const { return units_.at(id); }

  /// Takes the element recorded last; to be called for each. Gives what is resolved by it, valid
  /// until the next call.
  std::span<const Resolution> advance();
  /// Somebody waits: nothing may be held. An instance that is complete counts, even if it might
  /// have become a longer one; the match of what is forced goes on.
  std::span<const Resolution> mark();

  [[nodiscard]] Held held() const noexcept;

 private:
  void feed(Position end);
  void take(UnitTrie::Node node);
  void complete();
  void fail();
  void give_up(Position end);
  [[nodiscard]] bool pay(std::uint64_t elements);
  void restart(Position begin);
  void resolve(Resolution::Form form, Position last, const Divergence& divergence = {});
  [[nodiscard]] Divergence explain() const;

  const History& history_;
  const KindCatalog& kinds_;
  UnitTrie trie_;
  std::unordered_map<UnitId, std::shared_ptr<const Unit>> units_;
  std::vector<Resolution> resolutions_;

  Position begin_;     ///< of the instance that may be going on
  Position resolved_;  ///< all before this is resolved
  Position next_;      ///< the next element that the trie has not seen
  UnitTrie::Node node_ = UnitTrie::kRoot;
  UnitId complete_ = kNoUnit;  ///< the longest unit that began at `begin_` and is complete
  Position complete_end_ = 0;
  std::uint64_t budget_ = 0;  ///< elements that may be looked at again
};

}  // namespace gt::sequence

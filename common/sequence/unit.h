// A unit: a stretch of the stream that repeats, apart from where it stands.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/sequence/history.h"

namespace gt::sequence {

/// Where an operand of a unit comes from.
enum class Origin : std::uint8_t {
  inside,    ///< made by this instance
  carried,   ///< made by the previous instance
  external,  ///< any other value
};

struct OperandReference {
  Origin origin = Origin::external;
  /// Inside: results back from the element's first one, at least 1. Otherwise: the slot.
  std::uint32_t index = 0;
  /// Symbols back to the last occurrence within the instance; kFar for a first occurrence.
  std::uint32_t previous = kFar;
  friend bool operator==(const OperandReference&, const OperandReference&) = default;
};

/// A value that an instance takes from elsewhere. Slots are numbered by first occurrence, and two
/// slots of an instance never hold the same value.
struct Slot {
  std::uint32_t element = 0;  ///< of its first occurrence
  std::uint16_t operand = 0;  ///< there, counted among tensor operands
  Origin origin = Origin::external;
  std::uint32_t result = 0;  ///< if carried: the result of the unit that it was
};

struct UnitElement {
  KindId kind = 0;
  std::uint32_t operands_begin = 0;  ///< in Unit::operands
  std::uint32_t results_begin = 0;   ///< in Unit::results
  std::uint32_t symbol = 0;          ///< symbols of the unit before this element
  std::uint16_t operands = 0;
  std::uint8_t results = 0;
  std::uint8_t extents = 0;  ///< binding words of class extent
};

/// A result and its life, as far as it was seen when the unit was made.
struct UnitResult {
  std::uint64_t bytes = 1;       ///< 1 if it was not known
  std::uint32_t dies_at = kFar;  ///< element of the unit after which nobody names it
  bool is_carried = false;       ///< the next instance uses it
  bool is_observed = false;      ///< a fetch or send looked at it
  /// Whether it must exist in memory after the unit has run.
  [[nodiscard]] bool is_stored() const noexcept {
    return dies_at == kFar || is_carried || is_observed;
  }
};

/// Kinds are numbers of one session's KindCatalog; `structure` is the same in every process.
struct Unit {
  std::vector<UnitElement> elements;
  std::vector<OperandReference> operands;
  std::vector<UnitResult> results;
  std::vector<Slot> slots;
  /// Over kinds and data flow: neither extents nor values, frees, fetches or sites.
  Hash128 structure;

  [[nodiscard]] std::size_t length() const noexcept { return elements.size(); }
  [[nodiscard]] std::span<const OperandReference> operands_of(
      const UnitElement& element) const noexcept {
    return {operands.data() + element.operands_begin, element.operands};
  }
};

/// Which elements of a history an instance is.
struct Instance {
  Position begin = 0;
  std::uint32_t length = 0;
  /// Elements back to the previous instance; 0 if there is none, and so nothing is carried.
  std::uint64_t repeat = 0;
  /// Data flow of elements before this position is read from their copies `length` later: where a
  /// loop begins, values that will be carried come from elsewhere. At most `begin + length`.
  Position steady_from = 0;
};

/// The unit of which these elements are an instance. They must be remembered by `history`, and so
/// must be the copies that `steady_from` asks for.
[[nodiscard]] Unit make_unit(const History& history, const KindCatalog& kinds,
                             const Instance& instance);

/// Whether the elements from `begin` on, all of which `history` must remember, are an instance.
[[nodiscard]] bool is_instance(const History& history, const Unit& unit, Position begin) noexcept;

/// Where to cut a loop whose elements [second - period, second) came again at `second`: the begin
/// of an instance, in (second - period, second]. The fewest bytes cross there: values made before
/// and used, or looked at, behind it. Cuts within a shorter loop come last; of equal cuts the first
/// from `second` on, where the repetition began, is taken.
[[nodiscard]] Position best_cut(const History& history, Position second, std::uint32_t period);

/// Names of the ops, `matmul -> relu -> sum`: neither creation nor random ops are named, three and
/// more of a kind in a row are `128 x select`, and after `most` of these the rest is counted.
[[nodiscard]] std::string describe(const Unit& unit, const KindCatalog& kinds,
                                   std::size_t most = 32);

}  // namespace gt::sequence

// The sizes with which an instance of a unit runs: what `structure` leaves out of its identity.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/sequence/unit.h"

namespace gt::sequence {

/// Element by element: the sizes of the values in the slots that first occur there, in the order of
/// its operands, then its binding words of class extent. All other sizes follow from these.
using Extents = std::vector<std::int64_t>;

/// Appends the extents of elements [first, last) of the instance of `unit` that began at `begin`,
/// which `history` must remember. `shape_of(ValueId)` gives the sizes of a value in a slot as
/// something that converts to std::span<const std::int64_t>. A part can so be checked before the
/// rest of the instance has come.
template <class ShapeOf>
void append_extents(const History& history, const Unit& unit, Position begin, std::uint32_t first,
                    std::uint32_t last, ShapeOf&& shape_of, Extents& extents) {
  for (std::uint32_t k = first; k < last; ++k) {
    const ElementRecord& record = history[begin + k];
    const auto operands = unit.operands_of(unit.elements[k]);
    for (std::size_t operand = 0; operand < operands.size(); ++operand) {
      if (operands[operand].previous != kFar) continue;
      const std::span<const std::int64_t> shape = shape_of(history.operand(record, operand).value);
      extents.insert(extents.end(), shape.begin(), shape.end());
    }
    for (std::size_t e = 0; e < record.extents; ++e)
      extents.push_back(static_cast<std::int64_t>(history.extent(record, e)));
  }
}

/// The exact identity: structure and extents.
[[nodiscard]] Hash128 exact_hash(const Hash128& structure, const Extents& extents);

/// A number of the extents that is not what it was.
struct ExtentChange {
  std::uint32_t element = 0;
  bool is_operand = false;      ///< a size of an operand; else an attribute
  std::uint16_t index = 0;      ///< operand of the kind, or which extent word of the element
  std::uint16_t dimension = 0;  ///< of the operand
  std::int64_t before = 0;
  std::int64_t now = 0;
};
/// The first difference of two extents of one unit.
[[nodiscard]] std::optional<ExtentChange> first_change(const Unit& unit, const KindCatalog& kinds,
                                                       const Extents& before, const Extents& now);

/// `dimension 0 of operand 1 of matmul was 64, is 128`.
[[nodiscard]] std::string describe(const ExtentChange& change, const Unit& unit,
                                   const KindCatalog& kinds);
/// `operand 0 of add has another dtype`, `sum: another dim`, `relu in place of tanh`, ...: why
/// `found`, the element that came, is not what the unit has there.
[[nodiscard]] std::string describe(const KindDifference& difference, const KindIdentity& expected,
                                   const KindIdentity& found);

}  // namespace gt::sequence

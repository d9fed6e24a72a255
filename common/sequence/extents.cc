#include "common/sequence/extents.h"

#include <fmt/format.h>

#include <algorithm>

namespace gt::sequence {

Hash128 exact_hash(const Hash128& structure, const Extents& extents) {
  Hasher hasher;
  hasher.add(structure);
  hasher.add(extents.size());
  for (std::int64_t extent : extents) hasher.add(static_cast<std::uint64_t>(extent));
  return hasher.finish();
}

std::optional<ExtentChange> first_change(const Unit& unit, const KindCatalog& kinds,
                                         const Extents& before, const Extents& now) {
  std::size_t next = 0;
  const auto differs = [&] {
    const std::size_t place = next++;
    return place < before.size() && place < now.size() && before[place] != now[place];
  };
  const auto change = [&](std::uint32_t element, bool is_operand, std::size_t index,
                          std::size_t dimension) {
    return ExtentChange{element,
                        is_operand,
                        static_cast<std::uint16_t>(index),
                        static_cast<std::uint16_t>(dimension),
                        before[next - 1],
                        now[next - 1]};
  };
  for (std::uint32_t k = 0; k < unit.length(); ++k) {
    const UnitElement& element = unit.elements[k];
    const KindIdentity& kind = kinds.at(element.kind);
    const auto operands = unit.operands_of(element);
    for (std::size_t t = 0; t < operands.size(); ++t) {
      if (operands[t].previous != kFar) continue;
      const std::uint16_t operand = kind.tensors[t].operand;
      for (std::size_t d = 0; d < kind.kind.operands[operand].rank; ++d)
        if (differs()) return change(k, true, operand, d);
    }
    for (std::size_t e = 0; e < element.extents; ++e)
      if (differs()) return change(k, false, e, 0);
  }
  return std::nullopt;
}

std::string describe(const ExtentChange& change, const Unit& unit, const KindCatalog& kinds) {
  const OpRow& row = *kinds.at(unit.elements[change.element].kind).row;
  if (change.is_operand)
    return fmt::format("dimension {} of operand {} of {} was {}, is {}", change.dimension,
                       change.index, shown_name(row), change.before, change.now);
  return fmt::format("size {} that {} was given was {}, is {}", change.index, shown_name(row),
                     change.before, change.now);
}

std::string describe(const KindDifference& difference, const KindIdentity& expected,
                     const KindIdentity& found) {
  const std::string_view name = shown_name(*expected.row);
  const auto operand_type = [&](const KindIdentity& kind) {
    return kind.kind.operands[difference.index];
  };
  switch (difference.difference) {
    case Difference::op:
      return fmt::format("{} in place of {}", shown_name(*found.row), name);
    case Difference::signal:
      return fmt::format("{} in another signal context", name);
    case Difference::operands:
      return fmt::format("{} has other operands", name);
    case Difference::dtype:
      return fmt::format("operand {} of {} is {}, was {}", difference.index, name,
                         short_name(operand_type(found).dtype),
                         short_name(operand_type(expected).dtype));
    case Difference::rank:
      return fmt::format("operand {} of {} has {} dimensions, had {}", difference.index, name,
                         operand_type(found).rank, operand_type(expected).rank);
    case Difference::attribute:
      return fmt::format("{} with another {}", name,
                         expected.row->attributes.specs[difference.index].name);
    case Difference::data_flow:
      return fmt::format("operand {} of {} is another value", difference.index, name);
    case Difference::end:
      return fmt::format("the sequence was broken off at {}", name);
  }
  return {};
}

}  // namespace gt::sequence

#include "common/sequence/unit.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>
#include <vector>

namespace gt::sequence {
namespace {

constexpr std::uint64_t kUnitHashVersion = 1;

/// Writes one instance element by element.
class UnitBuilder {
 public:
  UnitBuilder(const History& history, const KindCatalog& kinds, const Instance& instance)
      : history_(history), kinds_(kinds), instance_(instance) {
    unit_.elements.reserve(instance.length);
    result_begins_.reserve(instance.length + 1);
    std::uint32_t results = 0;
    for (std::uint32_t k = 0; k < instance.length; ++k) {
      result_begins_.push_back(results);
      results += history[instance.begin + k].results;
    }
    unit_.results.resize(results);
  }

  Unit build() {
    for (std::uint32_t k = 0; k < instance_.length; ++k) add_element(k);
    unit_.structure = hash();
    return std::move(unit_);
  }

 private:
  /// Of what a symbol of the unit is an occurrence: a result (inside) or a slot.
  struct Occurrence {
    bool is_result = false;
    std::uint32_t index = 0;
  };

  void add_element(std::uint32_t k) {
    const Position own = instance_.begin + k;
    const Position steady = own < instance_.steady_from ? own + instance_.length : own;
    const ElementRecord& record = history_[steady];
    UnitElement element;
    element.kind = record.kind;
    element.operands_begin = static_cast<std::uint32_t>(unit_.operands.size());
    element.results_begin = result_begins_[k];
    element.symbol = static_cast<std::uint32_t>(occurrences_.size());
    element.operands = record.operands;
    element.results = record.results;
    element.extents = record.extents;
    for (std::uint16_t operand = 0; operand < record.operands; ++operand)
      add_operand(element, k, operand, history_.operand(record, operand));
    for (std::uint8_t r = 0; r < record.results; ++r) {
      occurrences_.push_back({true, element.results_begin + r});
      add_result(k, element.results_begin + r, history_.result(history_[own], r));
    }
    unit_.elements.push_back(element);
  }

  void add_operand(const UnitElement& element, std::uint32_t k, std::uint16_t operand,
                   const OperandRecord& record) {
    OperandReference reference;
    const auto here = static_cast<std::uint32_t>(occurrences_.size());
    Occurrence occurrence;
    if (record.previous <= here) {
      reference.previous = record.previous;
      occurrence = occurrences_[here - record.previous];
    } else {
      occurrence.index = static_cast<std::uint32_t>(unit_.slots.size());
      unit_.slots.push_back(make_slot(k, operand, record));
    }
    occurrences_.push_back(occurrence);
    if (occurrence.is_result) {
      reference.origin = Origin::inside;
      reference.index = element.results_begin - occurrence.index;
    } else {
      reference.origin = unit_.slots[occurrence.index].origin;
      reference.index = occurrence.index;
    }
    unit_.operands.push_back(reference);
  }

  Slot make_slot(std::uint32_t k, std::uint16_t operand, const OperandRecord& record) {
    Slot slot{k, operand, Origin::external, 0};
    if (instance_.repeat == 0 || record.producer == kNoProducer) return slot;
    // The maker's place in the previous instance, which began `repeat` before this one.
    const std::int64_t place = static_cast<std::int64_t>(k) -
                               static_cast<std::int64_t>(record.producer) +
                               static_cast<std::int64_t>(instance_.repeat);
    if (place < 0 || place >= instance_.length) return slot;
    slot.origin = Origin::carried;
    slot.result = result_begins_[static_cast<std::size_t>(place)] + record.result;
    unit_.results[slot.result].is_carried = true;
    return slot;
  }

  void add_result(std::uint32_t k, std::uint32_t index, const ResultRecord& record) {
    UnitResult& result = unit_.results[index];
    result.bytes = record.bytes;
    result.is_observed = record.is_observed;
    if (record.death < instance_.length - k) result.dies_at = k + record.death;
  }

  [[nodiscard]] Hash128 hash() const {
    Hasher hasher;
    hasher.add(kUnitHashVersion);
    hasher.add(unit_.elements.size());
    for (const UnitElement& element : unit_.elements) {
      hasher.add(kinds_.at(element.kind).hash);
      for (const OperandReference& operand : unit_.operands_of(element)) {
        hasher.add(static_cast<std::uint64_t>(operand.origin));
        hasher.add(operand.index);
        if (operand.origin == Origin::carried) hasher.add(unit_.slots[operand.index].result);
      }
    }
    return hasher.finish();
  }

  const History& history_;
  const KindCatalog& kinds_;
  const Instance instance_;
  Unit unit_;
  std::vector<std::uint32_t> result_begins_;
  std::vector<Occurrence> occurrences_;
};

bool is_named(OpClass op_class) {
  return op_class != OpClass::creation && op_class != OpClass::random;
}

}  // namespace

Unit make_unit(const History& history, const KindCatalog& kinds, const Instance& instance) {
  return UnitBuilder(history, kinds, instance).build();
}

bool is_instance(const History& history, const Unit& unit, Position begin) noexcept {
  for (std::size_t k = 0; k < unit.length(); ++k) {
    const UnitElement& element = unit.elements[k];
    const ElementRecord& record = history[begin + k];
    if (element.kind != record.kind || element.operands != record.operands) return false;
    const auto operands = unit.operands_of(element);
    for (std::uint32_t i = 0; i < operands.size(); ++i) {
      const std::uint32_t previous = history.operand(record, i).previous;
      const bool is_first = previous > element.symbol + i;
      if (is_first ? operands[i].previous != kFar : operands[i].previous != previous) return false;
    }
  }
  return true;
}

std::string describe(const Unit& unit, const KindCatalog& kinds, std::size_t most) {
  std::vector<std::pair<std::string_view, std::size_t>> runs;
  for (const UnitElement& element : unit.elements) {
    const OpRow& row = *kinds.at(element.kind).row;
    if (!is_named(row.op_class)) continue;
    const std::string_view name = shown_name(row);
    if (runs.empty() || runs.back().first != name) runs.emplace_back(name, 0);
    ++runs.back().second;
  }
  std::string names;
  std::size_t left_out = 0;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const auto& [name, count] = runs[i];
    if (i >= most) {
      left_out += count;
      continue;
    }
    if (!names.empty()) names += " -> ";
    names += count == 1   ? std::string(name)
             : count == 2 ? fmt::format("{} -> {}", name, name)
                          : fmt::format("{} x {}", count, name);
  }
  if (left_out > 0) names += fmt::format(" -> ... ({} more)", left_out);
  return names;
}

}  // namespace gt::sequence

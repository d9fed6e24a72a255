#include "tests/unit/sequence/planted.h"

#include <algorithm>

namespace gt::testing {
namespace {

using sequence::OperandReference;
using sequence::Origin;

constexpr std::uint32_t kConstants = 6;
constexpr std::uint32_t kFreshValues = 3;
constexpr std::size_t kMostStates = 16;

std::uint64_t below(std::mt19937_64& random, std::uint64_t bound) {
  return std::uniform_int_distribution<std::uint64_t>(0, bound - 1)(random);
}

/// `states` are the results that the next round may use.
PlantedOperand draw_operand(std::mt19937_64& random, std::uint32_t made,
                            std::span<const std::uint32_t> states) {
  const std::uint64_t choice = below(random, 10);
  if (choice < 6 && made > 0) {
    const std::uint32_t near = std::min(made, choice < 5 ? 8u : made);
    return {PlantedOperand::From::round,
            made - 1 - static_cast<std::uint32_t>(below(random, near))};
  }
  if (choice < 8 && !states.empty())
    return {PlantedOperand::From::last, states[below(random, states.size())]};
  if (choice == 8)
    return {PlantedOperand::From::constant, static_cast<std::uint32_t>(below(random, kConstants))};
  return {PlantedOperand::From::fresh, static_cast<std::uint32_t>(below(random, kFreshValues))};
}

/// The element of the unit that makes a result.
std::size_t maker_of(const PlantedUnit& unit, std::uint32_t result) {
  std::size_t low = 0, high = unit.elements.size();
  while (high - low > 1) {
    const std::size_t middle = (low + high) / 2;
    (unit.elements[middle].first_result <= result ? low : high) = middle;
  }
  return low;
}

}  // namespace

PlantedKinds::PlantedKinds() {
  constexpr DType kDTypes[] = {DType::kFloat32, DType::kFloat64, DType::kFloat16, DType::kBFloat16};
  for (DType dtype : kDTypes)
    for (std::uint8_t rank = 1; rank < 5; ++rank) {
      for (Op op : {Op::relu, Op::exp, Op::tanh, Op::neg, Op::sqrt, Op::log})
        add(op, 1, dtype, rank, {});
      for (Op op : {Op::mul, Op::div, Op::maximum, Op::minimum, Op::pow})
        add(op, 2, dtype, rank, {});
      add(Op::where, 3, dtype, rank, {});
      add(Op::topk, 1, dtype, rank, {0, 1, 1});
    }
  add(Op::eye, 0, DType::kFloat32, 0, {static_cast<std::uint64_t>(DType::kFloat32)});
}

void PlantedKinds::add(Op op, std::size_t operands, DType dtype, std::uint8_t rank,
                       std::vector<std::uint64_t> statics) {
  Kind kind;
  kind.op = op;
  kind.operands.assign(operands, {OperandMeta::Form::tensor, dtype, rank});
  kind.statics = std::move(statics);
  catalog_.define(count_++, resolve(std::move(kind)));
}

PlantedUnit draw_unit(const PlantedKinds& kinds, std::mt19937_64& random, std::size_t length,
                      const PlantedUnit* prefix, std::size_t shared) {
  PlantedUnit unit;
  for (std::size_t k = 0; k < length; ++k) {
    PlantedElement& element = unit.elements.emplace_back();
    element.kind =
        k < shared ? prefix->elements[k].kind : static_cast<KindId>(below(random, kinds.size()));
    element.first_result = unit.results;
    unit.results += static_cast<std::uint32_t>(kinds.results(element.kind));
  }
  // As weights are: made late, and used last when they are made anew.
  std::vector<std::uint32_t> states;
  for (std::size_t k = std::max(shared, length - length / 8 - 1); k < length; ++k)
    if (kinds.operands(unit.elements[k].kind) != 0 && states.size() < kMostStates)
      states.push_back(unit.elements[k].first_result);
  for (std::size_t k = 0; k < length; ++k) {
    PlantedElement& element = unit.elements[k];
    for (std::size_t i = 0; i < kinds.operands(element.kind); ++i)
      element.operands.push_back(k < shared ? prefix->elements[k].operands[i]
                                            : draw_operand(random, element.first_result, states));
    for (PlantedOperand& operand : element.operands)
      if (operand.from == PlantedOperand::From::last && k < shared && states.empty())
        operand.from = PlantedOperand::From::constant;
      else if (operand.from == PlantedOperand::From::last && k < shared)
        operand.index = states[operand.index % states.size()];
    if (std::find(states.begin(), states.end(), element.first_result) != states.end())
      element.operands[0] = {PlantedOperand::From::last, element.first_result};
  }
  return unit;
}

bool is_rotation(const sequence::Unit& unit, const PlantedUnit& planted, const PlantedKinds& kinds,
                 std::size_t rotation) {
  const std::size_t length = planted.elements.size();
  if (unit.length() != length) return false;
  const std::uint32_t before = planted.elements[rotation].first_result;
  for (std::size_t k = 0; k < length; ++k) {
    const std::size_t place = (rotation + k) % length;
    const PlantedElement& expected = planted.elements[place];
    const sequence::UnitElement& found = unit.elements[k];
    if (found.kind != expected.kind || found.results != kinds.results(expected.kind)) return false;
    const bool is_next_round = rotation + k >= length;
    for (std::size_t i = 0; i < expected.operands.size(); ++i) {
      const PlantedOperand& operand = expected.operands[i];
      const OperandReference& reference = unit.operands_of(found)[i];
      const bool is_made =
          operand.from == PlantedOperand::From::round || operand.from == PlantedOperand::From::last;
      if (!is_made) {
        if (reference.origin != Origin::external) return false;
        continue;
      }
      // Rounds of the template, counted from that in which the rotated unit begins.
      const int round =
          (is_next_round ? 1 : 0) - (operand.from == PlantedOperand::From::last ? 1 : 0);
      const bool is_late = maker_of(planted, operand.index) >= rotation;
      const int instance = is_late ? round : round - 1;
      const std::uint32_t result = (operand.index + planted.results - before) % planted.results;
      switch (instance) {
        case 0:
          if (reference.origin != Origin::inside || found.results_begin - reference.index != result)
            return false;
          break;
        case -1:
          if (reference.origin != Origin::carried || unit.slots[reference.index].result != result)
            return false;
          break;
        default:
          if (reference.origin != Origin::external) return false;
          break;
      }
    }
  }
  return true;
}

bool is_planted(const sequence::Unit& unit, const PlantedUnit& planted, const PlantedKinds& kinds) {
  for (std::size_t rotation = 0; rotation < planted.elements.size(); ++rotation)
    if (is_rotation(unit, planted, kinds, rotation)) return true;
  return false;
}

void PlantedStream::begin_round(const PlantedUnit& unit, State& state) {
  current_.clear();
  fresh_.clear();
  for (std::uint32_t k = 0; k < kFreshValues; ++k) fresh_.push_back(outside());
  while (state.constants.size() < kConstants) state.constants.push_back(outside());
  while (state.last.size() < unit.results) state.last.push_back(outside());
}

void PlantedStream::append(const PlantedElement& element, State& state) {
  operands_.clear();
  for (const PlantedOperand& operand : element.operands) switch (operand.from) {
      case PlantedOperand::From::round:
        operands_.push_back(current_[operand.index]);
        break;
      case PlantedOperand::From::last:
        operands_.push_back(state.last[operand.index]);
        break;
      case PlantedOperand::From::constant:
        operands_.push_back(state.constants[operand.index]);
        break;
      case PlantedOperand::From::fresh:
        operands_.push_back(fresh_[operand.index]);
        break;
    }
  const ValueId first = append(element.kind, operands_);
  for (std::size_t k = 0; k < kinds_.results(element.kind); ++k) current_.push_back(first + k);
}

ValueId PlantedStream::append(KindId kind, std::span<const ValueId> operands,
                              std::span<const std::uint64_t> extents) {
  const ValueId first = next_value_;
  const sequence::KindIdentity& identity = kinds_.catalog().at(kind);
  history_.record(
      {kind, identity.hash.low, operands, first, identity.row->results, 0, extents, {}});
  next_value_ += identity.row->results;
  return first;
}

void PlantedStream::append_noise() {
  const auto kind = static_cast<KindId>(below(random_, kinds_.size()));
  std::vector<ValueId> operands;
  for (std::size_t k = kinds_.operands(kind); k > 0; --k)
    operands.push_back(next_value_ > 40 && below(random_, 2) == 0
                           ? next_value_ - 1 - below(random_, 30)
                           : outside());
  append(kind, operands);
}

void PlantedStream::end_round(State& state) {
  if (ends_values)
    for (ValueId value : state.last) history_.release(value);
  state.last = current_;
}

}  // namespace gt::testing

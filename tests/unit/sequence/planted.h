// Streams whose loops are known: templates of units, written into a history round by round.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "common/sequence/history.h"
#include "common/sequence/unit.h"

namespace gt::testing {

/// Some hundred kinds with none to three tensor operands and one or two results.
class PlantedKinds {
 public:
  PlantedKinds();
  [[nodiscard]] const sequence::KindCatalog& catalog() const noexcept { return catalog_; }
  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  /// Tensor operands and results of a kind.
  [[nodiscard]] std::size_t operands(KindId kind) const { return catalog_.at(kind).tensors.size(); }
  [[nodiscard]] std::size_t results(KindId kind) const { return catalog_.at(kind).row->results; }

 private:
  void add(Op op, std::size_t operands, DType dtype, std::uint8_t rank,
           std::vector<std::uint64_t> statics);
  sequence::KindCatalog catalog_;
  KindId count_ = 0;
};

/// Where a planted operand comes from.
struct PlantedOperand {
  enum class From : std::uint8_t {
    round,     ///< result `index` of this round
    last,      ///< result `index` of the last round; before the first one a value of its own
    constant,  ///< value `index`, the same in every round
    fresh,     ///< value `index` of this round alone, an upload
  };
  From from = From::constant;
  std::uint32_t index = 0;
};
struct PlantedElement {
  KindId kind = 0;
  std::vector<PlantedOperand> operands;
  std::uint32_t first_result = 0;  ///< in its round
};
struct PlantedUnit {
  std::vector<PlantedElement> elements;
  std::uint32_t results = 0;
};

/// A unit drawn at random; if `prefix` is given, its first `shared` elements are that one's.
[[nodiscard]] PlantedUnit draw_unit(const PlantedKinds& kinds, std::mt19937_64& random,
                                    std::size_t length, const PlantedUnit* prefix = nullptr,
                                    std::size_t shared = 0);

/// The unit that begins with element `rotation` of the planted one, worked out from the template:
/// the origin of each operand, in the order of the unit.
[[nodiscard]] bool is_rotation(const sequence::Unit& unit, const PlantedUnit& planted,
                               const PlantedKinds& kinds, std::size_t rotation);
/// Whether it is one for any rotation.
[[nodiscard]] bool is_planted(const sequence::Unit& unit, const PlantedUnit& planted,
                              const PlantedKinds& kinds);

/// Appends rounds of planted units and one-off instructions to a history. `Advance` is called after
/// each element.
class PlantedStream {
 public:
  PlantedStream(const PlantedKinds& kinds, sequence::History& history, std::uint64_t seed)
      : kinds_(kinds), history_(history), random_(seed) {}

  /// What a unit has left behind.
  struct State {
    std::vector<ValueId> last;
    std::vector<ValueId> constants;
  };

  template <class Advance>
  void round(const PlantedUnit& unit, State& state, Advance&& advance) {
    begin_round(unit, state);
    for (const PlantedElement& element : unit.elements) {
      append(element, state);
      advance();
    }
    end_round(state);
  }
  /// Elements of random kinds with random operands.
  template <class Advance>
  void noise(std::size_t count, Advance&& advance) {
    for (; count > 0; --count) {
      append_noise();
      advance();
    }
  }
  /// A value from outside.
  [[nodiscard]] ValueId outside() { return make_value_id(7, next_outside_++); }
  /// Appends one element.
  ValueId append(KindId kind, std::span<const ValueId> operands,
                 std::span<const std::uint64_t> extents = {});
  /// Ends values of the last round that the next does not use. On by default.
  bool ends_values = true;

 private:
  void begin_round(const PlantedUnit& unit, State& state);
  void append(const PlantedElement& element, State& state);
  void append_noise();
  void end_round(State& state);

  const PlantedKinds& kinds_;
  sequence::History& history_;
  std::mt19937_64 random_;
  ValueId next_value_ = 1;
  ValueId next_outside_ = 1;
  std::vector<ValueId> current_;
  std::vector<ValueId> fresh_;
  std::vector<ValueId> operands_;
};

}  // namespace gt::testing

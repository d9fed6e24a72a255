// Known units are recognised in a stream, and no element is lost, doubled or reordered.
#include "common/sequence/matcher.h"

#include <gtest/gtest.h>

#include "common/sequence/extents.h"
#include "tests/unit/sequence/planted.h"

namespace gt::testing {
namespace {

using sequence::Difference;
using sequence::Divergence;
using sequence::History;
using sequence::Matcher;
using sequence::Origin;
using sequence::Position;
using sequence::Resolution;
using sequence::Unit;
using sequence::UnitId;
using Form = Resolution::Form;

const PlantedKinds& kinds() {
  static const PlantedKinds all;
  return all;
}

/// A lane with a matcher behind it; checks that resolutions are contiguous.
class MatchedLane {
 public:
  explicit MatchedLane(std::uint64_t seed)
      : stream(kinds(), history, seed), matcher(history, kinds().catalog()) {}

  void advance() { take(matcher.advance()); }
  void mark() {
    take(matcher.mark());
    EXPECT_EQ(resolved, history.next()) << "a mark leaves nothing held";
  }
  void take(std::span<const Resolution> resolutions) {
    for (const Resolution& resolution : resolutions) {
      EXPECT_EQ(resolution.first, resolved);
      EXPECT_GE(resolution.last, resolution.first);
      resolved = resolution.last;
      all.push_back(resolution);
    }
  }
  void round(const PlantedUnit& unit, std::size_t elements = ~std::size_t{0}) {
    std::size_t left = elements;
    PlantedUnit part = unit;
    part.elements.resize(std::min(left, unit.elements.size()));
    stream.round(part, state, [this] { advance(); });
  }
  [[nodiscard]] std::size_t count(Form form, UnitId unit = sequence::kNoUnit) const {
    return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const auto& one) {
      return one.form == form && (unit == sequence::kNoUnit || one.unit == unit);
    }));
  }
  [[nodiscard]] const Divergence* divergence() const {
    for (const Resolution& one : all)
      if (one.form == Form::diverged) return &one.divergence;
    return nullptr;
  }

  History history{1 << 16};
  PlantedStream stream;
  PlantedStream::State state;
  Matcher matcher;
  std::vector<Resolution> all;
  Position resolved = 0;
};

/// The unit that rounds of a planted one are.
std::shared_ptr<const Unit> unit_of(const PlantedUnit& planted) {
  History history(1 << 16);
  PlantedStream stream(kinds(), history, 1);
  PlantedStream::State state;
  for (int round = 0; round < 3; ++round) stream.round(planted, state, [] {});
  const auto length = static_cast<std::uint32_t>(planted.elements.size());
  return std::make_shared<const Unit>(
      make_unit(history, kinds().catalog(), {2 * std::uint64_t{length}, length, length, 0}));
}

PlantedUnit draw(std::uint64_t seed, std::size_t length) {
  std::mt19937_64 random(seed);
  return draw_unit(kinds(), random, length);
}

TEST(Matcher, completes_every_round_at_its_last_element) {
  const PlantedUnit planted = draw(1, 20);
  MatchedLane lane(1);
  ASSERT_TRUE(lane.matcher.add(7, unit_of(planted)));
  for (std::size_t round = 1; round <= 5; ++round) {
    lane.round(planted);
    EXPECT_EQ(lane.count(Form::complete, 7), round);
    EXPECT_EQ(lane.resolved, lane.history.next());
  }
}

TEST(Matcher, resolves_what_diverges_at_any_element_and_finds_the_next_round) {
  const PlantedUnit planted = draw(2, 40);
  const std::shared_ptr<const Unit> unit = unit_of(planted);
  for (std::size_t place = 1; place < planted.elements.size(); ++place) {
    MatchedLane lane(place);
    lane.matcher.add(0, unit);
    lane.round(planted);
    lane.round(planted, place);
    lane.stream.noise(1, [&] { lane.advance(); });
    lane.round(planted);
    EXPECT_EQ(lane.count(Form::complete), 2u) << "place " << place;
    ASSERT_NE(lane.divergence(), nullptr) << "place " << place;
    EXPECT_EQ(lane.divergence()->element, place);
    EXPECT_EQ(lane.resolved, lane.history.next());
  }
}

TEST(Matcher, tells_that_an_operand_is_another_value) {
  // a = relu(x); b = mul(a, a)
  const PlantedUnit planted{
      {{0, {{PlantedOperand::From::fresh, 0}}, 0},
       {6, {{PlantedOperand::From::round, 0}, {PlantedOperand::From::round, 0}}, 1}},
      2};
  ASSERT_EQ(kinds().operands(6), 2u);
  MatchedLane lane(1);
  lane.matcher.add(0, unit_of(planted));
  const ValueId x[] = {lane.stream.outside()};
  const ValueId a = lane.stream.append(0, x);
  lane.advance();
  const ValueId operands[] = {a, x[0]};
  lane.stream.append(6, operands);
  lane.advance();
  ASSERT_NE(lane.divergence(), nullptr);
  EXPECT_EQ(lane.divergence()->difference, Difference::data_flow);
  EXPECT_EQ(lane.divergence()->element, 1u);
  EXPECT_EQ(lane.divergence()->index, 1u);
}

TEST(Matcher, does_not_take_two_slots_for_one_value) {
  const PlantedUnit planted{
      {{6, {{PlantedOperand::From::fresh, 0}, {PlantedOperand::From::fresh, 1}}, 0}}, 1};
  MatchedLane lane(1);
  lane.matcher.add(0, unit_of(planted));
  const ValueId x = lane.stream.outside();
  const ValueId same[] = {x, x};
  lane.stream.append(6, same);
  lane.advance();
  EXPECT_EQ(lane.count(Form::complete), 0u);
}

TEST(Matcher, follows_units_that_begin_alike_to_the_right_end) {
  std::mt19937_64 random(3);
  const PlantedUnit first = draw_unit(kinds(), random, 30);
  PlantedUnit second = first, shorter = first;
  second.elements[20].kind = second.elements[20].kind == 0 ? 1 : 0;
  second.elements[20].operands = {{PlantedOperand::From::fresh, 2}};
  shorter.elements.resize(12);
  MatchedLane lane(3);
  lane.matcher.add(0, unit_of(first));
  lane.matcher.add(1, unit_of(second));
  lane.matcher.add(2, unit_of(shorter));
  for (int round = 0; round < 4; ++round) {
    lane.round(first);
    lane.round(second);
    lane.round(shorter);
  }
  lane.mark();
  EXPECT_EQ(lane.count(Form::complete, 0), 4u);
  EXPECT_EQ(lane.count(Form::complete, 1), 4u);
  EXPECT_EQ(lane.count(Form::complete, 2), 4u);
}

TEST(Matcher, goes_on_with_a_unit_behind_a_mark) {
  const PlantedUnit planted = draw(4, 20);
  const std::shared_ptr<const Unit> unit = unit_of(planted);
  for (std::size_t place = 1; place < 20; ++place) {
    MatchedLane lane(4);
    lane.matcher.add(0, unit);
    std::size_t count = 0;
    lane.stream.round(planted, lane.state, [&] {
      lane.advance();
      if (++count == place) lane.mark();
    });
    ASSERT_EQ(lane.all.size(), 2u);
    EXPECT_EQ(lane.all[0].form, Form::forced);
    EXPECT_EQ(lane.all[0].last, place);
    EXPECT_EQ(lane.all[1].form, Form::complete);
    EXPECT_EQ(lane.all[1].begin, 0u);
    EXPECT_EQ(lane.all[1].first, place);
  }
}

TEST(Matcher, counts_the_complete_beginning_of_a_longer_unit_at_a_mark) {
  const PlantedUnit longer = draw(5, 20);
  PlantedUnit shorter = longer;
  shorter.elements.resize(8);
  MatchedLane lane(5);
  lane.matcher.add(0, unit_of(longer));
  lane.matcher.add(1, unit_of(shorter));
  lane.round(longer, 11);
  EXPECT_TRUE(lane.all.empty());
  lane.mark();
  EXPECT_EQ(lane.count(Form::complete, 1), 1u);
}

TEST(Matcher, resolves_what_it_holds_when_a_unit_is_removed) {
  const PlantedUnit planted = draw(6, 20);
  MatchedLane lane(6);
  lane.matcher.add(0, unit_of(planted));
  lane.round(planted, 10);
  lane.take(lane.matcher.remove(0));
  EXPECT_EQ(lane.resolved, 10u);
  lane.round(planted);
  EXPECT_EQ(lane.count(Form::complete), 0u);
  EXPECT_EQ(lane.resolved, 30u);
}

TEST(Matcher, loses_nothing_of_random_streams_with_random_marks) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    MatchedLane lane(seed);
    std::vector<PlantedUnit> units;
    for (UnitId k = 0; k < 4; ++k) {
      const std::size_t length = 3 + random() % 30;
      units.push_back(draw_unit(kinds(), random, length, k > 0 ? &units[0] : nullptr,
                                k > 0 ? std::min(length, units[0].elements.size()) / 2 : 0));
      lane.matcher.add(k, unit_of(units.back()));
    }
    std::vector<PlantedStream::State> states(4);
    for (int step = 0; step < 60; ++step) {
      const std::size_t k = random() % 4;
      PlantedUnit part = units[k];
      if (random() % 4 == 0) part.elements.resize(1 + random() % part.elements.size());
      lane.stream.round(part, states[k], [&] {
        lane.advance();
        if (random() % 40 == 0) lane.mark();
      });
      if (random() % 4 == 0) lane.stream.noise(random() % 3, [&] { lane.advance(); });
    }
    lane.mark();
    EXPECT_EQ(lane.resolved, lane.history.next());
    EXPECT_GT(lane.count(Form::complete), 20u);
  }
}

TEST(Matcher, stays_within_its_budget_where_a_loop_nearly_is_a_longer_unit) {
  // (a b c) 200 times and then d, followed through a stream of (a b c) alone.
  const PlantedUnit inner = draw(8, 3);
  PlantedUnit outer;
  for (int k = 0; k < 200; ++k)
    for (PlantedElement element : inner.elements) {
      for (PlantedOperand& operand : element.operands)
        operand = {PlantedOperand::From::constant, operand.index % 6};
      element.first_result = outer.results;
      outer.results += static_cast<std::uint32_t>(kinds().results(element.kind));
      outer.elements.push_back(element);
    }
  PlantedUnit longer = outer;
  longer.elements.push_back({kinds().operands(0) == 1 ? KindId{0} : KindId{1},
                             {{PlantedOperand::From::fresh, 0}},
                             outer.results});
  ++longer.results;
  MatchedLane lane(8);
  lane.matcher.add(0, unit_of(longer));
  for (int round = 0; round < 20; ++round) lane.round(outer);
  lane.mark();
  EXPECT_EQ(lane.resolved, lane.history.next());
}

TEST(Extents, name_the_dimension_that_changed) {
  const PlantedUnit planted{
      {{6, {{PlantedOperand::From::fresh, 0}, {PlantedOperand::From::fresh, 1}}, 0}}, 1};
  const std::shared_ptr<const Unit> unit = unit_of(planted);
  History history(1 << 12);
  PlantedStream stream(kinds(), history, 1);
  PlantedStream::State state;
  stream.round(planted, state, [] {});
  std::int64_t size = 64;
  const auto extents_of = [&] {
    sequence::Extents extents;
    const std::uint8_t rank = kinds().catalog().at(6).kind.operands[0].rank;
    std::vector<std::int64_t> shape(rank, 3);
    shape[0] = size;
    append_extents(
        history, *unit, 0, 0, 1, [&](ValueId) { return std::span<const std::int64_t>(shape); },
        extents);
    return extents;
  };
  const sequence::Extents before = extents_of();
  size = 128;
  const sequence::Extents now = extents_of();
  const auto change = first_change(*unit, kinds().catalog(), before, now);
  ASSERT_TRUE(change);
  EXPECT_EQ(describe(*change, *unit, kinds().catalog()),
            "dimension 0 of operand 0 of mul was 64, is 128");
  EXPECT_NE(exact_hash(unit->structure, before), exact_hash(unit->structure, now));
  EXPECT_FALSE(first_change(*unit, kinds().catalog(), now, now));
}

}  // namespace
}  // namespace gt::testing

// Planted loops are found, all of them and nothing else.
#include "common/sequence/detector.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "tests/unit/sequence/planted.h"

namespace gt::testing {
namespace {

using sequence::Detector;
using sequence::DetectorOptions;
using sequence::History;
using sequence::Unit;
using sequence::UnitId;

const PlantedKinds& kinds() {
  static const PlantedKinds all;
  return all;
}

/// A lane with a detector behind it.
class Lane {
 public:
  explicit Lane(std::uint64_t seed, const DetectorOptions& options = {})
      : history(Detector::history_elements(options)),
        stream(kinds(), history, seed),
        detector(history, kinds().catalog(), options) {}

  void round(const PlantedUnit& unit, PlantedStream::State& state) {
    stream.round(unit, state, [this] { advance(); });
  }
  void noise(std::size_t count) {
    stream.noise(count, [this] { advance(); });
  }
  void advance() {
    for (UnitId id : detector.advance()) hot.push_back(detector.unit(id));
  }
  /// How many of the hot units are the planted one.
  [[nodiscard]] std::size_t found(const PlantedUnit& planted) const {
    return static_cast<std::size_t>(std::count_if(hot.begin(), hot.end(), [&](const auto& unit) {
      return is_planted(*unit, planted, kinds());
    }));
  }

  History history;
  PlantedStream stream;
  Detector detector;
  std::vector<std::shared_ptr<const Unit>> hot;
};

std::string lengths(const std::vector<std::shared_ptr<const Unit>>& units) {
  std::string text = "hot units of lengths";
  for (const auto& unit : units) text += " " + std::to_string(unit->length());
  return text;
}

class PlantedLoop : public ::testing::TestWithParam<std::size_t> {};

TEST_P(PlantedLoop, is_the_only_hot_unit_after_ten_rounds) {
  const std::uint64_t seed = 1000 + GetParam();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const PlantedUnit unit = draw_unit(kinds(), random, GetParam());
  DetectorOptions options;
  options.min_length = 1;
  Lane lane(seed, options);
  PlantedStream::State state;
  lane.noise(20);
  for (int round = 0; round < 12; ++round) lane.round(unit, state);
  EXPECT_EQ(lane.hot.size(), 1u) << lengths(lane.hot);
  EXPECT_EQ(lane.found(unit), 1u);
}
INSTANTIATE_TEST_SUITE_P(Lengths, PlantedLoop,
                         ::testing::Values(1, 2, 3, 4, 5, 7, 16, 60, 333, 1000, 2049, 10'000,
                                           100'000));

/// Blocks of rounds of several units in random order, with one-off instructions between rounds.
void expect_all_found(std::uint64_t seed, std::size_t count, std::size_t longest, bool share) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto between = [&random](std::size_t low, std::size_t high) {
    return std::uniform_int_distribution<std::size_t>(low, high)(random);
  };
  std::vector<PlantedUnit> units;
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t length = between(3, longest);
    const bool shares = share && k > 0;
    const std::size_t shared = shares ? std::min(units[0].elements.size(), length) / 2 : 0;
    units.push_back(draw_unit(kinds(), random, length, shares ? &units[0] : nullptr, shared));
  }
  Lane lane(seed);
  std::vector<PlantedStream::State> states(count);
  std::vector<std::size_t> order;
  for (std::size_t k = 0; k < count; ++k) order.insert(order.end(), 6, k);
  std::shuffle(order.begin(), order.end(), random);
  lane.noise(between(0, 50));
  for (std::size_t k : order)
    for (std::size_t rounds = between(3, 8); rounds > 0; --rounds) {
      lane.round(units[k], states[k]);
      if (between(0, 5) == 0) lane.noise(between(1, 4));
    }
  for (const PlantedUnit& unit : units)
    EXPECT_EQ(lane.found(unit), 1u) << "length " << unit.elements.size();
  EXPECT_EQ(lane.hot.size(), count) << lengths(lane.hot);
}

TEST(PlantedStreams, of_short_loops_are_found_to_the_last_one) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) expect_all_found(seed, 1 + seed % 4, 40, false);
}
TEST(PlantedStreams, of_loops_that_begin_alike_are_found_to_the_last_one) {
  for (std::uint64_t seed = 101; seed <= 300; ++seed)
    expect_all_found(seed, 2 + seed % 3, 60, true);
}
TEST(PlantedStreams, of_long_loops_are_found_to_the_last_one) {
  for (std::uint64_t seed = 201; seed <= 230; ++seed)
    expect_all_found(seed, 1 + seed % 3, 3000, seed % 2 == 0);
}

TEST(Noise, after_every_round_does_not_hide_a_loop) {
  const std::uint64_t seed = 5;
  std::mt19937_64 random(seed);
  const PlantedUnit unit = draw_unit(kinds(), random, 30);
  Lane lane(seed);
  PlantedStream::State state;
  for (std::size_t round = 0; round < 40; ++round) {
    lane.round(unit, state);
    lane.noise(1 + round % 7);
  }
  EXPECT_EQ(lane.found(unit), 1u) << lengths(lane.hot);
  EXPECT_EQ(lane.hot.size(), 1u) << lengths(lane.hot);
}

TEST(Evaluation, between_training_steps_is_a_unit_of_its_own) {
  const std::uint64_t seed = 6;
  std::mt19937_64 random(seed);
  const PlantedUnit step = draw_unit(kinds(), random, 80);
  const PlantedUnit evaluation = draw_unit(kinds(), random, 25);
  Lane lane(seed);
  PlantedStream::State step_state, evaluation_state;
  for (std::size_t k = 0; k < 14; ++k) {
    for (std::size_t round = 0; round < 100; ++round) lane.round(step, step_state);
    lane.round(evaluation, evaluation_state);
  }
  EXPECT_EQ(lane.found(step), 1u) << lengths(lane.hot);
  EXPECT_EQ(lane.hot.size(), 2u) << lengths(lane.hot);
  const bool is_there = std::any_of(lane.hot.begin(), lane.hot.end(),
                                    [](const auto& unit) { return unit->length() == 25; });
  EXPECT_TRUE(is_there) << lengths(lane.hot);
}

TEST(NestedLoops, are_found_both) {
  const std::uint64_t seed = 7;
  std::mt19937_64 random(seed);
  const PlantedUnit head = draw_unit(kinds(), random, 12);
  const PlantedUnit inner = draw_unit(kinds(), random, 3);
  Lane lane(seed);
  PlantedStream::State head_state, inner_state;
  for (std::size_t step = 0; step < 14; ++step) {
    lane.round(head, head_state);
    for (std::size_t round = 0; round < 50; ++round) lane.round(inner, inner_state);
  }
  EXPECT_EQ(lane.found(inner), 1u) << lengths(lane.hot);
  ASSERT_EQ(lane.hot.size(), 3u) << lengths(lane.hot);
  EXPECT_EQ(lane.hot[1]->length(), 24u);
  EXPECT_EQ(lane.hot[2]->length(), 162u);
}

/// Rounds of `x = relu(relu(x) * c)`, or of what begins with c alone each time.
class ShortLoop {
 public:
  static constexpr KindId kRelu = 0, kMul = 6;
  void round(bool hands_on, bool is_looked_at = false) {
    const ValueId positive[] = {append(kRelu, {hands_on ? state_ : constant_})};
    const ValueId scaled[] = {append(kMul, {positive[0], constant_})};
    const ValueId before = std::exchange(state_, append(kRelu, {scaled[0]}));
    for (ValueId value : {positive[0], scaled[0], before}) lane.history.release(value);
    if (is_looked_at) lane.history.observe(state_);
  }
  void append_other() { append(static_cast<KindId>(kinds().size() - 1), {}); }
  [[nodiscard]] std::vector<std::size_t> hot_lengths() const {
    std::vector<std::size_t> found;
    for (const auto& unit : lane.hot) found.push_back(unit->length());
    return found;
  }
  Lane lane{11};

 private:
  ValueId append(KindId kind, std::initializer_list<ValueId> operands) {
    const ValueId made = lane.stream.append(kind, {operands.begin(), operands.size()});
    lane.advance();
    return made;
  }
  ValueId constant_ = lane.stream.outside();
  ValueId state_ = lane.stream.outside();
};

TEST(ShortLoops, of_which_a_round_needs_the_last_become_units_of_eight_rounds_too) {
  ShortLoop loop;
  for (int round = 0; round < 100; ++round) loop.round(true);
  EXPECT_EQ(loop.hot_lengths(), (std::vector<std::size_t>{3, 24}));
}

TEST(ShortLoops, of_which_no_round_needs_the_last_stay_units_of_one) {
  ShortLoop loop;
  for (int round = 0; round < 200; ++round) loop.round(false);
  EXPECT_EQ(loop.hot_lengths(), std::vector<std::size_t>{3});
}

TEST(ShortLoops, whose_rounds_somebody_looks_at_stay_units_of_one) {
  ShortLoop loop;
  for (int round = 0; round < 200; ++round) loop.round(true, true);
  EXPECT_EQ(loop.hot_lengths(), std::vector<std::size_t>{3});
}

TEST(ShortLoops, of_more_than_pointwise_work_stay_units_of_one_round) {
  ShortLoop loop;
  for (int round = 0; round < 200; ++round) {
    loop.round(true);
    loop.append_other();
  }
  EXPECT_EQ(loop.hot_lengths(), std::vector<std::size_t>{4});
}

TEST(Extents, that_change_from_round_to_round_leave_it_one_unit) {
  Lane lane(8);
  const auto eye = static_cast<KindId>(kinds().size() - 1);
  for (std::uint64_t round = 0; round < 30; ++round) {
    const std::uint64_t sizes[] = {64u << (round % 3), 8};
    const ValueId made[] = {lane.stream.append(eye, {}, sizes)};
    lane.advance();
    const ValueId relu[] = {lane.stream.append(0, made), made[0]};
    lane.advance();
    lane.stream.append(6, relu);
    lane.advance();
  }
  ASSERT_EQ(lane.hot.size(), 1u);
  EXPECT_EQ(lane.hot[0]->length(), 3u);
  EXPECT_EQ(lane.detector.executions(0), 30u);
}

TEST(HotUnits, are_given_after_as_many_executions_as_the_threshold_says) {
  const std::uint64_t seed = 9;
  std::mt19937_64 random(seed);
  const PlantedUnit unit = draw_unit(kinds(), random, 50);
  for (std::uint64_t threshold : {2, 3, 10, 25}) {
    DetectorOptions options;
    options.threshold = threshold;
    Lane lane(seed, options);
    PlantedStream::State state;
    std::uint64_t rounds = 0;
    while (lane.hot.empty() && rounds < 100) {
      lane.round(unit, state);
      ++rounds;
    }
    EXPECT_EQ(rounds, threshold);
  }
}

TEST(Memory, of_a_detector_is_bounded_however_many_loops_come) {
  const std::uint64_t seed = 10;
  std::mt19937_64 random(seed);
  DetectorOptions options;
  options.max_units = 8;
  Lane lane(seed, options);
  for (int loop = 0; loop < 300; ++loop) {
    const PlantedUnit unit = draw_unit(kinds(), random, 3 + random() % 30);
    PlantedStream::State state;
    for (int round = 0; round < 4; ++round) lane.round(unit, state);
    EXPECT_LE(lane.detector.known_units(), 16u);
  }
  EXPECT_LE(lane.history.capacity(), std::size_t{1} << 18);
}

/// What a lane knows after some rounds of a unit.
std::vector<sequence::KnownUnit> known_after(const PlantedUnit& unit, std::uint64_t seed) {
  Lane lane(seed);
  PlantedStream::State state;
  for (int round = 0; round < 12; ++round) lane.round(unit, state);
  return lane.detector.known();
}

TEST(Recall, gives_what_was_hot_as_soon_as_it_has_come_once) {
  const std::uint64_t seed = 11;
  std::mt19937_64 random(seed);
  const PlantedUnit unit = draw_unit(kinds(), random, 40);
  Lane lane(seed);
  lane.detector.recall(known_after(unit, seed));
  PlantedStream::State state;
  lane.noise(10);
  EXPECT_TRUE(lane.detector.is_settling());
  for (int round = 0; round < 2; ++round) lane.round(unit, state);
  EXPECT_FALSE(lane.detector.is_settling());
  EXPECT_EQ(lane.hot.size(), 1u) << lengths(lane.hot);
  EXPECT_EQ(lane.found(unit), 1u);
  for (int round = 0; round < 12; ++round) lane.round(unit, state);
  EXPECT_EQ(lane.hot.size(), 1u) << "it is given once: " << lengths(lane.hot);
}

TEST(Recall, takes_no_end_of_a_known_unit_for_another_one) {
  const std::uint64_t seed = 12;
  std::mt19937_64 random(seed);
  const PlantedUnit unit = draw_unit(kinds(), random, 60);
  const PlantedUnit part = draw_unit(kinds(), random, 5);
  const auto units_known = [&](Lane& lane) {
    PlantedStream::State state;
    for (int round = 0; round < 6; ++round) lane.round(part, state);
    return lane.detector.known_units();
  };
  Lane new_lane(seed);
  EXPECT_EQ(units_known(new_lane), 1u) << "a loop that comes first is one";
  Lane lane(seed);
  lane.detector.recall(known_after(unit, seed));
  EXPECT_EQ(units_known(lane), 1u) << "the one that was known before";
}

TEST(Recall, does_not_wait_for_ever_for_what_was_known) {
  const std::uint64_t seed = 13;
  std::mt19937_64 random(seed);
  const PlantedUnit gone = draw_unit(kinds(), random, 60);
  const PlantedUnit other = draw_unit(kinds(), random, 30);
  Lane lane(seed);
  lane.detector.recall(known_after(gone, seed));
  PlantedStream::State state;
  for (int round = 0; round < 20; ++round) lane.round(other, state);
  EXPECT_EQ(lane.found(other), 1u) << lengths(lane.hot);
}

TEST(RandomStreams, have_no_units) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    Lane lane(seed);
    lane.noise(50'000);
    EXPECT_TRUE(lane.hot.empty()) << "seed " << seed << ": " << lengths(lane.hot);
  }
}

}  // namespace
}  // namespace gt::testing

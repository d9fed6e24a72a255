// Programs whose work a device captures in graphs give the values of eager execution, whatever
// moves, changes or fails.
#include <gmock/gmock.h>

#include <random>

#include "tests/unit/hotpath/graph_session.h"
#include "tests/unit/hotpath/random_program.h"

namespace gt::worker::testing {
namespace {

using ::testing::HasSubstr;

double same_rate(int) { return 0.5; }

TEST(Captures, StartTheWholeProgramAndHandOutWhatOthersKeep) {
  GraphSession graphs({Op::add});
  expect_same(graphs, Op::add, 80, same_rate);
  EXPECT_EQ(graphs.engine().graphs, 1u) << graphs.session().reports();
  EXPECT_GE(graphs.engine().starts, 40u);
  EXPECT_EQ(graphs.session().count(Event::uncaptured), 0u) << graphs.session().reports();
}

TEST(Captures, ANumberOfAKernelIsChangedInTheGraph) {
  GraphSession graphs({Op::add});
  expect_same(graphs, Op::add, 80, [](int step) { return 0.01 * step; });
  EXPECT_EQ(graphs.engine().graphs, 1u) << graphs.session().reports();
  EXPECT_GE(graphs.engine().starts, 40u);
  EXPECT_GE(graphs.engine().changes, 30u);
}

TEST(Captures, ANumberOfACallThatChangesIsRefusedOnce) {
  GraphSession graphs({Op::add, Op::mul});
  expect_same(graphs, Op::add, 100, [](int step) { return 0.01 * step; });
  EXPECT_EQ(graphs.engine().starts, 0u) << graphs.session().reports();
  ASSERT_EQ(graphs.session().count(Event::uncaptured), 1u) << graphs.session().reports();
  EXPECT_THAT(graphs.session().find(Event::uncaptured)->text, HasSubstr("change"));
}

TEST(Captures, ANumberOfACallThatHasSettledIsCaptured) {
  GraphSession graphs({Op::add, Op::mul});
  expect_same(graphs, Op::add, 120, [](int step) { return step < 70 ? 0.5 : 0.25; });
  EXPECT_EQ(graphs.engine().graphs, 2u) << graphs.session().reports();
  EXPECT_GE(graphs.engine().starts, 60u);
}

TEST(Captures, AFailureRunsCallByCallWithOneLine) {
  GraphSession graphs({Op::add});
  graphs.engine().before_captured_call = [] { throw std::runtime_error("the device refuses"); };
  expect_same(graphs, Op::add, 80, same_rate);
  EXPECT_EQ(graphs.engine().starts, 0u);
  ASSERT_EQ(graphs.session().count(Event::uncaptured), 1u) << graphs.session().reports();
  EXPECT_EQ(graphs.session().find(Event::uncaptured)->text, "the device refuses");
}

TEST(Captures, WhatWaitsForTheDeviceIsNotCaptured) {
  GraphSession graphs({Op::add});
  graphs.engine().not_captured = {Op::add};
  expect_same(graphs, Op::add, 80, same_rate);
  EXPECT_EQ(graphs.engine().graphs, 0u);
  EXPECT_EQ(graphs.session().count(Event::uncaptured), 1u) << graphs.session().reports();
}

TEST(Captures, ByDefaultThereAreNone) {
  GraphSession graphs({Op::add}, config::CompileMode::standard);
  expect_same(graphs, Op::add, 80, same_rate);
  EXPECT_EQ(graphs.engine().graphs, 0u);
  EXPECT_EQ(graphs.session().count(Event::uncaptured), 0u) << graphs.session().reports();
}

/// Rows drawn by the seed are calls, and some of these wait for the device.
TEST(Captures, OfRandomStreamsGiveTheValuesOfEagerExecution) {
  const std::uint64_t first = std::random_device{}();
  std::size_t captured = 0;
  for (std::uint64_t seed = first; seed < first + 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937_64 random(seed);
    std::vector<Op> calls, waiting;
    for (const Op op : {Op::add, Op::mul, Op::sub, Op::relu, Op::sigmoid, Op::maximum})
      if (random() % 2 == 0) (random() % 6 == 0 ? waiting : calls).push_back(op);
    calls.insert(calls.end(), waiting.begin(), waiting.end());
    HotSession eager({});
    GraphSession graphs(calls);
    graphs.engine().not_captured = waiting;
    RandomProgram program(seed, eager, graphs.session());
    program.signal = kGraphSignal;
    program.run(120);
    program.expect_same();
    captured += graphs.engine().starts != 0 ? 1 : 0;
    if (::testing::Test::HasFailure()) break;
  }
  EXPECT_GE(captured, 10u) << "of 60 programs, seed " << first;
}

}  // namespace
}  // namespace gt::worker::testing

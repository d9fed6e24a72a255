// Passes over random graphs: the engine gives the same bits before and after.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/graph/fusion/recompute.h"
#include "common/graph/memory/buffers.h"
#include "common/graph/pass.h"
#include "common/graph/print.h"
#include "common/graph/scalars.h"
#include "common/graph/validate.h"
#include "tests/unit/graph/random_graph.h"
#include "tests/unit/graph/run_graph.h"

namespace gt::graph {
namespace {

using ::testing::IsEmpty;

constexpr int kGraphs = 150;

worker::Engine& engine() {
  static const std::unique_ptr<worker::Engine> made =
      worker::make_engine({.memory_limit = std::size_t{1} << 30});
  return *made;
}

class EachPass : public testing::TestWithParam<const Pass*> {};

void expect_same_bits(const Graph& before, const Graph& after,
                      std::span<const worker::Value> inputs) {
  const std::vector<std::uint64_t> bindings = sample_bindings(before);
  const auto expected = run_graph(engine(), before, inputs, bindings);
  const auto actual = run_graph(engine(), after, inputs, bindings);
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t k = 0; k < actual.size(); ++k)
    ASSERT_EQ(bits_of(engine(), actual[k]), bits_of(engine(), expected[k]))
        << "output " << k << "\nbefore:\n"
        << to_text(before) << "after:\n"
        << to_text(after);
}

TEST_P(EachPass, KeepsEveryBit) {
  if (GetParam()->name == "split_addends" && !has_products())
    GTEST_SKIP() << "built without LibTorch";
  std::size_t changes = 0;
  for (int i = 0; i < kGraphs; ++i) {
    const std::uint64_t seed = first_seed() + static_cast<std::uint64_t>(i);
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomGraph random(seed);
    const PassRun run =
        run_passes(random.graph(), {.disabled = {}, .rounds = 1}, std::span(GetParam(), 1));
    changes += run.statistics.front().changes;
    ASSERT_NO_FATAL_FAILURE(expect_same_bits(random.graph(), run.graph, random.inputs(engine())));
  }
  EXPECT_GT(changes, 0u) << "the random graphs have nothing for this pass";
}

TEST(AllPasses, KeepEveryBit) {
  for (int i = 0; i < kGraphs; ++i) {
    const std::uint64_t seed = first_seed() + static_cast<std::uint64_t>(i);
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomGraph random(seed);
    const PassRun run = run_passes(random.graph());
    ASSERT_NO_FATAL_FAILURE(expect_same_bits(random.graph(), run.graph, random.inputs(engine())));
  }
}

TEST(AllPasses, HaveNothingToDoAfterwards) {
  for (int i = 0; i < kGraphs; ++i) {
    const std::uint64_t seed = first_seed() + static_cast<std::uint64_t>(i);
    SCOPED_TRACE("seed " + std::to_string(seed));
    const PassRun first = run_passes(RandomGraph(seed).graph(), {.disabled = {}, .rounds = 10});
    for (const PassStatistics& pass : run_passes(first.graph).statistics)
      ASSERT_EQ(pass.changes, 0u) << pass.name << '\n' << to_text(first.graph);
  }
}

TEST(FusionPlans, OfRandomGraphsAreSound) {
  for (int i = 0; i < kGraphs; ++i) {
    const std::uint64_t seed = first_seed() + static_cast<std::uint64_t>(i);
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Graph graph = run_passes(RandomGraph(seed, 80).graph()).graph;
    const FusionPlan plan = plan_fusion(graph);
    ASSERT_THAT(validate(graph, plan), IsEmpty()) << to_text(graph) << to_text(graph, plan);
    ASSERT_LE(bytes_moved(graph, plan), bytes_moved_eagerly(graph));
  }
}

TEST(FusionPlans, KeepEveryBitWhereKernelsComputeAgain) {
  int changes = 0;
  for (int i = 0; i < kGraphs; ++i) {
    const std::uint64_t seed = first_seed() + static_cast<std::uint64_t>(i);
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomGraph random(seed, 80);
    const Graph graph = run_passes(random.graph()).graph;
    const auto other = recompute_cheap(graph, plan_fusion(graph));
    if (!other) continue;
    ++changes;
    ASSERT_THAT(validate(*other), IsEmpty()) << to_text(*other);
    const FusionPlan plan = plan_fusion(*other);
    ASSERT_THAT(validate(*other, plan), IsEmpty()) << to_text(*other) << to_text(*other, plan);
    ASSERT_NO_FATAL_FAILURE(expect_same_bits(graph, *other, random.inputs(engine())));
  }
  EXPECT_GT(changes, 0) << "the random graphs have nothing to compute again";
}

TEST(BufferPlans, OfRandomGraphsAreSound) {
  for (int i = 0; i < kGraphs; ++i) {
    const std::uint64_t seed = first_seed() + static_cast<std::uint64_t>(i);
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Graph graph = run_passes(RandomGraph(seed, 80).graph()).graph;
    const FusionPlan fusion = plan_fusion(graph);
    const BufferPlan plan = plan_buffers(graph, fusion);
    ASSERT_THAT(validate(graph, fusion, plan), IsEmpty())
        << to_text(graph) << to_text(graph, fusion);
  }
}

TEST(BufferPlans, OfRandomGraphsHoldNoMoreThanEagerExecution) {
  for (int i = 0; i < kGraphs; ++i) {
    const std::uint64_t seed = first_seed() + static_cast<std::uint64_t>(i);
    SCOPED_TRACE("seed " + std::to_string(seed));
    const RandomGraph random(seed, 80);
    const std::int64_t eager = eager_peak_bytes(random.graph());
    const Graph graph = run_passes(random.graph()).graph;
    const MemoryPlan plan = plan_within(graph, eager);
    EXPECT_LE(plan.buffers.peak_bytes, eager);
  }
}

std::vector<const Pass*> passes() {
  std::vector<const Pass*> list;
  for (const Pass& pass : all_passes()) list.push_back(&pass);
  return list;
}
INSTANTIATE_TEST_SUITE_P(Passes, EachPass, testing::ValuesIn(passes()),
                         [](const auto& tested) { return std::string(tested.param->name); });

}  // namespace
}  // namespace gt::graph

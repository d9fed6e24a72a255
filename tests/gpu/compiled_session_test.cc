// A session on a GPU that compiles what repeats.
#include <gtest/gtest.h>

#include "tests/unit/hotpath/graph_session.h"
#include "tests/unit/hotpath/rounding_loop.h"

namespace gt::conformance {
namespace {

using namespace worker::testing;

TEST(SessionsOnAGpu, CompileAndValidateByTolerance) {
  HotSession session(auto_compile());
  worker::EngineOptions options;
  options.device = "cuda:0";
  session.use(worker::make_engine(options),
              {.make = [] { return worker::jit::load_compiler("cuda:0"); }});
  expect_rounding_loop_compiles(session);
}

/// With inputs that lie elsewhere at each step, a number that changes, and results that are kept.
TEST(SessionsOnAGpu, StartGraphsAndGiveTheSameWithinRounding) {
  constexpr int kSteps = 80, kCompared = 8;
  constexpr float kTolerance = 1e-4F;
  HotSession session(auto_compile()), eager({});
  worker::EngineOptions options;
  options.device = "cuda:0";
  session.use(worker::make_engine(options),
              {.make = [] { return worker::jit::load_compiler("cuda:0"); }});
  session.signals.push_back(graph_signal(config::CompileMode::reduce_overhead));
  JoinLoop ours(session, Op::mm), expected(eager, Op::mm);
  for (int k = 0; k < kSteps; ++k) {
    ours.step(0.01 * k, [&] { mark_kinds(session); });
    expected.step(0.01 * k, [] {});
  }
  EXPECT_EQ(session.count(Event::entered), 1u) << session.reports();
  EXPECT_EQ(session.count(Event::mismatched), 0u) << session.reports();
  EXPECT_EQ(session.count(Event::uncaptured), 0u) << session.reports();
  for (int k = kSteps - kCompared; k < kSteps; ++k) {
    const std::vector<float> made = session.fetch(ours.results[static_cast<std::size_t>(k)], 2);
    const std::vector<float> right = eager.fetch(expected.results[static_cast<std::size_t>(k)], 2);
    ASSERT_EQ(made.size(), right.size());
    for (std::size_t i = 0; i < made.size(); ++i)
      EXPECT_NEAR(made[i], right[i], kTolerance) << "step " << k;
  }
}

}  // namespace
}  // namespace gt::conformance

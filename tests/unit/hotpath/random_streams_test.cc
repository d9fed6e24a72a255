// Random loops with noise between their rounds, sent to a session that compiles and to one that
// does not: every value that somebody looks at is the same.
#include <gtest/gtest.h>

#include <random>

#include "common/graph/pass_names.h"
#include "tests/unit/hotpath/random_program.h"

namespace gt::worker::testing {
namespace {

TEST(RandomStreams, GiveTheSameCompiledAndEagerly) {
  const std::uint64_t first = std::random_device{}();
  std::size_t entered = 0;
  for (std::uint64_t seed = first; seed < first + 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    HotSession eager({});
    HotSession hot(auto_compile());
    RandomProgram program(seed, eager, hot);
    program.run(120);
    program.expect_same();
    EXPECT_EQ(hot.count(Event::mismatched), 0u) << hot.find(Event::mismatched)->text;
    entered += hot.count(Event::entered) != 0 ? 1 : 0;
    if (HasFailure()) break;
  }
  EXPECT_GE(entered, 30u) << "of 60 programs, seed " << first;
}

TEST(RandomStreams, GiveTheSameWithoutAnyOneOfThePasses) {
  const std::uint64_t first = std::random_device{}();
  std::size_t entered = 0;
  for (std::size_t k = 0; k < graph::kPassNames.size(); ++k)
    for (std::uint64_t seed = first + 6 * k; seed < first + 6 * (k + 1); ++seed) {
      SCOPED_TRACE(std::string(graph::kPassNames[k]) + ", seed " + std::to_string(seed));
      HotSession eager({});
      HotSession hot(auto_compile());
      config::Signal of_everything;  // what carries no signal has number 0
      of_everything.compile.disabled_passes = {std::string(graph::kPassNames[k])};
      hot.signals.push_back({0, of_everything});
      RandomProgram program(seed, eager, hot);
      program.run(120);
      program.expect_same();
      EXPECT_EQ(hot.count(Event::failed), 0u) << hot.find(Event::failed)->text;
      EXPECT_EQ(hot.count(Event::mismatched), 0u) << hot.find(Event::mismatched)->text;
      entered += hot.count(Event::entered) != 0 ? 1 : 0;
      if (HasFailure()) return;
    }
  EXPECT_GE(entered, 3 * graph::kPassNames.size()) << "seed " << first;
}

}  // namespace
}  // namespace gt::worker::testing

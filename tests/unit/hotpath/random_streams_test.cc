// Random loops with noise between their rounds, sent to a session that compiles and to one that
// does not: every value that somebody looks at is the same.
#include <gtest/gtest.h>

#include <random>

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

}  // namespace
}  // namespace gt::worker::testing

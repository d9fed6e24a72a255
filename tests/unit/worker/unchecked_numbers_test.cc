// Numbers that no dispatcher lets through, in a call that the worker has inferred before.
#include <gtest/gtest.h>

#include "tests/unit/worker/executor_testing.h"
#include "worker/engine/engine.h"

namespace gt::worker::testing {
namespace {

class UncheckedNumbers : public ::testing::TestWithParam<const char*> {
 protected:
  void draw(ValueId id, std::int64_t low, std::int64_t high) {
    builder_.add(Op::randint, id, {},
                 make_attributes(Op::randint, Shape{4}, low, high, DType::kInt64, 1, 2));
  }
  void run() {
    protocol::PlannedBatch batch;
    batch.session = batch.sequence = 1;
    batch.kinds = builder_.kinds;
    batch.words = builder_.words;
    executor_.add(std::move(batch));
    while (executor_.step()) {
    }
  }

  std::unique_ptr<Engine> engine_ = make_engine({.backend = GetParam()});
  RecordingOutbox outbox_;
  Executor executor_{*engine_, outbox_};
  StreamBuilder builder_{InstructionForm::planned};
};

TEST_P(UncheckedNumbers, AnEmptyRangeIsRefused) {
  draw(1, 0, 5);
  draw(2, 5, 5);
  draw(3, 0, 5);
  run();
  ASSERT_EQ(outbox_.reports.size(), 1u);
  EXPECT_NE(outbox_.reports[0].message.find("from=5 >= to=5"), std::string::npos)
      << outbox_.reports[0].message;
}

INSTANTIATE_TEST_SUITE_P(Engines, UncheckedNumbers, ::testing::Values("default", "reference"));

}  // namespace
}  // namespace gt::worker::testing

// Results that are stored past the caches, against the engine. Large, and so not among the tests
// that emulated targets run.
#include <gtest/gtest.h>

#include <vector>

#include "common/graph/builder.h"
#include "tests/unit/jit/run_kernels.h"
#include "worker/engine/native/strided_copy.h"

namespace gt::worker::jit {
namespace {

using graph::GraphBuilder;
using graph::ValueRef;

/// Of float32 tensors with rows of so many that are just large enough.
Shape large_shape(std::int64_t columns) {
  const std::int64_t elements =
      native::kStreamedBytes / static_cast<std::int64_t>(sizeof(float)) + columns;
  return {elements / columns, columns};
}

/// Rows that begin at lines of the caches, and rows that do not.
class LargeResults : public testing::TestWithParam<std::int64_t> {
 protected:
  LargeResults() : inputs_{special_numbers(DType::kFloat32, large_shape(GetParam()), 1)} {
    x_ = builder_.add_input({DType::kFloat32, large_shape(GetParam()), {}});
  }
  void expect_engine_bits() {
    expect_same_bits(std::move(builder_).finish(), inputs_, {.one_unit_a_call = true});
  }

  GraphBuilder builder_;
  ValueRef x_;
  std::vector<Value> inputs_;
};

TEST_P(LargeResults, OfElementsGiveTheBitsOfTheEngine) {
  builder_.mark_output(builder_.add_instruction(Op::neg, {x_})[0]);
  expect_engine_bits();
}

TEST_P(LargeResults, ThatAreFoldedOverRowsGiveTheBitsOfTheEngine) {
  const ValueRef stored = builder_.add_instruction(Op::neg, {x_})[0];
  builder_.mark_output(stored);
  builder_.mark_output(builder_.add_instruction(
      Op::sum, {stored}, make_attributes(Op::sum, Shape{0}, false, kNoDType))[0]);
  expect_engine_bits();
}

INSTANTIATE_TEST_SUITE_P(RowsOf, LargeResults, testing::Values(1024, 1500, 1003),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace gt::worker::jit

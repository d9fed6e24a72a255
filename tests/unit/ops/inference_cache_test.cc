// Remembered inferences are those that the rules would make.
#include "common/ops/inference_cache.h"

#include <gtest/gtest.h>

namespace gt {
namespace {

class InferenceCacheOfReshape : public ::testing::Test {
 protected:
  InferenceCacheOfReshape() {
    Kind kind;
    kind.op = Op::reshape;
    kind.operands.push_back({OperandMeta::Form::tensor, DType::kFloat32, 1});
    Attributes::Words bindings;
    split_attributes(row_of(Op::reshape), make_attributes(Op::reshape, Shape{1, 1}), kind.statics,
                     bindings);
    kind_ = resolve(std::move(kind));
  }

  /// The inferred shape of a reshape of `count` elements to [rows, columns].
  Shape reshape(std::int64_t count, std::uint64_t rows, std::uint64_t columns) {
    const OperandMeta operand{OperandMeta::Form::tensor, DType::kFloat32, {count}};
    const std::uint64_t bindings[] = {rows, columns};
    return cache_.infer(kind_, {&operand, 1}, bindings).results[0].shape;
  }

  ResolvedKind kind_;
  InferenceCache cache_;
};

TEST_F(InferenceCacheOfReshape, ToldApartByBindings) {
  EXPECT_EQ(reshape(6, 2, 3), (Shape{2, 3}));
  EXPECT_EQ(reshape(6, 3, 2), (Shape{3, 2}));
  EXPECT_EQ(reshape(6, 2, 3), (Shape{2, 3}));
}

TEST_F(InferenceCacheOfReshape, ToldApartByShapes) {
  EXPECT_EQ(reshape(6, 2, 3), (Shape{2, 3}));
  EXPECT_THROW((void)reshape(8, 2, 3), CommonError);
}

TEST_F(InferenceCacheOfReshape, AFailureIsNotRemembered) {
  EXPECT_THROW((void)reshape(7, 2, 3), CommonError);
  EXPECT_THROW((void)reshape(7, 2, 3), CommonError);
  EXPECT_EQ(reshape(6, 2, 3), (Shape{2, 3}));
}

TEST_F(InferenceCacheOfReshape, MoreInferencesThanItKeepsStayRight) {
  for (int round = 0; round < 3; ++round)
    for (std::int64_t rows = 1; rows <= 7; ++rows)
      EXPECT_EQ(reshape(rows * 2, static_cast<std::uint64_t>(rows), 2), (Shape{rows, 2}));
}

}  // namespace
}  // namespace gt

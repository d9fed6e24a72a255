// Promotion by three ranks: tensors with dimensions, 0-dim tensors, numbers.
#include "tests/unit/ops/inference_testing.h"

namespace gt::testing {
namespace {

DType sum_of(const OperandMeta& a, const OperandMeta& b) {
  return promoted_dtype(std::vector<OperandMeta>{a, b});
}

TEST(C12_Promotion, a_number_of_a_higher_category_makes_integers_float) {
  EXPECT_EQ(sum_of(longs({2}), number(1.5)), DType::kFloat32);
}
TEST(C12_Promotion, a_number_of_the_same_category_changes_nothing) {
  EXPECT_EQ(sum_of(tensor(DType::kInt8, {2}), number(1000)), DType::kInt8);
  EXPECT_EQ(sum_of(tensor(DType::kFloat16, {2}), number(1.5)), DType::kFloat16);
}
TEST(C12_Promotion, a_0_dim_double_does_not_widen_floats) {
  EXPECT_EQ(sum_of(floats({2}), doubles({})), DType::kFloat32);
}
TEST(C12_Promotion, a_double_of_one_element_widens_floats) {
  EXPECT_EQ(sum_of(floats({2}), doubles({1})), DType::kFloat64);
}
TEST(C12_Promotion, a_0_dim_double_makes_integers_double) {
  EXPECT_EQ(sum_of(longs({2}), doubles({})), DType::kFloat64);
}
TEST(C12_Promotion, a_0_dim_tensor_outranks_a_number) {
  EXPECT_EQ(sum_of(tensor(DType::kInt16, {}), number(3)), DType::kInt16);
}
TEST(C12_Promotion, byte_and_char_meet_in_short) {
  EXPECT_EQ(sum_of(tensor(DType::kUInt8, {2}), tensor(DType::kInt8, {2})), DType::kInt16);
}
TEST(C12_Promotion, half_and_bfloat16_meet_in_float) {
  EXPECT_EQ(sum_of(tensor(DType::kFloat16, {2}), tensor(DType::kBFloat16, {2})), DType::kFloat32);
}
TEST(C12_Promotion, bools_and_an_integer_number_are_longs) {
  EXPECT_EQ(sum_of(bools({2}), number(1)), DType::kInt64);
}
TEST(C12_Promotion, bools_and_a_bool_number_stay_bools) {
  EXPECT_EQ(sum_of(bools({2}), number(true)), DType::kBool);
}
TEST(C12_Promotion, uint16_does_not_promote_with_other_integers) {
  EXPECT_THROW((void)sum_of(tensor(DType::kUInt16, {2}), longs({2})), CommonError);
}

TEST(C12_Promotion, integer_division_is_float) {
  EXPECT_EQ(dtype_of(Op::div, {longs({2}), longs({2})}), DType::kFloat32);
}
TEST(C12_Promotion, floor_division_of_integers_stays_integer) {
  EXPECT_EQ(dtype_of(Op::div_floor, {longs({2}), number(2)}), DType::kInt64);
}
TEST(C12_Promotion, comparisons_are_bool) {
  EXPECT_EQ(dtype_of(Op::lt, {longs({2}), number(1.5)}), DType::kBool);
}
TEST(C12_Promotion, transcendental_functions_of_integers_are_float) {
  EXPECT_EQ(dtype_of(Op::exp, {longs({2})}), DType::kFloat32);
}
TEST(C12_Promotion, pow_of_integers_by_an_integer_number_stays_integer) {
  EXPECT_EQ(dtype_of(Op::pow, {tensor(DType::kInt32, {2}), number(2)}), DType::kInt32);
}
TEST(C12_Promotion, square_of_bools_is_long) {
  EXPECT_EQ(dtype_of(Op::square, {bools({2})}), DType::kInt64);
}
TEST(C12_Promotion, where_promotes_its_branches_only) {
  EXPECT_EQ(dtype_of(Op::where, {bools({2}), longs({2}), number(0.5)}), DType::kFloat32);
}
TEST(C12_Promotion, masked_fill_keeps_the_dtype_of_self) {
  EXPECT_EQ(dtype_of(Op::masked_fill, {longs({2}), bools({2}), number(1.5)}), DType::kInt64);
}
TEST(C12_Promotion, cat_promotes_its_tensors) {
  EXPECT_EQ(dtype_of(Op::cat, {longs({2}), floats({2})}, 0), DType::kFloat32);
}

TEST(C13_Reductions, sums_of_integers_and_bools_are_long) {
  EXPECT_EQ(dtype_of(Op::sum, {tensor(DType::kInt32, {2})}, ints({}), false, kNoDType),
            DType::kInt64);
  EXPECT_EQ(dtype_of(Op::sum, {bools({2})}, ints({}), false, kNoDType), DType::kInt64);
}
TEST(C13_Reductions, the_dtype_option_decides_the_dtype_of_a_sum) {
  EXPECT_EQ(dtype_of(Op::sum, {longs({2})}, ints({}), false, DType::kFloat64), DType::kFloat64);
}
TEST(C13_Reductions, all_of_bytes_is_a_byte) {
  EXPECT_EQ(dtype_of(Op::all, {tensor(DType::kUInt8, {2})}, ints({}), false), DType::kUInt8);
}
TEST(C13_Reductions, positions_of_extrema_are_long) {
  const auto results =
      inferred(Op::max_dim, {floats({2, 3})}, make_attributes(Op::max_dim, 1, false));
  EXPECT_EQ(results[0].dtype, DType::kFloat32);
  EXPECT_EQ(results[1].dtype, DType::kInt64);
}
TEST(Statistics, are_float32_beside_a_16_bit_operand) {
  const auto results =
      inferred(Op::native_layer_norm, {tensor(DType::kBFloat16, {2, 3}), none(), none()},
               make_attributes(Op::native_layer_norm, ints({3}), 1e-5));
  EXPECT_EQ(results[0].dtype, DType::kBFloat16);
  EXPECT_EQ(results[1].dtype, DType::kFloat32);
}

}  // namespace
}  // namespace gt::testing

// Shapes that the rules infer, row by row, for the cases that are easy to get wrong.
#include "tests/unit/ops/inference_testing.h"

namespace gt::testing {
namespace {

TEST(PointwiseShapes, operands_broadcast_from_the_last_dimension) {
  EXPECT_EQ(shape_of(Op::mul, {floats({4, 1, 3}), floats({2, 1})}), ints({4, 2, 3}));
}
TEST(PointwiseShapes, a_dimension_of_zero_wins_over_one) {
  EXPECT_EQ(shape_of(Op::mul, {floats({0}), floats({1})}), ints({0}));
}
TEST(PointwiseShapes, an_absent_bound_takes_no_part) {
  EXPECT_EQ(shape_of(Op::clamp, {floats({2}), none(), number(1)}), ints({2}));
}
TEST(PointwiseShapes, a_mask_may_be_larger_than_what_it_fills) {
  EXPECT_EQ(shape_of(Op::masked_fill, {floats({2}), bools({3, 2}), number(1)}), ints({3, 2}));
}

TEST(ReductionShapes, no_dims_means_all) {
  EXPECT_EQ(shape_of(Op::sum, {floats({2, 3})}, ints({}), false, kNoDType), ints({}));
}
TEST(ReductionShapes, keepdim_leaves_ones) {
  EXPECT_EQ(shape_of(Op::amax, {floats({2, 3, 4})}, ints({-1, 0}), true), ints({1, 3, 1}));
}
TEST(ReductionShapes, a_0_dim_tensor_has_a_dimension_to_name) {
  EXPECT_EQ(shape_of(Op::sum, {floats({})}, ints({-1}), false, kNoDType), ints({}));
}
TEST(ReductionShapes, argmax_of_all_keeps_every_dimension_with_keepdim) {
  EXPECT_EQ(shape_of(Op::argmax, {floats({2, 3})}, ints({}), true), ints({1, 1}));
}
TEST(ReductionShapes, an_extremum_over_a_nonempty_dim_of_an_empty_tensor_is_empty) {
  EXPECT_EQ(shape_of(Op::amax, {floats({2, 0})}, ints({0}), false), ints({0}));
}

TEST(ViewShapes, reshape_infers_one_size) {
  EXPECT_EQ(shape_of(Op::reshape, {floats({2, 6})}, ints({3, -1})), ints({3, 4}));
}
TEST(ViewShapes, reshape_infers_zero_for_an_empty_tensor) {
  EXPECT_EQ(shape_of(Op::reshape, {floats({0, 3})}, ints({-1, 3})), ints({0, 3}));
}
TEST(ViewShapes, expand_keeps_what_minus_one_names) {
  EXPECT_EQ(shape_of(Op::expand, {floats({2, 1})}, ints({5, -1, 3})), ints({5, 2, 3}));
}
TEST(ViewShapes, permute_accepts_negative_dims) {
  EXPECT_EQ(shape_of(Op::permute, {floats({2, 3, 4})}, ints({-1, 0, 1})), ints({4, 2, 3}));
}
TEST(ViewShapes, slice_takes_the_length_it_is_given) {
  EXPECT_EQ(shape_of(Op::slice, {floats({2, 8})}, 1, 1, 3, 3), ints({2, 3}));
}
TEST(ViewShapes, an_empty_slice_may_begin_at_the_end) {
  EXPECT_EQ(shape_of(Op::slice, {floats({7})}, 0, 7, 0, 1), ints({0}));
}
TEST(ViewShapes, select_counts_from_the_end) {
  EXPECT_EQ(shape_of(Op::select, {floats({2, 3})}, 0, -2), ints({3}));
}
TEST(ViewShapes, a_diagonal_outside_is_empty) {
  EXPECT_EQ(shape_of(Op::diagonal, {floats({2, 3})}, -9, 0, 1), ints({0}));
}
TEST(ViewShapes, a_diagonal_stands_last) {
  EXPECT_EQ(shape_of(Op::diagonal, {floats({2, 5, 3})}, 1, 0, 2), ints({5, 2}));
}
TEST(ViewShapes, unfold_appends_the_window) {
  EXPECT_EQ(shape_of(Op::unfold, {floats({7, 2})}, 0, 3, 2), ints({3, 2, 3}));
}
TEST(ViewShapes, unfold_of_a_0_dim_tensor_has_one_dimension) {
  EXPECT_EQ(shape_of(Op::unfold, {floats({})}, 0, 1, 1), ints({1}));
}

TEST(IndexingShapes, cat_skips_tensors_of_shape_zero) {
  EXPECT_EQ(shape_of(Op::cat, {floats({0}), floats({2, 3}), floats({1, 3})}, 0), ints({3, 3}));
}
TEST(IndexingShapes, stack_inserts_a_dimension_behind_the_last) {
  EXPECT_EQ(shape_of(Op::stack, {floats({2}), floats({2}), floats({2})}, -1), ints({2, 3}));
}
TEST(IndexingShapes, neighbouring_indices_stay_in_place) {
  EXPECT_EQ(shape_of(Op::index, {floats({4, 5, 6}), none(), longs({2}), longs({3, 1})}),
            ints({4, 3, 2}));
}
TEST(IndexingShapes, separated_indices_come_first) {
  EXPECT_EQ(shape_of(Op::index, {floats({4, 5, 6}), longs({2}), none(), longs({3, 2})}),
            ints({3, 2, 5}));
}
TEST(IndexingShapes, an_index_of_nothing_is_all) {
  EXPECT_EQ(shape_of(Op::index, {floats({4, 5})}), ints({4, 5}));
}
TEST(IndexingShapes, index_select_of_one_position_keeps_the_dimension) {
  EXPECT_EQ(shape_of(Op::index_select, {floats({3, 2}), longs({})}, 0), ints({1, 2}));
}
TEST(IndexingShapes, gather_has_the_shape_of_its_index) {
  EXPECT_EQ(shape_of(Op::gather, {floats({2, 3}), longs({5, 2})}, 0), ints({5, 2}));
}
TEST(IndexingShapes, nonzero_of_a_0_dim_tensor_has_no_columns) {
  EXPECT_EQ(shape_of(Op::nonzero, {floats({})}, 1), ints({1, 0}));
}
TEST(IndexingShapes, embedding_appends_the_row) {
  EXPECT_EQ(shape_of(Op::embedding, {floats({10, 7}), longs({2, 4})}, -1), ints({2, 4, 7}));
}

TEST(LibraryShapes, a_matrix_product_drops_the_inner_dimension) {
  EXPECT_EQ(shape_of(Op::mm, {floats({2, 4}), floats({4, 3})}), ints({2, 3}));
}
TEST(LibraryShapes, the_added_matrix_broadcasts) {
  EXPECT_EQ(shape_of(Op::addmm, {floats({3}), floats({2, 4}), floats({4, 3})}, ScalarValue(1),
                     ScalarValue(1)),
            ints({2, 3}));
}
TEST(LibraryShapes, topk_of_a_0_dim_tensor_is_0_dim) {
  EXPECT_EQ(shape_of(Op::topk, {floats({})}, 1, 0, true, true), ints({}));
}

TEST(CompositeShapes, layer_norm_keeps_statistics_with_ones) {
  const auto results = inferred(Op::native_layer_norm, {floats({2, 3, 4}), floats({3, 4}), none()},
                                make_attributes(Op::native_layer_norm, ints({3, 4}), 1e-5));
  EXPECT_EQ(results[0].shape, ints({2, 3, 4}));
  EXPECT_EQ(results[1].shape, ints({2, 1, 1}));
  EXPECT_EQ(results[2].shape, ints({2, 1, 1}));
}
TEST(CompositeShapes, cross_entropy_without_reduction_has_a_loss_a_row) {
  const auto results = inferred(Op::cross_entropy, {floats({2, 3, 4}), longs({2, 4}), none()},
                                make_attributes(Op::cross_entropy, 0, -100, 0.0));
  EXPECT_EQ(results[0].shape, ints({2, 4}));
  EXPECT_EQ(results[1].shape, ints({2, 4}));
}
TEST(CompositeShapes, cross_entropy_of_one_row_is_0_dim) {
  EXPECT_EQ(shape_of(Op::cross_entropy, {floats({3}), longs({1}), none()}, 0, -100, 0.0), ints({}));
}
TEST(CompositeShapes, cross_entropy_takes_probabilities) {
  EXPECT_EQ(shape_of(Op::cross_entropy, {floats({2, 3}), floats({2, 3}), none()}, 0, -100, 0.0),
            ints({2}));
}
TEST(CompositeShapes, a_reduced_loss_is_0_dim) {
  EXPECT_EQ(shape_of(Op::mse_loss, {floats({2, 1}), floats({2})}, 1), ints({}));
}
TEST(CompositeShapes, attention_makes_an_output_and_a_logsumexp) {
  const auto results =
      inferred(Op::scaled_dot_product_attention,
               {floats({2, 4, 3}), floats({2, 5, 3}), floats({2, 5, 7}), bools({5})},
               make_attributes(Op::scaled_dot_product_attention, false, 0.5));
  EXPECT_EQ(results[0].shape, ints({2, 4, 7}));
  EXPECT_EQ(results[1].shape, ints({2, 4}));
}

TEST(RandomShapes, multinomial_draws_for_every_row) {
  EXPECT_EQ(shape_of(Op::multinomial, {floats({2, 3})}, 5, true, 1, 2), ints({2, 5}));
}

}  // namespace
}  // namespace gt::testing

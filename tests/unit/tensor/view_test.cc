// Views: metadata, what is a view and what a copy, and the texts of mistakes (C18, C25, C26, C27).
#include <gmock/gmock.h>
#include <gt/functions.h>
#include <gtest/gtest.h>

#include "tests/unit/tensor/recording_sink.h"

namespace gt {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ViewTest = testing::TensorTest;

std::vector<std::int64_t> strides_of(const Tensor& tensor) { return tensor.strides().vec(); }
std::vector<std::int64_t> sizes_of(const Tensor& tensor) { return tensor.sizes().vec(); }

TEST_F(ViewTest, C18_properties_emit_nothing) {
  const Tensor x = zeros({2, 3}, kDouble);
  static_cast<void>(sink_->take_names());
  EXPECT_EQ(x.dim(), 2);
  EXPECT_EQ(x.size(-1), 3);
  EXPECT_EQ(x.numel(), 6);
  EXPECT_EQ(x.element_size(), 8u);
  EXPECT_EQ(x.nbytes(), 48u);
  EXPECT_EQ(x.scalar_type(), kDouble);
  EXPECT_TRUE(x.is_contiguous());
  EXPECT_THAT(sink_->take_names(), IsEmpty());
}

TEST_F(ViewTest, C23_a_view_is_emitted_when_it_is_first_read) {
  const Tensor x = zeros({4, 3});
  static_cast<void>(sink_->take_names());
  const Tensor row = x[1];
  EXPECT_THAT(sink_->take_names(), IsEmpty());
  static_cast<void>(row.neg());
  EXPECT_THAT(sink_->take_names(), ElementsAre("select", "neg"));
  static_cast<void>(row.neg());
  EXPECT_THAT(sink_->take_names(), ElementsAre("neg"));
}

TEST_F(ViewTest, C23_a_stale_view_repeats_its_steps_on_the_new_value) {
  const Tensor x = zeros({4, 3});
  const Tensor row = x[1];
  static_cast<void>(row.neg());
  x.add_(1);
  static_cast<void>(sink_->take_names());
  static_cast<void>(row.neg());
  EXPECT_THAT(sink_->take_names(), ElementsAre("select", "neg"));
}

TEST_F(ViewTest, C23_writing_through_two_views_scatters_twice) {
  const Tensor x = zeros({4, 3});
  static_cast<void>(sink_->take_names());
  x[1][2].fill_(5);
  EXPECT_THAT(sink_->take_names(),
              ElementsAre("full", "select", "select_scatter", "select_scatter"));
}

TEST_F(ViewTest, C23_steps_that_keep_all_elements_cost_no_scatter) {
  const Tensor x = zeros({4, 3});
  static_cast<void>(sink_->take_names());
  x.t().unsqueeze(0).fill_(5);
  EXPECT_THAT(sink_->take_names(), ElementsAre("full", "reshape", "permute"));
}

TEST_F(ViewTest, C23_a_written_view_needs_no_instruction_to_be_read) {
  const Tensor x = zeros({4, 3});
  const Tensor row = x[1];
  row.fill_(2);
  static_cast<void>(sink_->take_names());
  static_cast<void>(row.neg());
  EXPECT_THAT(sink_->take_names(), ElementsAre("neg"));
}

TEST_F(ViewTest, C29_the_old_value_of_a_written_cell_is_released) {
  const Tensor x = zeros({4, 3});
  const std::uint64_t before = sink_->alive();
  for (std::int64_t i = 0; i < 4; ++i) x[i].fill_(1);
  EXPECT_EQ(sink_->alive(), before);
}

TEST_F(ViewTest, C25_views_share_the_cell) {
  const Tensor x = zeros({2, 3, 4});
  for (const Tensor& view : {x[0],
                             x.select(1, 2),
                             x.slice(2, 1, 3),
                             x.narrow(0, 0, 1),
                             x.view({6, 4}),
                             x.view_as(x),
                             x.unflatten(2, {2, 2}),
                             x.squeeze(),
                             x.unsqueeze(1),
                             x.transpose(0, 2),
                             x.permute({2, 0, 1}),
                             x.movedim(0, 2),
                             x.expand({5, 2, 3, 4}),
                             x.diagonal(),
                             x.chunk(2, 1)[1],
                             x.split(2, 2)[1],
                             x.unbind(1)[2],
                             x.unfold(2, 2, 1),
                             x.detach(),
                             x.data(),
                             x.reshape({4, 6}),
                             x.flatten(),
                             x.index({0, indexing::Slice(1), indexing::None, "..."})}) {
    EXPECT_TRUE(view.is_alias_of(x));
    EXPECT_FALSE(view.is_same(x));
  }
}

TEST_F(ViewTest, C25_copies_do_not_share_the_cell) {
  const Tensor x = zeros({2, 3});
  EXPECT_FALSE(x.clone().is_alias_of(x));
  EXPECT_FALSE(x.t().reshape(-1).is_alias_of(x));
  EXPECT_FALSE(x.t().contiguous().is_alias_of(x));
  EXPECT_FALSE(x.index({zeros({1}, kLong)}).is_alias_of(x));
}

TEST_F(ViewTest, C25_nothing_to_change_gives_the_same_handle) {
  const Tensor x = zeros({2, 3});
  EXPECT_TRUE(x.contiguous().is_same(x));
  EXPECT_TRUE(x.to(kFloat).is_same(x));
  EXPECT_TRUE(x.cpu().is_same(x));
  EXPECT_FALSE(x.to(kFloat, false, true).is_same(x));
}

TEST_F(ViewTest, C26_strides_are_those_of_LibTorch) {
  const Tensor x = zeros({2, 3, 4});
  EXPECT_THAT(strides_of(x.transpose(0, 2)), ElementsAre(1, 4, 12));
  EXPECT_THAT(strides_of(x.expand({5, 2, 3, 4})), ElementsAre(0, 12, 4, 1));
  EXPECT_THAT(strides_of(x.diagonal(1, 1, 2)), ElementsAre(12, 5));
  EXPECT_EQ(x.diagonal(1, 1, 2).storage_offset(), 1);
  EXPECT_THAT(strides_of(x.slice(2, 1, 4, 2)), ElementsAre(12, 4, 2));
  EXPECT_THAT(sizes_of(x.slice(2, 1, 4, 2)), ElementsAre(2, 3, 2));
  EXPECT_EQ(x[1][2].storage_offset(), 20);
  EXPECT_THAT(strides_of(x.unfold(2, 2, 1)), ElementsAre(12, 4, 1, 1));
  EXPECT_FALSE(x.transpose(0, 2).is_contiguous());
  EXPECT_TRUE(x.narrow(0, 1, 1).is_contiguous());
}

TEST_F(ViewTest, C26_view_needs_compatible_strides) {
  const Tensor x = zeros({2, 3});
  EXPECT_THAT(error_of([&] { static_cast<void>(x.t().view(-1)); }),
              HasSubstr("view size is not compatible with input tensor's size and stride"));
  EXPECT_THAT(sizes_of(zeros({2, 3, 4}).transpose(0, 1).view({3, 2, 2, 2})),
              ElementsAre(3, 2, 2, 2));
}

TEST_F(ViewTest, C27_writing_to_an_expanded_tensor_throws) {
  const Tensor x = zeros({2, 1}).expand({2, 3});
  EXPECT_EQ(error_of([&] { x.add_(1); }),
            "[add] unsupported operation: more than one element of the written-to tensor refers to "
            "a single memory location. Please clone() the tensor before performing the operation.");
  EXPECT_THAT(error_of([&] { x.copy_(zeros({2, 3})); }),
              HasSubstr("[copy_] unsupported operation"));
  EXPECT_THAT(error_of([&] { zeros({3}).unfold(0, 2, 1).add_(1); }),
              HasSubstr("unsupported operation"));
}

TEST_F(ViewTest, C27_filling_an_expanded_tensor_is_allowed_as_in_LibTorch) {
  EXPECT_NO_THROW(zeros({2, 1}).expand({2, 3}).fill_(1));
}

TEST_F(ViewTest, C27_a_part_of_an_expanded_tensor_may_be_written_if_it_does_not_overlap) {
  const Tensor x = zeros({2, 1});
  EXPECT_NO_THROW(x.expand({2, 3}).select(1, 0).fill_(1));
}

TEST_F(ViewTest, C27_a_broadcast_may_not_grow_the_destination) {
  EXPECT_EQ(error_of([] { zeros({2}).add_(zeros({2, 2})); }),
            "[add] output with shape [2] doesn't match the broadcast shape [2, 2]");
  EXPECT_EQ(error_of([] { zeros({2, 3}).copy_(zeros({4, 2, 3})); }),
            "[copy_] output with shape [2, 3] doesn't match the broadcast shape [4, 2, 3]");
}

TEST_F(ViewTest, C12_an_in_place_result_must_fit_the_destination) {
  EXPECT_EQ(error_of([] { zeros({2}, kLong).add_(1.5); }),
            "[add] result type Float can't be cast to the desired output type Long");
}

TEST_F(ViewTest, C12_copy_casts_anything) {
  const Tensor x = zeros({2}, kLong);
  x.copy_(zeros({2}, kDouble));
  EXPECT_EQ(x.scalar_type(), kLong);
}

struct Mistake {
  const char* name;
  void (*run)(const Tensor& x);
  const char* text;
};

class ViewMistakeTest : public testing::TensorTest,
                        public ::testing::WithParamInterface<Mistake> {};

TEST_P(ViewMistakeTest, C27_has_the_text_of_LibTorch) {
  const Tensor x = zeros({2, 3});
  EXPECT_THAT(error_of([&] { GetParam().run(x); }), HasSubstr(GetParam().text));
}

#define GT_MISTAKE(name, expression, text)                                               \
  Mistake {                                                                              \
    #name, []([[maybe_unused]] const Tensor& x) { static_cast<void>(expression); }, text \
  }

INSTANTIATE_TEST_SUITE_P(
    Of, ViewMistakeTest,
    ::testing::Values(
        GT_MISTAKE(View, x.view({4}), "shape '[4]' is invalid for input of size 6"),
        GT_MISTAKE(ViewTwoUnknown, x.view({-1, -1}), "only one dimension can be inferred"),
        GT_MISTAKE(ViewNegative, x.view({-2, 3}), "invalid shape dimension -2"),
        GT_MISTAKE(Select, x.select(0, 5),
                   "select(): index 5 out of range for tensor of size [2, 3] at dimension 0"),
        GT_MISTAKE(SelectDim, x.select(2, 0),
                   "Dimension out of range (expected to be in range of [-2, 1], but got 2)"),
        GT_MISTAKE(Index, x[2], "select(): index 2 out of range"),
        GT_MISTAKE(Narrow, x.narrow(0, 1, 4), "start (1) + length (4) exceeds dimension size (2)."),
        GT_MISTAKE(NarrowStart, x.narrow(0, -5, 1), "start out of range"),
        GT_MISTAKE(SplitNegative, x.split(-1), "split expects split_size be non-negative"),
        GT_MISTAKE(SplitSizes, x.split({1, 2}, 0),
                   "split_with_sizes expects split_sizes to sum exactly to 2"),
        GT_MISTAKE(Chunk, x.chunk(0), "chunk expects `chunks` to be greater than 0, got: 0"),
        GT_MISTAKE(Permute, x.permute({0, 0}), "permute(): duplicate dims are not allowed."),
        GT_MISTAKE(Expand, x.expand({3, 3}),
                   "The expanded size of the tensor (3) must match the existing size (2) at "
                   "non-singleton dimension 0."),
        GT_MISTAKE(Transpose, x.unsqueeze(0).t(),
                   "t() expects a tensor with <= 2 dimensions, but self is 3D"),
        GT_MISTAKE(Diagonal, x.diagonal(0, 0, 0), "diagonal dimensions cannot be identical 0, 0"),
        GT_MISTAKE(Unfold, x.unfold(0, 3, 1),
                   "maximum size for tensor at dimension 0 is 2 but size is 3"),
        GT_MISTAKE(Unflatten, x.unflatten(1, {2, 2}),
                   "unflatten: Provided sizes [2, 2] don't multiply up to the size of dim 1 (3)"),
        GT_MISTAKE(Flatten, x.flatten(1, 0), "start_dim cannot come after end_dim"),
        GT_MISTAKE(SliceStep, x.slice(0, 0, 1, 0), "slice step must be positive"),
        GT_MISTAKE(IndexStep, x.index({indexing::Slice(0, 1, 0)}),
                   "step must be greater than zero"),
        GT_MISTAKE(TooManyIndices, x.index({0, 0, 0}),
                   "too many indices for tensor of dimension 2"),
        GT_MISTAKE(MaskShape, x.index({zeros({3}, kBool)}),
                   "The shape of the mask [3] at index 0 does not match the shape of the indexed "
                   "tensor [2, 3] at index 0"),
        GT_MISTAKE(FloatIndex, x.index({zeros({3})}),
                   "tensors used as indices must be long, int, byte or bool tensors"),
        GT_MISTAKE(Item, x.item(), "a Tensor with 6 elements cannot be converted to Scalar"),
        GT_MISTAKE(Pointer, x.const_data_ptr<std::int64_t>(),
                   "expected scalar type Long but found Float"),
        GT_MISTAKE(Accessor, (x.accessor<const float, 1>()),
                   "TensorAccessor expected 1 dims but tensor has 2"),
        GT_MISTAKE(Undefined, Tensor().sizes(), "undefined Tensor")),
    [](const auto& instance) { return std::string(instance.param.name); });

}  // namespace
}  // namespace gt

// Autograd without values: the graph, its names, its texts (C39 to C43, C69).
#include <gmock/gmock.h>
#include <gt/autograd.h>
#include <gt/functions.h>
#include <gtest/gtest.h>

#include "tests/unit/tensor/recording_sink.h"

namespace gt {
namespace {

using ::testing::Contains;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::Not;
using AutogradTest = testing::TensorTest;

Tensor leaf(IntArrayRef sizes) { return ones(sizes, requires_grad()); }

TEST_F(AutogradTest, C39_nodes_have_the_names_of_LibTorch) {
  const Tensor x = leaf({2, 3});
  EXPECT_EQ((x + x).grad_fn()->name(), "AddBackward0");
  EXPECT_EQ((x * 2).grad_fn()->name(), "MulBackward1");
  EXPECT_EQ(x.mean().grad_fn()->name(), "MeanBackward0");
  EXPECT_EQ(x.sum(0).grad_fn()->name(), "SumBackward1");
  EXPECT_EQ(x.view(-1).grad_fn()->name(), "ViewBackward0");
  EXPECT_EQ(x.t().grad_fn()->name(), "TBackward0");
  EXPECT_EQ(x.clone().grad_fn()->name(), "CloneBackward0");
  EXPECT_EQ(x.to(kDouble).grad_fn()->name(), "ToCopyBackward0");
  EXPECT_EQ(x.log1p().grad_fn()->name(), "Log1PBackward0");
  EXPECT_EQ(x.grad_fn(), nullptr);
  EXPECT_EQ((x + 1).grad_fn()->next_edges()[0].function->name(), "torch::autograd::AccumulateGrad");
}

TEST_F(AutogradTest, C41_leaves_receive_gradients_of_their_shape_and_dtype) {
  const Tensor x = leaf({2, 3});
  const Tensor bias = leaf({3});
  const Tensor wide = x.to(kDouble) * bias.to(kDouble);
  wide.sum().backward();
  EXPECT_EQ(x.grad().sizes(), x.sizes());
  EXPECT_EQ(x.grad().scalar_type(), kFloat);
  EXPECT_EQ(bias.grad().sizes(), bias.sizes());
}

TEST_F(AutogradTest, C41_later_gradients_are_added_into_the_first) {
  const Tensor x = leaf({3});
  x.sum().backward();
  const Tensor first = x.grad();
  x.sum().backward();
  EXPECT_TRUE(x.grad().is_same(first));
  EXPECT_EQ(first._version(), 1);
}

TEST_F(AutogradTest, gradients_of_parts_that_fill_a_tensor_are_joined_by_one_instruction) {
  const Tensor x = leaf({2, 6});
  const std::vector<Tensor> parts = x.chunk(3, 1);
  const Tensor sum = (parts[0] * parts[1] * parts[2]).sum();
  static_cast<void>(sink_->take_names());
  sum.backward();
  const std::vector<std::string> names = sink_->take_names();
  EXPECT_THAT(names, Contains("cat").Times(1));
  EXPECT_THAT(names, Not(Contains("slice_scatter")));
}

TEST_F(AutogradTest, gradients_of_parts_that_leave_gaps_or_overlap_are_added_up) {
  const Tensor x = leaf({6});
  const Tensor gap = (x.narrow(0, 0, 2) * x.narrow(0, 3, 2)).sum();
  const Tensor overlap = (x.narrow(0, 0, 4) * x.narrow(0, 2, 4)).sum();
  static_cast<void>(sink_->take_names());
  gap.backward();
  overlap.backward();
  const std::vector<std::string> names = sink_->take_names();
  EXPECT_THAT(names, Contains("slice_scatter").Times(4));
  EXPECT_THAT(names, Not(Contains("cat")));
}

TEST_F(AutogradTest, C41_only_leaves_keep_a_gradient_unless_asked) {
  const Tensor x = leaf({3});
  const Tensor kept = x * 2;
  const Tensor other = kept * 3;
  kept.retain_grad();
  other.sum().backward();
  EXPECT_TRUE(kept.grad().defined());
  EXPECT_FALSE(other.grad().defined());
}

TEST_F(AutogradTest, C41_backward_releases_the_saved_values) {
  const Tensor x = leaf({3});
  Tensor product = x * x.exp();
  const Tensor sum = product.sum();
  product.reset();
  const std::uint64_t before = sink_->alive();
  sum.backward();
  EXPECT_LT(sink_->alive(), before + 1);
}

TEST_F(AutogradTest, C40_backward_with_inputs_leaves_other_gradients_alone) {
  const Tensor x = leaf({3});
  const Tensor y = leaf({3});
  const std::vector<Tensor> inputs{x};
  (x * y).sum().backward({}, nullopt, false, TensorList(inputs));
  EXPECT_TRUE(x.grad().defined());
  EXPECT_FALSE(y.grad().defined());
}

TEST_F(AutogradTest, C42_texts) {
  const Tensor x = leaf({2, 2});
  EXPECT_THAT(error_of([&] { (x * 2).backward(); }),
              HasSubstr("grad can be implicitly created only for scalar outputs"));
  EXPECT_THAT(error_of([&] { ones({}).backward(); }),
              HasSubstr("element 0 of tensors does not require grad and does not have a grad_fn"));
  EXPECT_THAT(
      error_of([&] { x.add_(1); }),
      HasSubstr("a leaf Variable that requires grad is being used in an in-place operation."));
  EXPECT_THAT(error_of([&] { x[0].add_(1); }),
              HasSubstr("a view of a leaf Variable that requires grad is being used in an in-place "
                        "operation."));
  EXPECT_THAT(error_of([&] { ones({2}, kLong).requires_grad_(); }),
              HasSubstr("Only Tensors of floating point and complex dtype can require gradients"));
  EXPECT_THAT(error_of([&] { (x * 2).requires_grad_(false); }),
              HasSubstr("you can only change requires_grad flags of leaf variables."));
  EXPECT_THAT(error_of([&] { ones({2}).retain_grad(); }), HasSubstr("can't retain_grad on Tensor"));
}

TEST_F(AutogradTest, C42_a_graph_can_be_walked_once) {
  const Tensor x = leaf({2});
  const Tensor y = (x * x).sum();
  y.backward();
  EXPECT_THAT(error_of([&] { y.backward(); }),
              HasSubstr("Trying to backward through the graph a second time"));
}

TEST_F(AutogradTest, C42_a_retained_graph_can_be_walked_again) {
  const Tensor x = leaf({2});
  const Tensor y = (x * x).sum();
  y.backward({}, true);
  EXPECT_NO_THROW(y.backward());
}

TEST_F(AutogradTest, C42_leaves_may_be_written_without_recording) {
  const Tensor x = leaf({2, 2});
  const NoGradGuard no_grad;
  x.add_(1);
  x[0].zero_();
  EXPECT_TRUE(x.is_leaf());
  EXPECT_EQ(x._version(), 2);
}

TEST_F(AutogradTest, C42_a_view_taken_without_recording_may_not_be_written_with_it) {
  const Tensor x = leaf({2, 2});
  Tensor row;
  {
    const NoGradGuard no_grad;
    row = x[0];
  }
  EXPECT_THAT(error_of([&] { row.mul_(2); }),
              HasSubstr("A view was created in no_grad mode and is being modified inplace"));
}

TEST_F(AutogradTest, C43_nothing_is_recorded_under_the_guard) {
  const Tensor x = leaf({2});
  const NoGradGuard no_grad;
  EXPECT_FALSE((x * 2).requires_grad());
  EXPECT_TRUE(ones({2}, requires_grad()).requires_grad());
}

TEST_F(AutogradTest, C43_modes_nest) {
  const NoGradGuard no_grad;
  {
    const AutoGradMode grad(true);
    EXPECT_TRUE(GradMode::is_enabled());
  }
  EXPECT_FALSE(GradMode::is_enabled());
}

TEST_F(AutogradTest, C30_a_tensor_written_from_one_that_requires_grad_requires_it_too) {
  const Tensor x = zeros({3, 2});
  const Tensor alias = x.view(-1);
  x[0] = leaf({2}) * 2;
  EXPECT_TRUE(x.requires_grad());
  EXPECT_TRUE(alias.requires_grad());
  EXPECT_EQ(alias.grad_fn()->name(), "ViewBackward0");
}

TEST_F(AutogradTest, C30_overwriting_a_whole_tensor_keeps_its_history) {
  const Tensor x = leaf({3});
  const Tensor y = x * 2;
  y.fill_(1);
  EXPECT_EQ(y.grad_fn()->name(), "FillBackward0");
  y.sum().backward();
  EXPECT_TRUE(x.grad().defined());
}

TEST_F(AutogradTest, C30_writing_to_a_detached_alias_leaves_the_history_alone) {
  const Tensor x = leaf({3});
  const Tensor y = x * 2;
  const auto before = y.grad_fn();
  y.detach().fill_(1);
  EXPECT_EQ(y.grad_fn(), before);
}

TEST_F(AutogradTest, C69_a_saved_value_survives_a_later_write) {
  const Tensor x = leaf({3});
  const Tensor y = x * 2;
  const Tensor z = (y * y).sum();
  y.add_(1);
  EXPECT_NO_THROW(z.backward());
}

TEST_F(AutogradTest, C40_a_chain_of_100000_operations_is_walked_and_released) {
  const Tensor x = leaf({});
  Tensor y = x;
  for (int i = 0; i < 100'000; ++i) y = y + 1;
  y.backward();
  EXPECT_TRUE(x.grad().defined());
  y.reset();
}

TEST_F(AutogradTest, C40_a_chain_of_100000_operations_that_is_never_walked_is_released) {
  Tensor y = leaf({}) * 2;
  for (int i = 0; i < 100'000; ++i) y = y * 2;
  y.reset();
  EXPECT_EQ(sink_->alive(), 0u);
}

}  // namespace
}  // namespace gt

// Handles, assignment, indexing, devices (C20, C21, C24, C28, C31, C36).
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
using HandleTest = testing::TensorTest;

template <class Target, class Source>
concept assignable = requires(Target target, Source source) { target = source; };

static_assert(assignable<Tensor&, Tensor>);
static_assert(!assignable<Tensor&, double>, "C21: a number assigned to an lvalue does not compile");

TEST_F(HandleTest, C20_a_copied_handle_is_the_same_tensor) {
  const Tensor a = zeros({2});
  const Tensor b = a;
  b += 1;
  EXPECT_TRUE(a.is_same(b));
  EXPECT_EQ(a._version(), 1);
}

TEST_F(HandleTest, C21_assigning_to_a_name_rebinds_it) {
  const Tensor x = zeros({2, 2});
  Tensor row = x[0];
  row = zeros({2});
  EXPECT_FALSE(row.is_alias_of(x));
  EXPECT_EQ(x._version(), 0);
}

TEST_F(HandleTest, C21_assigning_to_an_element_writes) {
  const Tensor x = zeros({2, 2});
  x[0] = zeros({2});
  x.select(0, 1) = 2.0;
  x.index({1, indexing::Slice()}) = zeros({2});
  EXPECT_EQ(x._version(), 3);
}

TEST_F(HandleTest, C24_assigning_to_a_masked_read_writes_without_waiting) {
  const Tensor x = zeros({2, 2});
  const Tensor mask = zeros({2, 2}, kBool);
  x.index({mask}) = 3;
  EXPECT_EQ(x._version(), 1);
  EXPECT_EQ(sink_->fetches(), 0);
}

TEST_F(HandleTest, C24_assigning_to_a_gathered_read_writes) {
  const Tensor x = zeros({4, 2});
  x.index({zeros({3}, kLong)}) = 3;
  EXPECT_EQ(x._version(), 1);
}

TEST_F(HandleTest, C25_filling_a_gathered_read_changes_nothing) {
  const Tensor x = zeros({4, 2});
  x.index({zeros({3}, kLong)}).fill_(1);
  EXPECT_EQ(x._version(), 0);
}

TEST_F(HandleTest, C28_version_is_one_counter_for_all_aliases) {
  const Tensor x = zeros({2, 2});
  const Tensor alias = x.detach();
  x[0].add_(1);
  alias.view(-1).mul_(2);
  EXPECT_EQ(x._version(), 2);
  EXPECT_EQ(alias._version(), 2);
}

TEST_F(HandleTest, C28_t_changes_all_handles_of_the_tensor) {
  const Tensor x = zeros({2, 3});
  const Tensor same = x;
  const Tensor view = x[0];
  x.t_();
  EXPECT_THAT(same.sizes().vec(), ElementsAre(3, 2));
  EXPECT_TRUE(view.is_alias_of(same));
}

TEST_F(HandleTest, C28_set_data_moves_the_tensor_and_leaves_older_views) {
  const Tensor x = zeros({2, 3});
  const Tensor view = x[0];
  const Tensor source = zeros({4});
  const Tensor same = x;
  x.set_data(source);
  EXPECT_TRUE(same.is_alias_of(source));
  EXPECT_FALSE(view.is_alias_of(x));
}

TEST_F(HandleTest, C31_a_scalar_value_through_a_mask_becomes_where) {
  const Tensor x = zeros({2, 3});
  const Tensor mask = zeros({2}, kBool);
  static_cast<void>(sink_->take_names());
  x.index_put_({mask}, 1.0);
  EXPECT_THAT(sink_->take_names(), ElementsAre("full", "reshape", "where"));
}

TEST_F(HandleTest, C31_values_through_a_mask_say_how_many_there_are) {
  const Tensor x = zeros({4, 3});
  const Tensor mask = zeros({4}, kBool);
  const Tensor values = zeros({2, 3});
  static_cast<void>(sink_->take_names());
  x.index_put_({mask}, values);
  EXPECT_THAT(sink_->take_names(), ElementsAre("nonzero", "select", "index_put"));
  EXPECT_EQ(sink_->fetches(), 0);
}

TEST_F(HandleTest, C31_values_of_another_dtype_throw) {
  EXPECT_THAT(error_of([] { zeros({4}).index_put_({zeros({2}, kLong)}, zeros({2}, kLong)); }),
              HasSubstr("Index put requires the source and destination dtypes match"));
}

TEST_F(HandleTest, C9_copies_emit_nothing_until_one_of_them_is_written) {
  const Tensor x = zeros({2, 3});
  static_cast<void>(sink_->take_names());
  const Tensor copy = x.clone();
  EXPECT_THAT(sink_->take_names(), IsEmpty());
  copy.add_(1);
  EXPECT_EQ(x._version(), 0);
}

TEST_F(HandleTest, C36_to_device_relabels_without_an_instruction) {
  const Tensor x = zeros({2, 3});
  static_cast<void>(sink_->take_names());
  const Tensor moved = x.to(kCUDA);
  EXPECT_EQ(moved.device().str(), "cuda:0");
  EXPECT_FALSE(moved.is_same(x));
  EXPECT_THAT(sink_->take_names(), IsEmpty());
}

TEST_F(HandleTest, C36_a_device_that_no_worker_has_throws) {
  sink_->set_gpus(0);
  EXPECT_THAT(error_of([] { static_cast<void>(zeros({2}, kCUDA)); }),
              HasSubstr("No CUDA GPUs are available"));
  EXPECT_THAT(error_of([] { static_cast<void>(zeros({2}, kMPS)); }),
              HasSubstr("mps is not available"));
}

TEST_F(HandleTest, C36_mixed_labels_throw) {
  const Tensor x = zeros({2});
  const Tensor y = zeros({2}).to(kCUDA);
  EXPECT_THAT(error_of([&] { static_cast<void>(x + y); }),
              HasSubstr("Expected all tensors to be on the same device"));
}

TEST_F(HandleTest, C36_a_cpu_number_goes_with_any_label) {
  const Tensor x = zeros({2}).to(kCUDA);
  EXPECT_TRUE((zeros({}) + x).is_cuda());
}

TEST_F(HandleTest, C10_uploads_are_read_back_without_a_round_trip) {
  const Tensor x = tensor({1.5, 2.5});
  EXPECT_EQ(x[1].item<float>(), 2.5f);
  EXPECT_EQ(sink_->fetches(), 0);
}

TEST_F(HandleTest, C10_integers_give_long_and_floats_float) {
  EXPECT_EQ(tensor({1, 2}).scalar_type(), kLong);
  EXPECT_EQ(tensor({1.0, 2.0}).scalar_type(), kFloat);
  EXPECT_EQ(tensor({true}).scalar_type(), kBool);
  EXPECT_THAT(tensor({{1, 2}, {3, 4}, {5, 6}}).sizes().vec(), ElementsAre(3, 2));
}

TEST_F(HandleTest, C35_reading_elements_fetches_a_small_tensor_once_until_it_changes) {
  const Tensor x = zeros({8});
  for (std::int64_t i = 0; i < 8; ++i) static_cast<void>(x[i].item());
  EXPECT_EQ(sink_->fetches(), 1);
  x.add_(1);
  static_cast<void>(x[0].item());
  EXPECT_EQ(sink_->fetches(), 2);
}

TEST_F(HandleTest, C33_the_pointer_of_a_view_lies_in_that_of_its_base) {
  const Tensor x = zeros({2, 3});
  const Tensor row = x[1];
  EXPECT_EQ(row.const_data_ptr<float>(), x.const_data_ptr<float>() + 3);
}

TEST_F(HandleTest, C32_a_number_that_does_not_fit_throws) {
  EXPECT_THAT(error_of([] { static_cast<void>(tensor({300}).item<std::uint8_t>()); }),
              HasSubstr("value cannot be converted to type uint8_t without overflow"));
  EXPECT_EQ(tensor({1.9}).item<int>(), 1);
}

TEST_F(HandleTest, C13_an_extremum_of_no_elements_is_refused_by_its_own_name) {
  EXPECT_EQ(error_of([] { static_cast<void>(empty({0}).max()); }),
            "[max] max(): Expected reduction dim to be specified for input.numel() == 0. Specify "
            "the reduction dim with the 'dim' argument.");
}

TEST_F(HandleTest, C15_repeating_a_negative_number_of_times_is_refused) {
  EXPECT_EQ(error_of([] { static_cast<void>(ones({2}).repeat({-2})); }),
            "[repeat] Trying to create tensor with negative dimension -4: [-4]");
}

}  // namespace
}  // namespace gt

// Tensors that share memory against a real cluster: handles, views, in-place writes, indexing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/api_testing.h"

namespace gt::testing {
namespace {

using namespace gt::indexing;
using ::testing::HasSubstr;

template <class Target, class Source>
concept AssignableTo = requires(Target target, Source source) { target = source; };

// ---- Handles, views and in-place writes

TEST(C20_Handles, CopiesAreTheSameTensor) {
  Tensor a = zeros(2), b = a;
  b += 1;
  EXPECT_EQ(values_of(a), (Values{1, 1}));
  a = a + 1;
  EXPECT_EQ(values_of(b), (Values{1, 1}));
  EXPECT_EQ(values_of(a), (Values{2, 2}));
}

TEST(C21_Assignment, ToAnElementWritesToANameRebinds) {
  Tensor x = zeros({2, 2});
  const Tensor y = ones(2);
  x[0] = y;
  x.select(0, 1) = 2.0;
  EXPECT_EQ(values_of(x), (Values{1, 1, 2, 2}));
  Tensor r = x[0];
  r = full({2}, 9.0);
  EXPECT_EQ(values_of(x), (Values{1, 1, 2, 2}));
  Tensor s = x[0];
  s += y;
  EXPECT_EQ(values_of(x), (Values{2, 2, 2, 2}));
  x.index({Slice(), 1}) = tensor({5.0, 6.0});
  EXPECT_EQ(values_of(x), (Values{2, 5, 2, 6}));
  static_assert(!AssignableTo<Tensor&, double>, "a number is no tensor to rebind a name to");
  static_assert(!AssignableTo<Tensor&, int>, "a number is no tensor to rebind a name to");
}

TEST(C24_Writes, AreSeenThroughEveryAlias) {
  Tensor x = zeros({3, 4});
  const Tensor flat = x.view(-1), row = x[1];
  x[0].fill_(1);
  x.select(0, 1).copy_(arange(4));
  x.view(-1).add_(1);
  x.t()[3][0] = 40;
  EXPECT_EQ(values_of(x), (Values{2, 2, 2, 40, 1, 2, 3, 4, 1, 1, 1, 1}));
  EXPECT_EQ(values_of(flat), values_of(x));
  EXPECT_EQ(values_of(row), (Values{1, 2, 3, 4}));
  x.diagonal().zero_();
  EXPECT_EQ(values_of(row), (Values{1, 0, 3, 4}));
  x.index_put_({Slice(), 1}, tensor({7.0, 8.0, 9.0}));
  EXPECT_EQ(values_of(flat), (Values{0, 7, 2, 40, 1, 8, 3, 4, 1, 9, 0, 1}));
  x.index({x > 5}) = -1;
  x.index({tensor({0, 2})}) = ones({2, 4});
  EXPECT_EQ(values_of(x), (Values{1, 1, 1, 1, 1, -1, 3, 4, 1, 1, 1, 1}));
  x[0][1] += 1;
  for (auto& part : x.chunk(3)) part.mul_(2);
  EXPECT_EQ(values_of(flat), (Values{2, 4, 2, 2, 2, -2, 6, 8, 2, 2, 2, 2}));
  x.narrow(1, 1, 3).narrow(0, 1, 2).copy_(zeros({2, 3}));
  x[2] = x[1];
  x[0][0] = x[1][0] = 5;
  EXPECT_EQ(values_of(x), (Values{5, 4, 2, 2, 5, 0, 0, 0, 2, 0, 0, 0}));
}

TEST(C25_Copies, AreNotSeen) {
  Tensor x = arange(6).view({2, 3});
  const Tensor index = tensor({0});
  x.index({index}).fill_(1);
  x.index_select(0, index).zero_();
  x.flip(0).zero_();
  x.clone().zero_();
  x.t().reshape(-1).zero_();
  EXPECT_EQ(values_of(x), (Values{0, 1, 2, 3, 4, 5}));
  x.reshape(-1).add_(1);
  EXPECT_EQ(values_of(x), (Values{1, 2, 3, 4, 5, 6}));
}

TEST(C27_Mistakes, ThrowAtTheCall) {
  const Tensor x = zeros(2);
  EXPECT_THAT(error_of([&] { x.expand({3, 2}).add_(1); }),
              HasSubstr("unsupported operation: more than one element of the written-to tensor "
                        "refers to a single memory location"));
  EXPECT_THAT(error_of([&] { x.add_(ones({2, 2})); }),
              HasSubstr("output with shape [2] doesn't match the broadcast shape [2, 2]"));
  EXPECT_THAT(error_of([&] { static_cast<void>(zeros({2, 3}).view(4)); }),
              HasSubstr("shape '[4]' is invalid for input of size 6"));
  EXPECT_THAT(error_of([&] { static_cast<void>(x.select(0, 5)); }),
              HasSubstr("select(): index 5 out of range for tensor of size [2] at dimension 0"));
  EXPECT_THAT(error_of([&] { static_cast<void>(x.sum(3)); }),
              HasSubstr("Dimension out of range (expected to be in range of [-1, 0], but got 3)"));
  EXPECT_THAT(error_of([&] { static_cast<void>(zeros({2, 3}).t().view(-1)); }),
              HasSubstr("view size is not compatible with input tensor's size and stride"));
}

TEST(C28_Handles, SwapSetDataAndShapeChangesActOnTheTensor) {
  Tensor x = arange(4).to(kFloat), y = zeros(2);
  const Tensor holder = x;
  x.narrow(0, 1, 3).copy_(x.narrow(0, 0, 3));
  EXPECT_EQ(values_of(x), (Values{0, 0, 1, 2}));
  x.set_data(y);
  y.add_(1);
  EXPECT_EQ(values_of(holder), (Values{1, 1}));
  std::swap(x, y);
  EXPECT_EQ(values_of(holder.unsqueeze(0)), (Values{1, 1}));
  const Tensor square = arange(4).view({2, 2});
  square.t_();
  EXPECT_EQ(values_of(square), (Values{0, 2, 1, 3}));
  square.unsqueeze_(0);
  EXPECT_EQ(square.sizes().vec(), (Sizes{1, 2, 2}));
}

TEST(C29_Loops, ManySmallWritesIntoALargeTensorAreQuick) {
  Tensor x = zeros({1'000'000});
  for (int i = 0; i < 2000; ++i) x[i] = double(i);
  EXPECT_EQ(x.narrow(0, 0, 2000).sum().item<double>(), 1999.0 * 1000);
  EXPECT_EQ(x.sum().item<double>(), 1999.0 * 1000);
}

TEST(C30_Autograd, GoesThroughWritesToViews) {
  const Tensor w = ones(2, requires_grad());
  Tensor x = zeros({2, 2});
  const Tensor row = x[0];
  x[0] = w * 3;
  EXPECT_TRUE(x.requires_grad());
  EXPECT_TRUE(row.requires_grad());
  (x * tensor({{1.0, 2.0}, {3.0, 4.0}})).sum().backward();
  EXPECT_EQ(values_of(w.grad()), (Values{3, 6}));
}

// ---- Indexing

TEST(C31_Indexing, ReadsAndWritesAsLibTorch) {
  const Tensor x = arange(24).view({2, 3, 4});
  EXPECT_EQ(values_of(x.index({1, Slice(None, None, 2), -1})), (Values{15, 23}));
  EXPECT_EQ(values_of(x.index({"...", 0})), (Values{0, 4, 8, 12, 16, 20}));
  EXPECT_EQ(x.index({None, Ellipsis, Slice(-3, 100)}).sizes().vec(), (Sizes{1, 2, 3, 3}));
  EXPECT_EQ(values_of(x.index({0, tensor({2, 0}), 1})), (Values{9, 1}));
  EXPECT_EQ(x.index({tensor({0, 1}), Slice(), tensor({0, 1})}).sizes().vec(), (Sizes{2, 3}));
  EXPECT_EQ(values_of(x.index({tensor({{true, false, false}, {false, false, true}})})),
            (Values{0, 1, 2, 3, 20, 21, 22, 23}));
  EXPECT_EQ(values_of(x[0][tensor(1)]), (Values{4, 5, 6, 7}));
  EXPECT_EQ(x.index({true}).sizes().vec(), (Sizes{1, 2, 3, 4}));
  EXPECT_THAT(error_of([&] { static_cast<void>(x.index({Slice(None, None, 0)})); }),
              HasSubstr("step must be greater than zero"));
  Tensor sums = zeros(3);
  sums.index_put_({tensor({0, 0, 2})}, ones(3), true);
  EXPECT_EQ(values_of(sums), (Values{2, 0, 1}));
  sums.index_put_({sums > 1}, 9);
  EXPECT_EQ(values_of(sums), (Values{9, 0, 1}));
}

TEST(C31_Indexing, OperationsWhoseShapeDependsOnValuesWait) {
  const Tensor x = tensor({{0, 3}, {4, 0}});
  EXPECT_EQ(values_of(x.nonzero()), (Values{0, 1, 1, 0}));
  EXPECT_EQ(values_of(x.masked_select(x > 0)), (Values{3, 4}));
  EXPECT_EQ(x.masked_select(x > 10).sizes().vec(), (Sizes{0}));
}

}  // namespace
}  // namespace gt::testing

// The tensor of the public interface against a real cluster: conventions, creation, promotion,
// values on the host, devices, printing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "tests/integration/api_testing.h"

namespace gt::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

template <class Source>
concept HasAccessor =
    requires(Source source) { std::forward<Source>(source).template accessor<const float, 1>(); };

// ---- Conventions

TEST(C3_Functions, AreFunctionsWhoseAddressCanBeTaken) {
  Tensor (*function)(const Tensor&) = &gt::relu;
  EXPECT_THAT(values_of(function(tensor({-1.0, 2.0}))), ElementsAre(0, 2));
  Tensor (*method)(const Tensor&, std::int64_t, optional<ScalarType>) = &gt::log_softmax;
  EXPECT_THAT(values_of(method(zeros({1, 2}), 1, nullopt).exp()), ElementsAre(0.5, 0.5));
}

TEST(C4_IntArrayRef, ConvertsFromANumberBracesVectorsAndArrays) {
  EXPECT_EQ(ones(3).sizes().vec(), (Sizes{3}));
  EXPECT_EQ(ones({2, 3}).sizes().vec(), (Sizes{2, 3}));
  EXPECT_EQ(ones(Sizes{4, 1}).sizes().vec(), (Sizes{4, 1}));
  EXPECT_EQ(ones(std::array<std::int64_t, 2>{1, 2}).sizes().vec(), (Sizes{1, 2}));
  EXPECT_EQ(ones({4, 4}).view(16).sizes().vec(), (Sizes{16}));
  EXPECT_EQ(ones({4, 2}).sum(0).sizes().vec(), (Sizes{2}));
  EXPECT_EQ(ones({4, 2}).sum({0, 1}).sizes().vec(), Sizes{});
  EXPECT_EQ(ones({}).sizes().vec(), Sizes{});
}

TEST(C4_Scalar, KeepsItsKind) {
  EXPECT_TRUE(Scalar(true).isBoolean());
  EXPECT_TRUE(Scalar(std::int8_t{1}).isIntegral(false));
  EXPECT_TRUE(Scalar(1.5f).isFloatingPoint());
  EXPECT_EQ(Scalar(1.9).toInt(), 1);
  EXPECT_EQ(Scalar(7).to<double>(), 7.0);
}

TEST(C4_UndefinedTensor, IsNoneAndAnErrorAsAnOperand) {
  const Tensor none;
  EXPECT_FALSE(none.defined());
  EXPECT_EQ(none.numel(), 0);
  EXPECT_THROW(static_cast<void>(none + ones(2)), Error);
  EXPECT_THROW(static_cast<void>(ones(2) + none), Error);
  EXPECT_THROW(static_cast<void>(none.sizes()), Error);
  EXPECT_EQ(values_of(linear(ones({1, 2}), ones({1, 2}), none)), Values{2});
}

TEST(C5_Errors, BeginWithTheOperationAndDeriveFromStdException) {
  try {
    static_cast<void>(ones({2, 4}).mm(ones({3, 2})));
    FAIL() << "nothing was thrown";
  } catch (const std::exception& error) {
    EXPECT_THAT(error.what(), StartsWith("["));
    EXPECT_THAT(error.what(), HasSubstr("mat1 and mat2 shapes cannot be multiplied (2x4 and 3x2)"));
    const auto* own = dynamic_cast<const Error*>(&error);
    ASSERT_NE(own, nullptr);
    EXPECT_THAT(std::string(own->what()), StartsWith(own->msg()));
    EXPECT_EQ(own->msg(), own->what_without_backtrace());
  }
}

TEST(C5_Errors, TensorsThatDoNotBroadcastThrowAtTheCall) {
  EXPECT_THAT(error_of([] { static_cast<void>(ones({2, 3}) + ones({4})); }),
              HasSubstr("The size of tensor a (3) must match the size of tensor b (4) at "
                        "non-singleton dimension 1"));
}

TEST(C5_Errors, MistakesInValuesThrowAtTheNextSynchronisationWithTheUsersLine) {
  const Tensor table = ones({3, 2});
  const int line = __LINE__ + 1;
  const Tensor rows = table.index_select(0, tensor({0, 7}));
  const Tensor later = (rows * 2).sum();
  const std::string text = error_of([&] { static_cast<void>(later.item<float>()); });
  EXPECT_THAT(text, HasSubstr("index_select"));
  EXPECT_THAT(text, HasSubstr("api_tensor_test.cc:" + std::to_string(line)));
  EXPECT_THAT(text, HasSubstr("[3, 2]"));
  EXPECT_EQ(table.sum().item<float>(), 6) << "the session lives on";
}

TEST(C5_Errors, AClassTargetOutOfRangePoisonsTheLoss) {
  const Tensor loss = nn::functional::cross_entropy(zeros({2, 3}), tensor({0, 3}));
  EXPECT_THAT(error_of([&] { static_cast<void>(loss.item<float>()); }),
              HasSubstr("Target 3 is out of bounds"));
}

TEST(C5_Errors, AProbabilityOutsideItsRangePoisonsTheDraw) {
  const Tensor drawn = bernoulli(tensor({0.5, 1.5}));
  EXPECT_NE(error_of([&] { static_cast<void>(values_of(drawn)); }), "nothing was thrown");
}

TEST(C7_Dtypes, HaveLibTorchsNames) {
  EXPECT_EQ(printed(ones(1).scalar_type()), "Float");
  EXPECT_EQ(printed(ones(1, kLong).scalar_type()), "Long");
  EXPECT_EQ(printed(ones(1).dtype()), "float");
  EXPECT_EQ(printed(ones(1, kLong).dtype()), "long int");
  EXPECT_TRUE(ones(1).dtype() == kFloat);
  EXPECT_TRUE(kFloat32 == kFloat && kF32 == kFloat && kFloat64 == kDouble && kUInt8 == kByte &&
              kInt8 == kChar && kInt32 == kInt && kInt64 == kLong);
}

class Dtypes : public ::testing::TestWithParam<ScalarType> {};

TEST_P(Dtypes, C7_travel_there_and_back) {
  const Tensor there = tensor({0, 1, 3}).to(GetParam());
  EXPECT_EQ(there.scalar_type(), GetParam());
  const Values expected = GetParam() == kBool ? Values{0, 1, 1} : Values{0, 1, 3};
  EXPECT_EQ(values_of(there), expected);
  EXPECT_EQ(values_of(there.to(kLong)), expected);
}

TEST_P(Dtypes, C9_can_be_created) {
  EXPECT_EQ(values_of(zeros({2}, GetParam())), (Values{0, 0}));
  EXPECT_EQ(values_of(ones({2}, GetParam())), (Values{1, 1}));
  EXPECT_EQ(values_of(full({2}, 1, GetParam())), (Values{1, 1}));
  EXPECT_EQ(ones({2}, GetParam()).element_size(), elementSize(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(All, Dtypes,
                         ::testing::Values(kFloat, kDouble, kHalf, kBFloat16, kChar, kByte, kShort,
                                           kUInt16, kInt, kLong, kBool),
                         [](const auto& parameter) { return printed(parameter.param); });

TEST(C7_UInt16, ComesInThroughFromBlob) {
  const std::uint16_t pixels[] = {0, 40000, 65535};
  EXPECT_EQ(values_of(from_blob(pixels, {3}, kUInt16).to(kFloat)), (Values{0, 40000, 65535}));
}

// ---- Creation

TEST(C8_TensorOptions, BuildImplicitlyAndByChaining) {
  EXPECT_EQ(ones(1, kLong).scalar_type(), kLong);
  EXPECT_EQ(ones(1, dtype(kInt)).scalar_type(), kInt);
  EXPECT_TRUE(ones(1, requires_grad()).requires_grad());
  EXPECT_FALSE(ones(1, requires_grad(false)).requires_grad());
  const Tensor all = ones(1, TensorOptions().dtype(kDouble).device(kCPU).requires_grad(true));
  EXPECT_EQ(all.scalar_type(), kDouble);
  EXPECT_TRUE(all.requires_grad());
  EXPECT_EQ(all.options().dtype(), kDouble);
  EXPECT_FALSE(all.options().requires_grad());
}

TEST(C9_Creation, HasLibTorchsValuesAndDtypes) {
  EXPECT_EQ(values_of(empty({2})), (Values{0, 0}));
  EXPECT_EQ(values_of(eye(2)), (Values{1, 0, 0, 1}));
  EXPECT_EQ(values_of(eye(2, 3)), (Values{1, 0, 0, 0, 1, 0}));
  EXPECT_EQ(arange(3).scalar_type(), kLong);
  EXPECT_EQ(arange(3.0).scalar_type(), kFloat);
  EXPECT_EQ(values_of(arange(1, 2, 0.25)), (Values{1, 1.25, 1.5, 1.75}));
  EXPECT_EQ(values_of(linspace(0, 1, 3)), (Values{0, 0.5, 1}));
  EXPECT_EQ(full({1}, true).scalar_type(), kBool);
  EXPECT_EQ(full({1}, 2).scalar_type(), kLong);
  EXPECT_EQ(full({1}, 2.5).scalar_type(), kFloat);
  EXPECT_EQ(randint(5, {4}).scalar_type(), kLong);
  EXPECT_EQ(randperm(4).scalar_type(), kLong);
  EXPECT_EQ(ones_like(arange(3)).scalar_type(), kLong);
  EXPECT_EQ(zeros_like(arange(3), kDouble).scalar_type(), kDouble);
  EXPECT_EQ(arange(3).new_zeros({2}).scalar_type(), kLong);
  EXPECT_EQ(arange(3).new_full({2}, 7).scalar_type(), kLong);
  EXPECT_EQ(arange(3).new_tensor({1.9, 2.0}).scalar_type(), kLong);
  EXPECT_TRUE(ones({1}).new_tensor({1, 2}).equal(tensor({1.0, 2.0})));
  EXPECT_EQ(scalar_tensor(3).dim(), 0);
  EXPECT_EQ(values_of(std::get<0>(randperm(6).sort())), (Values{0, 1, 2, 3, 4, 5}));
}

TEST(C9_Creation, TheNumberZeroIsNoOptions) {
  EXPECT_THAT(error_of([] { static_cast<void>(arange(0, 5, 0)); }),
              HasSubstr("step must be nonzero"));
}

TEST(C9_Creation, NewTensorTakesItsDtypeFromTheTensor) {
  EXPECT_EQ(ones(1).new_ones({2, 2}).sizes().vec(), (Sizes{2, 2}));
  EXPECT_EQ(ones(1, kHalf).new_empty({2}).scalar_type(), kHalf);
}

TEST(C9_Random, StaysInItsRange) {
  const Values uniform = values_of(rand({1000}));
  for (const double value : uniform) EXPECT_TRUE(value >= 0 && value < 1) << value;
  for (const double value : values_of(randint(-2, 3, {1000})))
    EXPECT_TRUE(value >= -2 && value < 3 && value == std::floor(value)) << value;
  const Tensor normal = randn({10000});
  EXPECT_NEAR(normal.mean().item<double>(), 0, 0.05);
  EXPECT_NEAR(normal.std().item<double>(), 1, 0.05);
}

TEST(C9_Random, InPlaceFormsAndDrawsHaveTheirDistributions) {
  Tensor x = empty({10000});
  EXPECT_NEAR(x.uniform_(2, 4).mean().item<double>(), 3, 0.05);
  EXPECT_NEAR(x.normal_(1, 2).std().item<double>(), 2, 0.1);
  EXPECT_NEAR(x.bernoulli_(0.25).mean().item<double>(), 0.25, 0.03);
  const Tensor drawn = multinomial(tensor({0.0, 3.0, 1.0}), 1000, true);
  EXPECT_EQ(drawn.scalar_type(), kLong);
  EXPECT_EQ(drawn.eq(0).sum().item<int>(), 0);
  EXPECT_NEAR(drawn.eq(1).to(kFloat).mean().item<double>(), 0.75, 0.06);
  EXPECT_EQ(multinomial(ones({3, 4}), 4).sizes().vec(), (Sizes{3, 4}));
}

TEST(C10_Tensor, TakesScalarsBracesVectorsAndSpans) {
  EXPECT_EQ(tensor(3).dim(), 0);
  EXPECT_EQ(tensor(3).scalar_type(), kLong);
  EXPECT_EQ(tensor(true).scalar_type(), kBool);
  EXPECT_EQ(tensor(1.5).scalar_type(), kFloat);
  EXPECT_EQ(tensor({1, 2}).scalar_type(), kLong);
  EXPECT_EQ(tensor({1.0, 2.0}).scalar_type(), kFloat);
  EXPECT_EQ(tensor({true, false}).scalar_type(), kBool);
  EXPECT_EQ(tensor({{1, 2}, {3, 4}}).sizes().vec(), (Sizes{2, 2}));
  EXPECT_EQ(tensor({{{1}, {2}}}).sizes().vec(), (Sizes{1, 2, 1}));
  EXPECT_EQ(tensor(std::vector<double>{1, 2}).scalar_type(), kFloat);
  EXPECT_EQ(tensor(std::vector<std::int32_t>{1, 2}).scalar_type(), kLong);
  EXPECT_EQ(tensor(std::vector<bool>{true}).scalar_type(), kBool);
  const std::vector<float> numbers = {1, 2, 3};
  EXPECT_EQ(values_of(tensor(ArrayRef<float>(numbers), kDouble)), (Values{1, 2, 3}));
  EXPECT_EQ(values_of(tensor({1, 2, 3}, kFloat)), (Values{1, 2, 3}));
  EXPECT_TRUE(tensor({1.0}, requires_grad()).requires_grad());
  EXPECT_EQ(tensor(std::vector<float>{}).sizes().vec(), (Sizes{0}));
}

TEST(C10_FromBlob, CopiesAtTheCall) {
  std::vector<float> numbers = {1, 2, 3, 4};
  const Tensor x = from_blob(numbers.data(), {2, 2});
  const Tensor transposed = from_blob(numbers.data(), {2, 2}, {1, 2});
  numbers.assign(4, 0);
  EXPECT_EQ(values_of(x), (Values{1, 2, 3, 4}));
  EXPECT_EQ(values_of(transposed), (Values{1, 3, 2, 4}));
}

TEST(C10_FromBlob, CarriesMoreThanAFrame) {
  std::vector<double> numbers(400'000);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = double(i);
  const Tensor x = from_blob(numbers.data(), {400, 1000}, kDouble);
  EXPECT_EQ(x[399][999].item<double>(), 399'999);
  EXPECT_EQ(values_of(x), numbers);
}

// ---- Promotion

TEST(C12_Promotion, FollowsCategoriesAndRanks) {
  EXPECT_EQ((ones(2, kLong) + 1).scalar_type(), kLong);
  EXPECT_EQ((ones(2, kLong) + 1.5).scalar_type(), kFloat);
  EXPECT_EQ((ones(2, kHalf) + 1.5).scalar_type(), kHalf);
  EXPECT_EQ((ones(2) * ones({}, kDouble)).scalar_type(), kFloat);
  EXPECT_EQ((ones(2) * ones({1}, kDouble)).scalar_type(), kDouble);
  EXPECT_EQ((ones(2, kByte) + ones(2, kChar)).scalar_type(), kShort);
  EXPECT_EQ((ones(2, kHalf) + ones(2, kBFloat16)).scalar_type(), kFloat);
  EXPECT_EQ((ones(2, kInt) / 2).scalar_type(), kFloat);
  EXPECT_EQ((ones(2, kBool) + ones(2, kBool)).scalar_type(), kBool);
  EXPECT_EQ((ones(2) < 3).scalar_type(), kBool);
  EXPECT_EQ((1 - ones(2, kLong)).scalar_type(), kLong);
  EXPECT_EQ(values_of(2.0 / tensor({4.0})), Values{0.5});
  EXPECT_EQ(values_of((ones(2, kLong) + 1.5)), (Values{2.5, 2.5}));
}

TEST(C12_Promotion, InPlaceKeepsTheDestinationsDtype) {
  Tensor x = ones(2, kLong);
  EXPECT_THAT(error_of([&] { x.add_(1.5); }),
              HasSubstr("result type Float can't be cast to the desired output type Long"));
  x.copy_(tensor({2.7, -2.7}));
  EXPECT_EQ(values_of(x), (Values{2, -2}));
  EXPECT_THAT(error_of([&] { static_cast<void>(ones({2, 2}).mm(ones({2, 2}, kDouble))); }),
              HasSubstr("expected m1 and m2 to have the same dtype"));
}

// ---- Values on the host, devices, printing

TEST(C32_Item, ChecksTheRangeAndTheNumberOfElements) {
  EXPECT_EQ(tensor({1.9}).item<int>(), 1);
  EXPECT_TRUE(tensor(5).item().isIntegral(false));
  EXPECT_TRUE(tensor(true).item<bool>());
  EXPECT_EQ(tensor({{3}}).item<std::int64_t>(), 3);
  EXPECT_THAT(error_of([] { static_cast<void>(tensor(300).item<std::uint8_t>()); }),
              HasSubstr("value cannot be converted to type uint8_t without overflow"));
  EXPECT_THAT(error_of([] { static_cast<void>(tensor(1e10).item<int>()); }),
              HasSubstr("value cannot be converted to type int without overflow"));
  EXPECT_THAT(error_of([] { static_cast<void>(ones(2).item()); }),
              HasSubstr("a Tensor with 2 elements cannot be converted to Scalar"));
  EXPECT_THAT(error_of([] { static_cast<void>(ones({0}).item()); }),
              HasSubstr("a Tensor with 0 elements cannot be converted to Scalar"));
  EXPECT_TRUE(std::isnan(full({}, std::nan("")).item<float>()));
}

TEST(C33_HostPointers, CheckTypeAndDims) {
  const Tensor x = arange(4).view({2, 2});
  EXPECT_EQ((x.accessor<const std::int64_t, 2>()[1][0]), 2);
  EXPECT_EQ(x.t().const_data_ptr<std::int64_t>()[1], 1);
  EXPECT_THAT(error_of([&] { static_cast<void>(ones(1).const_data_ptr<std::int64_t>()); }),
              HasSubstr("expected scalar type Long but found Float"));
  EXPECT_THAT(error_of([&] {
                const Tensor y = ones(1);
                static_cast<void>(y.accessor<const float, 2>());
              }),
              HasSubstr("TensorAccessor expected 2 dims but tensor has 1"));
  static_assert(HasAccessor<const Tensor&> && !HasAccessor<Tensor>);
}

TEST(C36_Devices, AreLabels) {
  EXPECT_EQ(printed(Device("cuda:1")), "cuda:1");
  EXPECT_EQ(printed(Device(kCUDA, 0)), "cuda:0");
  EXPECT_TRUE(ones(1).is_cpu());
  EXPECT_EQ(ones(1, device(kCPU)).device(), Device(kCPU));
  EXPECT_FALSE(mps::is_available());
  EXPECT_EQ(cuda::is_available(), cuda::device_count() > 0);
  const Tensor x = ones(1);
  EXPECT_TRUE(x.to(kCPU).is_same(x));
  EXPECT_TRUE(x.to(x.dtype()).is_same(x));
  EXPECT_TRUE(x.cpu().is_same(x));
  if (cuda::is_available()) GTEST_SKIP() << "this cluster has a GPU";
  EXPECT_NE(error_of([&] { static_cast<void>(ones(1, kCUDA)); }), "nothing was thrown");
  EXPECT_NE(error_of([&] { static_cast<void>(x.to(kCUDA)); }), "nothing was thrown");
  EXPECT_NE(error_of([&] { static_cast<void>(ones(1, kMPS)); }), "nothing was thrown");
}

TEST(C37_ManualSeed, RestartsTheGenerator) {
  manual_seed(3);
  const Values first = values_of(randn({5})), second = values_of(randn({5}));
  manual_seed(3);
  EXPECT_EQ(values_of(randn({5})), first);
  EXPECT_NE(first, second);
  manual_seed(4);
  EXPECT_NE(values_of(randn({5})), first);
}

TEST(C13_Spread, ANumberIsADim) {
  const Tensor x = arange(6).to(kFloat).view({2, 3});
  EXPECT_EQ(values_of(x.var(0)), (Values{4.5, 4.5, 4.5}));
  EXPECT_EQ(values_of(gt::var(x, 1)), (Values{1, 1}));
  EXPECT_EQ(values_of(x.std(std::int64_t{1})), (Values{1, 1}));
  EXPECT_EQ(values_of(gt::std(x, -1)), (Values{1, 1}));
  EXPECT_EQ(x.var(false).dim(), 0);
  EXPECT_EQ(x.std().dim(), 0);
}

TEST(C5_Errors, ShowNumbersAsLibTorchDoes) {
  EXPECT_THAT(error_of([] { static_cast<void>(dropout(ones(1), 1.5, true)); }),
              HasSubstr("dropout probability has to be between 0 and 1, but got 1.5"));
  EXPECT_THAT(error_of([] { ones(1).uniform_(2, 1); }), ::testing::EndsWith("from=2 > to=1"));
  EXPECT_THAT(error_of([] { ones(1).normal_(0, -1); }), ::testing::EndsWith("found std -1"));
}

TEST(C38_Printing, IsThatOfLibTorch) {
  EXPECT_EQ(printed(tensor(0.1)), "0.10000000149011612\n[ CPUFloatType{} ]");
  EXPECT_EQ(printed(tensor(1e-5, kDouble)), "1e-05\n[ CPUDoubleType{} ]");
  EXPECT_EQ(printed(tensor(7)), "7\n[ CPULongType{} ]");
  EXPECT_EQ(printed(arange(6).view({2, 3})), " 0  1  2\n 3  4  5\n[ CPULongType{2,3} ]");
  EXPECT_EQ(printed(tensor(2.5)), "2.5\n[ CPUFloatType{} ]");
  EXPECT_EQ(printed(tensor({true, false})), " 1\n 0\n[ CPUBoolType{2} ]");
  EXPECT_EQ(printed(Tensor()), "[ Tensor (undefined) ]");
  EXPECT_EQ(printed(ones({0, 3})), "[ CPUFloatType{0,3} ]");
  EXPECT_EQ(printed(ones({2, 3}).sizes()), "[2, 3]");
  EXPECT_THAT(printed(ones({1, 1, 2})), StartsWith("(1,.,.) = \n"));
}

TEST(C15_Repeat, WorksAlongAnyDimsOfAnyRank) {
  const Tensor x = arange(6).view({2, 3});
  EXPECT_TRUE(x.repeat({2, 2}).equal(cat({cat({x, x}, 1), cat({x, x}, 1)})));
  EXPECT_TRUE(x.repeat({2, 1, 1}).equal(stack({x, x})));
  EXPECT_EQ(ones({1, 1, 1, 1, 1, 2}).repeat({2, 2, 2, 2, 2, 2}).sizes().vec(),
            (std::vector<std::int64_t>{2, 2, 2, 2, 2, 4}));
  EXPECT_EQ(x.repeat({0, 1}).sizes().vec(), (std::vector<std::int64_t>{0, 3}));
}

TEST(C5_Comparison, EqualAllcloseAndTruthWait) {
  EXPECT_TRUE(arange(3).equal(arange(3)));
  EXPECT_FALSE(arange(3).equal(arange(4)));
  EXPECT_TRUE(ones(2).allclose(ones(2) + 1e-9));
  EXPECT_TRUE(tensor(2).is_nonzero());
  EXPECT_THAT(error_of([] { static_cast<void>(ones(2).is_nonzero()); }),
              HasSubstr("Boolean value of Tensor with more than one value is ambiguous"));
}

}  // namespace
}  // namespace gt::testing

// C38: printed tensors, letter by letter as LibTorch prints them.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <sstream>

#include "tests/conformance/host_values.h"
#include "tests/judge/module_judge.h"

namespace gt::conformance {
namespace {

void expect_printed_alike(const Tensor& tensor) {
  std::ostringstream text;
  text << tensor;
  EXPECT_EQ(text.str(), judge::judge_print(to_host(tensor)));
}

TEST(Printing, C38_WholeNumbersShareOneWidth) {
  expect_printed_alike(arange(6).view({2, 3}));
  expect_printed_alike(tensor({1.0, -20.0, 300.0}));
  expect_printed_alike(tensor({1.0e12, 5.0}));
}

TEST(Printing, C38_FractionsHaveFourDecimals) {
  expect_printed_alike(tensor({0.5, 1.25, -3.75}));
  expect_printed_alike(rand({3, 4}));
}

TEST(Printing, C38_LargeAndSmallMagnitudesGetAScaleOrExponents) {
  expect_printed_alike(tensor({0.001, 0.0025}));
  expect_printed_alike(tensor({123456.5, 234567.25}));
  expect_printed_alike(tensor({{0.001, 0.0025}, {0.002, 0.004}}));
  expect_printed_alike(tensor({1e-6, 1.5e6}));
  expect_printed_alike(rand({3, 2}).mul(1e9));
  expect_printed_alike(rand({3, 30}).mul(1e-3));
}

TEST(Printing, C38_ScalarsBoolsAndEmptyTensorsHaveTheirForms) {
  expect_printed_alike(scalar_tensor(2.5));
  expect_printed_alike(tensor({true, false}));
  expect_printed_alike(zeros({0, 3}));
  expect_printed_alike(zeros({0}));
  std::ostringstream text;
  text << Tensor();
  EXPECT_EQ(text.str(), "[ Tensor (undefined) ]");
}

TEST(Printing, C38_InfinitiesAndNansDoNotDecideTheWidth) {
  const double infinity = std::numeric_limits<double>::infinity();
  expect_printed_alike(tensor({1.5, infinity, -2.25}));
  expect_printed_alike(tensor({std::nan(""), 3.0}));
}

TEST(Printing, C38_WideMatricesArePrintedInBlocksOfColumns) {
  expect_printed_alike(rand({3, 30}));
  expect_printed_alike(arange(60).view({2, 30}));
}

TEST(Printing, C38_MoreDimsArePrintedAsMatricesUnderTheirPosition) {
  expect_printed_alike(rand({2, 2, 3}));
  expect_printed_alike(arange(24).view({2, 3, 2, 2}));
  expect_printed_alike(rand({2, 2, 3}).mul(1e-3));
  expect_printed_alike(rand({2, 2, 25}));
  expect_printed_alike(rand({2, 2, 25}).mul(1e7));
}

TEST(Printing, C38_HalfPrecisionPrintsLikeTheOthers) {
  expect_printed_alike(tensor({0.5, 1.5}).to(kHalf));
  expect_printed_alike(tensor({0.5, 1.5}).to(kBFloat16));
}

}  // namespace
}  // namespace gt::conformance

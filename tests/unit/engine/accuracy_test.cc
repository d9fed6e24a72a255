// Errors of the single-precision functions in units of the last place, against double precision.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "common/ops/op.h"
#include "worker/engine/native/kernels/kernel_table.h"

namespace gt::worker::native {
namespace {

std::vector<float> apply_row(Op op, const std::vector<float>& first,
                             const std::vector<float>& second = {}) {
  std::vector<float> out(first.size());
  const void* inputs[] = {first.data(), second.data()};
  best_kernel_table().pointwise[static_cast<int>(op)].kernels[0](
      out.data(), inputs, static_cast<std::int64_t>(first.size()), nullptr, nullptr);
  return out;
}

double error_in_ulps(float actual, double expected) {
  const float rounded = static_cast<float>(expected);
  if (std::isnan(expected)) return std::isnan(actual) ? 0 : 1e9;
  if (std::isinf(rounded) || std::isinf(actual)) return rounded == actual ? 0 : 1e9;
  const int exponent = rounded == 0 ? -126 : std::max(std::ilogb(rounded), -126);
  return std::abs(actual - expected) / std::ldexp(1.0, exponent - 23);
}

/// Every so-manieth float between the bounds, by bit pattern, of both signs where they are in.
std::vector<float> floats_between(float low, float high) {
  std::vector<float> values;
  for (std::uint64_t bits = 0; bits < (std::uint64_t{1} << 32); bits += 20011) {
    const float value = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    if (value >= low && value <= high) values.push_back(value);
  }
  for (float special : {0.0f, -0.0f, INFINITY, -INFINITY})
    if (special >= low && special <= high) values.push_back(special);
  return values;
}

double largest_error(Op op, double (*function)(double), float low, float high) {
  const std::vector<float> values = floats_between(low, high);
  const std::vector<float> results = apply_row(op, values);
  double largest = 0;
  for (std::size_t i = 0; i < values.size(); ++i)
    largest = std::max(largest, error_in_ulps(results[i], function(values[i])));
  return largest;
}

TEST(Accuracy, ExpErfSinAndCosStayWithinOneAndSixTenthsUlps) {
  EXPECT_LT(largest_error(Op::exp, std::exp, -INFINITY, INFINITY), 1.5);
  EXPECT_LT(largest_error(Op::erf, std::erf, -INFINITY, INFINITY), 1.5);
  EXPECT_LT(largest_error(Op::sin, std::sin, -INFINITY, INFINITY), 1.6);
  EXPECT_LT(largest_error(Op::cos, std::cos, -INFINITY, INFINITY), 1.6);
}

TEST(Accuracy, TanhStaysWithinTwoUlps) {
  EXPECT_LT(largest_error(Op::tanh, std::tanh, -INFINITY, INFINITY), 2.0);
}

TEST(Accuracy, LogStaysWithinOneUlp) {
  EXPECT_LT(largest_error(Op::log, std::log, -1.0f, INFINITY), 1.0);
}

TEST(Accuracy, LargeAnglesAreReducedExactly) {
  EXPECT_LT(largest_error(Op::sin, std::sin, 1e5f, INFINITY), 0.52);
  EXPECT_LT(largest_error(Op::cos, std::cos, 1e5f, INFINITY), 0.52);
}

/// By its definition, with the tails from erfc.
double gelu(double x) { return x * 0.5 * std::erfc(-x * 0.70710678118654752440); }

TEST(Accuracy, GeluIsNoFurtherFromTheTruthThanItsOperandTimesTwoUlpsOfOne) {
  const std::vector<float> values = floats_between(-100.0f, 100.0f);
  const std::int64_t statics[] = {0};
  std::vector<float> out(values.size());
  const void* inputs[] = {values.data()};
  best_kernel_table().pointwise[static_cast<int>(Op::gelu)].kernels[0](
      out.data(), inputs, static_cast<std::int64_t>(values.size()), nullptr, statics);
  for (std::size_t i = 0; i < values.size(); ++i)
    ASSERT_LE(std::abs(out[i] - gelu(values[i])), std::abs(values[i]) * 0x1p-22 + 0x1p-149)
        << values[i];
}

TEST(Accuracy, RootsAreRoundedCorrectlyForEveryMantissa) {
  std::vector<float> values(std::size_t{1} << 24);
  for (std::uint32_t i = 0; i < values.size(); ++i)
    values[i] = std::bit_cast<float>(0x3F800000u + i);  // [1, 4)
  const std::vector<float> roots = apply_row(Op::sqrt, values);
  for (std::size_t i = 0; i < values.size(); ++i)
    ASSERT_EQ(roots[i], std::sqrt(values[i])) << values[i];
}

TEST(Accuracy, RootsAreRoundedCorrectlyForEveryExponent) {
  const std::vector<float> values = floats_between(0.0f, INFINITY);
  const std::vector<float> roots = apply_row(Op::sqrt, values);
  for (std::size_t i = 0; i < values.size(); ++i)
    ASSERT_EQ(roots[i], std::sqrt(values[i])) << values[i];
}

TEST(Accuracy, OtherLogarithmsAreRoundedAlmostCorrectly) {
  EXPECT_LT(largest_error(Op::log2, std::log2, 0.0f, INFINITY), 0.52);
  EXPECT_LT(largest_error(Op::log10, std::log10, 0.0f, INFINITY), 0.52);
  EXPECT_LT(largest_error(Op::log1p, std::log1p, -1.5f, INFINITY), 0.52);
  EXPECT_LT(largest_error(Op::expm1, std::expm1, -INFINITY, INFINITY), 0.52);
}

TEST(Accuracy, TangentsAndInversesAreRoundedAlmostCorrectly) {
  EXPECT_LT(largest_error(Op::tan, std::tan, -INFINITY, INFINITY), 0.52);
  EXPECT_LT(largest_error(Op::asin, std::asin, -1.5f, 1.5f), 0.52);
  EXPECT_LT(largest_error(Op::acos, std::acos, -1.5f, 1.5f), 0.52);
  EXPECT_LT(largest_error(Op::atan, std::atan, -INFINITY, INFINITY), 0.52);
}

TEST(Accuracy, HyperbolicFunctionsAreRoundedAlmostCorrectly) {
  EXPECT_LT(largest_error(Op::sinh, std::sinh, -INFINITY, INFINITY), 0.52);
  EXPECT_LT(largest_error(Op::cosh, std::cosh, -INFINITY, INFINITY), 0.52);
}

TEST(Accuracy, PowAndAtan2HaveTheLimitsOfTheCLibrary) {
  const float specials[] = {0.0f,  -0.0f, 1.0f,   -1.0f,    2.0f,      -2.0f, 3.0f,   0.5f,
                            -0.5f, 1e30f, -1e30f, INFINITY, -INFINITY, NAN,   1e-40f, 7.25f};
  std::vector<float> first;
  std::vector<float> second;
  for (float a : specials)
    for (float b : specials) {
      first.push_back(a);
      second.push_back(b);
    }
  const std::vector<float> powers = apply_row(Op::pow, first, second);
  const std::vector<float> angles = apply_row(Op::atan2, first, second);
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_LT(error_in_ulps(powers[i], std::pow(double{first[i]}, double{second[i]})), 0.52)
        << first[i] << " ^ " << second[i] << " = " << powers[i];
    EXPECT_LT(error_in_ulps(angles[i], std::atan2(double{first[i]}, double{second[i]})), 0.52)
        << "atan2(" << first[i] << ", " << second[i] << ") = " << angles[i];
  }
}

TEST(Accuracy, TheSignOfZeroIsKept) {
  for (Op op :
       {Op::tanh, Op::erf, Op::sin, Op::tan, Op::asin, Op::atan, Op::expm1, Op::log1p, Op::sinh})
    EXPECT_TRUE(std::signbit(apply_row(op, {-0.0f})[0])) << row_of(op).name;
}

}  // namespace
}  // namespace gt::worker::native

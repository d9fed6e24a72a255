// Errors of the single-precision functions in units of the last place, against double precision.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "common/ops/op.h"
#include "worker/engine/native/kernels/kernel_table.h"

namespace gt::worker::native {
namespace {

std::vector<float> apply(Op op, const std::vector<float>& first,
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
  const std::vector<float> results = apply(op, values);
  double largest = 0;
  for (std::size_t i = 0; i < values.size(); ++i)
    largest = std::max(largest, error_in_ulps(results[i], function(values[i])));
  return largest;
}

TEST(Accuracy, ExpTanhAndErfStayWithinOneAndAHalfUlps) {
  EXPECT_LT(largest_error(Op::exp, std::exp, -INFINITY, INFINITY), 1.5);
  EXPECT_LT(largest_error(Op::tanh, std::tanh, -INFINITY, INFINITY), 1.5);
  EXPECT_LT(largest_error(Op::erf, std::erf, -INFINITY, INFINITY), 1.5);
}

TEST(Accuracy, LogarithmsAreRoundedAlmostCorrectly) {
  EXPECT_LT(largest_error(Op::log, std::log, -1.0f, INFINITY), 0.52);
  EXPECT_LT(largest_error(Op::log2, std::log2, 0.0f, INFINITY), 0.52);
  EXPECT_LT(largest_error(Op::log10, std::log10, 0.0f, INFINITY), 0.52);
  EXPECT_LT(largest_error(Op::log1p, std::log1p, -1.5f, INFINITY), 0.52);
  EXPECT_LT(largest_error(Op::expm1, std::expm1, -INFINITY, INFINITY), 0.52);
}

TEST(Accuracy, TrigonometricFunctionsAreRoundedAlmostCorrectly) {
  EXPECT_LT(largest_error(Op::sin, std::sin, -1e8f, 1e8f), 0.52);
  EXPECT_LT(largest_error(Op::cos, std::cos, -1e8f, 1e8f), 0.52);
  EXPECT_LT(largest_error(Op::tan, std::tan, -1e8f, 1e8f), 0.52);
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
  const std::vector<float> powers = apply(Op::pow, first, second);
  const std::vector<float> angles = apply(Op::atan2, first, second);
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
    EXPECT_TRUE(std::signbit(apply(op, {-0.0f})[0])) << row_of(op).name;
}

}  // namespace
}  // namespace gt::worker::native

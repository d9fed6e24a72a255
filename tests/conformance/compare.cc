#include "tests/conformance/compare.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "tests/conformance/draw.h"

namespace gt::conformance {
namespace {

/// Bits of the fraction of a floating dtype, and the exponent of its smallest normal number.
struct Format {
  int fraction_bits;
  int smallest_exponent;
};

Format format_of(DType dtype) {
  switch (dtype) {
    case DType::kFloat16:
      return {10, -14};
    case DType::kBFloat16:
      return {7, -126};
    case DType::kFloat32:
      return {23, -126};
    case DType::kFloat64:
      return {52, -1022};
    case DType::kUInt8:
    case DType::kInt8:
    case DType::kInt16:
    case DType::kInt32:
    case DType::kInt64:
    case DType::kBool:
    case DType::kUInt16:
      break;
  }
  return {0, 0};
}

double unit_in_last_place(DType dtype, double magnitude) {
  const Format format = format_of(dtype);
  const int exponent = magnitude == 0 ? format.smallest_exponent
                                      : std::max(std::ilogb(magnitude), format.smallest_exponent);
  return std::ldexp(1.0, exponent - format.fraction_bits);
}

bool is_close(DType dtype, double a, double b, const Tolerance& tolerance) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  if (a == b) return true;
  if (std::isinf(a) || std::isinf(b)) return false;
  const double magnitude = std::max({std::abs(a), std::abs(b), tolerance.scale});
  const double unit = unit_in_last_place(tolerance.unit.value_or(dtype), magnitude);
  return std::abs(a - b) <= tolerance.ulps * unit + tolerance.slack;
}

std::string describe_element(const judge::HostTensor& actual, const judge::HostTensor& expected,
                             std::size_t k) {
  char text[160];
  std::snprintf(text, sizeof text, "element %zu is %.17g, expected %.17g", k, element(actual, k),
                element(expected, k));
  return text;
}

}  // namespace

double largest_magnitude(const judge::HostTensor& tensor) {
  double largest = 0;
  for (std::size_t k = 0; k < tensor.bytes.size() / size_of(tensor.dtype); ++k) {
    const double magnitude = std::abs(element(tensor, k));
    if (std::isfinite(magnitude)) largest = std::max(largest, magnitude);
  }
  return largest;
}

std::optional<std::string> difference(const judge::HostTensor& actual,
                                      const judge::HostTensor& expected,
                                      const Tolerance& tolerance) {
  if (actual.dtype != expected.dtype)
    return "dtype is " + std::string(short_name(actual.dtype)) + ", expected " +
           std::string(short_name(expected.dtype));
  if (!(actual.shape == expected.shape))
    return "shape is " + to_string(actual.shape) + ", expected " + to_string(expected.shape);
  if (actual.bytes == expected.bytes) return std::nullopt;
  if (actual.bytes.size() != expected.bytes.size())
    return std::to_string(actual.bytes.size()) + " bytes, expected " +
           std::to_string(expected.bytes.size());
  const std::size_t size = size_of(actual.dtype);
  for (std::size_t k = 0; k < actual.bytes.size() / size; ++k) {
    const bool same =
        std::memcmp(actual.bytes.data() + k * size, expected.bytes.data() + k * size, size) == 0;
    if (same) continue;
    if (is_floating(actual.dtype) &&
        is_close(actual.dtype, element(actual, k), element(expected, k), tolerance))
      continue;
    return describe_element(actual, expected, k);
  }
  return std::nullopt;
}

}  // namespace gt::conformance

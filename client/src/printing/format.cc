#include "client/src/printing/format.h"

#include <algorithm>
#include <cmath>

namespace gt::printing {
namespace {

/// Decimal digits before the point (of the smallest and largest magnitude), 1 for zero.
struct Exponents {
  double smallest = 1;
  double largest = 1;
};

double digits_before_point(double magnitude) {
  return magnitude != 0 ? std::floor(std::log10(magnitude)) + 1 : 1;
}

Exponents exponents_of(std::span<const double> elements) {
  double smallest = 0, largest = 0;
  bool any = false;
  for (double element : elements) {
    if (!std::isfinite(element)) continue;
    const double magnitude = std::fabs(element);
    smallest = any ? std::min(smallest, magnitude) : magnitude;
    largest = any ? std::max(largest, magnitude) : magnitude;
    any = true;
  }
  if (!any) return {};
  return {digits_before_point(smallest), digits_before_point(largest)};
}

bool all_whole(std::span<const double> elements) {
  return std::all_of(elements.begin(), elements.end(), [](double element) {
    return !std::isfinite(element) || element == std::ceil(element);
  });
}

}  // namespace

ElementFormat choose_format(std::span<const double> elements) {
  const Exponents exponents = exponents_of(elements);
  if (all_whole(elements)) {
    if (exponents.largest > 9) return {.width = 11, .scientific = true};
    return {.width = static_cast<int>(exponents.largest) + 1};
  }
  if (exponents.largest - exponents.smallest > 4) {
    const bool three_digits =
        std::fabs(exponents.largest) > 99 || std::fabs(exponents.smallest) > 99;
    return {.width = three_digits ? 12 : 11, .scientific = true};
  }
  if (exponents.largest > 5 || exponents.largest < 0)
    return {.scale = std::pow(10, exponents.largest - 1), .width = 7, .fixed = true};
  return {.width = exponents.largest == 0 ? 7 : static_cast<int>(exponents.largest) + 6,
          .fixed = true};
}

void apply(const ElementFormat& format, std::ios_base& stream) {
  if (!format.scientific && !format.fixed) {
    stream.unsetf(std::ios_base::floatfield);
    return;
  }
  stream.setf(format.scientific ? std::ios_base::scientific : std::ios_base::fixed,
              std::ios_base::floatfield);
  stream.precision(4);
}

}  // namespace gt::printing

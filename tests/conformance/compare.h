// Comparison of tensors within a number of units in the last place.
#pragma once

#include <optional>
#include <string>

#include "tests/judge/judge.h"

namespace gt::conformance {

/// Distance that two elements may have: `ulps` units in the last place of their dtype at the
/// magnitude of the larger one, or of `scale` if that is larger, and `slack` more. NaN equals NaN.
struct Tolerance {
  double ulps = 0;
  double scale = 0;
  std::optional<DType> unit =
      std::nullopt;  ///< dtype whose last place counts, if not the element's
  double slack = 0;
};

/// The largest finite magnitude in a tensor; 0 if it has no elements.
[[nodiscard]] double largest_magnitude(const judge::HostTensor& tensor);

/// What distinguishes `actual` from `expected`, or nothing.
[[nodiscard]] std::optional<std::string> difference(const judge::HostTensor& actual,
                                                    const judge::HostTensor& expected,
                                                    const Tolerance& tolerance);

}  // namespace gt::conformance

// Numbers of the program as integers, whatever a client sent.
#pragma once

#include <cstdint>
#include <limits>

#include "common/tensor/scalar.h"

namespace gt::worker {

/// The number, truncated. What int64 does not hold, NaN among it, gives the least int64, as the
/// conversion of x86 does.
[[nodiscard]] constexpr std::int64_t integer_of(ScalarValue number) noexcept {
  constexpr double kLimit = 0x1p63;
  if (!is_floating(number.dtype())) return number.to_int64();
  const double value = number.to_double();
  return value >= -kLimit && value < kLimit ? number.to_int64()
                                            : std::numeric_limits<std::int64_t>::min();
}

}  // namespace gt::worker

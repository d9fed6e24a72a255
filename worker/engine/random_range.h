// The ranges of random rows, for all engines and kernels.
#pragma once

#include <cstdint>
#include <string>

#include "common/error.h"
#include "common/tensor/dtype.h"

namespace gt::worker {

/// Refuses integers from an empty range: a call that was inferred for other numbers may have one
/// if the dispatcher lets it through. Throws CommonError(kInvalidArgument) as inference does.
inline void require_range(std::int64_t low, std::int64_t high) {
  if (low < high) return;
  throw CommonError(ErrorKind::kInvalidArgument,
                    "random_ expects 'from' to be less than 'to', but got from=" +
                        std::to_string(low) + " >= to=" + std::to_string(high));
}

/// Steps of a uniform value that a dtype can hold below 1, so that rounding never reaches 1; 0
/// where the steps of the generator fit.
[[nodiscard]] constexpr double uniform_steps(DType dtype) noexcept {
  if (dtype == DType::kFloat16) return 2048;
  return dtype == DType::kBFloat16 ? 256 : 0;
}

}  // namespace gt::worker

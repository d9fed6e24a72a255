// The one number of a random row that an engine cannot do without.
#pragma once

#include <cstdint>
#include <string>

#include "common/error.h"

namespace gt::worker {

/// Refuses integers from an empty range: a call that was inferred for other numbers may have one
/// if the dispatcher lets it through. Throws CommonError(kInvalidArgument) as inference does.
inline void require_range(std::int64_t low, std::int64_t high) {
  if (low < high) return;
  throw CommonError(ErrorKind::kInvalidArgument,
                    "random_ expects 'from' to be less than 'to', but got from=" +
                        std::to_string(low) + " >= to=" + std::to_string(high));
}

}  // namespace gt::worker

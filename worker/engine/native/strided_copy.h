// Reading the elements of a strided value in row-major order, run by run.
#pragma once

#include <algorithm>
#include <span>

#include "worker/engine/native/context.h"

namespace gt::worker::native {

/// A position in a strided value that moves in row-major order. Dims that lie in memory as one are
/// walked as one, so that runs are as long as the layout allows.
class StridedCursor {
 public:
  /// Starts at the first element of `value`, whose shape is that of the walk.
  explicit StridedCursor(const Value& value);

  /// Converts the next `count` elements into `out`.
  void read(const LoadKernel load, ComputeType type, void* out, std::int64_t count);
  /// Whether the elements are one run with this stride (0 for a single repeated element).
  [[nodiscard]] bool is_single_run() const noexcept { return sizes_.size() <= 1; }
  [[nodiscard]] std::int64_t inner_stride() const noexcept {
    return strides_.empty() ? 0 : strides_.back();
  }

  /// Calls `visit(pointer, stride, count)` for the runs of the next `count` elements.
  template <class Visit>
  void walk(std::int64_t count, Visit&& visit) {
    while (count > 0) {
      const std::int64_t run = std::min(count, inner_size_ - inner_position_);
      visit(position_ + inner_position_ * inner_stride() * element_size_, inner_stride(), run);
      count -= run;
      inner_position_ += run;
      if (inner_position_ == inner_size_) next_run();
    }
  }

 private:
  void next_run();

  std::byte* position_;  ///< start of the present run
  std::int64_t element_size_;
  Shape sizes_;
  Strides strides_;
  Shape counters_;
  std::int64_t inner_size_ = 1;
  std::int64_t inner_position_ = 0;
};

}  // namespace gt::worker::native

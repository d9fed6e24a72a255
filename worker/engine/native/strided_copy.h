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
  /// Elements of a whole run, and their stride (0 for a repeated element).
  [[nodiscard]] std::int64_t run_length() const noexcept { return inner_size_; }
  [[nodiscard]] std::int64_t inner_stride() const noexcept {
    return strides_.empty() ? 0 : strides_.back();
  }

  /// The next element, and how many of its run are left.
  [[nodiscard]] const std::byte* next() const noexcept {
    return position_ + inner_position_ * inner_stride() * element_size_;
  }
  [[nodiscard]] std::int64_t left_of_run() const noexcept { return inner_size_ - inner_position_; }
  /// Passes over `count` elements, at most left_of_run().
  void advance(std::int64_t count) {
    inner_position_ += count;
    if (inner_position_ == inner_size_) next_run();
  }
  /// Whether the walk is over transposed matrices: the neighbours along the second dim from the
  /// end lie together.
  [[nodiscard]] bool is_transposed() const noexcept {
    return sizes_.size() >= 2 && strides_[sizes_.size() - 2] == 1 && strides_.back() > 1;
  }
  /// Copies transposed matrices, from the start of the walk, to `out`.
  void copy_transposed(const MoveKernels& moves, void* out) const;

  /// Calls `visit(pointer, stride, count)` for the runs of the next `count` elements.
  template <class Visit>
  void walk(std::int64_t count, Visit&& visit) {
    while (count > 0) {
      const std::int64_t run = std::min(count, inner_size_ - inner_position_);
      visit(position_ + inner_position_ * inner_stride() * element_size_, inner_stride(), run);
      count -= run;
      advance(run);
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

/// New results of this size would push everything else out of the caches: they go past them
/// (MoveKernels::stream).
inline constexpr std::int64_t kStreamedBytes = std::int64_t{16} << 20;

/// Writes all elements of a value in row-major order, in its own dtype.
void copy_elements(const KernelTable& kernels, const Value& value, void* out);
/// The same, converted to the compute type.
void read_elements(const KernelTable& kernels, const Value& value, ComputeType type, void* out);

}  // namespace gt::worker::native

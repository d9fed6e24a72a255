#include "worker/engine/native/strided_copy.h"

#include <cstdint>

#include "worker/engine/native/element_copy.h"

namespace gt::worker::native {

StridedCursor::StridedCursor(const Value& value)
    : position_(value.bytes()), element_size_(static_cast<std::int64_t>(gt::size_of(value.dtype))) {
  for (std::size_t d = 0; d < value.shape.size(); ++d) {
    if (value.shape[d] == 1) continue;
    if (!sizes_.empty() && strides_.back() == value.strides[d] * value.shape[d]) {
      sizes_.back() *= value.shape[d];
      strides_.back() = value.strides[d];
    } else {
      sizes_.push_back(value.shape[d]);
      strides_.push_back(value.strides[d]);
    }
  }
  counters_.resize(sizes_.size(), 0);
  if (!sizes_.empty()) inner_size_ = sizes_.back();
}

void StridedCursor::next_run() {
  inner_position_ = 0;
  if (sizes_.empty()) return;
  for (std::size_t d = sizes_.size() - 1; d-- > 0;) {
    position_ += strides_[d] * element_size_;
    if (++counters_[d] < sizes_[d]) return;
    position_ -= strides_[d] * sizes_[d] * element_size_;
    counters_[d] = 0;
  }
}

void StridedCursor::read(LoadKernel load, ComputeType type, void* out, std::int64_t count) {
  auto* target = static_cast<std::byte*>(out);
  const auto size = static_cast<std::int64_t>(native::size_of(type));
  walk(count, [&](const std::byte* from, std::int64_t stride, std::int64_t run) {
    load(from, stride, target, run);
    target += run * size;
  });
}

void StridedCursor::copy_transposed(const MoveKernels& moves, void* out) const {
  constexpr std::int64_t kStreamAlignment = 64;
  const std::size_t outer = sizes_.size() - 2;
  const std::int64_t matrix = sizes_[outer] * sizes_[outer + 1];
  const std::int64_t count =
      element_count(std::span<const std::int64_t>(sizes_.begin(), sizes_.begin() + outer));
  const auto transpose =
      moves.transpose[element_size_ == 8 ? 2 : static_cast<std::size_t>(element_size_ / 4)];
  const bool streams = reinterpret_cast<std::uintptr_t>(out) % kStreamAlignment == 0 &&
                       sizes_[outer + 1] * element_size_ % kStreamAlignment == 0 &&
                       count * matrix * element_size_ >= kStreamedBytes;
  for (std::int64_t m = 0; m < count; ++m) {
    std::int64_t place = 0;
    std::int64_t rest = m;
    for (std::size_t d = outer; d-- > 0; rest /= sizes_[d]) place += rest % sizes_[d] * strides_[d];
    transpose(position_ + place * element_size_, strides_.back(),
              static_cast<std::byte*>(out) + m * matrix * element_size_, sizes_[outer],
              sizes_[outer + 1], streams);
  }
  if (streams) moves.end_streams();
}

void copy_elements(const KernelTable& kernels, const Value& value, void* out) {
  const std::int64_t count = value.element_count();
  if (count == 0) return;
  StridedCursor cursor(value);
  if (cursor.is_transposed() && gt::size_of(value.dtype) > 1)
    return cursor.copy_transposed(kernels.moves, out);
  dispatch_width(value.dtype, [&]<class U>() {
    U* to = static_cast<U*>(out);
    cursor.walk(count, [&](const std::byte* from, std::int64_t stride, std::int64_t run) {
      const U* elements = reinterpret_cast<const U*>(from);
      if (stride == 1)
        std::copy_n(elements, run, to);
      else
        for (std::int64_t i = 0; i < run; ++i) to[i] = elements[i * stride];
      to += run;
    });
  });
}

void read_elements(const KernelTable& kernels, const Value& value, ComputeType type, void* out) {
  if (value.dtype == dtype_of(type)) return copy_elements(kernels, value, out);
  StridedCursor(value).read(kernels.load[static_cast<int>(value.dtype)][index_of(type)], type, out,
                            value.element_count());
}

}  // namespace gt::worker::native

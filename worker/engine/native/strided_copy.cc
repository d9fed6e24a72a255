#include "worker/engine/native/strided_copy.h"

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

}  // namespace gt::worker::native

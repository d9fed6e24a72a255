// Element access to host memory by index.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gt {

/// N dimensions of elements in host memory; sizes and strides (in elements) belong to the tensor it
/// was made from, which must outlive it. Indices are not checked.
template <class T, std::size_t N>
class TensorAccessor {
 public:
  TensorAccessor(T* data, const std::int64_t* sizes, const std::int64_t* strides) noexcept
      : data_(data), sizes_(sizes), strides_(strides) {}

  [[nodiscard]] T* data() const noexcept { return data_; }
  [[nodiscard]] std::int64_t size(std::int64_t dim) const noexcept { return sizes_[dim]; }
  [[nodiscard]] std::int64_t stride(std::int64_t dim) const noexcept { return strides_[dim]; }

  /// The element (N = 1), or the accessor of the remaining dimensions.
  [[nodiscard]] decltype(auto) operator[](std::int64_t i) const noexcept {
    T* const place = data_ + strides_[0] * i;
    if constexpr (N == 1) {
      return static_cast<T&>(*place);
    } else {
      return TensorAccessor<T, N - 1>(place, sizes_ + 1, strides_ + 1);
    }
  }

 private:
  T* data_;
  const std::int64_t* sizes_;
  const std::int64_t* strides_;
};

}  // namespace gt

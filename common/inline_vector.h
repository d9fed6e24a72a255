// A vector with a fixed capacity, stored in place: no allocation, trivially copyable elements.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <type_traits>

#include "common/error.h"

namespace gt {

/// At most `Capacity` elements of a trivially copyable type. Going beyond is our own mistake and
/// aborts: callers check what comes from outside before they append.
template <class T, std::size_t Capacity>
class InlineVector {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  using value_type = T;
  using iterator = T*;
  using const_iterator = const T*;

  constexpr InlineVector() = default;
  constexpr InlineVector(std::initializer_list<T> values)
      : InlineVector(std::span<const T>(values.begin(), values.size())) {}
  constexpr explicit InlineVector(std::span<const T> values) {
    for (const T& value : values) push_back(value);
  }
  constexpr InlineVector(std::size_t count, const T& value) { resize(count, value); }

  constexpr void push_back(const T& value) {
    GT_INVARIANT(size_ < Capacity, "InlineVector is full");
    values_[size_++] = value;
  }
  constexpr void resize(std::size_t count, const T& value = T{}) {
    GT_INVARIANT(count <= Capacity, "InlineVector is full");
    for (std::size_t i = size_; i < count; ++i) values_[i] = value;
    size_ = static_cast<std::uint32_t>(count);
  }
  constexpr void insert(std::size_t position, const T& value) {
    push_back(value);
    std::rotate(begin() + position, end() - 1, end());
  }
  constexpr void erase(std::size_t position) {
    std::copy(begin() + position + 1, end(), begin() + position);
    --size_;
  }
  constexpr void clear() noexcept { size_ = 0; }

  [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
  [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] static constexpr std::size_t capacity() noexcept { return Capacity; }
  [[nodiscard]] constexpr T& operator[](std::size_t i) { return values_[i]; }
  [[nodiscard]] constexpr const T& operator[](std::size_t i) const { return values_[i]; }
  [[nodiscard]] constexpr T& back() { return values_[size_ - 1]; }
  [[nodiscard]] constexpr const T& back() const { return values_[size_ - 1]; }
  [[nodiscard]] constexpr T* data() noexcept { return values_.data(); }
  [[nodiscard]] constexpr const T* data() const noexcept { return values_.data(); }
  [[nodiscard]] constexpr iterator begin() noexcept { return values_.data(); }
  [[nodiscard]] constexpr iterator end() noexcept { return values_.data() + size_; }
  [[nodiscard]] constexpr const_iterator begin() const noexcept { return values_.data(); }
  [[nodiscard]] constexpr const_iterator end() const noexcept { return values_.data() + size_; }

  constexpr operator std::span<const T>() const noexcept { return {values_.data(), size_}; }

  friend constexpr bool operator==(const InlineVector& a, const InlineVector& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
  }

 private:
  std::array<T, Capacity> values_{};
  std::uint32_t size_ = 0;
};

}  // namespace gt

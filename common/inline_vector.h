// A vector with a fixed capacity, stored in place: no allocation, trivially copyable elements.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <type_traits>

#include "common/error.h"

namespace gt {

/// At most `Capacity` elements of a trivially copyable type; a copy costs as much as there are
/// elements. Going beyond is our own mistake and aborts: callers check what comes from outside
/// before they append.
template <class T, std::size_t Capacity>
class InlineVector {
  static_assert(std::is_trivially_copyable_v<T> && Capacity >= 2);

 public:
  using value_type = T;
  using iterator = T*;
  using const_iterator = const T*;

  // Not constexpr: compilers would clear the storage of what they construct at compile time.
  InlineVector() noexcept {}
  InlineVector(const InlineVector& other) noexcept { assign(other); }
  // NOLINTNEXTLINE(bugprone-unhandled-self-assignment): element by element, it keeps them.
  constexpr InlineVector& operator=(const InlineVector& other) noexcept {
    assign(other);
    return *this;
  }
  InlineVector(std::initializer_list<T> values)
      : InlineVector(std::span<const T>(values.begin(), values.size())) {}
  explicit InlineVector(std::span<const T> values) {
    for (const T& value : values) push_back(value);
  }
  InlineVector(std::size_t count, const T& value) { resize(count, value); }

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
  [[nodiscard]] constexpr T* data() noexcept { return values_; }
  [[nodiscard]] constexpr const T* data() const noexcept { return values_; }
  [[nodiscard]] constexpr iterator begin() noexcept { return values_; }
  [[nodiscard]] constexpr iterator end() noexcept { return values_ + size_; }
  [[nodiscard]] constexpr const_iterator begin() const noexcept { return values_; }
  [[nodiscard]] constexpr const_iterator end() const noexcept { return values_ + size_; }

  constexpr operator std::span<const T>() const noexcept { return {values_, size_}; }

  friend constexpr bool operator==(const InlineVector& a, const InlineVector& b) {
    if (a.size_ != b.size_) return false;
    for (std::size_t i = 0; i < a.size_; ++i)
      if (!(a.values_[i] == b.values_[i])) return false;
    return true;
  }

 private:
  constexpr void assign(const InlineVector& other) noexcept {
    size_ = other.size_;
    // Most hold one or two elements; compilers make the loop a call of memcpy.
    if (size_ > 0) values_[0] = other.values_[0];
    if (size_ > 1) values_[1] = other.values_[1];
    for (std::size_t i = 2; i < size_; ++i) values_[i] = other.values_[i];
  }

  T values_[Capacity];  // those beyond `size_` are not initialised
  std::uint32_t size_ = 0;
};

}  // namespace gt

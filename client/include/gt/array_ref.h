// Views of consecutive elements: how sizes, dims and lists of tensors are passed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <ostream>
#include <span>
#include <vector>

namespace gt {

using std::nullopt;
using std::nullopt_t;
using std::optional;

/// Elements that somebody else owns, `data()` to `data() + size()`. Meant for parameters: whatever
/// it was made from must outlive it, so keep a `vec()` instead of an ArrayRef.
/// Converts from one element, a braced list, `std::vector`, `std::array` and `std::span`.
template <class T>
class ArrayRef {
 public:
  using value_type = T;
  using iterator = const T*;
  using const_iterator = const T*;
  using size_type = std::size_t;

  constexpr ArrayRef() = default;
  constexpr ArrayRef(const T& element) : data_(&element), size_(1) {}
  constexpr ArrayRef(const T* data, std::size_t size) : data_(data), size_(size) {}
  constexpr ArrayRef(const T* first, const T* last)
      : data_(first), size_(static_cast<std::size_t>(last - first)) {}
  ArrayRef(const std::vector<T>& values) : data_(values.data()), size_(values.size()) {}
  template <std::size_t N>
  constexpr ArrayRef(const std::array<T, N>& values) : data_(values.data()), size_(N) {}
  template <std::size_t N>
  constexpr ArrayRef(const T (&values)[N]) : data_(values), size_(N) {}
  constexpr ArrayRef(std::span<const T> values) : data_(values.data()), size_(values.size()) {}
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winit-list-lifetime"
#endif
  constexpr ArrayRef(const std::initializer_list<T>& values)
      : data_(values.begin()), size_(values.size()) {}
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

  [[nodiscard]] constexpr const T* data() const noexcept { return data_; }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
  [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] constexpr const T* begin() const noexcept { return data_; }
  [[nodiscard]] constexpr const T* end() const noexcept { return data_ + size_; }
  [[nodiscard]] constexpr const T& operator[](std::size_t i) const { return data_[i]; }
  [[nodiscard]] constexpr const T& at(std::size_t i) const { return data_[i]; }
  [[nodiscard]] constexpr const T& front() const { return data_[0]; }
  [[nodiscard]] constexpr const T& back() const { return data_[size_ - 1]; }
  [[nodiscard]] constexpr ArrayRef slice(std::size_t first, std::size_t count) const {
    return ArrayRef(data_ + first, count);
  }
  [[nodiscard]] constexpr ArrayRef slice(std::size_t first) const {
    return ArrayRef(data_ + first, size_ - first);
  }
  /// A copy that owns its elements.
  [[nodiscard]] std::vector<T> vec() const { return std::vector<T>(begin(), end()); }
  [[nodiscard]] constexpr bool equals(ArrayRef other) const {
    if (size_ != other.size_) return false;
    for (std::size_t i = 0; i < size_; ++i)
      if (!(data_[i] == other.data_[i])) return false;
    return true;
  }
  constexpr operator std::span<const T>() const noexcept { return {data_, size_}; }

 private:
  const T* data_ = nullptr;
  std::size_t size_ = 0;
};

template <class T>
[[nodiscard]] bool operator==(ArrayRef<T> a, ArrayRef<T> b) {
  return a.equals(b);
}
template <class T>
[[nodiscard]] bool operator==(ArrayRef<T> a, const std::vector<T>& b) {
  return a.equals(ArrayRef<T>(b));
}
template <class T>
[[nodiscard]] bool operator==(const std::vector<T>& a, ArrayRef<T> b) {
  return b.equals(ArrayRef<T>(a));
}

/// `[2, 3]`
template <class T>
std::ostream& operator<<(std::ostream& stream, ArrayRef<T> values) {
  stream << '[';
  for (std::size_t i = 0; i < values.size(); ++i) stream << (i == 0 ? "" : ", ") << values[i];
  return stream << ']';
}

using IntArrayRef = ArrayRef<std::int64_t>;

/// An ArrayRef or nothing. Unlike `std::optional<ArrayRef>` it may be made from a braced list or
/// one element in a call: the elements live as long as the argument.
template <class T>
class OptionalArrayRef {
 public:
  constexpr OptionalArrayRef() = default;
  constexpr OptionalArrayRef(nullopt_t) {}
  constexpr OptionalArrayRef(ArrayRef<T> values) : values_(values) {}
  constexpr OptionalArrayRef(const T& element) : values_(ArrayRef<T>(element)) {}
  OptionalArrayRef(const std::vector<T>& values) : values_(ArrayRef<T>(values)) {}
  template <std::size_t N>
  constexpr OptionalArrayRef(const std::array<T, N>& values) : values_(ArrayRef<T>(values)) {}
  constexpr OptionalArrayRef(const std::initializer_list<T>& values)
      : values_(ArrayRef<T>(values)) {}
  OptionalArrayRef(const optional<ArrayRef<T>>& values) : values_(values) {}

  [[nodiscard]] constexpr bool has_value() const noexcept { return values_.has_value(); }
  constexpr explicit operator bool() const noexcept { return values_.has_value(); }
  [[nodiscard]] constexpr const ArrayRef<T>& value() const { return values_.value(); }
  [[nodiscard]] constexpr const ArrayRef<T>& operator*() const { return *values_; }
  [[nodiscard]] constexpr const ArrayRef<T>* operator->() const { return &*values_; }
  [[nodiscard]] constexpr ArrayRef<T> value_or(ArrayRef<T> otherwise) const {
    return values_.value_or(otherwise);
  }

 private:
  optional<ArrayRef<T>> values_;
};

using OptionalIntArrayRef = OptionalArrayRef<std::int64_t>;

}  // namespace gt

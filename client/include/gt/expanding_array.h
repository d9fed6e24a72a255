// Options with one number for each spatial dim.
#pragma once

#include <gt/array_ref.h>
#include <gt/macros.h>

#include <algorithm>
#include <array>
#include <ostream>

namespace gt {

/// D numbers; made from one number, which stands for all of them, or from a list of D. Another
/// length throws `Expected 2 values, but instead got 3`.
template <std::size_t D, class T = std::int64_t>
class ExpandingArray {
 public:
  ExpandingArray(std::initializer_list<T> list) : ExpandingArray(ArrayRef<T>(list)) {}
  ExpandingArray(const std::vector<T>& list) : ExpandingArray(ArrayRef<T>(list)) {}
  ExpandingArray(ArrayRef<T> list) {
    TORCH_CHECK(list.size() == D, "Expected ", D, " values, but instead got ", list.size());
    std::copy(list.begin(), list.end(), values_.begin());
  }
  ExpandingArray(T value) { values_.fill(value); }
  ExpandingArray(const std::array<T, D>& values) : values_(values) {}

  std::array<T, D>& operator*() { return values_; }
  const std::array<T, D>& operator*() const { return values_; }
  std::array<T, D>* operator->() { return &values_; }
  const std::array<T, D>* operator->() const { return &values_; }
  operator ArrayRef<T>() const { return values_; }
  [[nodiscard]] std::size_t size() const noexcept { return D; }

 private:
  std::array<T, D> values_;
};

/// `[3, 3]`, or the number alone if there is one.
template <std::size_t D, class T>
std::ostream& operator<<(std::ostream& stream, const ExpandingArray<D, T>& array) {
  if constexpr (D == 1)
    return stream << (*array)[0];
  else
    return stream << ArrayRef<T>(*array);
}

/// The same, where a number may be left open (`nullopt`): that of the input.
template <std::size_t D>
class ExpandingArrayWithOptionalElem {
 public:
  using Element = optional<std::int64_t>;

  ExpandingArrayWithOptionalElem(std::initializer_list<Element> list) {
    TORCH_CHECK(list.size() == D, "Expected ", D, " values, but instead got ", list.size());
    std::copy(list.begin(), list.end(), values_.begin());
  }
  ExpandingArrayWithOptionalElem(const std::vector<std::int64_t>& list) {
    TORCH_CHECK(list.size() == D, "Expected ", D, " values, but instead got ", list.size());
    std::copy(list.begin(), list.end(), values_.begin());
  }
  ExpandingArrayWithOptionalElem(std::int64_t value) { values_.fill(value); }

  const std::array<Element, D>& operator*() const { return values_; }
  [[nodiscard]] std::size_t size() const noexcept { return D; }

 private:
  std::array<Element, D> values_;
};

template <std::size_t D>
std::ostream& operator<<(std::ostream& stream, const ExpandingArrayWithOptionalElem<D>& array) {
  stream << '[';
  for (std::size_t d = 0; d < D; ++d) {
    stream << (d == 0 ? "" : ", ");
    if ((*array)[d])
      stream << *(*array)[d];
    else
      stream << "None";
  }
  return stream << ']';
}

}  // namespace gt

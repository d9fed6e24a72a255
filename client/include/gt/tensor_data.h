// Tensors from values on the host. Values are copied before the call returns.
#pragma once

#include <gt/export.h>
#include <gt/tensor.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <type_traits>
#include <vector>

namespace gt {
namespace detail {

/// A number, a flat list of numbers, or a nested braced list: what `tensor(...)` takes. Holds the
/// numbers in row-major order.
class TensorData {
 public:
  template <class T>
    requires std::is_arithmetic_v<T>
  TensorData(T value) : type_(ScalarTypeOf<T>::value) {
    append(value);
  }
  /// `{1, 2, 3}` and nested lists; throws gt::Error if the parts differ in shape or type.
  GT_API TensorData(std::initializer_list<TensorData> parts);
  template <class T>
    requires std::is_arithmetic_v<T>
  TensorData(ArrayRef<T> values)
      : sizes_{static_cast<std::int64_t>(values.size())}, type_(ScalarTypeOf<T>::value) {
    for (const T& value : values) append(value);
  }
  template <class T>
    requires(std::is_arithmetic_v<T> && !std::is_same_v<T, bool>)
  TensorData(const std::vector<T>& values) : TensorData(ArrayRef<T>(values)) {}
  TensorData(const std::vector<bool>& values)
      : sizes_{static_cast<std::int64_t>(values.size())}, type_(kBool) {
    for (bool value : values) append(value);
  }
  template <class T, std::size_t N>
  TensorData(const std::array<T, N>& values) : TensorData(ArrayRef<T>(values)) {}

  [[nodiscard]] const std::vector<std::int64_t>& sizes() const noexcept { return sizes_; }
  /// Of the first number; Undefined for an empty list.
  [[nodiscard]] ScalarType type() const noexcept { return type_; }
  [[nodiscard]] const std::vector<double>& floating() const noexcept { return floating_; }
  [[nodiscard]] const std::vector<std::int64_t>& integers() const noexcept { return integers_; }

 private:
  template <class T>
  void append(T value) {
    if constexpr (std::is_floating_point_v<T>)
      floating_.push_back(static_cast<double>(value));
    else
      integers_.push_back(static_cast<std::int64_t>(value));
  }

  std::vector<std::int64_t> sizes_;
  ScalarType type_ = ScalarType::Undefined;
  std::vector<double> floating_;        ///< if the type is floating
  std::vector<std::int64_t> integers_;  ///< else
};

}  // namespace detail

/// A tensor of these numbers: `tensor(3)`, `tensor({1.5, 2.0})`, `tensor({{1, 2}, {3, 4}})`, from a
/// `std::vector` or an `ArrayRef`. Without a dtype in the options integers give Long, bools Bool,
/// floats and doubles Float.
[[nodiscard]] GT_API Tensor tensor(const detail::TensorData& data, TensorOptions options = {});
/// The same for a braced list of numbers.
template <class T>
  requires std::is_arithmetic_v<T>
[[nodiscard]] Tensor tensor(std::initializer_list<T> values, TensorOptions options = {}) {
  return tensor(detail::TensorData(ArrayRef<T>(values)), options);
}

namespace detail {
GT_API Tensor tensor_of_elements(const void* data, std::size_t count, ScalarType type,
                                 const TensorOptions& options);
}

/// The same for many numbers of one type, without a detour if they have the dtype asked for.
template <class T>
  requires(std::is_arithmetic_v<T> && !std::is_same_v<T, bool>)
[[nodiscard]] Tensor tensor(ArrayRef<T> values, TensorOptions options = {}) {
  constexpr ScalarType type = ScalarTypeOf<T>::value;
  const ScalarType fallback = std::is_floating_point_v<T> ? kFloat : kLong;
  if (options.dtype_opt().value_or(fallback) == type && elementSize(type) == sizeof(T))
    return detail::tensor_of_elements(values.data(), values.size(), type, options);
  return tensor(detail::TensorData(values), options);
}
template <class T>
  requires(std::is_arithmetic_v<T> && !std::is_same_v<T, bool>)
[[nodiscard]] Tensor tensor(const std::vector<T>& values, TensorOptions options = {}) {
  return tensor(ArrayRef<T>(values), options);
}

/// A tensor of the elements at `data`: row-major, `sizes`, of the dtype of the options (Float if
/// not set). They are copied before the call returns, so the memory may be freed or changed at
/// once: later changes are not seen.
[[nodiscard]] GT_API Tensor from_blob(const void* data, IntArrayRef sizes,
                                      const TensorOptions& options = {});
/// The same with strides in elements, none of them negative.
[[nodiscard]] GT_API Tensor from_blob(const void* data, IntArrayRef sizes, IntArrayRef strides,
                                      const TensorOptions& options = {});
/// The same; the deleter runs with `data` as soon as the elements have been copied.
[[nodiscard]] GT_API Tensor from_blob(void* data, IntArrayRef sizes,
                                      const std::function<void(void*)>& deleter,
                                      const TensorOptions& options = {});

}  // namespace gt

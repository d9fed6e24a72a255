// What the reference engine computes with: row-major elements of one C++ type, and their way from
// and to values of any dtype and strides.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "common/tensor/half.h"
#include "worker/engine/value.h"

namespace gt::worker::reference {

/// Row-major elements. T is double, float or int64 (which stands for all integers and bool).
template <class T>
struct Array {
  Shape shape;
  std::vector<T> elements;

  [[nodiscard]] std::int64_t size(std::int64_t dim) const {
    return shape[static_cast<std::size_t>(dim)];
  }
  [[nodiscard]] std::int64_t count() const { return static_cast<std::int64_t>(elements.size()); }
  [[nodiscard]] T& operator[](std::int64_t position) {
    return elements[static_cast<std::size_t>(position)];
  }
  [[nodiscard]] const T& operator[](std::int64_t position) const {
    return elements[static_cast<std::size_t>(position)];
  }
};

template <class T>
[[nodiscard]] Array<T> make_array(const Shape& shape, T fill = T()) {
  return {shape, std::vector<T>(static_cast<std::size_t>(element_count(shape)), fill)};
}

/// Calls `visit(index)` for every index of `shape` in row-major order.
template <class Visit>
void for_each_index(const Shape& shape, Visit&& visit) {
  const std::int64_t count = element_count(shape);
  Shape index(shape.size(), 0);
  for (std::int64_t k = 0; k < count; ++k) {
    visit(std::as_const(index));
    for (std::size_t d = shape.size(); d-- > 0;) {
      if (++index[d] < shape[d]) break;
      index[d] = 0;
    }
  }
}

/// Position of `index` among elements with these strides.
[[nodiscard]] inline std::int64_t position_of(const Shape& index, const Strides& strides) {
  std::int64_t position = 0;
  for (std::size_t d = 0; d < index.size(); ++d) position += index[d] * strides[d];
  return position;
}

/// Strides that read an array of shape `from` as if it had the broadcast shape `to`.
[[nodiscard]] inline Strides broadcast_strides(const Shape& from, const Strides& strides,
                                               const Shape& to) {
  Strides result(to.size(), 0);
  for (std::size_t d = 0; d < from.size(); ++d)
    if (from[d] != 1) result[to.size() - from.size() + d] = strides[d];
  return result;
}

/// A float as an integer: truncated; what no int64 holds becomes the smallest one, as on x86.
[[nodiscard]] inline std::int64_t truncate_to_int64(double value) {
  if (!(value >= -0x1p63 && value < 0x1p63)) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(value);
}

/// Calls `function(element)` with an element of the C++ type that stores `dtype`.
template <class Function>
decltype(auto) with_storage_type(DType dtype, Function&& function) {
  switch (dtype) {
    case DType::kUInt8:
      return function(std::uint8_t());
    case DType::kInt8:
      return function(std::int8_t());
    case DType::kInt16:
      return function(std::int16_t());
    case DType::kInt32:
      return function(std::int32_t());
    case DType::kInt64:
      return function(std::int64_t());
    case DType::kFloat16:
      return function(Half());
    case DType::kFloat32:
      return function(float());
    case DType::kFloat64:
      return function(double());
    case DType::kBool:
      return function(bool());
    case DType::kBFloat16:
      return function(BFloat16());
    case DType::kUInt16:
      return function(std::uint16_t());
  }
  abort_broken_invariant("dtype", __FILE__, __LINE__, "a dtype that is none");
}

/// Calls `function(number)` with a double for floating dtypes and an int64 for all others.
template <class Function>
decltype(auto) with_number_type(DType dtype, Function&& function) {
  if (is_floating(dtype)) return function(double());
  return function(std::int64_t());
}

/// Conversion between element types with LibTorch's meaning.
template <class To, class From>
[[nodiscard]] To convert(From value) {
  constexpr bool from_float = !std::is_integral_v<From>;
  if constexpr (std::is_same_v<To, bool>) {
    return value != From();
  } else if constexpr (std::is_integral_v<To> && from_float) {
    return static_cast<To>(truncate_to_int64(static_cast<double>(value)));
  } else if constexpr (std::is_same_v<To, Half> || std::is_same_v<To, BFloat16>) {
    return To(static_cast<float>(value));
  } else {
    return static_cast<To>(value);
  }
}

/// The elements of `value`, read as if it had the broadcast shape `shape`.
template <class T>
[[nodiscard]] Array<T> read(const Value& value, const Shape& shape) {
  Array<T> array{shape, {}};
  array.elements.reserve(static_cast<std::size_t>(element_count(shape)));
  const Strides strides = broadcast_strides(value.shape, value.strides, shape);
  with_storage_type(value.dtype, [&](auto element) {
    const auto* elements = value.data<decltype(element)>();
    for_each_index(shape, [&](const Shape& index) {
      array.elements.push_back(convert<T>(elements[position_of(index, strides)]));
    });
  });
  return array;
}

/// A new contiguous value of dtype and shape `meta` with these elements.
template <class T>
[[nodiscard]] Value write(Allocator& allocator, const TensorMeta& meta,
                          const std::vector<T>& elements) {
  Value value{allocator.allocate(meta.byte_count()), 0, meta.dtype, meta.shape,
              contiguous_strides(meta.shape)};
  GT_INVARIANT(static_cast<std::int64_t>(elements.size()) == meta.element_count(),
               to_string(meta.shape));
  with_storage_type(meta.dtype, [&](auto element) {
    using Storage = decltype(element);
    for (std::size_t k = 0; k < elements.size(); ++k)
      value.data<Storage>()[k] = convert<Storage>(elements[k]);
  });
  return value;
}

/// The elements with dims moved: dim d of the result is dim `order[d]` of `array`.
template <class T>
[[nodiscard]] Array<T> transposed(const Array<T>& array, const Shape& order) {
  const Strides strides = contiguous_strides(array.shape);
  Shape shape;
  Strides moved;
  for (const std::int64_t dim : order) {
    shape.push_back(array.size(dim));
    moved.push_back(strides[static_cast<std::size_t>(dim)]);
  }
  Array<T> result{shape, {}};
  for_each_index(shape, [&](const Shape& index) {
    result.elements.push_back(array[position_of(index, moved)]);
  });
  return result;
}

}  // namespace gt::worker::reference

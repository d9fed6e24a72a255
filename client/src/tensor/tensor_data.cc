#include <gt/error.h>
#include <gt/tensor_data.h>

#include <cstring>

#include "client/src/tensor/call.h"
#include "common/tensor/half.h"

namespace gt {
namespace detail {

TensorData::TensorData(std::initializer_list<TensorData> parts)
    : sizes_{static_cast<std::int64_t>(parts.size())} {
  if (parts.size() == 0) return;
  const TensorData& first = *parts.begin();
  type_ = first.type_;
  sizes_.insert(sizes_.end(), first.sizes_.begin(), first.sizes_.end());
  for (const TensorData& part : parts) {
    if (part.sizes_ != first.sizes_)
      throw Error("[tensor] Expected all sub-lists to have sizes: " +
                  gt::to_string(std::span<const std::int64_t>(first.sizes_)) +
                  ", but got sub-list with sizes: " +
                  gt::to_string(std::span<const std::int64_t>(part.sizes_)));
    if (part.type_ != first.type_)
      throw TypeError(std::string("[tensor] Expected all elements of the tensor to have the same "
                                  "scalar type: ") +
                      gt::toString(first.type_) +
                      ", but got element of scalar type: " + gt::toString(part.type_));
    floating_.insert(floating_.end(), part.floating_.begin(), part.floating_.end());
    integers_.insert(integers_.end(), part.integers_.begin(), part.integers_.end());
  }
}

namespace {

template <class T, class Number>
std::vector<std::byte> bytes_of(const std::vector<Number>& numbers) {
  std::vector<std::byte> bytes(numbers.size() * sizeof(T));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    T value;
    if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>)
      value = T(static_cast<float>(numbers[i]));
    else
      value = static_cast<T>(numbers[i]);
    std::memcpy(bytes.data() + i * sizeof(T), &value, sizeof(T));
  }
  return bytes;
}

template <class Number>
std::vector<std::byte> bytes_of(DType dtype, const std::vector<Number>& numbers) {
  switch (dtype) {
    case DType::kUInt8:
      return bytes_of<std::uint8_t>(numbers);
    case DType::kInt8:
      return bytes_of<std::int8_t>(numbers);
    case DType::kInt16:
      return bytes_of<std::int16_t>(numbers);
    case DType::kUInt16:
      return bytes_of<std::uint16_t>(numbers);
    case DType::kInt32:
      return bytes_of<std::int32_t>(numbers);
    case DType::kInt64:
      return bytes_of<std::int64_t>(numbers);
    case DType::kFloat16:
      return bytes_of<Half>(numbers);
    case DType::kBFloat16:
      return bytes_of<BFloat16>(numbers);
    case DType::kFloat32:
      return bytes_of<float>(numbers);
    case DType::kFloat64:
      return bytes_of<double>(numbers);
    case DType::kBool:
      return bytes_of<bool>(numbers);
  }
  return {};
}

/// Integers of any width give Long, floating numbers Float.
ScalarType default_type(const TensorData& data) {
  if (data.type() == kBool) return kBool;
  return isIntegralType(data.type(), false) ? kLong : kFloat;
}

}  // namespace

Tensor tensor_of_elements(const void* data, std::size_t count, ScalarType type,
                          const TensorOptions& options) {
  GT_ENTRY();
  return from_host(data, static_cast<std::int64_t>(count), to_dtype(type), options);
}

}  // namespace detail

Tensor tensor(const detail::TensorData& data, TensorOptions options) {
  GT_ENTRY();
  const ScalarType type = options.dtype_opt().value_or(detail::default_type(data));
  const DType dtype = detail::to_dtype(type);
  const std::vector<std::byte> bytes = isFloatingType(data.type())
                                           ? detail::bytes_of(dtype, data.floating())
                                           : detail::bytes_of(dtype, data.integers());
  return detail::from_host(bytes.data(), data.sizes(), dtype, options);
}

Tensor from_blob(const void* data, IntArrayRef sizes, const TensorOptions& options) {
  GT_ENTRY();
  return detail::from_host(data, sizes, detail::dtype_or_float(options), options);
}

Tensor from_blob(const void* data, IntArrayRef sizes, IntArrayRef strides,
                 const TensorOptions& options) {
  GT_ENTRY();
  if (sizes.size() != strides.size())
    throw Error("[from_blob] got " + std::to_string(sizes.size()) + " sizes and " +
                std::to_string(strides.size()) + " strides");
  const Shape shape = detail::to_shape(sizes, "from_blob");
  for (std::size_t i = 0; i < sizes.size(); ++i)
    if (sizes[i] < 0 || strides[i] < 0)
      throw Error("[from_blob] sizes and strides must not be negative");
  const DType dtype = detail::dtype_or_float(options);
  const std::size_t width = size_of(dtype);
  std::vector<std::byte> bytes(static_cast<std::size_t>(element_count(shape)) * width);
  Shape position(shape.size(), 0);
  for (std::size_t at = 0; at < bytes.size(); at += width) {
    std::int64_t offset = 0;
    for (std::size_t i = 0; i < shape.size(); ++i) offset += position[i] * strides[i];
    std::memcpy(bytes.data() + at,
                static_cast<const std::byte*>(data) + offset * static_cast<std::int64_t>(width),
                width);
    for (std::size_t i = shape.size(); i-- > 0;) {
      if (++position[i] < shape[i]) break;
      position[i] = 0;
    }
  }
  return detail::from_host(bytes.data(), sizes, dtype, options);
}

Tensor from_blob(void* data, IntArrayRef sizes, const std::function<void(void*)>& deleter,
                 const TensorOptions& options) {
  GT_ENTRY();
  const Tensor copied = detail::from_host(data, sizes, detail::dtype_or_float(options), options);
  deleter(data);
  return copied;
}

}  // namespace gt

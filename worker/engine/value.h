// Values as a worker holds them: a counted buffer, and where in it the elements lie.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "common/tensor/meta.h"

namespace gt::worker {

/// Raised by the allocator when a result would pass the worker's limit. `what()` tells the size
/// asked for, what is in use and the limit, in bytes.
class OutOfMemory : public CommonError {
 public:
  explicit OutOfMemory(const std::string& message)
      : CommonError(ErrorKind::kOutOfMemory, message) {}
};

/// A block of device memory. Freed (returned to its allocator) with the last value in it.
class Buffer {
 public:
  Buffer(void* data, std::size_t bytes) : data_(data), bytes_(bytes) {}
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  virtual ~Buffer() = default;

  [[nodiscard]] void* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  void* data_;
  std::size_t bytes_;
};

/// Hands out buffers, counts them, and refuses beyond the limit. Thread-safe.
class Allocator {
 public:
  virtual ~Allocator() = default;
  /// At least `bytes` bytes aligned to 64, contents undefined. Throws OutOfMemory.
  [[nodiscard]] virtual std::shared_ptr<Buffer> allocate(std::size_t bytes) = 0;
  [[nodiscard]] virtual std::size_t bytes_in_use() const noexcept = 0;
  [[nodiscard]] virtual std::size_t limit() const noexcept = 0;
};

/// A tensor on a worker: elements of `dtype` at `offset` (in elements) of the buffer, by strides.
/// Several values may lie in one buffer; values are immutable but for an engine's in-place re-use.
struct Value {
  std::shared_ptr<Buffer> buffer;
  std::int64_t offset = 0;
  DType dtype = DType::kFloat32;
  Shape shape;
  Strides strides;

  [[nodiscard]] std::byte* bytes() const noexcept {
    return static_cast<std::byte*>(buffer->data()) +
           offset * static_cast<std::int64_t>(size_of(dtype));
  }
  template <class T>
  [[nodiscard]] T* data() const noexcept {
    return reinterpret_cast<T*>(bytes());
  }
  [[nodiscard]] std::int64_t element_count() const noexcept { return gt::element_count(shape); }
  [[nodiscard]] bool is_contiguous() const noexcept { return gt::is_contiguous(shape, strides); }
  [[nodiscard]] TensorMeta meta() const { return {dtype, shape, {}}; }
};

}  // namespace gt::worker

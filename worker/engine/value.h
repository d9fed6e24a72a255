// Values as a worker holds them: a counted buffer, and where in it the elements lie.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>

#include "common/error.h"
#include "common/ops/op.h"
#include "common/tensor/meta.h"

namespace gt::worker {

/// Raised by the allocator when a result would pass the worker's limit. `what()` tells the size
/// asked for, what is in use and the limit, in bytes.
class OutOfMemory : public CommonError {
 public:
  explicit OutOfMemory(const std::string& message)
      : CommonError(ErrorKind::kOutOfMemory, message) {}
};

/// A block of device memory. Goes back to where it came from with its last reference.
///
/// Buffers belong to the thread of their engine: the count is not atomic.
class Buffer {
 public:
  /// Who can read may write, unless `access` says otherwise.
  enum class Access : std::uint8_t { read_write, read_only };
  Buffer(void* data, std::size_t bytes, Access access = Access::read_write) noexcept
      : data_(data), bytes_(bytes), access_(access) {}
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  virtual ~Buffer() = default;

  [[nodiscard]] void* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] bool is_read_only() const noexcept { return access_ == Access::read_only; }

 private:
  friend class BufferRef;
  /// The last reference went. (Inlined, g++ takes every later use of another reference for a use
  /// of freed memory.)
  [[gnu::noinline]] virtual void discard() noexcept { delete this; }

  void* data_;
  std::size_t bytes_;
  Access access_;
  std::uint32_t references_ = 0;
};

/// A counted reference to a buffer, or none.
class BufferRef {
 public:
  BufferRef() noexcept = default;
  BufferRef(std::nullptr_t) noexcept {}
  /// Takes a buffer that has no other owner than references.
  explicit BufferRef(Buffer* buffer) noexcept : buffer_(buffer) { add(); }
  BufferRef(const BufferRef& other) noexcept : buffer_(other.buffer_) { add(); }
  BufferRef(BufferRef&& other) noexcept : buffer_(std::exchange(other.buffer_, nullptr)) {}
  BufferRef& operator=(const BufferRef& other) noexcept {
    BufferRef(other).swap(*this);
    return *this;
  }
  BufferRef& operator=(BufferRef&& other) noexcept {
    BufferRef(std::move(other)).swap(*this);
    return *this;
  }
  ~BufferRef() { drop(); }

  void reset() noexcept {
    drop();
    buffer_ = nullptr;
  }
  void swap(BufferRef& other) noexcept { std::swap(buffer_, other.buffer_); }
  [[nodiscard]] Buffer* get() const noexcept { return buffer_; }
  Buffer* operator->() const noexcept { return buffer_; }
  Buffer& operator*() const noexcept { return *buffer_; }
  explicit operator bool() const noexcept { return buffer_ != nullptr; }
  friend bool operator==(const BufferRef& a, const BufferRef& b) noexcept = default;
  /// References to the buffer, this one included.
  [[nodiscard]] std::uint32_t use_count() const noexcept {
    return buffer_ == nullptr ? 0 : buffer_->references_;
  }
  /// Whether nobody would miss what is in the buffer, and it can be written to.
  [[nodiscard]] bool may_be_overwritten() const noexcept {
    return use_count() == 1 && !buffer_->is_read_only();
  }

 private:
  void add() const noexcept {
    if (buffer_ != nullptr) ++buffer_->references_;
  }
  void drop() noexcept {
    // NOLINTNEXTLINE(clang-analyzer-cplusplus.NewDelete): takes another reference for this one
    if (buffer_ != nullptr && --buffer_->references_ == 0) buffer_->discard();
  }

  Buffer* buffer_ = nullptr;
};

template <class Derived, class... Arguments>
[[nodiscard]] BufferRef make_buffer(Arguments&&... arguments) {
  return BufferRef(new Derived(std::forward<Arguments>(arguments)...));
}

/// Hands out buffers, counts them, and refuses beyond the limit. Belongs to the thread of its
/// engine.
class Allocator {
 public:
  virtual ~Allocator() = default;
  /// At least `bytes` bytes aligned to 64, contents undefined. Throws OutOfMemory.
  [[nodiscard]] virtual BufferRef allocate(std::size_t bytes) = 0;
  /// Counts memory that others made for values of this worker (adopted segments) as in use, until
  /// `discharge`. Throws OutOfMemory, having counted nothing.
  virtual void charge(std::size_t bytes) = 0;
  virtual void discharge(std::size_t bytes) noexcept = 0;
  /// Gives memory that is kept for later requests back to the system.
  virtual void trim() noexcept {}
  [[nodiscard]] virtual std::size_t bytes_in_use() const noexcept = 0;
  [[nodiscard]] virtual std::size_t limit() const noexcept = 0;
};

/// A tensor on a worker: elements of `dtype` at `offset` (in elements) of the buffer, by strides.
/// Several values may lie in one buffer; values are immutable but for an engine's in-place re-use.
struct Value {
  BufferRef buffer;
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

/// The results of one instruction, held in place.
class Results {
 public:
  Results() noexcept = default;
  explicit Results(std::size_t count) : count_(count) {
    GT_INVARIANT(count <= kMaxResults, "an instruction has too many results");
  }
  Results(std::initializer_list<Value> values) {
    for (const Value& value : values) push_back(value);
  }

  void push_back(Value value) {
    GT_INVARIANT(count_ < kMaxResults, "an instruction has too many results");
    values_[count_++] = std::move(value);
  }
  [[nodiscard]] std::size_t size() const noexcept { return count_; }
  [[nodiscard]] Value& operator[](std::size_t k) noexcept { return values_[k]; }
  [[nodiscard]] const Value& operator[](std::size_t k) const noexcept { return values_[k]; }
  [[nodiscard]] Value& front() noexcept { return values_[0]; }
  [[nodiscard]] Value& back() noexcept { return values_[count_ - 1]; }
  [[nodiscard]] Value* begin() noexcept { return values_.data(); }
  [[nodiscard]] Value* end() noexcept { return values_.data() + count_; }
  [[nodiscard]] const Value* begin() const noexcept { return values_.data(); }
  [[nodiscard]] const Value* end() const noexcept { return values_.data() + count_; }

 private:
  std::array<Value, kMaxResults> values_;
  std::size_t count_ = 0;
};

}  // namespace gt::worker

// What stands between the braces of `x.index({...})` and `x.index_put_({...}, v)`.
//
//   using namespace gt::indexing;
//   x.index({0, Slice(1, None, 2), "...", mask})
//
// Integers, slices, None and Ellipsis give a view. A tensor of indices (Long, Int) or a mask (Bool,
// Byte; it consumes as many dims as it has) gives a copy; but `x.index({mask}) = v` writes into x.
#pragma once

#include <gt/export.h>
#include <gt/tensor.h>

#include <cstdint>
#include <ostream>
#include <string_view>
#include <type_traits>

namespace gt::indexing {

enum class TensorIndexType : std::int8_t { None, Ellipsis, Integer, Boolean, Slice, Tensor };

/// `None` inserts a dim of size 1; as a bound of a Slice it means "from the start", "to the end".
inline constexpr nullopt_t None = nullopt;

struct EllipsisIndexType {
  explicit constexpr EllipsisIndexType() = default;
};
/// As many whole dims as are missing; so is `"..."`.
inline constexpr EllipsisIndexType Ellipsis{};

/// Elements `start` up to, not including, `stop`, every `step`-th. Negative bounds count from the
/// end and are clamped; a step below 1 throws `step must be greater than zero`.
class Slice {
 public:
  GT_API Slice(optional<std::int64_t> start = nullopt, optional<std::int64_t> stop = nullopt,
               optional<std::int64_t> step = nullopt);
  [[nodiscard]] optional<std::int64_t> start() const noexcept { return start_; }
  [[nodiscard]] optional<std::int64_t> stop() const noexcept { return stop_; }
  [[nodiscard]] std::int64_t step() const noexcept { return step_; }

 private:
  optional<std::int64_t> start_;
  optional<std::int64_t> stop_;
  std::int64_t step_;
};

/// One index: an integer, a Slice, None, Ellipsis or `"..."`, a bool, or a tensor.
class TensorIndex {
 public:
  TensorIndex(nullopt_t) : type_(TensorIndexType::None) {}
  TensorIndex(EllipsisIndexType) : type_(TensorIndexType::Ellipsis) {}
  /// Only `"..."`; other text throws gt::Error.
  GT_API TensorIndex(const char* text);
  template <class T>
    requires(std::is_integral_v<T> && !std::is_same_v<T, bool>)
  TensorIndex(T integer)
      : type_(TensorIndexType::Integer), integer_(static_cast<std::int64_t>(integer)) {}
  template <class T>
    requires std::is_same_v<T, bool>
  TensorIndex(T boolean) : type_(TensorIndexType::Boolean), integer_(boolean ? 1 : 0) {}
  TensorIndex(Slice slice) : type_(TensorIndexType::Slice), slice_(slice) {}
  TensorIndex(Tensor tensor) : type_(TensorIndexType::Tensor), tensor_(std::move(tensor)) {}

  [[nodiscard]] TensorIndexType type() const noexcept { return type_; }
  [[nodiscard]] bool is_none() const noexcept { return type_ == TensorIndexType::None; }
  [[nodiscard]] bool is_ellipsis() const noexcept { return type_ == TensorIndexType::Ellipsis; }
  [[nodiscard]] bool is_integer() const noexcept { return type_ == TensorIndexType::Integer; }
  [[nodiscard]] bool is_boolean() const noexcept { return type_ == TensorIndexType::Boolean; }
  [[nodiscard]] bool is_slice() const noexcept { return type_ == TensorIndexType::Slice; }
  [[nodiscard]] bool is_tensor() const noexcept { return type_ == TensorIndexType::Tensor; }
  [[nodiscard]] std::int64_t integer() const noexcept { return integer_; }
  [[nodiscard]] bool boolean() const noexcept { return integer_ != 0; }
  [[nodiscard]] const Slice& slice() const noexcept { return slice_; }
  [[nodiscard]] const Tensor& tensor() const noexcept { return tensor_; }

 private:
  TensorIndexType type_;
  std::int64_t integer_ = 0;
  Slice slice_;
  Tensor tensor_;
};

}  // namespace gt::indexing

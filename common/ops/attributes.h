// The attributes of one instruction as flat 64-bit words, in the order of the row's specification.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <type_traits>

#include "common/inline_vector.h"
#include "common/ops/op.h"
#include "common/tensor/scalar.h"
#include "common/tensor/shape.h"

namespace gt {

/// Enough for two lists of eight sizes and the other attributes of any row.
inline constexpr std::size_t kMaxAttributeWords = 32;

/// Attribute values, flat: see AttributeType for the words each takes. Meaningful only together
/// with the row they were made for.
class Attributes {
 public:
  using Words = InlineVector<std::uint64_t, kMaxAttributeWords>;

  Attributes() noexcept {}  // not defaulted: `{}` would clear the storage of all words
  explicit Attributes(const Words& words) : words_(words) {}

  [[nodiscard]] const Words& words() const noexcept { return words_; }
  [[nodiscard]] Words& words() noexcept { return words_; }

  /// Value of attribute `index` of `row`. The index and type must be those of the row.
  [[nodiscard]] std::int64_t integer(const OpRow& row, std::size_t index) const;
  [[nodiscard]] bool boolean(const OpRow& row, std::size_t index) const;
  [[nodiscard]] double real(const OpRow& row, std::size_t index) const;
  [[nodiscard]] ScalarValue scalar(const OpRow& row, std::size_t index) const;
  /// The list lies inside this object.
  [[nodiscard]] std::span<const std::int64_t> integers(const OpRow& row, std::size_t index) const;
  /// Whether a dtype attribute was given, and which.
  [[nodiscard]] bool has_dtype(const OpRow& row, std::size_t index) const {
    return integer(row, index) >= 0;
  }
  [[nodiscard]] DType dtype(const OpRow& row, std::size_t index) const {
    return static_cast<DType>(integer(row, index));
  }

 private:
  [[nodiscard]] std::size_t offset_of(const OpRow& row, std::size_t index) const;
  Words words_;
};

/// Appends values in the row's order, checking each against the specification.
class AttributeWriter {
 public:
  explicit AttributeWriter(const OpRow& row) : row_(row) {}

  AttributeWriter& add(bool value);
  AttributeWriter& add(std::int64_t value);
  AttributeWriter& add(int value) { return add(static_cast<std::int64_t>(value)); }
  AttributeWriter& add(std::uint64_t value) { return add(static_cast<std::int64_t>(value)); }
  AttributeWriter& add(DType value);
  AttributeWriter& add(double value);
  AttributeWriter& add(ScalarValue value);
  /// Throws CommonError(kInvalidArgument) for more than eight values.
  AttributeWriter& add(std::span<const std::int64_t> values);
  AttributeWriter& add(const Shape& values) { return add(std::span<const std::int64_t>(values)); }

  /// All attributes of the row must have been given.
  [[nodiscard]] Attributes finish() const;

 private:
  void expect(AttributeType type);
  const OpRow& row_;
  Attributes attributes_;
  std::size_t next_ = 0;
};

/// `make_attributes(Op::sum, dims, keepdim, dtype)`: all attributes of the row, in its order.
template <class... Values>
[[nodiscard]] Attributes make_attributes(Op op, const Values&... values) {
  AttributeWriter writer(row_of(op));
  (writer.add(values), ...);
  return writer.finish();
}

/// The dtype attribute's value for "not given".
inline constexpr DType kNoDType = static_cast<DType>(-1);

}  // namespace gt

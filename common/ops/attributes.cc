#include "common/ops/attributes.h"

#include <string>

namespace gt {
namespace {

std::size_t word_count(AttributeType type, std::uint64_t first_word) {
  switch (type) {
    case AttributeType::integer:
    case AttributeType::boolean:
    case AttributeType::dtype:
    case AttributeType::real:
      return 1;
    case AttributeType::scalar:
      return 2;
    case AttributeType::integers:
      return 1 + first_word;
  }
  return 1;
}

}  // namespace

std::size_t Attributes::offset_of(const OpRow& row, std::size_t index) const {
  std::size_t offset = 0;
  for (std::size_t k = 0; k < index; ++k)
    offset += word_count(row.attributes.specs[k].type, words_[offset]);
  GT_INVARIANT(offset < words_.size(), std::string(row.name));
  return offset;
}

std::int64_t Attributes::integer(const OpRow& row, std::size_t index) const {
  return static_cast<std::int64_t>(words_[offset_of(row, index)]);
}

bool Attributes::boolean(const OpRow& row, std::size_t index) const {
  return words_[offset_of(row, index)] != 0;
}

double Attributes::real(const OpRow& row, std::size_t index) const {
  return std::bit_cast<double>(words_[offset_of(row, index)]);
}

ScalarValue Attributes::scalar(const OpRow& row, std::size_t index) const {
  const std::size_t offset = offset_of(row, index);
  return ScalarValue::from_bits(static_cast<DType>(words_[offset]), words_[offset + 1]);
}

std::span<const std::int64_t> Attributes::integers(const OpRow& row, std::size_t index) const {
  const std::size_t offset = offset_of(row, index);
  const auto* values = reinterpret_cast<const std::int64_t*>(words_.data() + offset + 1);
  return {values, words_[offset]};
}

void AttributeWriter::expect(AttributeType type) {
  GT_INVARIANT(next_ < row_.attributes.count && row_.attributes.specs[next_].type == type,
               std::string(row_.name) + ": attribute " + std::to_string(next_));
  ++next_;
}

AttributeWriter& AttributeWriter::add(bool value) {
  expect(AttributeType::boolean);
  attributes_.words().push_back(value ? 1 : 0);
  return *this;
}

AttributeWriter& AttributeWriter::add(std::int64_t value) {
  expect(AttributeType::integer);
  attributes_.words().push_back(static_cast<std::uint64_t>(value));
  return *this;
}

AttributeWriter& AttributeWriter::add(DType value) {
  expect(AttributeType::dtype);
  attributes_.words().push_back(static_cast<std::uint64_t>(static_cast<std::int64_t>(value)));
  return *this;
}

AttributeWriter& AttributeWriter::add(double value) {
  expect(AttributeType::real);
  attributes_.words().push_back(std::bit_cast<std::uint64_t>(value));
  return *this;
}

AttributeWriter& AttributeWriter::add(ScalarValue value) {
  expect(AttributeType::scalar);
  attributes_.words().push_back(static_cast<std::uint64_t>(value.dtype()));
  attributes_.words().push_back(value.bits());
  return *this;
}

AttributeWriter& AttributeWriter::add(std::span<const std::int64_t> values) {
  expect(AttributeType::integers);
  if (values.size() > kMaxDimensions)
    throw CommonError(ErrorKind::kInvalidArgument,
                      "expected at most " + std::to_string(kMaxDimensions) + " values for '" +
                          std::string(row_.attributes.specs[next_ - 1].name) + "', but got " +
                          std::to_string(values.size()));
  attributes_.words().push_back(values.size());
  for (std::int64_t value : values)
    attributes_.words().push_back(static_cast<std::uint64_t>(value));
  return *this;
}

Attributes AttributeWriter::finish() const {
  GT_INVARIANT(next_ == row_.attributes.count, std::string(row_.name) + ": missing attributes");
  return attributes_;
}

}  // namespace gt

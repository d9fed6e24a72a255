// Operand, attribute and saved-value specifications of an op row, parsed at compile time from the
// short notation of the table.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gt {

inline constexpr std::size_t kMaxFixedOperands = 8;
inline constexpr std::size_t kMaxAttributes = 8;

/// Whether an operand must be given. Every operand of a point-wise row may also be a scalar.
enum class OperandForm : std::uint8_t { tensor, optional, list };

struct OperandSpec {
  std::string_view name;
  OperandForm form = OperandForm::tensor;
};

/// Operands of a row. A list stands last and takes any number of (possibly absent) tensors.
struct OperandSpecs {
  std::array<OperandSpec, kMaxFixedOperands> specs{};
  std::size_t count = 0;

  [[nodiscard]] constexpr bool has_list() const noexcept {
    return count != 0 && specs[count - 1].form == OperandForm::list;
  }
  /// Operands before the list.
  [[nodiscard]] constexpr std::size_t fixed_count() const noexcept {
    return has_list() ? count - 1 : count;
  }
};

/// Part an attribute plays in the identity of a sequence.
enum class AttributeClass : std::uint8_t {
  statics,   ///< part of the kind: axes, flags, dtypes, enums
  extent,    ///< sizes: guarded, can become symbolic
  value,     ///< numbers of the program: positional bindings
  position,  ///< slice starts and indices, in global coordinates
  key,       ///< random seed and counter; payload and request numbers
};

/// Type of an attribute, and how many 64-bit words it takes in the flat form.
enum class AttributeType : std::uint8_t {
  integer,   ///< one word, int64
  boolean,   ///< one word, 0 or 1
  dtype,     ///< one word, a DType number, or -1 for "not given"
  real,      ///< one word, the bits of a double
  scalar,    ///< two words: the dtype of the category, then the bits
  integers,  ///< a count, then that many int64 words
};

struct AttributeSpec {
  std::string_view name;
  AttributeClass attribute_class = AttributeClass::statics;
  AttributeType type = AttributeType::integer;
};

struct AttributeSpecs {
  std::array<AttributeSpec, kMaxAttributes> specs{};
  std::size_t count = 0;
};

/// Bit k of `operands` (`results`): the gradient rule reads operand (result) k.
struct SavedValues {
  std::uint32_t operands = 0;
  std::uint32_t results = 0;
};

namespace spec_parser {

constexpr std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

/// Cuts the next item off `rest` at `separator`.
constexpr std::string_view next_item(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view item = trim(rest.substr(0, end));
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return item;
}

/// `"input, weight?, tensors*"`: `?` marks an optional operand, `*` a list.
consteval OperandSpecs operands(std::string_view text) {
  OperandSpecs result;
  for (text = trim(text); !text.empty();) {
    std::string_view item = next_item(text, ',');
    OperandForm form = OperandForm::tensor;
    if (item.back() == '?') form = OperandForm::optional;
    if (item.back() == '*') form = OperandForm::list;
    if (form != OperandForm::tensor) item.remove_suffix(1);
    if (result.has_list()) throw "a list operand must stand last";
    result.specs[result.count++] = {item, form};
  }
  return result;
}

consteval AttributeClass attribute_class(std::string_view word) {
  if (word == "static") return AttributeClass::statics;
  if (word == "extent") return AttributeClass::extent;
  if (word == "value") return AttributeClass::value;
  if (word == "position") return AttributeClass::position;
  if (word == "key") return AttributeClass::key;
  throw "unknown attribute class";
}

consteval AttributeType attribute_type(std::string_view word) {
  if (word == "int") return AttributeType::integer;
  if (word == "bool") return AttributeType::boolean;
  if (word == "dtype") return AttributeType::dtype;
  if (word == "real") return AttributeType::real;
  if (word == "scalar") return AttributeType::scalar;
  if (word == "ints") return AttributeType::integers;
  throw "unknown attribute type";
}

/// `"dim: static ints, keepdim: static bool"`.
consteval AttributeSpecs attributes(std::string_view text) {
  AttributeSpecs result;
  for (text = trim(text); !text.empty();) {
    std::string_view item = next_item(text, ',');
    const std::string_view name = next_item(item, ':');
    item = trim(item);
    const std::string_view class_word = next_item(item, ' ');
    result.specs[result.count++] = {name, attribute_class(class_word), attribute_type(trim(item))};
  }
  return result;
}

/// `"self, other, result"`: operand names, `result` or `result0`..`result7`.
consteval SavedValues saved(std::string_view text, const OperandSpecs& operand_specs) {
  SavedValues result;
  for (text = trim(text); !text.empty();) {
    const std::string_view item = next_item(text, ',');
    if (item.starts_with("result")) {
      const std::size_t index = item.size() == 6 ? 0 : static_cast<std::size_t>(item[6] - '0');
      result.results |= 1u << index;
      continue;
    }
    bool found = false;
    for (std::size_t k = 0; k < operand_specs.count; ++k)
      if (operand_specs.specs[k].name == item) {
        result.operands |= 1u << k;
        found = true;
      }
    if (!found) throw "a saved value is no operand of the row";
  }
  return result;
}

}  // namespace spec_parser
}  // namespace gt

// Random operands and attributes for any row, sensible or hostile.
#pragma once

#include <random>
#include <vector>

#include "common/ops/instruction.h"

namespace gt::testing {

/// Draws words of attributes in the flat form. `hostile` draws numbers from all of int64.
class RandomInstructions {
 public:
  explicit RandomInstructions(std::uint64_t seed) : engine_(seed) {}

  [[nodiscard]] std::int64_t number(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(engine_);
  }

  [[nodiscard]] std::int64_t integer(bool hostile) {
    if (!hostile || number(0, 1) == 0) return number(-3, 5);
    constexpr std::int64_t kExtremes[] = {INT64_MIN,       INT64_MIN + 1, -(1ll << 59),  1ll << 31,
                                          (1ll << 59) - 1, 1ll << 59,     INT64_MAX - 1, INT64_MAX};
    return kExtremes[number(0, std::size(kExtremes) - 1)];
  }

  [[nodiscard]] DType dtype() { return kAllDTypes[number(0, std::size(kAllDTypes) - 1)]; }
  [[nodiscard]] DType scalar_dtype() {
    constexpr DType kDTypes[] = {DType::kBool, DType::kInt64, DType::kFloat64};
    return kDTypes[number(0, 2)];
  }

  [[nodiscard]] Attributes attributes(const OpRow& row, bool hostile) {
    Attributes::Words words;
    for (std::size_t k = 0; k < row.attributes.count; ++k)
      append_attribute(row.attributes.specs[k].type, hostile, words);
    return Attributes(words);
  }

  [[nodiscard]] std::vector<OperandType> operand_types(const OpRow& row) {
    std::vector<OperandType> types;
    for (std::size_t k = 0; k < row.operands.fixed_count(); ++k)
      types.push_back(operand_type(row, row.operands.specs[k].form));
    if (row.operands.has_list())
      for (std::int64_t count = number(0, 90); count > 0; --count)
        types.push_back(operand_type(row, OperandForm::list));
    return types;
  }

  [[nodiscard]] OperandType operand_type(const OpRow& row, OperandForm form) {
    if (form != OperandForm::tensor && number(0, 3) == 0) return {};
    if (row.op_class == OpClass::pointwise && number(0, 3) == 0)
      return {OperandMeta::Form::scalar, scalar_dtype(), 0};
    return {OperandMeta::Form::tensor, dtype(), static_cast<std::uint8_t>(number(0, 8))};
  }

  /// A tensor whose element count is sound, with some extreme sizes.
  [[nodiscard]] OperandMeta operand(const OperandType& type) {
    OperandMeta meta{type.form, type.dtype, {}};
    for (std::uint8_t d = 0; d < type.rank; ++d) meta.shape.push_back(number(0, 3));
    if (type.rank == 1 && number(0, 9) == 0) meta.shape[0] = std::int64_t{1} << 59;
    return meta;
  }

 private:
  void append_attribute(AttributeType type, bool hostile, Attributes::Words& words) {
    switch (type) {
      case AttributeType::integer:
        words.push_back(static_cast<std::uint64_t>(integer(hostile)));
        return;
      case AttributeType::boolean:
        words.push_back(number(0, 1));
        return;
      case AttributeType::dtype:
        words.push_back(static_cast<std::uint64_t>(
            number(0, 2) == 0 ? -1 : static_cast<std::int64_t>(dtype())));
        return;
      case AttributeType::real:
        words.push_back(engine_());
        return;
      case AttributeType::scalar:
        words.push_back(static_cast<std::uint64_t>(scalar_dtype()));
        words.push_back(engine_());
        return;
      case AttributeType::integers: {
        const std::int64_t count = number(0, kMaxDimensions);
        words.push_back(static_cast<std::uint64_t>(count));
        for (std::int64_t i = 0; i < count; ++i)
          words.push_back(static_cast<std::uint64_t>(integer(hostile)));
        return;
      }
    }
  }

  std::mt19937_64 engine_;
};

}  // namespace gt::testing

#include "common/ops/rules/checks.h"

#include <cstdio>

namespace gt::rules {

std::string to_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

void require_expandable(const OperandMeta& operand, std::span<const std::int64_t> target) {
  const Shape& shape = operand.shape;
  require(shape.size() <= target.size(), [&] {
    return "expand(CPU" + name_of(operand.dtype) + "Type{" + to_string(shape) +
           "}, size=" + to_string(target) + "): the number of sizes provided (" +
           std::to_string(target.size()) +
           ") must be greater or equal to the number of dimensions in the tensor (" +
           std::to_string(shape.size()) + ")";
  });
  const std::size_t leading = target.size() - shape.size();
  for (std::size_t i = 0; i < target.size(); ++i) {
    const bool kept = i >= leading && (target[i] == -1 || target[i] == shape[i - leading]);
    if (kept) continue;
    require(i >= leading || target[i] >= 0, [&] {
      return "The expanded size of the tensor (" + std::to_string(target[i]) +
             ") isn't allowed in a leading, non-existing dimension " + std::to_string(i);
    });
    require(i < leading || (shape[i - leading] == 1 && target[i] >= 0), [&] {
      return "The expanded size of the tensor (" + std::to_string(target[i]) +
             ") must match the existing size (" + std::to_string(shape[i - leading]) +
             ") at non-singleton dimension " + std::to_string(i) +
             ".  Target sizes: " + to_string(target) + ".  Tensor sizes: " + to_string(shape);
    });
  }
}

void require_dtype(const InferenceContext& context, std::size_t k, DType expected) {
  const OperandMeta& operand = context.operand(k);
  require(operand.is_none() || operand.dtype == expected, ErrorKind::kType, [&] {
    return "expected scalar type " + name_of(expected) + " but found " + name_of(operand.dtype);
  });
}

void require_parameter_dtype(const InferenceContext& context, std::size_t k, DType input) {
  const OperandMeta& parameter = context.operand(k);
  require(parameter.is_none() || parameter.dtype == input ||
              parameter.dtype == accumulation_dtype(input),
          ErrorKind::kType, [&] {
            return "mixed dtype (CPU): expect parameter to have scalar type of " +
                   name_of(accumulation_dtype(input));
          });
}

void require_shape(const InferenceContext& context, std::size_t k, const Shape& expected) {
  require(shape_of(context, k) == expected, [&] {
    return "expected " + std::string(context.row().operands.specs[k].name) + " of shape " +
           to_string(expected) + ", but got " + to_string(shape_of(context, k));
  });
}

bool is_reduced(const InferenceContext& context, std::size_t k) {
  const std::int64_t reduction = context.integer(k);
  require(reduction >= 0 && reduction <= 2, [&] {
    return "reduction must be 0 (none), 1 (mean) or 2 (sum), but got " + std::to_string(reduction);
  });
  return reduction != 0;
}

}  // namespace gt::rules

// Checks and settings that several rules share.
#pragma once

#include <string>
#include <string_view>

#include "common/ops/inference.h"

namespace gt::rules {

[[nodiscard]] inline std::string name_of(DType dtype) {
  return std::string(scalar_type_name(dtype));
}

/// Throws CommonError(kind, message) unless the condition holds. The message is made lazily.
template <class Message>
void require(bool condition, ErrorKind kind, Message message) {
  if (!condition) throw CommonError(kind, message());
}
template <class Message>
void require(bool condition, Message message) {
  require(condition, ErrorKind::kInvalidArgument, message);
}

/// Throws `"name" not implemented for 'Long'`.
[[noreturn]] inline void not_implemented(std::string_view name, DType dtype) {
  throw CommonError(ErrorKind::kType,
                    "\"" + std::string(name) + "\" not implemented for '" + name_of(dtype) + "'");
}
/// The same, under the row's name.
[[noreturn]] inline void not_implemented(const InferenceContext& context, DType dtype) {
  not_implemented(std::string(context.row().name) + "_cpu", dtype);
}

inline void set_dtypes(InferenceContext& context, DType dtype) {
  for (TensorMeta& result : context.results()) result.dtype = dtype;
}
inline void set_shapes(InferenceContext& context, const Shape& shape) {
  for (TensorMeta& result : context.results()) result.shape = shape;
}

[[nodiscard]] inline const Shape& shape_of(const InferenceContext& context, std::size_t k) {
  return context.operand(k).shape;
}
[[nodiscard]] inline std::int64_t rank_of(const Shape& shape) {
  return static_cast<std::int64_t>(shape.size());
}
/// A 0-dim shape counts as [1].
[[nodiscard]] inline Shape at_least_1d(const Shape& shape) {
  return shape.empty() ? Shape{1} : shape;
}
[[nodiscard]] inline bool is_index_dtype(DType dtype) {
  return dtype == DType::kInt64 || dtype == DType::kInt32;
}
/// float32 for the 16-bit floats, else the dtype itself: what sums over elements are kept in.
[[nodiscard]] inline DType accumulation_dtype(DType dtype) {
  return is_floating(dtype) && size_of(dtype) == 2 ? DType::kFloat32 : dtype;
}

/// A double as an output stream prints it.
[[nodiscard]] std::string to_text(double value);

/// Operand `shape` must expand to `target`; throws as `expand` does.
void require_expandable(const OperandMeta& operand, std::span<const std::int64_t> target);

/// Operand k, if given, must have that dtype: `expected scalar type Float but found Double`.
void require_dtype(const InferenceContext& context, std::size_t k, DType expected);
/// Operand k, if given, must have the dtype of the input, or float32 beside a 16-bit input.
void require_parameter_dtype(const InferenceContext& context, std::size_t k, DType input);
/// Operand k must have that shape.
void require_shape(const InferenceContext& context, std::size_t k, const Shape& expected);

/// Reduction of a loss (attribute `k`): 0 none, 1 mean, 2 sum. Returns whether it reduces.
[[nodiscard]] bool is_reduced(const InferenceContext& context, std::size_t k);

}  // namespace gt::rules

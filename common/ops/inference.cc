#include "common/ops/inference.h"

#include <algorithm>
#include <optional>

namespace gt {
namespace {

[[noreturn]] void invalid(const std::string& message) {
  throw CommonError(ErrorKind::kInvalidArgument, message);
}

const OperandSpec& spec_of(const OpRow& row, std::size_t k) {
  return row.operands.specs[std::min(k, row.operands.count - 1)];
}

void check_operand_count(const OpRow& row, std::size_t count) {
  const std::size_t fixed = row.operands.fixed_count();
  if (count == fixed || (count > fixed && row.operands.has_list())) return;
  invalid("expected " + std::string(row.operands.has_list() ? "at least " : "") +
          std::to_string(fixed) + " operands, but got " + std::to_string(count));
}

void check_operand(const OpRow& row, std::size_t k, const OperandMeta& operand) {
  const OperandSpec& spec = spec_of(row, k);
  switch (operand.form) {
    case OperandMeta::Form::none:
      if (spec.form == OperandForm::tensor)
        invalid(
            "Expected a proper Tensor but got None (or an undefined Tensor in C++) for argument #" +
            std::to_string(k) + " '" + std::string(spec.name) + "'");
      return;
    case OperandMeta::Form::scalar:
      if (row.op_class != OpClass::pointwise)
        invalid("expected a tensor for argument #" + std::to_string(k) + " '" +
                std::string(spec.name) + "', but got a number");
      return;
    case OperandMeta::Form::tensor:
      return;
  }
}

void check_dtype(const OpRow& row, bool admitted, DType dtype) {
  if (!admitted)
    throw CommonError(ErrorKind::kType, "\"" + std::string(row.name) +
                                            "_cpu\" not implemented for '" +
                                            std::string(scalar_type_name(dtype)) + "'");
}

/// Numbers alone are computed in their dtype, for which the row needs a kernel; there is nothing in
/// them to be copied.
void check_numbers(const OpRow& row, std::span<const OperandMeta> operands) {
  const auto is_tensor = [](const OperandMeta& operand) { return operand.is_tensor(); };
  const auto is_scalar = [](const OperandMeta& operand) { return operand.is_scalar(); };
  if (std::none_of(operands.begin(), operands.end(), is_scalar) ||
      std::any_of(operands.begin(), operands.end(), is_tensor))
    return;
  if (row.log_kind == LogKind::CopyOp) invalid("expected a tensor, but got a number");
  const DType dtype = promoted_dtype(operands);
  check_dtype(row, admits(row, dtype), dtype);
}

/// The dtype of one rank of operands, as far as any was seen.
using RankDType = std::optional<DType>;

void merge(RankDType& rank, DType dtype) {
  rank = rank && *rank != dtype ? promote(*rank, dtype) : dtype;
}

/// The lower rank matters only if its category is higher.
RankDType combine(RankDType higher, RankDType lower) {
  if (!higher) return lower;
  if (!lower || category_of(*higher) >= category_of(*lower)) return higher;
  return promote(*higher, *lower);
}

}  // namespace

void InferenceContext::fail(ErrorKind kind, const std::string& message) const {
  throw CommonError(kind, message);
}

void infer(const OpRow& row, std::span<const OperandMeta> operands, const Attributes& attributes,
           std::span<TensorMeta> results) {
  GT_INVARIANT(results.size() == row.results, std::string(row.name));
  check_operand_count(row, operands.size());
  for (std::size_t k = 0; k < operands.size(); ++k)
    if (!operands[k].is_tensor()) check_operand(row, k, operands[k]);
  InferenceContext context(row, operands, attributes, results);
  row.dtype_rule(context);  // before the row's own set: some rules have a text of their own
  for (const OperandMeta& operand : operands)
    if (operand.is_tensor()) check_dtype(row, admits(row, operand.dtype), operand.dtype);
  check_numbers(row, operands);
  for (const TensorMeta& result : results)
    check_dtype(row, computes_in(row, result.dtype), result.dtype);
  row.shape_rule(context);
  for (const TensorMeta& result : results) checked_element_count(result.shape);
}

DType promoted_dtype(std::span<const OperandMeta> operands) {
  RankDType dimensioned;
  RankDType zero_dimensional;
  RankDType scalars;
  for (const OperandMeta& operand : operands) {
    if (operand.is_none()) continue;
    if (operand.is_scalar())
      merge(scalars, is_floating(operand.dtype) ? DType::kFloat32 : operand.dtype);
    else
      merge(operand.shape.empty() ? zero_dimensional : dimensioned, operand.dtype);
  }
  return combine(dimensioned, combine(zero_dimensional, scalars)).value_or(DType::kFloat32);
}

Shape broadcast_shape(std::span<const std::int64_t> a, std::span<const std::int64_t> b) {
  const std::size_t rank = std::max(a.size(), b.size());
  Shape shape(rank, 1);
  for (std::size_t i = 0; i < rank; ++i) {
    const std::int64_t size_a = i + a.size() < rank ? 1 : a[i + a.size() - rank];
    const std::int64_t size_b = i + b.size() < rank ? 1 : b[i + b.size() - rank];
    if (size_a != size_b && size_a != 1 && size_b != 1)
      invalid("The size of tensor a (" + std::to_string(size_a) +
              ") must match the size of tensor b (" + std::to_string(size_b) +
              ") at non-singleton dimension " + std::to_string(i));
    shape[i] = size_a == 1 ? size_b : size_a;
  }
  return shape;
}

std::int64_t wrap_dimension(std::int64_t dim, std::int64_t rank) {
  const std::int64_t range = std::max<std::int64_t>(rank, 1);
  if (dim < -range || dim >= range)
    throw CommonError(ErrorKind::kIndex, "Dimension out of range (expected to be in range of [" +
                                             std::to_string(-range) + ", " +
                                             std::to_string(range - 1) + "], but got " +
                                             std::to_string(dim) + ")");
  return dim < 0 ? dim + range : dim;
}

std::uint32_t dimension_mask(std::span<const std::int64_t> dims, std::int64_t rank) {
  if (dims.empty()) return (1u << rank) - 1u;
  std::uint32_t mask = 0;
  for (std::int64_t dim : dims) {
    const std::int64_t wrapped = wrap_dimension(dim, rank);
    const std::uint32_t bit = 1u << wrapped;
    if ((mask & bit) != 0)
      invalid("dim " + std::to_string(wrapped) + " appears multiple times in the list of dims");
    mask |= bit;
  }
  return mask;
}

std::int64_t checked_element_count(std::span<const std::int64_t> sizes) {
  constexpr std::int64_t kMaxElements = std::int64_t{1} << 59;
  if (sizes.size() > kMaxDimensions)
    invalid("tensors have at most " + std::to_string(kMaxDimensions) + " dimensions, but got " +
            std::to_string(sizes.size()));
  std::int64_t extent = 1;
  bool empty = false;
  for (std::int64_t size : sizes) {
    if (size < 0)
      invalid("Trying to create tensor with negative dimension " + std::to_string(size) + ": " +
              to_string(sizes));
    empty = empty || size == 0;
    if (__builtin_mul_overflow(extent, std::max<std::int64_t>(size, 1), &extent) ||
        extent > kMaxElements)
      invalid("Storage size calculation overflowed with sizes=" + to_string(sizes));
  }
  return empty ? 0 : extent;
}

}  // namespace gt

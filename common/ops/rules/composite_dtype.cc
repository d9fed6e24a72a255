#include "common/ops/rules.h"
#include "common/ops/rules/checks.h"

namespace gt::rules {
namespace {

void check_cross_entropy_operands(const InferenceContext& context, std::size_t self_index,
                                  std::size_t weight_index) {
  const OperandMeta& self = context.operand(self_index);
  const OperandMeta& target = context.operand(self_index + 1);
  if (!is_floating(self.dtype)) not_implemented("log_softmax_lastdim_kernel_impl", self.dtype);
  if (target.shape == self.shape) {
    require(is_floating(target.dtype), ErrorKind::kType, [&] {
      return "Expected floating point type for target with class probabilities, got " +
             name_of(target.dtype);
    });
    require_dtype(context, self_index + 1, self.dtype);
  } else {
    require(target.dtype == DType::kInt64 || target.dtype == DType::kUInt8, ErrorKind::kType, [&] {
      return "expected target dtype to be Long or Byte, but got " + name_of(target.dtype);
    });
  }
  require_dtype(context, weight_index, self.dtype);
}

/// Query at `first`, then key and value; the mask at `mask`.
void check_attention_operands(const InferenceContext& context, std::size_t first,
                              std::size_t mask_index) {
  const DType query = context.operand(first).dtype;
  const DType key = context.operand(first + 1).dtype;
  const DType value = context.operand(first + 2).dtype;
  require(query == key && query == value, ErrorKind::kType, [&] {
    return "Expected query, key, and value to have the same dtype, but got query.dtype: " +
           std::string(type_name(query)) + " key.dtype: " + std::string(type_name(key)) +
           " and value.dtype: " + std::string(type_name(value)) + " instead.";
  });
  if (!is_floating(query)) not_implemented(context, query);
  const OperandMeta& mask = context.operand(mask_index);
  require(mask.is_none() || mask.dtype == DType::kBool || mask.dtype == DType::kFloat32 ||
              mask.dtype == query,
          ErrorKind::kType, [&] {
            return "Expected attn_mask dtype to be bool or float or to match query dtype, but got "
                   "attn_mask.dtype: " +
                   std::string(type_name(mask.dtype)) +
                   " and  query.dtype: " + std::string(type_name(query)) + " instead.";
          });
}

}  // namespace

void matching_operands(InferenceContext& context) {
  const std::size_t count = context.operands().size();
  const DType first = context.operand(count - 2).dtype;
  const DType second = context.operand(count - 1).dtype;
  require(first == second, ErrorKind::kType, [&] {
    return "expected m1 and m2 to have the same dtype, but got: " + std::string(type_name(first)) +
           " != " + std::string(type_name(second));
  });
  const DType self = context.operand(0).dtype;
  require(self == second, ErrorKind::kType, [&] {
    return "self and mat2 must have the same dtype, but got " + name_of(self) + " and " +
           name_of(second);
  });
  set_dtypes(context, self);
}

void loss_dtype(InferenceContext& context) {
  const DType dtype = promoted_dtype(context.operands());
  if (!is_floating(dtype)) not_implemented(context, dtype);
  set_dtypes(context, dtype);
}

void softmax_dtype(InferenceContext& context) {
  const DType dtype = context.has_dtype(1) ? context.dtype(1) : context.operand(0).dtype;
  if (!is_floating(dtype))
    not_implemented(std::string(context.row().name) + "_lastdim_kernel_impl", dtype);
  set_dtypes(context, dtype);
}

void softmax_backward_dtype(InferenceContext& context) {
  const DType grad = context.operand(0).dtype;
  require_dtype(context, 1, grad);
  const DType dtype = context.has_dtype(1) ? context.dtype(1) : grad;
  if (!is_floating(dtype)) not_implemented(context, dtype);
  set_dtypes(context, dtype);
}

void layer_norm_dtype(InferenceContext& context) {
  const DType input = context.operand(0).dtype;
  if (!is_floating(input)) not_implemented("LayerNormKernelImpl", input);
  require_parameter_dtype(context, 1, input);
  require_parameter_dtype(context, 2, input);
  context.result(0).dtype = input;
  context.result(1).dtype = accumulation_dtype(input);
  context.result(2).dtype = accumulation_dtype(input);
}

void layer_norm_backward_dtype(InferenceContext& context) {
  const DType input = context.operand(1).dtype;
  if (!is_floating(input)) not_implemented("LayerNormBackwardKernelImpl", input);
  require_dtype(context, 0, input);
  require_dtype(context, 2, accumulation_dtype(input));
  require_dtype(context, 3, accumulation_dtype(input));
  context.result(0).dtype = input;
  for (std::size_t k = 1; k < 3; ++k) {
    const OperandMeta& parameter = context.operand(k + 3);
    require_parameter_dtype(context, k + 3, input);
    context.result(k).dtype = parameter.is_none() ? input : parameter.dtype;
  }
}

void cross_entropy_dtype(InferenceContext& context) {
  check_cross_entropy_operands(context, 0, 2);
  context.result(0).dtype = context.operand(0).dtype;
  context.result(1).dtype = accumulation_dtype(context.operand(0).dtype);
}

void cross_entropy_backward_dtype(InferenceContext& context) {
  check_cross_entropy_operands(context, 1, 4);
  const DType self = context.operand(1).dtype;
  require_dtype(context, 0, self);
  require_dtype(context, 3, accumulation_dtype(self));
  set_dtypes(context, self);
}

void attention_dtype(InferenceContext& context) {
  check_attention_operands(context, 0, 3);
  context.result(0).dtype = context.operand(0).dtype;
  context.result(1).dtype = accumulation_dtype(context.operand(0).dtype);
}

void adam_update_dtype(InferenceContext& context) {
  const DType self = context.operand(0).dtype;
  for (std::size_t k = 1; k < 4; ++k) require_dtype(context, k, self);
  set_dtypes(context, self);
}

void attention_backward_dtype(InferenceContext& context) {
  check_attention_operands(context, 1, 6);
  const DType query = context.operand(1).dtype;
  require_dtype(context, 0, query);
  require_dtype(context, 4, query);
  require_dtype(context, 5, accumulation_dtype(query));
  set_dtypes(context, query);
}

}  // namespace gt::rules

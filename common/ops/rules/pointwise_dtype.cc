#include "common/ops/rules.h"
#include "common/ops/rules/checks.h"

namespace gt::rules {
namespace {

constexpr std::string_view kInvertMask =
    "If you are trying to invert a mask, use the `~` or `logical_not()` operator instead.";

void check_alpha(const InferenceContext& context, DType result) {
  const DType alpha = context.scalar(0).dtype();
  require(alpha != DType::kBool || result == DType::kBool, ErrorKind::kInvalidArgument,
          [] { return std::string("Boolean alpha only supported for Boolean results."); });
  require(!is_floating(alpha) || is_floating(result), ErrorKind::kInvalidArgument, [] {
    return std::string(
        "For integral input tensors, argument alpha must not be a floating point number.");
  });
}

bool is_bool(const OperandMeta& operand) {
  return !operand.is_none() && operand.dtype == DType::kBool;
}

}  // namespace

void promote_operands(InferenceContext& context) {
  set_dtypes(context, promoted_dtype(context.operands()));
}

void promote_to_floating(InferenceContext& context) {
  const DType dtype = promoted_dtype(context.operands());
  set_dtypes(context, is_floating(dtype) ? dtype : DType::kFloat32);
}

void promote_numeric(InferenceContext& context) {
  const DType dtype = promoted_dtype(context.operands());
  if (dtype == DType::kBool) not_implemented(context, dtype);
  set_dtypes(context, dtype);
}

void promote_integral(InferenceContext& context) {
  const DType dtype = promoted_dtype(context.operands());
  if (is_floating(dtype)) not_implemented(context, dtype);
  set_dtypes(context, dtype);
}

void comparison_dtype(InferenceContext& context) {
  (void)promoted_dtype(context.operands());  // throws for dtypes that do not promote
  set_dtypes(context, DType::kBool);
}

void bool_result(InferenceContext& context) { set_dtypes(context, DType::kBool); }

void self_dtype(InferenceContext& context) {
  set_dtypes(context, promoted_dtype(context.operands().first(1)));
}

void add_dtype(InferenceContext& context) {
  const DType dtype = promoted_dtype(context.operands());
  check_alpha(context, dtype);
  set_dtypes(context, dtype);
}

void subtract_dtype(InferenceContext& context) {
  const bool first = is_bool(context.operand(0));
  const bool second = is_bool(context.operand(1));
  require(!first || !second, ErrorKind::kInvalidArgument, [] {
    return std::string(
        "Subtraction, the `-` operator, with two bool tensors is not supported. Use the `^` or "
        "`logical_xor()` operator instead.");
  });
  require(!first && !second, ErrorKind::kInvalidArgument, [] {
    return "Subtraction, the `-` operator, with a bool tensor is not supported. " +
           std::string(kInvertMask);
  });
  add_dtype(context);
}

void relu_dtype(InferenceContext& context) {
  require(!is_bool(context.operand(0)), ErrorKind::kType,
          [] { return std::string("Boolean inputs not supported for relu"); });
  self_dtype(context);
}

void negate_dtype(InferenceContext& context) {
  require(!is_bool(context.operand(0)), ErrorKind::kInvalidArgument, [] {
    return "Negation, the `-` operator, on a bool tensor is not supported. " +
           std::string(kInvertMask);
  });
  self_dtype(context);
}

void square_dtype(InferenceContext& context) {
  const DType dtype = promoted_dtype(context.operands());
  set_dtypes(context, dtype == DType::kBool ? DType::kInt64 : dtype);
}

void where_dtype(InferenceContext& context) {
  require(is_bool(context.operand(0)), ErrorKind::kType, [&] {
    return "where expected condition to be a boolean tensor, but got a tensor with dtype " +
           name_of(context.operand(0).dtype);
  });
  set_dtypes(context, promoted_dtype(context.operands().subspan(1)));
}

void clamp_dtype(InferenceContext& context) {
  require(!context.operand(1).is_none() || !context.operand(2).is_none(), [] {
    return std::string("torch.clamp: At least one of 'min' or 'max' must not be None");
  });
  promote_numeric(context);
}

void masked_fill_dtype(InferenceContext& context) {
  const OperandMeta& mask = context.operand(1);
  const OperandMeta& value = context.operand(2);
  require(is_bool(mask), ErrorKind::kType, [&] {
    return "masked_fill_ only supports boolean masks, but got mask with dtype " +
           std::string(type_name(mask.dtype));
  });
  require(value.shape.empty(), [&] {
    return "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with " +
           std::to_string(value.shape.size()) + " dimension(s).";
  });
  self_dtype(context);
}

void lerp_dtype(InferenceContext& context) {
  self_dtype(context);
  const DType dtype = context.result().dtype;
  for (std::size_t k = 1; k < 3; ++k) {
    const OperandMeta& operand = context.operand(k);
    const bool is_plain_weight = k == 2 && operand.shape.empty();
    require(!operand.is_tensor() || operand.dtype == dtype || is_plain_weight, ErrorKind::kType,
            [&] {
              return "expected dtype " + std::string(type_name(dtype)) + " for `" +
                     std::string(context.row().operands.specs[k].name) + "` but got dtype " +
                     std::string(type_name(operand.dtype));
            });
  }
  if (context.operand(2).is_tensor() && context.operand(2).shape.empty()) promote_operands(context);
  if (!is_floating(dtype)) not_implemented(context, dtype);
}

void addcdiv_dtype(InferenceContext& context) {
  require(is_floating(context.operand(1).dtype) || is_floating(context.operand(2).dtype),
          ErrorKind::kType, [] {
            return std::string(
                "Integer division with addcdiv is no longer supported, and in a future  release "
                "addcdiv will perform a true division of tensor1 and tensor2. The historic addcdiv "
                "behavior can be implemented as (input + value * torch.trunc(tensor1 / "
                "tensor2)).to(input.dtype) for integer inputs and as (input + value * tensor1 / "
                "tensor2) for float inputs. The future addcdiv behavior is just the latter "
                "implementation: (input + value * tensor1 / tensor2), for all dtypes.");
          });
  promote_operands(context);
}

}  // namespace gt::rules

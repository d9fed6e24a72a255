#include "common/ops/rules.h"
#include "common/ops/rules/checks.h"

namespace gt::rules {
namespace {

DType sum_of(DType dtype) { return is_floating(dtype) ? dtype : DType::kInt64; }

}  // namespace

void sum_dtype(InferenceContext& context) {
  set_dtypes(context, context.has_dtype(2) ? context.dtype(2) : sum_of(context.operand(0).dtype));
}

void cumulative_dtype(InferenceContext& context) {
  set_dtypes(context, context.has_dtype(1) ? context.dtype(1) : sum_of(context.operand(0).dtype));
}

void mean_dtype(InferenceContext& context) {
  const bool given = context.has_dtype(2);
  const DType dtype = given ? context.dtype(2) : context.operand(0).dtype;
  require(is_floating(dtype), ErrorKind::kType, [&] {
    return "mean(): could not infer output dtype. " + std::string(given ? "Optional" : "Input") +
           " dtype must be either a floating point or complex dtype. Got: " + name_of(dtype);
  });
  set_dtypes(context, dtype);
}

void norm_dtype(InferenceContext& context) {
  const DType self = context.operand(0).dtype;
  require(is_floating(self), ErrorKind::kType, [&] {
    return "linalg.vector_norm: Expected a floating point or complex tensor as input. Got " +
           name_of(self);
  });
  const DType dtype = context.has_dtype(3) ? context.dtype(3) : self;
  require(is_floating(dtype), ErrorKind::kType, [&] {
    return "linalg.vector_norm: dtype should be floating point or complex, but got " +
           name_of(dtype);
  });
  require(promote(self, dtype) == dtype, ErrorKind::kType, [&] {
    return "linalg.vector_norm: the dtype of the input (" + name_of(self) +
           ") should be convertible without narrowing to the specified dtype (" + name_of(dtype) +
           ")";
  });
  set_dtypes(context, dtype);
}

void var_dtype(InferenceContext& context) {
  require(is_floating(context.operand(0).dtype), ErrorKind::kType,
          [] { return std::string("std and var only support floating point and complex dtypes"); });
  self_dtype(context);
}

void all_any_dtype(InferenceContext& context) {
  const DType self = context.operand(0).dtype;
  set_dtypes(context, self == DType::kUInt8 ? self : DType::kBool);
}

void index_result(InferenceContext& context) { set_dtypes(context, DType::kInt64); }

void arg_extremum_dtype(InferenceContext& context) {
  require(context.operand(0).dtype != DType::kBool, ErrorKind::kType,
          [&] { return std::string(context.row().name) + "(): does not support bool input"; });
  set_dtypes(context, DType::kInt64);
}

void values_and_indices_dtype(InferenceContext& context) {
  context.result(0).dtype = context.operand(0).dtype;
  context.result(1).dtype = DType::kInt64;
}

void topk_dtype(InferenceContext& context) {
  require(context.operand(0).dtype != DType::kBool, ErrorKind::kType,
          [] { return std::string("topk does not support bool dtypes on CPU"); });
  values_and_indices_dtype(context);
}

}  // namespace gt::rules

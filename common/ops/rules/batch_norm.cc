#include "common/ops/rules.h"
#include "common/ops/rules/checks.h"

namespace gt::rules {
namespace {

std::int64_t channels_of(const Shape& input) {
  require(input.size() >= 2, [&] {
    return "Expected at least 2 input dimensions, but got " + std::to_string(input.size());
  });
  return input[1];
}

/// Operand `k`, if given, has one element a channel.
void check_channels(const InferenceContext& context, std::size_t k, std::int64_t channels) {
  const OperandMeta& operand = context.operand(k);
  require(operand.is_none() || operand.shape == Shape{channels}, [&] {
    return std::string(context.row().operands.specs[k].name) + " should contain " +
           std::to_string(channels) + " elements not " +
           std::to_string(checked_element_count(operand.shape));
  });
}

}  // namespace

void batch_norm_dtype(InferenceContext& context) {
  const DType input = context.operand(0).dtype;
  if (!is_floating(input)) not_implemented("batch_norm", input);
  for (std::size_t k = 1; k < 5; ++k) require_parameter_dtype(context, k, input);
  set_dtypes(context, accumulation_dtype(input));
  context.result(0).dtype = input;
}

void batch_norm_backward_dtype(InferenceContext& context) {
  const DType input = context.operand(1).dtype;
  if (!is_floating(input)) not_implemented("batch_norm_backward", input);
  require_dtype(context, 0, input);
  require_dtype(context, 2, accumulation_dtype(input));
  require_dtype(context, 3, accumulation_dtype(input));
  require_parameter_dtype(context, 4, input);
  const OperandMeta& weight = context.operand(4);
  set_dtypes(context, weight.is_none() ? input : weight.dtype);
  context.result(0).dtype = input;
}

void batch_norm_shape(InferenceContext& context) {
  const Shape& input = shape_of(context, 0);
  const std::int64_t channels = channels_of(input);
  const bool has_mean = !context.operand(3).is_none(), has_var = !context.operand(4).is_none();
  if (!context.boolean(0)) {
    require(has_mean,
            [] { return std::string("running_mean must be defined in evaluation mode"); });
    require(has_var, [] { return std::string("running_var must be defined in evaluation mode"); });
  }
  require(has_mean == has_var, [] {
    return std::string("running_mean and running_var must either both be None or neither be None");
  });
  for (const std::size_t k : {3u, 4u, 1u, 2u}) check_channels(context, k, channels);
  set_shapes(context, Shape{channels});
  context.result(0).shape = input;
}

void batch_norm_backward_shape(InferenceContext& context) {
  const Shape& input = shape_of(context, 1);
  const std::int64_t channels = channels_of(input);
  require_shape(context, 0, input);
  for (std::size_t k = 2; k < 5; ++k) check_channels(context, k, channels);
  set_shapes(context, Shape{channels});
  context.result(0).shape = input;
}

}  // namespace gt::rules

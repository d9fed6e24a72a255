#include "common/ops/rules.h"
#include "common/ops/rules/checks.h"

namespace gt::rules {
namespace {

Shape broadcast_all(const InferenceContext& context) {
  Shape shape;
  for (const OperandMeta& operand : context.operands()) {
    if (!operand.is_tensor() || operand.shape == shape) continue;
    shape = shape.empty() ? operand.shape : broadcast_shape(shape, operand.shape);
  }
  return shape;
}

}  // namespace

void broadcast_operands(InferenceContext& context) { set_shapes(context, broadcast_all(context)); }

void like_self(InferenceContext& context) { set_shapes(context, shape_of(context, 0)); }

void loss_shape(InferenceContext& context) {
  const Shape shape = broadcast_all(context);
  set_shapes(context, is_reduced(context, 0) ? Shape{} : shape);
}

void loss_backward_shape(InferenceContext& context) {
  const Shape shape = broadcast_shape(shape_of(context, 1), shape_of(context, 2));
  require_expandable(context.operand(0), shape);
  require(!is_reduced(context, 0) || shape_of(context, 0).empty(), [&] {
    return "the gradient of a reduced loss has no dimensions, but got one of shape " +
           to_string(shape_of(context, 0));
  });
  set_shapes(context, shape);
}

}  // namespace gt::rules

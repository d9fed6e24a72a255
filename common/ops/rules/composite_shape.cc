#include <algorithm>

#include "common/ops/rules.h"
#include "common/ops/rules/checks.h"

namespace gt::rules {
namespace {

void check_parameter(const InferenceContext& context, std::size_t k, const Shape& normalized) {
  const OperandMeta& parameter = context.operand(k);
  const std::string name(context.row().operands.specs[k].name);
  require(parameter.is_none() || parameter.shape == normalized, [&] {
    return "Expected " + name + " to be of same shape as normalized_shape, but got " + name +
           " of shape " + to_string(parameter.shape) +
           " and normalized_shape = " + to_string(normalized);
  });
}

/// Shape of mean and rstd: the normalised dimensions have size 1.
Shape statistics_shape(const InferenceContext& context, const Shape& input) {
  const Shape normalized(context.integers(0));
  require(!normalized.empty(), [] {
    return std::string(
        "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one "
        "element, but got normalized_shape = []");
  });
  const bool matches =
      input.size() >= normalized.size() &&
      std::equal(normalized.begin(), normalized.end(), input.end() - normalized.size());
  require(matches, [&] {
    const std::string sizes = to_string(normalized);
    return "Given normalized_shape=" + sizes + ", expected input with shape [*, " +
           sizes.substr(1) + ", but got input of size" + to_string(input);
  });
  Shape shape = input;
  std::fill(shape.end() - normalized.size(), shape.end(), 1);
  return shape;
}

void check_label_smoothing(double smoothing) {
  require(smoothing >= 0.0 && smoothing <= 1.0, [&] {
    return "label_smoothing must be between 0.0 and 1.0. Got: " + to_text(smoothing);
  });
}

/// Target of class indices for rows of shape `rows`, C classes apart.
void check_class_indices(const Shape& self, const Shape& target, const Shape& rows) {
  if (self.size() > 2) {
    Shape expected = rows;
    require(target == expected, [&] {
      return "Expected target size " + to_string(expected) + ", got " + to_string(target);
    });
    return;
  }
  require(target.size() <= 1, [] {
    return std::string("0D or 1D target tensor expected, multi-target not supported");
  });
  if (self.size() == 1) {
    require(target.empty() || target[0] == 1, [&] {
      return "For 1D input, 1D target must have size 1, but got target size: " +
             std::to_string(target[0]);
    });
    return;
  }
  const std::int64_t count = target.empty() ? 0 : target[0];
  require(target == rows, [&] {
    return "Expected input batch_size (" + std::to_string(self[0]) +
           ") to match target batch_size (" + std::to_string(count) + ").";
  });
}

/// Checks input, target and weight; returns self's shape without the class dimension.
Shape cross_entropy_rows(const InferenceContext& context, std::size_t self_index,
                         std::size_t weight_index) {
  const Shape& self = shape_of(context, self_index);
  const OperandMeta& target = context.operand(self_index + 1);
  require(!self.empty(), [] {
    return std::string(
        "cross_entropy expects an input with a dimension of classes, but got a "
        "0-dim tensor");
  });
  const std::size_t class_dim = self.size() == 1 ? 0 : 1;
  Shape rows = self;
  rows.erase(class_dim);
  if (target.shape == self)
    require(context.integer(1) < 0,
            [] { return std::string("ignore_index is not supported for floating point target"); });
  else
    check_class_indices(self, target.shape, rows);
  const OperandMeta& weight = context.operand(weight_index);
  require(weight.is_none() || weight.shape == Shape{self[class_dim]}, [&] {
    return "weight tensor should be defined either for all " + std::to_string(self[class_dim]) +
           " classes or no classes but got weight tensor of shape: " + to_string(weight.shape);
  });
  check_label_smoothing(context.real(2));
  return rows;
}

}  // namespace

void softmax_backward_shape(InferenceContext& context) {
  const Shape& grad = shape_of(context, 0);
  const Shape& output = shape_of(context, 1);
  require(grad == output, [&] {
    return "Expected tensor for argument #1 'grad' to have same size as tensor for argument #2 "
           "'output'; but " +
           to_string(grad) + " does not equal " + to_string(output) +
           " (while checking arguments for " + std::string(context.row().name) + ")";
  });
  along_dim_shape(context);
}

void layer_norm_shape(InferenceContext& context) {
  const Shape& input = shape_of(context, 0);
  const Shape statistics = statistics_shape(context, input);
  const Shape normalized(context.integers(0));
  check_parameter(context, 1, normalized);
  check_parameter(context, 2, normalized);
  context.result(0).shape = input;
  context.result(1).shape = statistics;
  context.result(2).shape = statistics;
}

void layer_norm_backward_shape(InferenceContext& context) {
  const Shape& input = shape_of(context, 1);
  const Shape statistics = statistics_shape(context, input);
  const Shape normalized(context.integers(0));
  require_shape(context, 0, input);
  require_shape(context, 2, statistics);
  require_shape(context, 3, statistics);
  check_parameter(context, 4, normalized);
  check_parameter(context, 5, normalized);
  context.result(0).shape = input;
  context.result(1).shape = normalized;
  context.result(2).shape = normalized;
}

void cross_entropy_shape(InferenceContext& context) {
  const Shape rows = cross_entropy_rows(context, 0, 2);
  context.result(0).shape = is_reduced(context, 0) ? Shape{} : rows;
  context.result(1).shape = rows;
}

void cross_entropy_backward_shape(InferenceContext& context) {
  const Shape rows = cross_entropy_rows(context, 1, 4);
  require_shape(context, 0, is_reduced(context, 0) ? Shape{} : rows);
  require_shape(context, 3, rows);
  set_shapes(context, shape_of(context, 1));
}

void adam_update_shape(InferenceContext& context) {
  for (std::size_t k = 1; k < 4; ++k) require_shape(context, k, shape_of(context, 0));
  for (std::size_t k = 0; k < 3; ++k) context.result(k).shape = shape_of(context, 0);
}

}  // namespace gt::rules

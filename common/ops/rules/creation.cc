#include <limits>

#include "common/ops/rules.h"
#include "common/ops/rules/checks.h"

namespace gt::rules {
namespace {

void set_attribute_dtype(InferenceContext& context, std::size_t k) {
  require(context.has_dtype(k), ErrorKind::kType,
          [] { return std::string("the dtype of the result must be given"); });
  set_dtypes(context, context.dtype(k));
}

void set_sizes(InferenceContext& context, std::size_t k) {
  const Shape shape(context.integers(k));
  (void)checked_element_count(shape);
  set_shapes(context, shape);
}

struct IntegerRange {
  std::int64_t lowest;
  std::int64_t highest;
};

/// Integers that a dtype holds (of a float: every int64, rounded).
IntegerRange range_of(DType dtype) {
  if (dtype == DType::kBool) return {0, 1};
  if (is_floating(dtype) || size_of(dtype) == 8)
    return {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
  const int bits = static_cast<int>(size_of(dtype)) * 8;
  if (dtype == DType::kUInt8 || dtype == DType::kUInt16) return {0, (std::int64_t{1} << bits) - 1};
  return {-(std::int64_t{1} << (bits - 1)), (std::int64_t{1} << (bits - 1)) - 1};
}

}  // namespace

void attribute_dtype_0(InferenceContext& context) { set_attribute_dtype(context, 0); }
void attribute_dtype_2(InferenceContext& context) { set_attribute_dtype(context, 2); }
void attribute_dtype_3(InferenceContext& context) { set_attribute_dtype(context, 3); }

void attribute_dtype_3_floating(InferenceContext& context) {
  set_attribute_dtype(context, 3);
  const DType dtype = context.dtype(3);
  if (!is_floating(dtype)) not_implemented(context, dtype);
}

void arange_dtype(InferenceContext& context) {
  set_attribute_dtype(context, 3);
  if (context.dtype(3) == DType::kBool) not_implemented(context, DType::kBool);
}

void randperm_dtype(InferenceContext& context) {
  set_attribute_dtype(context, 1);
  if (context.dtype(1) == DType::kBool) not_implemented("randperm", DType::kBool);
}

void multinomial_dtype(InferenceContext& context) {
  const DType dtype = context.operand(0).dtype;
  require(is_floating(dtype), ErrorKind::kType, [&] {
    return "multinomial only supports floating-point dtypes for input, got: " + name_of(dtype);
  });
  set_dtypes(context, DType::kInt64);
}

void attribute_sizes_0(InferenceContext& context) { set_sizes(context, 0); }
void attribute_sizes_1(InferenceContext& context) { set_sizes(context, 1); }

void recover_shape(InferenceContext& context) {
  const Shape& shape = shape_of(context, 0);
  require(shape == Shape(context.integers(0)), [&] {
    return "a value of shape " + to_string(shape) + " cannot be recovered with shape " +
           to_string(Shape(context.integers(0)));
  });
  set_shapes(context, shape);
}

void attribute_length_2(InferenceContext& context) {
  require(context.integer(2) >= 0,
          [] { return std::string("number of steps must be non-negative"); });
  set_shapes(context, Shape{context.integer(2)});
}

void eye_shape(InferenceContext& context) {
  for (std::size_t k = 0; k < 2; ++k)
    require(context.integer(k) >= 0, [&] {
      return std::string(context.row().attributes.specs[k].name) +
             " must be greater or equal to 0, got " + std::to_string(context.integer(k));
    });
  set_shapes(context, Shape{context.integer(0), context.integer(1)});
}

void uniform_shape(InferenceContext& context) {
  const double from = context.real(1);
  const double to = context.real(2);
  require(from <= to, [&] {
    return "uniform_ expects to return a [from, to) range, but found from=" + to_text(from) +
           " > to=" + to_text(to);
  });
  set_sizes(context, 0);
}

void normal_shape(InferenceContext& context) {
  const double std = context.real(2);
  require(std >= 0.0, [&] { return "normal expects std >= 0.0, but found std " + to_text(std); });
  set_sizes(context, 0);
}

void randint_shape(InferenceContext& context) {
  const std::int64_t low = context.integer(1);
  const std::int64_t high = context.integer(2);
  require(low < high, [&] {
    return "random_ expects 'from' to be less than 'to', but got from=" + std::to_string(low) +
           " >= to=" + std::to_string(high);
  });
  const DType dtype = context.dtype(3);
  const IntegerRange range = range_of(dtype);
  require(low >= range.lowest && low <= range.highest,
          [&] { return "from is out of bounds for " + std::string(type_name(dtype)); });
  require(high - 1 <= range.highest,
          [&] { return "to - 1 is out of bounds for " + std::string(type_name(dtype)); });
  set_sizes(context, 0);
}

void randperm_shape(InferenceContext& context) {
  const std::int64_t count = context.integer(0);
  (void)checked_element_count(Shape{count});
  require(count - 1 <= range_of(context.dtype(1)).highest, [&] {
    return "value cannot be converted to type " + std::string(short_name(context.dtype(1))) +
           "_t without overflow";
  });
  set_shapes(context, Shape{count});
}

void multinomial_shape(InferenceContext& context) {
  Shape shape = shape_of(context, 0);
  const std::int64_t samples = context.integer(0);
  require(shape.size() == 1 || shape.size() == 2,
          [] { return std::string("prob_dist must be 1 or 2 dim"); });
  require(samples > 0, [] { return std::string("cannot sample n_sample <= 0 samples"); });
  require(context.boolean(1) || samples <= shape.back(), [] {
    return std::string("cannot sample n_sample > prob_dist.size(-1) samples without replacement");
  });
  require(shape.back() > 0,
          [] { return std::string("cannot sample from a distribution without categories"); });
  shape.back() = samples;
  set_shapes(context, shape);
}

void dropout_shape(InferenceContext& context) {
  const double p = context.real(0);
  require(p >= 0.0 && p <= 1.0,
          [&] { return "dropout probability has to be between 0 and 1, but got " + to_text(p); });
  like_self(context);
}

void no_results(InferenceContext&) {}

}  // namespace gt::rules

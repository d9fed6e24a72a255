#include <algorithm>

#include "common/ops/rules.h"
#include "common/ops/rules/checks.h"

namespace gt::rules {
namespace {

constexpr std::int64_t kMaxExtent = std::int64_t{1} << 59;

void require_tensors(const InferenceContext& context, std::string_view empty_message) {
  require(!context.operands().empty(), ErrorKind::kValue,
          [&] { return std::string(empty_message); });
  for (std::size_t k = 0; k < context.operands().size(); ++k)
    require(context.operand(k).is_tensor(), [&] {
      return "Expected a proper Tensor but got None (or an undefined Tensor in C++) for argument "
             "'tensors' at position " +
             std::to_string(k);
    });
}

/// LibTorch lets tensors of shape [0] take part in any `cat`.
bool takes_no_part(const Shape& shape) { return shape.size() == 1 && shape[0] == 0; }

void require_joinable(const Shape& first, const Shape& other, std::size_t dim, std::size_t k) {
  require(first.size() == other.size(), [&] {
    return "Tensors must have same number of dimensions: got " + std::to_string(first.size()) +
           " and " + std::to_string(other.size());
  });
  for (std::size_t d = 0; d < first.size(); ++d)
    require(d == dim || first[d] == other[d], [&] {
      return "Sizes of tensors must match except in dimension " + std::to_string(dim) +
             ". Expected size " + std::to_string(first[d]) + " but got size " +
             std::to_string(other[d]) + " for tensor number " + std::to_string(k) + " in the list.";
    });
}

}  // namespace

void cat_shape(InferenceContext& context) {
  require_tensors(context, "torch.cat(): expected a non-empty list of Tensors");
  const Shape* first = nullptr;
  for (std::size_t k = 0; k < context.operands().size(); ++k) {
    require(!shape_of(context, k).empty(), [&] {
      return "zero-dimensional tensor (at position " + std::to_string(k) +
             ") cannot be concatenated";
    });
    if (first == nullptr && !takes_no_part(shape_of(context, k))) first = &shape_of(context, k);
  }
  if (first == nullptr) first = &shape_of(context, 0);
  const auto dim = static_cast<std::size_t>(wrap_dimension(context.integer(0), rank_of(*first)));
  Shape shape = *first;
  shape[dim] = 0;
  for (std::size_t k = 0; k < context.operands().size(); ++k) {
    const Shape& other = shape_of(context, k);
    if (takes_no_part(other)) continue;
    require_joinable(*first, other, dim, k);
    shape[dim] += other[dim];
    require(shape[dim] <= kMaxExtent, [] {
      return std::string("Storage size calculation overflowed in the concatenated dimension");
    });
  }
  set_shapes(context, shape);
}

void stack_shape(InferenceContext& context) {
  require_tensors(context, "stack expects a non-empty TensorList");
  Shape shape = shape_of(context, 0);
  require(shape.size() < kMaxDimensions, [] {
    return "stack() would make more than " + std::to_string(kMaxDimensions) + " dimensions";
  });
  for (std::size_t k = 1; k < context.operands().size(); ++k)
    require(shape_of(context, k) == shape, [&] {
      return "stack expects each tensor to be equal size, but got " + to_string(shape) +
             " at entry 0 and " + to_string(shape_of(context, k)) + " at entry " +
             std::to_string(k);
    });
  const std::int64_t dim = wrap_dimension(context.integer(0), rank_of(shape) + 1);
  shape.insert(static_cast<std::size_t>(dim), static_cast<std::int64_t>(context.operands().size()));
  set_shapes(context, shape);
}

void flip_shape(InferenceContext& context) {
  (void)dimension_mask(context.integers(0), rank_of(shape_of(context, 0)));
  like_self(context);
}

void roll_shape(InferenceContext& context) {
  const auto shifts = context.integers(0);
  const auto dims = context.integers(1);
  require(!shifts.empty(), [] { return std::string("`shifts` required"); });
  require(shifts.size() == dims.size() || (dims.empty() && shifts.size() == 1), [&] {
    return "shifts and dimensions must align. shifts: " + std::to_string(shifts.size()) +
           ", dims:" + std::to_string(dims.size());
  });
  for (std::int64_t dim : dims) (void)wrap_dimension(dim, rank_of(shape_of(context, 0)));
  like_self(context);
}

void triangle_shape(InferenceContext& context) {
  require(shape_of(context, 0).size() >= 2, [&] {
    return std::string(context.row().name) + ": input tensor must have at least 2 dimensions";
  });
  like_self(context);
}

void sort_shape(InferenceContext& context) {
  (void)wrap_dimension(context.integer(1), rank_of(shape_of(context, 0)));
  like_self(context);
}

void topk_shape(InferenceContext& context) {
  Shape shape = shape_of(context, 0);
  const std::int64_t k = context.integer(0);
  const auto dim = static_cast<std::size_t>(wrap_dimension(context.integer(1), rank_of(shape)));
  require(k >= 0 && k <= at_least_1d(shape)[dim],
          [] { return std::string("selected index k out of range"); });
  if (!shape.empty()) shape[dim] = k;
  set_shapes(context, shape);
}

}  // namespace gt::rules

#include <algorithm>
#include <optional>

#include "common/ops/rules.h"
#include "common/ops/rules/checks.h"

namespace gt::rules {
namespace {

Shape sliced(const InferenceContext& context) {
  Shape shape = shape_of(context, 0);
  require(!shape.empty(),
          [] { return std::string("slice() cannot be applied to a 0-dim tensor."); });
  const std::int64_t dim = wrap_dimension(context.integer(0), rank_of(shape));
  const std::int64_t size = shape[static_cast<std::size_t>(dim)];
  const std::int64_t start = context.integer(1);
  const std::int64_t length = context.integer(2);
  const std::int64_t step = context.integer(3);
  require(step > 0, [] { return std::string("slice step must be positive"); });
  const bool inside = length == 0 ? start >= 0 && start <= size
                                  : length > 0 && start >= 0 && start < size &&
                                        length - 1 <= (size - 1 - start) / step;
  require(inside, ErrorKind::kIndex, [&] {
    return "slice of " + std::to_string(length) + " elements from " + std::to_string(start) +
           " with step " + std::to_string(step) + " leaves dimension " + std::to_string(dim) +
           " of size " + std::to_string(size);
  });
  shape[static_cast<std::size_t>(dim)] = length;
  return shape;
}

Shape selected(const InferenceContext& context) {
  Shape shape = shape_of(context, 0);
  require(!shape.empty(), ErrorKind::kIndex,
          [] { return std::string("select() cannot be applied to a 0-dim tensor."); });
  const std::int64_t dim = wrap_dimension(context.integer(0), rank_of(shape));
  const std::int64_t index = context.integer(1);
  const std::int64_t size = shape[static_cast<std::size_t>(dim)];
  require(index >= -size && index < size, ErrorKind::kIndex, [&] {
    return "select(): index " + std::to_string(index) + " out of range for tensor of size " +
           to_string(shape) + " at dimension " + std::to_string(dim);
  });
  shape.erase(static_cast<std::size_t>(dim));
  return shape;
}

Shape diagonal_of(const InferenceContext& context) {
  const Shape& self = shape_of(context, 0);
  const std::int64_t offset = context.integer(0);
  const auto dim1 = static_cast<std::size_t>(wrap_dimension(context.integer(1), rank_of(self)));
  const auto dim2 = static_cast<std::size_t>(wrap_dimension(context.integer(2), rank_of(self)));
  require(dim1 != dim2, [&] {
    return "diagonal dimensions cannot be identical " + std::to_string(context.integer(1)) + ", " +
           std::to_string(context.integer(2));
  });
  const std::int64_t length = offset >= 0 ? std::min(self[dim1], self[dim2] - offset)
                                          : std::min(self[dim1] + offset, self[dim2]);
  Shape shape;
  for (std::size_t d = 0; d < self.size(); ++d)
    if (d != dim1 && d != dim2) shape.push_back(self[d]);
  shape.push_back(std::max<std::int64_t>(length, 0));
  return shape;
}

void scatter_shape_of(InferenceContext& context, const Shape& region) {
  const Shape& source = shape_of(context, 1);
  require(source == region, [&] {
    return "expected src to have a size equal to the slice of self. src size = " +
           to_string(source) + ", slice size = " + to_string(region);
  });
  like_self(context);
}

/// Product of the sizes that are not -1; nothing if it overflows.
std::optional<std::int64_t> known_product(std::span<const std::int64_t> sizes) {
  std::int64_t product = 1;
  for (std::int64_t size : sizes)
    if (size != -1 && __builtin_mul_overflow(product, size, &product)) return std::nullopt;
  return product;
}

/// Position of the one size that is -1, or the number of sizes.
std::size_t inferred_position(std::span<const std::int64_t> sizes) {
  std::size_t position = sizes.size();
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    require(sizes[i] >= -1, [&] {
      return "invalid shape dimension " + std::to_string(sizes[i]) + " at index " +
             std::to_string(i) + " of shape " + to_string(sizes);
    });
    if (sizes[i] != -1) continue;
    require(position == sizes.size(),
            [] { return std::string("only one dimension can be inferred"); });
    position = i;
  }
  return position;
}

}  // namespace

void reshape_shape(InferenceContext& context) {
  const std::span<const std::int64_t> sizes = context.integers(0);
  const std::int64_t count = element_count(shape_of(context, 0));
  const std::size_t position = inferred_position(sizes);
  const bool inferred = position != sizes.size();
  const std::optional<std::int64_t> product = known_product(sizes);
  const bool divides = inferred && product && *product > 0 && count % *product == 0;
  require(product && (divides || *product == count), [&] {
    return "shape '" + to_string(sizes) + "' is invalid for input of size " + std::to_string(count);
  });
  require(!inferred || *product != 0, [&] {
    return "cannot reshape tensor of 0 elements into shape " + to_string(sizes) +
           " because the unspecified dimension size -1 can be any value and is ambiguous";
  });
  Shape shape(sizes);
  if (inferred) shape[position] = count / *product;
  set_shapes(context, shape);
}

void expand_shape(InferenceContext& context) {
  Shape shape(context.integers(0));
  require_expandable(context.operand(0), shape);
  const Shape& self = shape_of(context, 0);
  for (std::size_t i = 0; i < shape.size(); ++i)
    if (shape[i] == -1) shape[i] = self[i + self.size() - shape.size()];
  set_shapes(context, shape);
}

void permute_shape(InferenceContext& context) {
  const Shape& self = shape_of(context, 0);
  const std::span<const std::int64_t> dims = context.integers(0);
  require(dims.size() == self.size(), [&] {
    return "permute(sparse_coo): number of dimensions in the tensor input does not match the "
           "length of the desired ordering of dimensions i.e. input.dim() = " +
           std::to_string(self.size()) +
           " is not equal to len(dims) = " + std::to_string(dims.size());
  });
  Shape shape;
  std::uint32_t seen = 0;
  for (std::int64_t dim : dims) {
    const auto wrapped = static_cast<std::size_t>(wrap_dimension(dim, rank_of(self)));
    require(((seen >> wrapped) & 1u) == 0,
            [] { return std::string("permute(): duplicate dims are not allowed."); });
    seen |= 1u << wrapped;
    shape.push_back(self[wrapped]);
  }
  set_shapes(context, shape);
}

void slice_shape(InferenceContext& context) { set_shapes(context, sliced(context)); }
void select_shape(InferenceContext& context) { set_shapes(context, selected(context)); }
void diagonal_shape(InferenceContext& context) { set_shapes(context, diagonal_of(context)); }

void unfold_shape(InferenceContext& context) {
  const bool zero_dimensional = shape_of(context, 0).empty();
  Shape shape = at_least_1d(shape_of(context, 0));
  const auto dim = static_cast<std::size_t>(wrap_dimension(context.integer(0), rank_of(shape)));
  const std::int64_t size = context.integer(1);
  const std::int64_t step = context.integer(2);
  require(shape.size() < kMaxDimensions, [] {
    return "unfold() would make more than " + std::to_string(kMaxDimensions) + " dimensions";
  });
  require(size >= 0, [&] { return "size is " + std::to_string(size) + " but must be >= 0"; });
  require(size <= shape[dim], [&] {
    return "maximum size for tensor at dimension " + std::to_string(dim) + " is " +
           std::to_string(shape[dim]) + " but size is " + std::to_string(size);
  });
  require(step > 0, [&] { return "step is " + std::to_string(step) + " but must be > 0"; });
  shape[dim] = (shape[dim] - size) / step + 1;
  if (zero_dimensional) shape.clear();
  shape.push_back(size);
  set_shapes(context, shape);
}

void slice_scatter_shape(InferenceContext& context) { scatter_shape_of(context, sliced(context)); }
void select_scatter_shape(InferenceContext& context) {
  scatter_shape_of(context, selected(context));
}
void diagonal_scatter_shape(InferenceContext& context) {
  scatter_shape_of(context, diagonal_of(context));
}

}  // namespace gt::rules

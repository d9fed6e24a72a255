#include <cmath>

#include "common/ops/rules.h"
#include "common/ops/rules/checks.h"

namespace gt::rules {
namespace {

Shape reduced(const Shape& shape, std::uint32_t mask, bool keepdim) {
  Shape result;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    const bool folded = ((mask >> d) & 1u) != 0;
    if (!folded) result.push_back(shape[d]);
    if (folded && keepdim) result.push_back(1);
  }
  return result;
}

/// `max` for `max_dim`: the name that LibTorch prints.
std::string public_name(const InferenceContext& context) {
  const std::string_view name = context.row().name;
  return std::string(name.ends_with("_dim") ? name.substr(0, name.size() - 4) : name);
}

void require_nonempty(const InferenceContext& context, std::uint32_t mask) {
  const Shape& shape = shape_of(context, 0);
  for (std::size_t d = 0; d < shape.size(); ++d)
    require(((mask >> d) & 1u) == 0 || shape[d] != 0, ErrorKind::kIndex, [&] {
      return public_name(context) + "(): Expected reduction dim " + std::to_string(d) +
             " to have non-zero size.";
    });
}

/// Folds without identity over all dimensions need at least one element.
void require_elements(const InferenceContext& context, std::string_view hint) {
  require(element_count(shape_of(context, 0)) != 0, ErrorKind::kIndex, [&] {
    return public_name(context) +
           "(): Expected reduction dim to be specified for input.numel() == 0." + std::string(hint);
  });
}

std::uint32_t mask_of(const InferenceContext& context) {
  return dimension_mask(context.integers(0), rank_of(shape_of(context, 0)));
}

}  // namespace

void reduce_dims(InferenceContext& context) {
  set_shapes(context, reduced(shape_of(context, 0), mask_of(context), context.boolean(1)));
}

void reduce_dims_nonempty(InferenceContext& context) {
  const std::uint32_t mask = mask_of(context);
  if (context.integers(0).empty())
    require_elements(context, " Specify the reduction dim with the 'dim' argument.");
  else
    require_nonempty(context, mask);
  set_shapes(context, reduced(shape_of(context, 0), mask, context.boolean(1)));
}

void reduce_dims_away(InferenceContext& context) {
  set_shapes(context, reduced(shape_of(context, 0), mask_of(context), false));
}

void reduce_one_dim(InferenceContext& context) {
  const std::int64_t dim = wrap_dimension(context.integer(0), rank_of(shape_of(context, 0)));
  require_nonempty(context, 1u << dim);
  set_shapes(context, reduced(shape_of(context, 0), 1u << dim, context.boolean(1)));
}

void reduce_at_most_one_dim(InferenceContext& context) {
  require(context.integers(0).size() <= 1, [&] {
    return std::string(context.row().name) + "(): expected at most one dim, but got " +
           to_string(context.integers(0));
  });
  const std::uint32_t mask = mask_of(context);
  if (context.integers(0).empty())
    require_elements(context, "");
  else
    require_nonempty(context, mask);
  set_shapes(context, reduced(shape_of(context, 0), mask, context.boolean(1)));
}

void norm_shape(InferenceContext& context) {
  reduce_dims(context);
  const double order = context.real(2);
  require(!(std::isinf(order) || order < 0) || element_count(shape_of(context, 0)) != 0 ||
              element_count(context.result().shape) == 0,
          [&] {
            return "linalg.vector_norm cannot compute the " + to_text(order) +
                   " norm on an empty tensor because the operation does not have an identity";
          });
}

void along_dim_shape(InferenceContext& context) {
  (void)wrap_dimension(context.integer(0), rank_of(shape_of(context, 0)));
  like_self(context);
}

}  // namespace gt::rules

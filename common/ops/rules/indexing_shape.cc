#include <algorithm>

#include "common/ops/rules.h"
#include "common/ops/rules/checks.h"

namespace gt::rules {
namespace {

std::size_t dim_of(const InferenceContext& context, const Shape& shape) {
  return static_cast<std::size_t>(wrap_dimension(context.integer(0), rank_of(shape)));
}

std::int64_t count_of(const InferenceContext& context, std::size_t k) {
  return element_count(shape_of(context, k));
}

void require_vector(const InferenceContext& context, std::string_view message) {
  require(shape_of(context, 1).size() <= 1, ErrorKind::kIndex,
          [&] { return std::string(message); });
}

void require_same_rank(const InferenceContext& context, std::size_t k, std::string_view name) {
  require(at_least_1d(shape_of(context, 1)).size() == at_least_1d(shape_of(context, k)).size(),
          [&] {
            return "Index tensor must have the same number of dimensions as " + std::string(name) +
                   " tensor";
          });
}

/// Whether `inner` fits into `outer` in every dimension but `except`.
bool fits(const Shape& inner, const Shape& outer, std::size_t except) {
  const Shape a = at_least_1d(inner);
  const Shape b = at_least_1d(outer);
  for (std::size_t d = 0; d < a.size(); ++d)
    if (d != except && a[d] > b[d]) return false;
  return true;
}

}  // namespace

void index_select_shape(InferenceContext& context) {
  Shape shape = shape_of(context, 0);
  require_vector(context, "index_select(): Index is supposed to be a vector");
  const std::size_t dim = dim_of(context, shape);
  const std::int64_t count = count_of(context, 1);
  require(!shape.empty() || count == 1, [&] {
    return "index_select(): Index to scalar can have only 1 value, got " + std::to_string(count) +
           " value(s)";
  });
  if (!shape.empty()) shape[dim] = count;
  set_shapes(context, shape);
}

void gather_shape(InferenceContext& context) {
  const Shape& self = shape_of(context, 0);
  const Shape& index = shape_of(context, 1);
  const std::size_t dim = dim_of(context, self);
  if (element_count(index) != 0) {
    require_same_rank(context, 0, "input");
    for (std::size_t d = 0; d < std::min(index.size(), self.size()); ++d)
      require(d == dim || index[d] <= self[d], [&] {
        return "Size does not match at dimension " + std::to_string(d) + " expected index " +
               to_string(index) + " to be no larger than self " + to_string(self) +
               " apart from dimension " + std::to_string(dim);
      });
  }
  set_shapes(context, index);
}

void scatter_shape(InferenceContext& context) {
  const Shape& self = shape_of(context, 0);
  const Shape& index = shape_of(context, 1);
  const Shape& source = shape_of(context, 2);
  const std::size_t dim = dim_of(context, self);
  if (element_count(index) != 0) {
    require_same_rank(context, 0, "self");
    require_same_rank(context, 2, "src");
    require(fits(index, self, dim) && fits(index, source, kMaxDimensions), [&] {
      return "Expected index " + to_string(index) + " to be no larger than self " +
             to_string(self) + " apart from dimension " + std::to_string(dim) +
             " and to be no larger size than src " + to_string(source);
    });
  }
  like_self(context);
}

void index_add_shape(InferenceContext& context) {
  const Shape& self = shape_of(context, 0);
  const OperandMeta& index = context.operand(1);
  const Shape& source = shape_of(context, 2);
  require_vector(context, "index_add_(): Index is supposed to be a vector, but got dim: " +
                              std::to_string(index.shape.size()) + " with type: " +
                              name_of(index.dtype) + " and size: " + to_string(index.shape));
  const std::size_t dim = dim_of(context, self);
  const Shape sizes = at_least_1d(source);
  require(dim >= sizes.size() || count_of(context, 1) == sizes[dim], [&] {
    return "index_add_(): Number of indices (" + std::to_string(count_of(context, 1)) +
           ") should be equal to source.size(dim): (" + std::to_string(sizes[dim]) +
           "), for dim: " + std::to_string(dim);
  });
  require(self.size() == source.size() && fits(self, source, dim) && fits(source, self, dim), [&] {
    return "source tensor shape must match self tensor shape, excluding the specified dimension. "
           "Got self.shape = " +
           to_string(self) + " source.shape = " + to_string(source);
  });
  like_self(context);
}

void index_copy_shape(InferenceContext& context) {
  const Shape self = at_least_1d(shape_of(context, 0));
  const Shape source = at_least_1d(shape_of(context, 2));
  const std::size_t dim = dim_of(context, self);
  require_vector(context, "index_copy_(): Index should have dimension 1 or 0 (got " +
                              std::to_string(shape_of(context, 1).size()) + ")");
  require(self.size() == source.size(), [&] {
    return "index_copy_(): When source and destination are not scalars, their dimensionality must "
           "match. Source dimensionality (" +
           std::to_string(source.size()) + "), destination dimensionality (" +
           std::to_string(self.size()) + ")";
  });
  require(count_of(context, 1) == source[dim], ErrorKind::kIndex, [&] {
    return "index_copy_(): Number of indices (" + std::to_string(count_of(context, 1)) +
           ") should be equal to source.size(dim) (" + std::to_string(source[dim]) + ")";
  });
  Shape self_slice = self;
  Shape source_slice = source;
  self_slice.erase(dim);
  source_slice.erase(dim);
  require(self_slice == source_slice, [&] {
    return "index_copy_(): Source/destination tensor must have same slice shapes. Destination "
           "slice shape: " +
           to_string(self_slice) + " at dimension " + std::to_string(dim) +
           " and source slice shape: " + to_string(source_slice) + " at dimension " +
           std::to_string(dim) + ".";
  });
  like_self(context);
}

void index_fill_shape(InferenceContext& context) {
  (void)dim_of(context, shape_of(context, 0));
  require_vector(context, "Index has to be a vector/scalar");
  like_self(context);
}

void nonzero_shape(InferenceContext& context) {
  const Shape& self = shape_of(context, 0);
  const std::int64_t count = context.integer(0);
  require(count >= 0 && count <= element_count(self), [&] {
    return "nonzero of " + std::to_string(element_count(self)) + " elements cannot name " +
           std::to_string(count);
  });
  set_shapes(context, Shape{count, rank_of(self)});
}

void masked_select_shape(InferenceContext& context) {
  const Shape shape = broadcast_shape(shape_of(context, 1), shape_of(context, 0));
  const std::int64_t count = context.integer(0);
  const std::int64_t available = checked_element_count(shape);
  require(count >= 0 && count <= available, [&] {
    return "masked_select from " + std::to_string(available) + " elements cannot take " +
           std::to_string(count);
  });
  set_shapes(context, Shape{count});
}

void embedding_shape(InferenceContext& context) {
  const Shape& weight = shape_of(context, 0);
  require(weight.size() == 2, [] { return std::string("'weight' must be 2-D"); });
  Shape shape = shape_of(context, 1);
  require(shape.size() < kMaxDimensions, [] {
    return "embedding would make more than " + std::to_string(kMaxDimensions) + " dimensions";
  });
  shape.push_back(weight[1]);
  set_shapes(context, shape);
}

void embedding_backward_shape(InferenceContext& context) {
  const Shape& grad = shape_of(context, 0);
  const Shape& indices = shape_of(context, 1);
  const bool matches =
      grad.size() == indices.size() + 1 && std::equal(indices.begin(), indices.end(), grad.begin());
  require(matches, [&] {
    return "expected grad_output of shape " + to_string(indices) +
           " and one more dimension, but got " + to_string(grad);
  });
  set_shapes(context, Shape{context.integer(0), grad.back()});
}

}  // namespace gt::rules

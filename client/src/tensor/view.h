// Making views: one step from a tensor to an alias of it. Nothing is emitted until it is read.
#pragma once

#include <gt/tensor.h>

#include "client/src/session/errors.h"
#include "client/src/tensor/tensor_impl.h"

namespace gt::detail {

/// Sizes, strides and offset of a view in its cell.
struct Geometry {
  Shape sizes;
  Strides strides;
  std::int64_t offset = 0;
};

/// The view of `self` through one more step. `geometry.sizes` are what the step makes.
[[nodiscard]] Tensor make_view(const Tensor& self, Op op, const Attributes& attributes,
                               const char* node_name, const Geometry& geometry);
/// The same with the step's sizes and strides given, as a reshape.
[[nodiscard]] Tensor make_reshape_view(const Tensor& self, const char* node_name,
                                       const Geometry& geometry);

/// Strides with which `sizes` (of as many elements) can view elements that lie at `old_sizes` and
/// `old_strides`, by ATen's computeStride; nothing if a copy is needed.
[[nodiscard]] optional<Strides> view_strides(const Shape& old_sizes, const Strides& old_strides,
                                             const Shape& sizes);
/// Sizes with a -1 filled in; throws CommonError with LibTorch's wording.
[[nodiscard]] Shape inferred_sizes(IntArrayRef sizes, std::int64_t elements);

/// `self` with another alias of the same cell in its place: t_, squeeze_, unsqueeze_.
void replace_by_view(const Tensor& self, const Tensor& view);

/// Runs `body`; what the shared layers throw becomes gt::Error with the prefix `[op] `.
template <class Body>
decltype(auto) with_prefix(const char* op, Body&& body) {
  try {
    return body();
  } catch (const CommonError& error) {
    client::throw_public(error, op);
  }
}

}  // namespace gt::detail

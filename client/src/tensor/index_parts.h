// `x.index({...})` taken apart: what makes a view, and the tensors that remain.
#pragma once

#include <gt/indexing.h>

#include <vector>

#include "client/src/tensor/tensor_impl.h"

namespace gt::detail {

/// One tensor among the indices.
struct TensorPart {
  std::int64_t dim = 0;  ///< of the view, where it starts
  Tensor tensor;
  bool is_mask = false;  ///< Bool or Byte: consumes as many dims as it has
};

/// The view that integers, slices, None and Ellipsis make, and the tensors that index it.
struct IndexParts {
  Tensor view;
  std::vector<TensorPart> tensors;

  [[nodiscard]] bool has_mask() const;
};

/// Throws IndexError with LibTorch's wording for too many indices, positions out of range, masks of
/// another shape and tensors of other dtypes.
[[nodiscard]] IndexParts take_apart(const Tensor& self, ArrayRef<indexing::TensorIndex> indices,
                                    const char* op);

}  // namespace gt::detail

// Arithmetic, comparison and bit operators over tensors and numbers (client/src/functions). Each is
// the function of LibTorch's operator table: `a + b` is add, `a % b` remainder, `a == b` eq.
#pragma once

#include <gt/tensor.h>

namespace gt {

#define GT_BINARY_OPERATOR(symbol)                                               \
  [[nodiscard]] GT_API Tensor operator symbol(const Tensor& a, const Tensor& b); \
  [[nodiscard]] GT_API Tensor operator symbol(const Tensor& a, const Scalar& b); \
  [[nodiscard]] GT_API Tensor operator symbol(const Scalar& a, const Tensor& b);
GT_BINARY_OPERATOR(+)
GT_BINARY_OPERATOR(-)
GT_BINARY_OPERATOR(*)
GT_BINARY_OPERATOR(/)
GT_BINARY_OPERATOR(%)
GT_BINARY_OPERATOR(&)
GT_BINARY_OPERATOR(|)
GT_BINARY_OPERATOR(^)
GT_BINARY_OPERATOR(==)
GT_BINARY_OPERATOR(!=)
GT_BINARY_OPERATOR(<)
GT_BINARY_OPERATOR(<=)
GT_BINARY_OPERATOR(>)
GT_BINARY_OPERATOR(>=)
#undef GT_BINARY_OPERATOR
/// logical_not
[[nodiscard]] GT_API Tensor operator!(const Tensor& a);

}  // namespace gt

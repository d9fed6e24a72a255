// Printing tensors as LibTorch does. Printing waits for the values.
#pragma once

#include <gt/tensor.h>

#include <cstdint>
#include <ostream>

namespace gt {

/// Rows of elements, then the type and sizes: `[ CPUFloatType{2,3} ]`.
GT_API std::ostream& operator<<(std::ostream& stream, const Tensor& tensor);
/// The same in lines of at most `line_size` characters.
GT_API std::ostream& print(std::ostream& stream, const Tensor& tensor, std::int64_t line_size);
GT_API void print(const Tensor& tensor, std::int64_t line_size = 80);

}  // namespace gt

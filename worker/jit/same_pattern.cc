#include "worker/jit/kernel.h"

namespace gt::worker::jit {

bool same_pattern(const Shape& shape, const Strides& strides, const Shape& other_shape,
                  const Strides& other_strides) {
  if (shape.size() != other_shape.size()) return false;
  std::size_t inner = shape.size();  // the last dimension that is not of size 1
  for (std::size_t d = shape.size(); d-- > 0;) {
    if (shape[d] == 1 && other_shape[d] == 1) continue;
    if (shape[d] == 1 || (strides[d] == 0) != (other_strides[d] == 0) ||
        (strides[d] == 1) != (other_strides[d] == 1))
      return false;
    if (inner != shape.size() &&
        (strides[d] == shape[inner] * strides[inner]) !=
            (other_strides[d] == other_shape[inner] * other_strides[inner]))
      return false;
    inner = d;
  }
  return true;
}

}  // namespace gt::worker::jit

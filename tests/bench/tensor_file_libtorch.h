// Tensors in a file, for programs that train the same. Only for sources with LibTorch.
#pragma once

#include <ATen/ATen.h>

#include <string>
#include <vector>

namespace gt::bench {

/// Writes the elements of the tensors one after the other, row-major, in the types they have.
/// Throws std::runtime_error naming the file if that fails.
void write_tensors(const std::string& path, const std::vector<at::Tensor>& tensors);

}  // namespace gt::bench

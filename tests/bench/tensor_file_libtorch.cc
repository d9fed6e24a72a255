#include "tests/bench/tensor_file_libtorch.h"

#include <fstream>
#include <stdexcept>

namespace gt::bench {

void write_tensors(const std::string& path, const std::vector<at::Tensor>& tensors) {
  std::ofstream file(path, std::ios::binary);
  for (const at::Tensor& tensor : tensors) {
    const at::Tensor rows = tensor.detach().contiguous();
    file.write(static_cast<const char*>(rows.const_data_ptr()),
               static_cast<std::streamsize>(rows.nbytes()));
  }
  file.flush();
  if (!file) throw std::runtime_error("cannot write " + path);
}

}  // namespace gt::bench

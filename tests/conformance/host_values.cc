#include "tests/conformance/host_values.h"

namespace gt::conformance {

judge::HostTensor to_host(const Tensor& tensor) {
  const Tensor plain = tensor.detach().contiguous();
  judge::HostTensor result;
  result.dtype = static_cast<DType>(plain.scalar_type());
  for (std::int64_t size : plain.sizes()) result.shape.push_back(size);
  if (plain.numel() == 0) return result;
  const auto* bytes = static_cast<const std::byte*>(plain.const_data_ptr());
  result.bytes.assign(bytes, bytes + plain.nbytes());
  return result;
}

Tensor to_client(const judge::HostTensor& tensor) {
  return from_blob(tensor.bytes.data(), IntArrayRef(tensor.shape.data(), tensor.shape.size()),
                   static_cast<ScalarType>(tensor.dtype));
}

}  // namespace gt::conformance

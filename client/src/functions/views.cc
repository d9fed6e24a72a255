// Views as free functions.
#include <gt/functions.h>

#include "client/src/session/site.h"

namespace gt {

Tensor reshape(const Tensor& self, IntArrayRef shape) {
  GT_ENTRY();
  return self.reshape(shape);
}

Tensor flatten(const Tensor& self, std::int64_t start_dim, std::int64_t end_dim) {
  GT_ENTRY();
  return self.flatten(start_dim, end_dim);
}

Tensor squeeze(const Tensor& self) {
  GT_ENTRY();
  return self.squeeze();
}

Tensor squeeze(const Tensor& self, std::int64_t dim) {
  GT_ENTRY();
  return self.squeeze(dim);
}

Tensor unsqueeze(const Tensor& self, std::int64_t dim) {
  GT_ENTRY();
  return self.unsqueeze(dim);
}

Tensor transpose(const Tensor& self, std::int64_t dim0, std::int64_t dim1) {
  GT_ENTRY();
  return self.transpose(dim0, dim1);
}

Tensor t(const Tensor& self) {
  GT_ENTRY();
  return self.t();
}

Tensor permute(const Tensor& self, IntArrayRef dims) {
  GT_ENTRY();
  return self.permute(dims);
}

Tensor movedim(const Tensor& self, std::int64_t source, std::int64_t destination) {
  GT_ENTRY();
  return self.movedim(source, destination);
}

Tensor broadcast_to(const Tensor& self, IntArrayRef size) {
  GT_ENTRY();
  return self.broadcast_to(size);
}

Tensor select(const Tensor& self, std::int64_t dim, std::int64_t index) {
  GT_ENTRY();
  return self.select(dim, index);
}

Tensor narrow(const Tensor& self, std::int64_t dim, std::int64_t start, std::int64_t length) {
  GT_ENTRY();
  return self.narrow(dim, start, length);
}

Tensor diagonal(const Tensor& self, std::int64_t offset, std::int64_t dim1, std::int64_t dim2) {
  GT_ENTRY();
  return self.diagonal(offset, dim1, dim2);
}

std::vector<Tensor> split(const Tensor& self, std::int64_t split_size, std::int64_t dim) {
  GT_ENTRY();
  return self.split(split_size, dim);
}

std::vector<Tensor> chunk(const Tensor& self, std::int64_t chunks, std::int64_t dim) {
  GT_ENTRY();
  return self.chunk(chunks, dim);
}

std::vector<Tensor> unbind(const Tensor& self, std::int64_t dim) {
  GT_ENTRY();
  return self.unbind(dim);
}

}  // namespace gt

// Operations by index tensors, sorting, and those whose result shape depends on values.
#include <gt/error.h>
#include <gt/functions.h>

#include <array>

#include "client/src/tensor/call.h"

namespace gt {

using detail::call;
using detail::call_all;
using detail::call_in_place;
using detail::to_scalar_value;

#define GT_PICK(name)                                                      \
  Tensor name(const Tensor& self, std::int64_t dim, const Tensor& index) { \
    GT_ENTRY();                                                            \
    return call(Op::name, {self, index}, make_attributes(Op::name, dim));  \
  }                                                                        \
  Tensor Tensor::name(std::int64_t dim, const Tensor& index) const {       \
    GT_ENTRY();                                                            \
    return gt::name(*this, dim, index);                                    \
  }

GT_PICK(index_select)
#undef GT_PICK

Tensor gather(const Tensor& self, std::int64_t dim, const Tensor& index, bool sparse_grad) {
  GT_ENTRY();
  if (sparse_grad) throw NotImplementedError("[gather] sparse gradients are not offered");
  return call(Op::gather, {self, index}, make_attributes(Op::gather, dim));
}

Tensor Tensor::gather(std::int64_t dim, const Tensor& index, bool sparse_grad) const {
  GT_ENTRY();
  return gt::gather(*this, dim, index, sparse_grad);
}

Tensor take(const Tensor& self, const Tensor& index) {
  GT_ENTRY();
  return self.reshape(-1).index_select(0, index.reshape(-1)).reshape(index.sizes());
}

Tensor Tensor::take(const Tensor& index) const {
  GT_ENTRY();
  return gt::take(*this, index);
}

// Rows with an index and the values that go there.
#define GT_PLACE(name)                                                                          \
  Tensor name(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& src) {   \
    GT_ENTRY();                                                                                 \
    return call(Op::name, {self, index, src}, make_attributes(Op::name, dim));                  \
  }                                                                                             \
  Tensor Tensor::name(std::int64_t dim, const Tensor& index, const Tensor& src) const {         \
    GT_ENTRY();                                                                                 \
    return gt::name(*this, dim, index, src);                                                    \
  }                                                                                             \
  Tensor& Tensor::name##_(std::int64_t dim, const Tensor& index, const Tensor& src) const {     \
    GT_ENTRY();                                                                                 \
    return call_in_place(*this, Op::name, {*this, index, src}, make_attributes(Op::name, dim)); \
  }

GT_PLACE(scatter)
GT_PLACE(scatter_add)
GT_PLACE(index_copy)
#undef GT_PLACE

namespace {

/// The number as values of the index's shape, without copies.
Tensor spread(const Tensor& self, const Tensor& index, const Scalar& value) {
  return scalar_tensor(value, self.options()).expand(index.sizes());
}

}  // namespace

Tensor scatter(const Tensor& self, std::int64_t dim, const Tensor& index, const Scalar& value) {
  GT_ENTRY();
  return scatter(self, dim, index, spread(self, index, value));
}

Tensor Tensor::scatter(std::int64_t dim, const Tensor& index, const Scalar& value) const {
  GT_ENTRY();
  return gt::scatter(*this, dim, index, value);
}

Tensor& Tensor::scatter_(std::int64_t dim, const Tensor& index, const Scalar& value) const {
  GT_ENTRY();
  return scatter_(dim, index, spread(*this, index, value));
}

Tensor index_add(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source,
                 const Scalar& alpha) {
  GT_ENTRY();
  return call(Op::index_add, {self, index, source},
              make_attributes(Op::index_add, dim, to_scalar_value(alpha)));
}

Tensor Tensor::index_add(std::int64_t dim, const Tensor& index, const Tensor& source,
                         const Scalar& alpha) const {
  GT_ENTRY();
  return gt::index_add(*this, dim, index, source, alpha);
}

Tensor& Tensor::index_add_(std::int64_t dim, const Tensor& index, const Tensor& source,
                           const Scalar& alpha) const {
  GT_ENTRY();
  return call_in_place(*this, Op::index_add, {*this, index, source},
                       make_attributes(Op::index_add, dim, to_scalar_value(alpha)));
}

Tensor index_fill(const Tensor& self, std::int64_t dim, const Tensor& index, const Scalar& value) {
  GT_ENTRY();
  return call(Op::index_fill, {self, index},
              make_attributes(Op::index_fill, dim, to_scalar_value(value)));
}

Tensor Tensor::index_fill(std::int64_t dim, const Tensor& index, const Scalar& value) const {
  GT_ENTRY();
  return gt::index_fill(*this, dim, index, value);
}

Tensor& Tensor::index_fill_(std::int64_t dim, const Tensor& index, const Scalar& value) const {
  GT_ENTRY();
  return call_in_place(*this, Op::index_fill, {*this, index},
                       make_attributes(Op::index_fill, dim, to_scalar_value(value)));
}

Tensor nonzero(const Tensor& self) {
  GT_ENTRY();
  const auto count = count_nonzero(self).item<std::int64_t>();
  return call(Op::nonzero, {self}, make_attributes(Op::nonzero, count));
}

Tensor Tensor::nonzero() const {
  GT_ENTRY();
  return gt::nonzero(*this);
}

std::vector<Tensor> where(const Tensor& condition) {
  GT_ENTRY();
  return nonzero(condition).unbind(1);
}

Tensor masked_select(const Tensor& self, const Tensor& mask) {
  GT_ENTRY();
  if (mask.scalar_type() != kBool)
    throw Error("[masked_select] masked_select: expected BoolTensor for mask");
  const Shape shape = broadcast_shape(detail::alias_of(self).sizes, detail::alias_of(mask).sizes);
  const Tensor chosen = mask.expand(IntArrayRef(shape.data(), shape.size()));
  const auto count = count_nonzero(chosen).item<std::int64_t>();
  return call(Op::masked_select, {self, mask}, make_attributes(Op::masked_select, count));
}

Tensor Tensor::masked_select(const Tensor& mask) const {
  GT_ENTRY();
  return gt::masked_select(*this, mask);
}

std::tuple<Tensor, Tensor> sort(const Tensor& self, std::int64_t dim, bool descending) {
  GT_ENTRY();
  auto results = call_all(Op::sort, {self}, make_attributes(Op::sort, true, dim, descending));
  return {results[0], results[1]};
}

std::tuple<Tensor, Tensor> sort(const Tensor& self, optional<bool> stable, std::int64_t dim,
                                bool descending) {
  GT_ENTRY();
  auto results = call_all(Op::sort, {self},
                          make_attributes(Op::sort, stable.value_or(false), dim, descending));
  return {results[0], results[1]};
}

std::tuple<Tensor, Tensor> Tensor::sort(optional<bool> stable, std::int64_t dim,
                                        bool descending) const {
  GT_ENTRY();
  return gt::sort(*this, stable, dim, descending);
}

std::tuple<Tensor, Tensor> Tensor::sort(std::int64_t dim, bool descending) const {
  GT_ENTRY();
  return gt::sort(*this, dim, descending);
}

Tensor argsort(const Tensor& self, std::int64_t dim, bool descending) {
  GT_ENTRY();
  return std::get<1>(sort(self, dim, descending));
}

Tensor Tensor::argsort(std::int64_t dim, bool descending) const {
  GT_ENTRY();
  return gt::argsort(*this, dim, descending);
}

std::tuple<Tensor, Tensor> topk(const Tensor& self, std::int64_t k, std::int64_t dim, bool largest,
                                bool sorted) {
  GT_ENTRY();
  auto results = call_all(Op::topk, {self}, make_attributes(Op::topk, k, dim, largest, sorted));
  return {results[0], results[1]};
}

std::tuple<Tensor, Tensor> Tensor::topk(std::int64_t k, std::int64_t dim, bool largest,
                                        bool sorted) const {
  GT_ENTRY();
  return gt::topk(*this, k, dim, largest, sorted);
}

Tensor one_hot(const Tensor& self, std::int64_t num_classes) {
  GT_ENTRY();
  if (self.scalar_type() != kLong)
    throw Error("[one_hot] one_hot is only applicable to index tensor of type LongTensor.");
  if (num_classes < 1)
    throw Error(
        "[one_hot] num_classes should be positive; the number of classes cannot be taken "
        "from the values without waiting for them");
  std::vector<std::int64_t> shape(self.sizes().begin(), self.sizes().end());
  shape.push_back(num_classes);
  return zeros(shape, self.options()).scatter(-1, self.unsqueeze(-1), 1);
}

}  // namespace gt

// Matrix products of every rank.
#include <gt/error.h>
#include <gt/functions.h>

#include <functional>
#include <numeric>

#include "client/src/tensor/call.h"

namespace gt {

using detail::call;
using detail::call_in_place;
using detail::to_scalar_value;

namespace {

using Sizes = std::vector<std::int64_t>;

Sizes sizes_of(const Tensor& tensor) { return {tensor.sizes().begin(), tensor.sizes().end()}; }

std::int64_t product(const Sizes& sizes) {
  return std::accumulate(sizes.begin(), sizes.end(), std::int64_t{1}, std::multiplies<>());
}

/// Everything but the last two dims.
Sizes batch_of(const Tensor& tensor) {
  Sizes sizes = sizes_of(tensor);
  sizes.resize(sizes.size() - 2);
  return sizes;
}

Sizes with(Sizes batch, std::initializer_list<std::int64_t> matrix) {
  batch.insert(batch.end(), matrix);
  return batch;
}

/// (batch..., n, k) x (k, m): the rows of all batches are one matrix.
Tensor fold_rows(const Tensor& rows, const Tensor& matrix) {
  Sizes result = sizes_of(rows);
  const Tensor folded = rows.reshape({-1, result.back()});
  result.back() = matrix.size(1);
  return mm(folded, matrix).reshape(result);
}

/// Both operands have at least two dims, one of them more.
Tensor batched(const Tensor& a, const Tensor& b) {
  const Sizes batch_a = batch_of(a), batch_b = batch_of(b);
  const Shape joined = broadcast_shape(batch_a, batch_b);
  const Sizes batch(joined.begin(), joined.end());
  const std::int64_t count = product(batch);
  const auto flat = [&](const Tensor& x) {
    return x.expand(with(batch, {x.size(-2), x.size(-1)})).reshape({count, x.size(-2), x.size(-1)});
  };
  return bmm(flat(a), flat(b)).reshape(with(batch, {a.size(-2), b.size(-1)}));
}

[[noreturn]] void throw_no_dims(const Tensor& a, const Tensor& b) {
  throw Error("[matmul] both arguments to matmul need to be at least 1D, but they are " +
              std::to_string(a.dim()) + "D and " + std::to_string(b.dim()) + "D");
}

}  // namespace

Tensor mm(const Tensor& self, const Tensor& mat2) {
  GT_ENTRY();
  return call(Op::mm, {self, mat2});
}

Tensor bmm(const Tensor& self, const Tensor& mat2) {
  GT_ENTRY();
  return call(Op::bmm, {self, mat2});
}

Tensor mv(const Tensor& self, const Tensor& vec) {
  GT_ENTRY();
  if (self.dim() != 2 || vec.dim() != 1)
    throw Error("[mv] vector + matrix @ vector expected, got 1, " + std::to_string(self.dim()) +
                ", " + std::to_string(vec.dim()));
  if (self.size(1) != vec.size(0))
    throw Error("[mv] size mismatch, got input (" + std::to_string(self.size(0)) + "), mat (" +
                std::to_string(self.size(0)) + "x" + std::to_string(self.size(1)) + "), vec (" +
                std::to_string(vec.size(0)) + ")");
  return mm(self, vec.unsqueeze(1)).squeeze(1);
}

Tensor dot(const Tensor& self, const Tensor& tensor) {
  GT_ENTRY();
  if (self.dim() != 1 || tensor.dim() != 1)
    throw Error("[dot] 1D tensors expected, but got " + std::to_string(self.dim()) + "D and " +
                std::to_string(tensor.dim()) + "D tensors");
  if (self.size(0) != tensor.size(0))
    throw Error("[dot] inconsistent tensor size, expected tensor [" + std::to_string(self.size(0)) +
                "] and src [" + std::to_string(tensor.size(0)) +
                "] to have the same number of elements, but got " + std::to_string(self.size(0)) +
                " and " + std::to_string(tensor.size(0)) + " elements respectively");
  return mm(self.unsqueeze(0), tensor.unsqueeze(1)).reshape(IntArrayRef());
}

Tensor outer(const Tensor& self, const Tensor& vec2) {
  GT_ENTRY();
  if (self.dim() != 1 || vec2.dim() != 1)
    throw Error("[outer] outer: Expected 1-D arguments, but got " + std::to_string(self.dim()) +
                "D and " + std::to_string(vec2.dim()) + "D");
  return self.unsqueeze(1).mul(vec2);
}

/// As LibTorch: a vector on the left is a row, on the right a column; its dim is taken away again.
Tensor matmul(const Tensor& self, const Tensor& other) {
  GT_ENTRY();
  const std::int64_t left = self.dim(), right = other.dim();
  if (left == 0 || right == 0) throw_no_dims(self, other);
  if (left == 1 && right == 1) return dot(self, other);
  if (left == 2 && right == 1) return mv(self, other);
  if (left == 1) return matmul(self.unsqueeze(0), other).squeeze(-2);
  if (right == 1) return matmul(self, other.unsqueeze(1)).squeeze(-1);
  if (left == 2 && right == 2) return mm(self, other);
  if (right == 2) return fold_rows(self, other);
  return batched(self, other);
}

Tensor addmm(const Tensor& self, const Tensor& mat1, const Tensor& mat2, const Scalar& beta,
             const Scalar& alpha) {
  GT_ENTRY();
  return call(Op::addmm, {self, mat1, mat2},
              make_attributes(Op::addmm, to_scalar_value(beta), to_scalar_value(alpha)));
}

Tensor baddbmm(const Tensor& self, const Tensor& batch1, const Tensor& batch2, const Scalar& beta,
               const Scalar& alpha) {
  GT_ENTRY();
  return call(Op::baddbmm, {self, batch1, batch2},
              make_attributes(Op::baddbmm, to_scalar_value(beta), to_scalar_value(alpha)));
}

/// A matrix or a batch of rows takes one product with the bias added to it.
Tensor linear(const Tensor& input, const Tensor& weight, const Tensor& bias) {
  GT_ENTRY();
  const Tensor transposed = weight.dim() == 2 ? weight.t() : weight;
  if (!bias.defined() || weight.dim() != 2 || bias.dim() != 1 || input.dim() < 2) {
    const Tensor product = matmul(input, transposed);
    return bias.defined() ? product + bias : product;
  }
  if (input.dim() == 2) return addmm(bias, input, transposed);
  Sizes result = sizes_of(input);
  const Tensor rows = input.reshape({-1, result.back()});
  result.back() = weight.size(0);
  return addmm(bias, rows, transposed).reshape(result);
}

Tensor trace(const Tensor& self) {
  GT_ENTRY();
  if (self.dim() != 2) throw Error("[trace] trace: expected a matrix");
  return self.diagonal().sum();
}

Tensor Tensor::trace() const {
  GT_ENTRY();
  return gt::trace(*this);
}

Tensor& Tensor::baddbmm_(const Tensor& batch1, const Tensor& batch2, const Scalar& beta,
                         const Scalar& alpha) const {
  GT_ENTRY();
  return call_in_place(*this, Op::baddbmm, {*this, batch1, batch2},
                       make_attributes(Op::baddbmm, to_scalar_value(beta), to_scalar_value(alpha)));
}

Tensor Tensor::mm(const Tensor& mat2) const {
  GT_ENTRY();
  return gt::mm(*this, mat2);
}

Tensor Tensor::bmm(const Tensor& mat2) const {
  GT_ENTRY();
  return gt::bmm(*this, mat2);
}

Tensor Tensor::mv(const Tensor& vec) const {
  GT_ENTRY();
  return gt::mv(*this, vec);
}

Tensor Tensor::dot(const Tensor& tensor) const {
  GT_ENTRY();
  return gt::dot(*this, tensor);
}

Tensor Tensor::outer(const Tensor& vec2) const {
  GT_ENTRY();
  return gt::outer(*this, vec2);
}

Tensor Tensor::matmul(const Tensor& other) const {
  GT_ENTRY();
  return gt::matmul(*this, other);
}

Tensor Tensor::addmm(const Tensor& mat1, const Tensor& mat2, const Scalar& beta,
                     const Scalar& alpha) const {
  GT_ENTRY();
  return gt::addmm(*this, mat1, mat2, beta, alpha);
}

Tensor& Tensor::addmm_(const Tensor& mat1, const Tensor& mat2, const Scalar& beta,
                       const Scalar& alpha) const {
  GT_ENTRY();
  return call_in_place(*this, Op::addmm, {*this, mat1, mat2},
                       make_attributes(Op::addmm, to_scalar_value(beta), to_scalar_value(alpha)));
}

Tensor Tensor::baddbmm(const Tensor& batch1, const Tensor& batch2, const Scalar& beta,
                       const Scalar& alpha) const {
  GT_ENTRY();
  return gt::baddbmm(*this, batch1, batch2, beta, alpha);
}

}  // namespace gt

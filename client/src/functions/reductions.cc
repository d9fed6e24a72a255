// Reductions: functions and methods.
#include <gt/error.h>
#include <gt/functions.h>
#include <gt/macros.h>

#include <array>
#include <limits>

#include "client/src/tensor/call.h"

namespace gt {

using detail::call;
using detail::call_all;
using detail::call_in_place;
using detail::to_dtype;

namespace {

using Dims = std::span<const std::int64_t>;

Dims all_dims() { return {}; }
Dims as_span(IntArrayRef dims) { return {dims.data(), dims.size()}; }
Dims as_span(const OptionalIntArrayRef& dims) { return dims ? as_span(*dims) : all_dims(); }

/// An empty list of dims reduces them all, and so does none.
Tensor reduce(Op op, const Tensor& self, Dims dims, bool keepdim) {
  return call(op, {self}, make_attributes(op, dims, keepdim));
}

Tensor reduce_as(Op op, const Tensor& self, Dims dims, bool keepdim, optional<ScalarType> dtype) {
  return call(op, {self}, make_attributes(op, dims, keepdim, to_dtype(dtype)));
}

Tensor reduce_one(Op op, const Tensor& self, optional<std::int64_t> dim, bool keepdim) {
  if (!dim) return reduce(op, self, all_dims(), keepdim);
  const std::array<std::int64_t, 1> dims{*dim};
  return reduce(op, self, dims, keepdim);
}

std::tuple<Tensor, Tensor> extremum(Op op, const Tensor& self, std::int64_t dim, bool keepdim) {
  auto results = call_all(op, {self}, make_attributes(op, dim, keepdim));
  return {results[0], results[1]};
}

Tensor variance(const Tensor& self, Dims dims, double correction, bool keepdim) {
  return call(Op::var, {self}, make_attributes(Op::var, dims, keepdim, correction));
}

}  // namespace

#define GT_SUM(name)                                                                             \
  Tensor name(const Tensor& self, optional<ScalarType> dtype) {                                  \
    GT_ENTRY();                                                                                  \
    return reduce_as(Op::name, self, all_dims(), false, dtype);                                  \
  }                                                                                              \
  Tensor name(const Tensor& self, OptionalIntArrayRef dim, bool keepdim,                         \
              optional<ScalarType> dtype) {                                                      \
    GT_ENTRY();                                                                                  \
    return reduce_as(Op::name, self, as_span(dim), keepdim, dtype);                              \
  }                                                                                              \
  Tensor Tensor::name(optional<ScalarType> dtype) const {                                        \
    GT_ENTRY();                                                                                  \
    return gt::name(*this, dtype);                                                               \
  }                                                                                              \
  Tensor Tensor::name(OptionalIntArrayRef dim, bool keepdim, optional<ScalarType> dtype) const { \
    GT_ENTRY();                                                                                  \
    return gt::name(*this, dim, keepdim, dtype);                                                 \
  }

GT_SUM(sum)
GT_SUM(mean)
#undef GT_SUM

Tensor prod(const Tensor& self, optional<ScalarType> dtype) {
  GT_ENTRY();
  return reduce_as(Op::prod, self, all_dims(), false, dtype);
}

Tensor prod(const Tensor& self, std::int64_t dim, bool keepdim, optional<ScalarType> dtype) {
  GT_ENTRY();
  const std::array<std::int64_t, 1> dims{dim};
  return reduce_as(Op::prod, self, dims, keepdim, dtype);
}

Tensor Tensor::prod(optional<ScalarType> dtype) const {
  GT_ENTRY();
  return gt::prod(*this, dtype);
}

Tensor Tensor::prod(std::int64_t dim, bool keepdim, optional<ScalarType> dtype) const {
  GT_ENTRY();
  return gt::prod(*this, dim, keepdim, dtype);
}

// NOLINTBEGIN(bugprone-macro-parentheses): `finish` is the end of a call chain.
#define GT_SPREAD(name, finish)                                                                  \
  Tensor name(const Tensor& self, int dim) {                                                     \
    GT_ENTRY();                                                                                  \
    return gt::name(self, std::int64_t{dim});                                                    \
  }                                                                                              \
  Tensor name(const Tensor& self, std::int64_t dim) {                                            \
    GT_ENTRY();                                                                                  \
    return gt::name(self, OptionalIntArrayRef(dim), true, false);                                \
  }                                                                                              \
  Tensor Tensor::name(int dim) const {                                                           \
    GT_ENTRY();                                                                                  \
    return gt::name(*this, std::int64_t{dim});                                                   \
  }                                                                                              \
  Tensor Tensor::name(std::int64_t dim) const {                                                  \
    GT_ENTRY();                                                                                  \
    return gt::name(*this, dim);                                                                 \
  }                                                                                              \
  Tensor name(const Tensor& self, bool unbiased) {                                               \
    GT_ENTRY();                                                                                  \
    return variance(self, all_dims(), unbiased ? 1.0 : 0.0, false) finish;                       \
  }                                                                                              \
  Tensor name(const Tensor& self, OptionalIntArrayRef dim, bool unbiased, bool keepdim) {        \
    GT_ENTRY();                                                                                  \
    return variance(self, as_span(dim), unbiased ? 1.0 : 0.0, keepdim) finish;                   \
  }                                                                                              \
  Tensor name(const Tensor& self, OptionalIntArrayRef dim, const optional<Scalar>& correction,   \
              bool keepdim) {                                                                    \
    GT_ENTRY();                                                                                  \
    const double taken_away = correction.value_or(Scalar(1)).toDouble();                         \
    return variance(self, as_span(dim), taken_away, keepdim) finish;                             \
  }                                                                                              \
  Tensor Tensor::name(bool unbiased) const {                                                     \
    GT_ENTRY();                                                                                  \
    return gt::name(*this, unbiased);                                                            \
  }                                                                                              \
  Tensor Tensor::name(OptionalIntArrayRef dim, bool unbiased, bool keepdim) const {              \
    GT_ENTRY();                                                                                  \
    return gt::name(*this, dim, unbiased, keepdim);                                              \
  }                                                                                              \
  Tensor Tensor::name(OptionalIntArrayRef dim, const optional<Scalar>& correction, bool keepdim) \
      const {                                                                                    \
    GT_ENTRY();                                                                                  \
    return gt::name(*this, dim, correction, keepdim);                                            \
  }
// NOLINTEND(bugprone-macro-parentheses)

GT_SPREAD(var, )
GT_SPREAD(std, .sqrt())
#undef GT_SPREAD

Tensor norm(const Tensor& self, const Scalar& p) {
  GT_ENTRY();
  return norm(self, p, {}, false);
}

Tensor norm(const Tensor& self, const optional<Scalar>& p, IntArrayRef dim, bool keepdim) {
  GT_ENTRY();
  return call(Op::vector_norm, {self},
              make_attributes(Op::vector_norm, as_span(dim), keepdim,
                              p.value_or(Scalar(2)).toDouble(), kNoDType));
}

Tensor Tensor::norm(const Scalar& p) const {
  GT_ENTRY();
  return gt::norm(*this, p);
}

Tensor Tensor::norm(const optional<Scalar>& p, IntArrayRef dim, bool keepdim) const {
  GT_ENTRY();
  return gt::norm(*this, p, dim, keepdim);
}

namespace {

/// The row would name itself, which the program did not call.
void require_elements(const char* name, const Tensor& self) {
  if (self.numel() == 0)
    throw Error(str("[", name, "] ", name,
                    "(): Expected reduction dim to be specified for input.numel() == 0. Specify "
                    "the reduction dim with the 'dim' argument."));
}

}  // namespace

#define GT_EXTREMUM(name, over_all, along_dim, position)                                \
  Tensor name(const Tensor& self) {                                                     \
    GT_ENTRY();                                                                         \
    require_elements(#name, self);                                                      \
    return reduce(Op::over_all, self, all_dims(), false);                               \
  }                                                                                     \
  std::tuple<Tensor, Tensor> name(const Tensor& self, std::int64_t dim, bool keepdim) { \
    GT_ENTRY();                                                                         \
    return extremum(Op::along_dim, self, dim, keepdim);                                 \
  }                                                                                     \
  Tensor over_all(const Tensor& self, IntArrayRef dim, bool keepdim) {                  \
    GT_ENTRY();                                                                         \
    return reduce(Op::over_all, self, as_span(dim), keepdim);                           \
  }                                                                                     \
  Tensor position(const Tensor& self, optional<std::int64_t> dim, bool keepdim) {       \
    GT_ENTRY();                                                                         \
    return reduce_one(Op::position, self, dim, keepdim);                                \
  }                                                                                     \
  Tensor Tensor::name() const {                                                         \
    GT_ENTRY();                                                                         \
    return gt::name(*this);                                                             \
  }                                                                                     \
  std::tuple<Tensor, Tensor> Tensor::name(std::int64_t dim, bool keepdim) const {       \
    GT_ENTRY();                                                                         \
    return gt::name(*this, dim, keepdim);                                               \
  }                                                                                     \
  Tensor Tensor::over_all(IntArrayRef dim, bool keepdim) const {                        \
    GT_ENTRY();                                                                         \
    return gt::over_all(*this, dim, keepdim);                                           \
  }                                                                                     \
  Tensor Tensor::position(optional<std::int64_t> dim, bool keepdim) const {             \
    GT_ENTRY();                                                                         \
    return gt::position(*this, dim, keepdim);                                           \
  }

GT_EXTREMUM(max, amax, max_dim, argmax)
GT_EXTREMUM(min, amin, min_dim, argmin)
#undef GT_EXTREMUM

#define GT_QUANTIFIER(name)                                                \
  Tensor name(const Tensor& self) {                                        \
    GT_ENTRY();                                                            \
    return reduce(Op::name, self, all_dims(), false);                      \
  }                                                                        \
  Tensor name(const Tensor& self, std::int64_t dim, bool keepdim) {        \
    GT_ENTRY();                                                            \
    return reduce_one(Op::name, self, dim, keepdim);                       \
  }                                                                        \
  Tensor Tensor::name() const {                                            \
    GT_ENTRY();                                                            \
    return gt::name(*this);                                                \
  }                                                                        \
  Tensor Tensor::name(std::int64_t dim, bool keepdim) const {              \
    GT_ENTRY();                                                            \
    return gt::name(*this, dim, keepdim);                                  \
  }                                                                        \
  Tensor name(const Tensor& self, OptionalIntArrayRef dim, bool keepdim) { \
    GT_ENTRY();                                                            \
    return reduce(Op::name, self, as_span(dim), keepdim);                  \
  }                                                                        \
  Tensor Tensor::name(OptionalIntArrayRef dim, bool keepdim) const {       \
    GT_ENTRY();                                                            \
    return gt::name(*this, dim, keepdim);                                  \
  }

GT_QUANTIFIER(all)
GT_QUANTIFIER(any)
#undef GT_QUANTIFIER

Tensor count_nonzero(const Tensor& self, optional<std::int64_t> dim) {
  GT_ENTRY();
  const std::array<std::int64_t, 1> dims{dim.value_or(0)};
  return call(Op::count_nonzero, {self},
              make_attributes(Op::count_nonzero, dim ? Dims(dims) : all_dims()));
}

Tensor Tensor::count_nonzero(optional<std::int64_t> dim) const {
  GT_ENTRY();
  return gt::count_nonzero(*this, dim);
}

Tensor count_nonzero(const Tensor& self, IntArrayRef dim) {
  GT_ENTRY();
  return call(Op::count_nonzero, {self}, make_attributes(Op::count_nonzero, as_span(dim)));
}

Tensor Tensor::count_nonzero(IntArrayRef dim) const {
  GT_ENTRY();
  return gt::count_nonzero(*this, dim);
}

Tensor logsumexp(const Tensor& self, IntArrayRef dim, bool keepdim) {
  GT_ENTRY();
  return reduce(Op::logsumexp, self, as_span(dim), keepdim);
}

Tensor Tensor::logsumexp(IntArrayRef dim, bool keepdim) const {
  GT_ENTRY();
  return gt::logsumexp(*this, dim, keepdim);
}

Tensor cumsum(const Tensor& self, std::int64_t dim, optional<ScalarType> dtype) {
  GT_ENTRY();
  return call(Op::cumsum, {self}, make_attributes(Op::cumsum, dim, to_dtype(dtype)));
}

Tensor Tensor::cumsum(std::int64_t dim, optional<ScalarType> dtype) const {
  GT_ENTRY();
  return gt::cumsum(*this, dim, dtype);
}

Tensor& Tensor::cumsum_(std::int64_t dim, optional<ScalarType> dtype) const {
  GT_ENTRY();
  return call_in_place(*this, Op::cumsum, {*this},
                       make_attributes(Op::cumsum, dim, to_dtype(dtype)));
}

}  // namespace gt

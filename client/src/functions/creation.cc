// Tensors made of nothing but their options.
#include <gt/error.h>
#include <gt/functions.h>
#include <gt/tensor_data.h>

#include <cmath>

#include "client/src/tensor/call.h"

namespace gt {

using detail::create;
using detail::dtype_or_float;
using detail::to_scalar_value;
using detail::to_shape;

namespace {

Tensor filled(IntArrayRef size, const Scalar& value, const TensorOptions& options,
              const char* name) {
  for (std::int64_t extent : size)
    if (extent < 0)
      throw Error("[" + std::string(name) + "] Trying to create tensor with negative dimension " +
                  std::to_string(extent) + ": " + gt::to_string({size.data(), size.size()}));
  return create(Op::full,
                make_attributes(Op::full, to_shape(size, name), to_scalar_value(value),
                                dtype_or_float(options)),
                options);
}

/// The dtype that a number asks for: Bool, Long or the default float.
ScalarType type_of(const Scalar& value) {
  if (value.isBoolean()) return kBool;
  return value.isFloatingPoint() ? kFloat : kLong;
}

TensorOptions with_type(const TensorOptions& options, ScalarType type) {
  return options.has_dtype() ? options : options.dtype(type);
}

TensorOptions like(const Tensor& self, const TensorOptions& options) {
  return self.options().merge_in(options);
}

}  // namespace

Tensor empty(IntArrayRef size, TensorOptions options) {
  GT_ENTRY();
  return filled(size, 0, options, "empty");
}

Tensor zeros(IntArrayRef size, TensorOptions options) {
  GT_ENTRY();
  return filled(size, 0, options, "zeros");
}

Tensor ones(IntArrayRef size, TensorOptions options) {
  GT_ENTRY();
  return filled(size, 1, options, "ones");
}

Tensor full(IntArrayRef size, const Scalar& value, TensorOptions options) {
  GT_ENTRY();
  return filled(size, value, with_type(options, type_of(value)), "full");
}

Tensor scalar_tensor(const Scalar& value, TensorOptions options) {
  GT_ENTRY();
  return filled({}, value, options, "scalar_tensor");
}

Tensor eye(std::int64_t n, TensorOptions options) {
  GT_ENTRY();
  return eye(n, n, options);
}

Tensor eye(std::int64_t n, std::int64_t m, TensorOptions options) {
  GT_ENTRY();
  if (n < 0) throw Error("[eye] n must be greater or equal to 0, got " + std::to_string(n));
  if (m < 0) throw Error("[eye] m must be greater or equal to 0, got " + std::to_string(m));
  return create(Op::eye, make_attributes(Op::eye, n, m, dtype_or_float(options)), options);
}

Tensor arange(const Scalar& end, TensorOptions options) {
  GT_ENTRY();
  return arange(0, end, 1, options);
}

Tensor arange(const Scalar& start, const Scalar& end, TensorOptions options) {
  GT_ENTRY();
  return arange(start, end, 1, options);
}

Tensor arange(const Scalar& start, const Scalar& end, const Scalar& step, TensorOptions options) {
  GT_ENTRY();
  const double first = start.toDouble(), last = end.toDouble(), stride = step.toDouble();
  if (stride == 0) throw Error("[arange] step must be nonzero");
  if (!std::isfinite(first) || !std::isfinite(last))
    throw Error("[arange] unsupported range: " + std::to_string(first) + " -> " +
                std::to_string(last));
  if ((stride > 0 && last < first) || (stride < 0 && last > first))
    throw Error("[arange] upper bound and lower bound inconsistent with step sign");
  const bool whole = !start.isFloatingPoint() && !end.isFloatingPoint() && !step.isFloatingPoint();
  const TensorOptions typed = with_type(options, whole ? kLong : kFloat);
  const auto length = static_cast<std::int64_t>(std::ceil((last - first) / stride));
  return create(Op::arange,
                make_attributes(Op::arange, to_scalar_value(start), to_scalar_value(step), length,
                                dtype_or_float(typed)),
                typed);
}

Tensor linspace(const Scalar& start, const Scalar& end, std::int64_t steps, TensorOptions options) {
  GT_ENTRY();
  if (steps < 0) throw Error("[linspace] number of steps must be non-negative");
  return create(Op::linspace,
                make_attributes(Op::linspace, to_scalar_value(start), to_scalar_value(end), steps,
                                dtype_or_float(options)),
                options);
}

Tensor empty_like(const Tensor& self, TensorOptions options) {
  GT_ENTRY();
  return empty(self.sizes(), like(self, options));
}

Tensor zeros_like(const Tensor& self, TensorOptions options) {
  GT_ENTRY();
  return zeros(self.sizes(), like(self, options));
}

Tensor ones_like(const Tensor& self, TensorOptions options) {
  GT_ENTRY();
  return ones(self.sizes(), like(self, options));
}

Tensor full_like(const Tensor& self, const Scalar& value, TensorOptions options) {
  GT_ENTRY();
  return full(self.sizes(), value, like(self, options));
}

Tensor Tensor::new_tensor(const detail::TensorData& data, TensorOptions options) const {
  GT_ENTRY();
  return tensor(data, like(*this, options));
}

Tensor Tensor::new_empty(IntArrayRef size, TensorOptions options) const {
  GT_ENTRY();
  return empty(size, like(*this, options));
}

Tensor Tensor::new_zeros(IntArrayRef size, TensorOptions options) const {
  GT_ENTRY();
  return zeros(size, like(*this, options));
}

Tensor Tensor::new_ones(IntArrayRef size, TensorOptions options) const {
  GT_ENTRY();
  return ones(size, like(*this, options));
}

Tensor Tensor::new_full(IntArrayRef size, const Scalar& value, TensorOptions options) const {
  GT_ENTRY();
  return full(size, value, like(*this, options));
}

}  // namespace gt

// Element-wise operations that choose or combine: where, clamp, masked_fill, lerp, addcmul.
#include <gt/error.h>
#include <gt/functions.h>

#include "client/src/tensor/call.h"

namespace gt {

using detail::call;
using detail::call_in_place;
using detail::to_scalar_value;

namespace {

/// Two numbers have no tensor to take the dtype from: Long, Bool or the default float.
Tensor where_numbers(const Tensor& condition, const Scalar& self, const Scalar& other) {
  const Tensor chosen = scalar_tensor(
      self, condition.options().dtype(self.isFloatingPoint() || other.isFloatingPoint() ? kFloat
                                      : self.isBoolean() && other.isBoolean()           ? kBool
                                                                                        : kLong));
  return call(Op::where, {condition, chosen, other});
}

}  // namespace

Tensor where(const Tensor& condition, const Tensor& self, const Tensor& other) {
  GT_ENTRY();
  return call(Op::where, {condition, self, other});
}

Tensor where(const Tensor& condition, const Scalar& self, const Tensor& other) {
  GT_ENTRY();
  return call(Op::where, {condition, self, other});
}

Tensor where(const Tensor& condition, const Tensor& self, const Scalar& other) {
  GT_ENTRY();
  return call(Op::where, {condition, self, other});
}

Tensor where(const Tensor& condition, const Scalar& self, const Scalar& other) {
  GT_ENTRY();
  return where_numbers(condition, self, other);
}

Tensor Tensor::where(const Tensor& condition, const Tensor& other) const {
  GT_ENTRY();
  return call(Op::where, {condition, *this, other});
}

Tensor Tensor::where(const Tensor& condition, const Scalar& other) const {
  GT_ENTRY();
  return call(Op::where, {condition, *this, other});
}

Tensor clamp(const Tensor& self, const optional<Scalar>& min, const optional<Scalar>& max) {
  GT_ENTRY();
  return call(Op::clamp, {self, min, max});
}

Tensor clamp(const Tensor& self, const optional<Tensor>& min, const optional<Tensor>& max) {
  GT_ENTRY();
  return call(Op::clamp, {self, min, max});
}

Tensor Tensor::clamp(const optional<Scalar>& min, const optional<Scalar>& max) const {
  GT_ENTRY();
  return gt::clamp(*this, min, max);
}

Tensor Tensor::clamp(const optional<Tensor>& min, const optional<Tensor>& max) const {
  GT_ENTRY();
  return gt::clamp(*this, min, max);
}

Tensor& Tensor::clamp_(const optional<Scalar>& min, const optional<Scalar>& max) const {
  GT_ENTRY();
  return call_in_place(*this, Op::clamp, {*this, min, max});
}

Tensor& Tensor::clamp_(const optional<Tensor>& min, const optional<Tensor>& max) const {
  GT_ENTRY();
  return call_in_place(*this, Op::clamp, {*this, min, max});
}

// A single bound, a number or a tensor.
#define GT_BOUND(name, Bound, ...)                                \
  Tensor name(const Tensor& self, const Bound& bound) {           \
    GT_ENTRY();                                                   \
    return call(Op::clamp, {self, __VA_ARGS__});                  \
  }                                                               \
  Tensor Tensor::name(const Bound& bound) const {                 \
    GT_ENTRY();                                                   \
    return call(Op::clamp, {*this, __VA_ARGS__});                 \
  }                                                               \
  Tensor& Tensor::name##_(const Bound& bound) const {             \
    GT_ENTRY();                                                   \
    return call_in_place(*this, Op::clamp, {*this, __VA_ARGS__}); \
  }

GT_BOUND(clamp_min, Scalar, bound, nullopt)
GT_BOUND(clamp_min, Tensor, bound, nullopt)
GT_BOUND(clamp_max, Scalar, nullopt, bound)
GT_BOUND(clamp_max, Tensor, nullopt, bound)
#undef GT_BOUND

Tensor masked_fill(const Tensor& self, const Tensor& mask, const Scalar& value) {
  GT_ENTRY();
  return call(Op::masked_fill, {self, mask, value});
}

Tensor masked_fill(const Tensor& self, const Tensor& mask, const Tensor& value) {
  GT_ENTRY();
  return call(Op::masked_fill, {self, mask, value});
}

Tensor Tensor::masked_fill(const Tensor& mask, const Scalar& value) const {
  GT_ENTRY();
  return gt::masked_fill(*this, mask, value);
}

Tensor Tensor::masked_fill(const Tensor& mask, const Tensor& value) const {
  GT_ENTRY();
  return gt::masked_fill(*this, mask, value);
}

Tensor& Tensor::masked_fill_(const Tensor& mask, const Scalar& value) const {
  GT_ENTRY();
  return call_in_place(*this, Op::masked_fill, {*this, mask, value});
}

Tensor& Tensor::masked_fill_(const Tensor& mask, const Tensor& value) const {
  GT_ENTRY();
  return call_in_place(*this, Op::masked_fill, {*this, mask, value});
}

Tensor lerp(const Tensor& self, const Tensor& end, const Scalar& weight) {
  GT_ENTRY();
  return call(Op::lerp, {self, end, weight});
}

Tensor lerp(const Tensor& self, const Tensor& end, const Tensor& weight) {
  GT_ENTRY();
  return call(Op::lerp, {self, end, weight});
}

Tensor Tensor::lerp(const Tensor& end, const Scalar& weight) const {
  GT_ENTRY();
  return gt::lerp(*this, end, weight);
}

Tensor Tensor::lerp(const Tensor& end, const Tensor& weight) const {
  GT_ENTRY();
  return gt::lerp(*this, end, weight);
}

Tensor& Tensor::lerp_(const Tensor& end, const Scalar& weight) const {
  GT_ENTRY();
  return call_in_place(*this, Op::lerp, {*this, end, weight});
}

Tensor& Tensor::lerp_(const Tensor& end, const Tensor& weight) const {
  GT_ENTRY();
  return call_in_place(*this, Op::lerp, {*this, end, weight});
}

#define GT_COMBINED(name)                                                                        \
  Tensor name(const Tensor& self, const Tensor& tensor1, const Tensor& tensor2,                  \
              const Scalar& value) {                                                             \
    GT_ENTRY();                                                                                  \
    return call(Op::name, {self, tensor1, tensor2},                                              \
                make_attributes(Op::name, to_scalar_value(value)));                              \
  }                                                                                              \
  Tensor Tensor::name(const Tensor& tensor1, const Tensor& tensor2, const Scalar& value) const { \
    GT_ENTRY();                                                                                  \
    return gt::name(*this, tensor1, tensor2, value);                                             \
  }                                                                                              \
  Tensor& Tensor::name##_(const Tensor& tensor1, const Tensor& tensor2, const Scalar& value)     \
      const {                                                                                    \
    GT_ENTRY();                                                                                  \
    return call_in_place(*this, Op::name, {*this, tensor1, tensor2},                             \
                         make_attributes(Op::name, to_scalar_value(value)));                     \
  }

GT_COMBINED(addcmul)
GT_COMBINED(addcdiv)
#undef GT_COMBINED

}  // namespace gt

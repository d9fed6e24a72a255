// Comparisons whose answer the program waits for.
#include <gt/autograd.h>
#include <gt/error.h>
#include <gt/functions.h>

#include "client/src/tensor/call.h"

namespace gt {

bool equal(const Tensor& self, const Tensor& other) {
  GT_ENTRY();
  if (self.scalar_type() != other.scalar_type())
    throw Error("[equal] Expected object of scalar type " +
                std::string(scalar_type_name(detail::to_dtype(self.scalar_type()))) +
                " but got scalar type " +
                std::string(scalar_type_name(detail::to_dtype(other.scalar_type()))) +
                " for argument 'other'");
  if (self.sizes() != other.sizes()) return false;
  NoGradGuard no_grad;
  return self.eq(other).all().item<bool>();
}

/// |self - other| <= atol + rtol * |other|; equal infinities count as close.
bool allclose(const Tensor& self, const Tensor& other, double rtol, double atol, bool equal_nan) {
  GT_ENTRY();
  if (self.scalar_type() != other.scalar_type())
    throw Error(
        "[allclose] " + std::string(scalar_type_name(detail::to_dtype(self.scalar_type()))) +
        " did not match " + std::string(scalar_type_name(detail::to_dtype(other.scalar_type()))));
  NoGradGuard no_grad;
  Tensor close = self.eq(other);
  if (equal_nan && self.is_floating_point())
    close = close.logical_or(self.isnan().logical_and(other.isnan()));
  if (self.is_floating_point()) {
    const Tensor allowed = other.abs().mul(rtol).add(atol);
    const Tensor difference = self.sub(other).abs();
    close = close.logical_or(difference.isfinite().logical_and(difference.le(allowed)));
  } else {
    const Tensor wide = self.to(kDouble), reference = other.to(kDouble);
    close = close.logical_or(wide.sub(reference).abs().le(reference.abs().mul(rtol).add(atol)));
  }
  return close.all().item<bool>();
}

bool is_nonzero(const Tensor& self) {
  GT_ENTRY();
  if (self.numel() != 1)
    throw Error(self.numel() == 0
                    ? "[is_nonzero] Boolean value of Tensor with no values is ambiguous"
                    : "[is_nonzero] Boolean value of Tensor with more than one value is ambiguous");
  return self.item().toBool();
}

bool Tensor::equal(const Tensor& other) const {
  GT_ENTRY();
  return gt::equal(*this, other);
}

bool Tensor::allclose(const Tensor& other, double rtol, double atol, bool equal_nan) const {
  GT_ENTRY();
  return gt::allclose(*this, other, rtol, atol, equal_nan);
}

bool Tensor::is_nonzero() const {
  GT_ENTRY();
  return gt::is_nonzero(*this);
}

}  // namespace gt

// Properties of a tensor, its aliases, copies and writes of whole tensors.
#include <gt/autograd.h>
#include <gt/error.h>
#include <gt/random.h>
#include <gt/tensor.h>

#include <algorithm>

#include "client/src/autograd/recording.h"
#include "client/src/tensor/block_pool.h"
#include "client/src/tensor/call.h"
#include "client/src/tensor/view.h"
#include "client/src/tensor/write.h"
#include "common/ops/inference.h"

namespace gt {

using detail::alias_of;
using detail::impl_of;

// It writes elements: with itself as the source they stay as they are.
// NOLINTNEXTLINE(bugprone-unhandled-self-assignment)
Tensor& Tensor::operator=(const Tensor& source) && {
  GT_ENTRY();
  detail::TensorImpl& impl = impl_of(*this);
  if (impl.indexed_read == nullptr || !impl.indexed_read->assign(source)) copy_(source);
  return *this;
}

// NOLINTNEXTLINE(performance-noexcept-move-constructor): it writes elements, which may throw.
Tensor& Tensor::operator=(Tensor&& source) && {
  GT_ENTRY();
  const Tensor kept = std::move(source);
  return std::move(*this) = kept;
}

Tensor& Tensor::operator=(const Scalar& value) && {
  GT_ENTRY();
  detail::TensorImpl& impl = impl_of(*this);
  if (impl.indexed_read == nullptr || !impl.indexed_read->assign(value)) fill_(value);
  return *this;
}

std::int64_t Tensor::dim() const { return static_cast<std::int64_t>(alias_of(*this).sizes.size()); }

std::int64_t Tensor::numel() const { return defined() ? element_count(alias_of(*this).sizes) : 0; }

IntArrayRef Tensor::sizes() const {
  const Shape& sizes = alias_of(*this).sizes;
  return {sizes.data(), sizes.size()};
}

IntArrayRef Tensor::strides() const {
  const Strides& strides = alias_of(*this).strides;
  return {strides.data(), strides.size()};
}

namespace {

std::int64_t entry(const char* op, IntArrayRef values, std::int64_t dim) {
  return detail::with_prefix(op, [&] {
    const auto place = wrap_dimension(dim, static_cast<std::int64_t>(values.size()));
    if (values.empty())
      throw IndexError("[" + std::string(op) + "] Dimension specified as " + std::to_string(dim) +
                       " but tensor has no dimensions");
    return values[static_cast<std::size_t>(place)];
  });
}

}  // namespace

std::int64_t Tensor::size(std::int64_t dim) const { return entry("size", sizes(), dim); }
std::int64_t Tensor::stride(std::int64_t dim) const { return entry("stride", strides(), dim); }
std::int64_t Tensor::storage_offset() const { return alias_of(*this).offset; }

bool Tensor::is_contiguous(MemoryFormat) const {
  const detail::Alias& alias = alias_of(*this);
  return gt::is_contiguous(alias.sizes, alias.strides);
}

ScalarType Tensor::scalar_type() const {
  return defined() ? detail::to_scalar_type(impl_->alias()->cell->dtype) : ScalarType::Undefined;
}

std::size_t Tensor::element_size() const { return size_of(alias_of(*this).cell->dtype); }
std::size_t Tensor::nbytes() const { return alias_of(*this).meta().byte_count(); }
Device Tensor::device() const { return impl_of(*this).device; }
TensorOptions Tensor::options() const { return TensorOptions(device()).dtype(scalar_type()); }
bool Tensor::is_cuda() const { return device().is_cuda(); }
bool Tensor::is_cpu() const { return device().is_cpu(); }
bool Tensor::is_floating_point() const { return is_floating(alias_of(*this).cell->dtype); }

bool Tensor::is_alias_of(const Tensor& other) const {
  return alias_of(*this).cell == alias_of(other).cell;
}
bool Tensor::is_view() const { return impl_of(*this).base != nullptr; }
bool Tensor::is_same_size(const Tensor& other) const { return sizes() == other.sizes(); }

Tensor Tensor::detach() const {
  GT_ENTRY();
  detail::TensorImpl& impl = impl_of(*this);
  return Tensor(detail::make_pooled<detail::TensorImpl>(impl.alias(), impl.device));
}

Tensor& Tensor::detach_() const {
  GT_ENTRY();
  detail::TensorImpl& impl = impl_of(*this);
  if (impl.base != nullptr)
    throw Error("[detach_] Can't detach views in-place. Use detach() instead.");
  detail::set_history(impl_, {});
  return const_cast<Tensor&>(*this);
}

void Tensor::set_data(const Tensor& source) const {
  GT_ENTRY();
  detail::TensorImpl& impl = impl_of(*this);
  detail::TensorImpl& other = impl_of(source);
  const detail::Alias& moved = *other.alias();
  if (requires_grad() && !is_floating(moved.cell->dtype))
    throw Error(
        "[set_data] data set to a tensor that requires gradients must be floating point or "
        "complex dtype");
  if (!(impl.alias()->meta() == moved.meta())) impl.accumulator.reset();
  impl.history = detail::current_history(impl);
  impl.base.reset();
  impl.base_alias.reset();
  impl.indexed_read.reset();
  impl.device = other.device;
  impl.set_alias(other.alias());
}

namespace {

/// A new cell with the same value: values never change, so a copy costs nothing until a write.
Tensor copy_of(const Tensor& self, const char* function, Device device) {
  Tensor copy = detail::wrap(detail::value_of(self), device);
  if (GradMode::is_enabled()) {
    const TensorMeta meta = alias_of(self).meta();
    copy.impl()->history =
        detail::record_copy(function, meta, detail::gradient_edge(self.impl()), meta);
  }
  return copy;
}

Tensor convert(const Tensor& self, optional<ScalarType> dtype, optional<Device> device, bool copy) {
  const Device label = device ? detail::label_of(*device) : self.device();
  const DType type = dtype ? detail::to_dtype(*dtype) : alias_of(self).cell->dtype;
  if (type != alias_of(self).cell->dtype) {
    Tensor cast = detail::call(Op::to, {self}, make_attributes(Op::to, type));
    cast.impl()->device = label;
    return cast;
  }
  if (!copy && label == self.device()) return self;
  return copy_of(self, "to_copy", label);
}

}  // namespace

Tensor Tensor::clone(optional<MemoryFormat>) const {
  GT_ENTRY();
  return copy_of(*this, "clone", device());
}

Tensor Tensor::contiguous(MemoryFormat) const {
  GT_ENTRY();
  return is_contiguous() ? *this : copy_of(*this, "clone", device());
}

Tensor Tensor::to(TensorOptions options, bool, bool copy, optional<MemoryFormat>) const {
  GT_ENTRY();
  if (options.requires_grad())
    throw Error(
        "[to] Operators taking TensorOptions cannot take a TensorOptions with "
        "options.requires_grad set as true. This isn't implemented yet.");
  return convert(*this, options.dtype_opt(), options.device_opt(), copy);
}

Tensor Tensor::to(Device device, ScalarType dtype, bool, bool copy, optional<MemoryFormat>) const {
  GT_ENTRY();
  return convert(*this, dtype, device, copy);
}

Tensor Tensor::to(ScalarType dtype, bool, bool copy, optional<MemoryFormat>) const {
  GT_ENTRY();
  return convert(*this, dtype, nullopt, copy);
}

Tensor Tensor::to(const Tensor& other, bool, bool copy, optional<MemoryFormat>) const {
  GT_ENTRY();
  return convert(*this, other.scalar_type(), other.device(), copy);
}

Tensor Tensor::cpu() const {
  GT_ENTRY();
  return convert(*this, nullopt, Device(kCPU), false);
}

Tensor Tensor::cuda() const {
  GT_ENTRY();
  return convert(*this, nullopt, Device(kCUDA), false);
}

Tensor Tensor::type_as(const Tensor& other) const {
  GT_ENTRY();
  return convert(*this, other.scalar_type(), other.device(), false);
}

Tensor& Tensor::copy_(const Tensor& source, bool) const {
  GT_ENTRY();
  if (is_same(source)) return const_cast<Tensor&>(*this);
  return detail::overwrite(*this, source, "copy_");
}

namespace {

/// Elements may overlap, as in LibTorch: all of them become the same.
Tensor& fill(const Tensor& self, ScalarValue value, const char* name) {
  detail::TensorImpl& impl = impl_of(self);
  const bool recording = GradMode::is_enabled();
  detail::check_in_place_history(impl, recording && detail::wants_gradient(impl));
  const TensorMeta meta = impl.alias()->meta();
  detail::ValueRef filled =
      client::emit_one(Op::full, {}, make_attributes(Op::full, meta.shape, value, meta.dtype));
  detail::write(self.impl(), {std::move(filled), {}}, recording, true, name);
  return const_cast<Tensor&>(self);
}

}  // namespace

Tensor& Tensor::fill_(const Scalar& value) const {
  GT_ENTRY();
  return fill(*this, detail::to_scalar_value(value), "fill_");
}

Tensor& Tensor::fill_(const Tensor& value) const {
  GT_ENTRY();
  if (value.dim() != 0)
    throw Error("[fill_] fill_ only supports 0-dimension value tensor but got tensor with " +
                std::to_string(value.dim()) + " dimensions.");
  return detail::overwrite(*this, value, "fill_");
}

Tensor& Tensor::zero_() const {
  GT_ENTRY();
  return fill(*this, ScalarValue(0), "zero_");
}

namespace detail {

Device label_of(Device device) {
  if (device.is_mps())
    throw Error("[device] mps is not available: workers compute on CPUs and CUDA devices");
  if (!device.is_cuda()) return device;
  const Device label(kCUDA, std::max<DeviceIndex>(device.index(), 0));
  const std::size_t available = client::current_sink()->count_workers().with_gpu;
  if (available == 0)
    throw Error("[device] No CUDA GPUs are available: no worker of this session has one");
  if (static_cast<std::size_t>(label.index()) >= available)
    throw Error("[device] " + label.str() + " does not exist: " + std::to_string(available) +
                " workers of this session have a GPU");
  return label;
}

}  // namespace detail
}  // namespace gt

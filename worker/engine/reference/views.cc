#include "worker/engine/reference/call.h"

namespace gt::worker::reference {
namespace {

std::size_t index_of(std::int64_t dim) { return static_cast<std::size_t>(dim); }

std::vector<Value> reshape(const Call& call) {
  Value view = call.value(0);
  if (!view.is_contiguous())
    return with_number_type(
        view.dtype, [&](auto number) { return call.results(call.read<decltype(number)>(0)); });
  view.shape = call.result_meta().shape;
  view.strides = contiguous_strides(view.shape);
  return {view};
}

std::vector<Value> expand(const Call& call) {
  Value view = call.value(0);
  view.strides = broadcast_strides(view.shape, view.strides, call.result_meta().shape);
  view.shape = call.result_meta().shape;
  return {view};
}

std::vector<Value> permute(const Call& call) {
  const Value& self = call.value(0);
  Value view = self;
  const auto dims = call.integers(0);
  for (std::size_t d = 0; d < dims.size(); ++d) {
    const std::size_t from = index_of(wrapped(dims[d], self.shape.size()));
    view.shape[d] = self.shape[from];
    view.strides[d] = self.strides[from];
  }
  return {view};
}

std::vector<Value> slice(const Call& call) {
  Value view = call.value(0);
  const std::size_t dim = index_of(wrapped(call.integer(0), view.shape.size()));
  if (call.integer(2) != 0) view.offset += call.integer(1) * view.strides[dim];
  view.shape[dim] = call.integer(2);
  view.strides[dim] *= call.integer(3);
  return {view};
}

std::vector<Value> select(const Call& call) {
  Value view = call.value(0);
  const std::size_t dim = index_of(wrapped(call.integer(0), view.shape.size()));
  const std::int64_t index = call.integer(1);
  view.offset += (index < 0 ? index + view.shape[dim] : index) * view.strides[dim];
  view.shape.erase(dim);
  view.strides.erase(dim);
  return {view};
}

std::vector<Value> diagonal(const Call& call) {
  Value view = call.value(0);
  const std::size_t row_dim = index_of(wrapped(call.integer(1), view.shape.size()));
  const std::size_t column_dim = index_of(wrapped(call.integer(2), view.shape.size()));
  const std::int64_t offset = call.integer(0);
  const std::int64_t row_stride = view.strides[row_dim];
  const std::int64_t column_stride = view.strides[column_dim];
  if (element_count(call.result_meta().shape) != 0)
    view.offset += offset >= 0 ? offset * column_stride : -offset * row_stride;
  view.strides.erase(std::max(row_dim, column_dim));
  view.strides.erase(std::min(row_dim, column_dim));
  view.strides.push_back(row_stride + column_stride);
  view.shape = call.result_meta().shape;
  return {view};
}

std::vector<Value> unfold(const Call& call) {
  Value view = call.value(0);
  view.shape = call.result_meta().shape;
  if (view.strides.empty()) {
    view.strides.push_back(1);
    return {view};
  }
  const std::size_t dim = index_of(wrapped(call.integer(0), view.strides.size()));
  view.strides.push_back(view.strides[dim]);
  view.strides[dim] *= call.integer(2);
  return {view};
}

constexpr KernelEntry kKernels[] = {
    {Op::reshape, reshape}, {Op::expand, expand},     {Op::permute, permute}, {Op::slice, slice},
    {Op::select, select},   {Op::diagonal, diagonal}, {Op::unfold, unfold},
};

}  // namespace

std::span<const KernelEntry> view_kernels() { return kKernels; }

}  // namespace gt::worker::reference

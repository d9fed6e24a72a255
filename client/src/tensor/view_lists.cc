// Functions that make several views, and those that change the view behind a handle.
#include <gt/autograd.h>
#include <gt/error.h>
#include <gt/tensor.h>

#include "client/src/autograd/recording.h"
#include "client/src/tensor/call.h"
#include "client/src/tensor/view.h"
#include "common/ops/inference.h"

namespace gt {
namespace {

std::int64_t size_along(const Tensor& self, std::int64_t dim, const char* op) {
  return detail::with_prefix(op, [&] {
    const Shape& sizes = detail::alias_of(self).sizes;
    const auto place = wrap_dimension(dim, static_cast<std::int64_t>(sizes.size()));
    if (sizes.empty())
      throw Error("[" + std::string(op) + "] " + op + " expects at least a 1-dimensional tensor");
    return sizes[static_cast<std::size_t>(place)];
  });
}

/// Parts of the given lengths, one behind the other.
std::vector<Tensor> parts_of(const Tensor& self, IntArrayRef lengths, std::int64_t dim) {
  std::vector<Tensor> parts;
  std::int64_t start = 0;
  for (std::int64_t length : lengths) {
    parts.push_back(self.slice(dim, start, start + length));
    start += length;
  }
  return parts;
}

}  // namespace

std::vector<Tensor> Tensor::split(std::int64_t split_size, std::int64_t dim) const {
  GT_ENTRY();
  const std::int64_t size = size_along(*this, dim, "split");
  if (split_size < 0)
    throw Error("[split] split expects split_size be non-negative, but got split_size=" +
                std::to_string(split_size));
  if (split_size == 0 && size != 0)
    throw Error(
        "[split] split_size can only be 0 if dimension size is 0, but got dimension size "
        "of " +
        std::to_string(size));
  std::vector<std::int64_t> lengths;
  for (std::int64_t start = 0; start < size; start += split_size)
    lengths.push_back(std::min(split_size, size - start));
  if (lengths.empty()) lengths.push_back(0);
  return parts_of(*this, lengths, dim);
}

std::vector<Tensor> Tensor::split(IntArrayRef split_sizes, std::int64_t dim) const {
  return split_with_sizes(split_sizes, dim);
}

std::vector<Tensor> Tensor::split_with_sizes(IntArrayRef split_sizes, std::int64_t dim) const {
  GT_ENTRY();
  const std::int64_t size = size_along(*this, dim, "split_with_sizes");
  const std::string given = to_string(split_sizes);
  std::int64_t sum = 0;
  for (std::int64_t length : split_sizes) {
    if (length < 0)
      throw Error(
          "[split_with_sizes] split_with_sizes expects split_sizes have only non-negative "
          "entries, but got split_sizes=" +
          given);
    sum += length;
  }
  if (sum != size)
    throw Error("[split_with_sizes] split_with_sizes expects split_sizes to sum exactly to " +
                std::to_string(size) + " (input tensor's size at dimension " + std::to_string(dim) +
                "), but got split_sizes=" + given);
  return parts_of(*this, split_sizes, dim);
}

std::vector<Tensor> Tensor::chunk(std::int64_t chunks, std::int64_t dim) const {
  GT_ENTRY();
  const std::int64_t size = size_along(*this, dim, "chunk");
  if (chunks <= 0)
    throw Error("[chunk] chunk expects `chunks` to be greater than 0, got: " +
                std::to_string(chunks));
  const std::int64_t length = (size + chunks - 1) / chunks;
  if (length == 0)
    return split_with_sizes(std::vector<std::int64_t>(static_cast<std::size_t>(chunks), 0), dim);
  return split(length, dim);
}

std::vector<Tensor> Tensor::unbind(std::int64_t dim) const {
  GT_ENTRY();
  const std::int64_t size = size_along(*this, dim, "unbind");
  std::vector<Tensor> parts;
  parts.reserve(static_cast<std::size_t>(size));
  for (std::int64_t i = 0; i < size; ++i) parts.push_back(select(dim, i));
  return parts;
}

namespace {

Tensor& become(const Tensor& self, const Tensor& view) {
  detail::replace_by_view(self, view);
  return const_cast<Tensor&>(self);
}

void check_may_change(const Tensor& self) {
  detail::TensorImpl& impl = detail::impl_of(self);
  detail::check_in_place_history(impl, GradMode::is_enabled() && detail::wants_gradient(impl));
}

}  // namespace

Tensor& Tensor::t_() const {
  GT_ENTRY();
  check_may_change(*this);
  return become(*this, t());
}

Tensor& Tensor::transpose_(std::int64_t dim0, std::int64_t dim1) const {
  GT_ENTRY();
  check_may_change(*this);
  return become(*this, transpose(dim0, dim1));
}

Tensor& Tensor::squeeze_() const {
  GT_ENTRY();
  check_may_change(*this);
  return become(*this, squeeze());
}

Tensor& Tensor::squeeze_(std::int64_t dim) const {
  GT_ENTRY();
  check_may_change(*this);
  return become(*this, squeeze(dim));
}

Tensor& Tensor::unsqueeze_(std::int64_t dim) const {
  GT_ENTRY();
  check_may_change(*this);
  return become(*this, unsqueeze(dim));
}

}  // namespace gt

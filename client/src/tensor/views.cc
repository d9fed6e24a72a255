// The views of C25, as methods of Tensor.
#include <gt/error.h>
#include <gt/tensor.h>

#include <algorithm>

#include "client/src/autograd/recording.h"
#include "client/src/tensor/call.h"
#include "client/src/tensor/view.h"
#include "common/ops/inference.h"

namespace gt {
namespace {

using detail::Alias;
using detail::alias_of;
using detail::Geometry;
using detail::make_reshape_view;
using detail::make_view;
using detail::with_prefix;

std::int64_t rank_of(const Alias& alias) { return static_cast<std::int64_t>(alias.sizes.size()); }

std::size_t wrapped(std::int64_t dim, std::int64_t rank) {
  return static_cast<std::size_t>(wrap_dimension(dim, rank));
}

Geometry geometry_of(const Alias& alias) { return {alias.sizes, alias.strides, alias.offset}; }

/// The sizes that the row makes; checks its attributes.
Shape inferred_shape(const Alias& alias, Op op, const Attributes& attributes) {
  const OperandMeta operand = OperandMeta::of(alias.meta());
  TensorMeta result;
  infer(row_of(op), {&operand, 1}, attributes, {&result, 1});
  return result.shape;
}

[[noreturn]] void fail(const std::string& message) { throw Error(message); }

}  // namespace

Tensor Tensor::view(IntArrayRef size) const {
  GT_ENTRY();
  return with_prefix("view", [&] {
    const Alias& alias = alias_of(*this);
    const Shape sizes = detail::inferred_sizes(size, element_count(alias.sizes));
    const optional<Strides> strides = detail::view_strides(alias.sizes, alias.strides, sizes);
    if (!strides)
      fail(
          "[view] view size is not compatible with input tensor's size and stride (at least one "
          "dimension spans across two contiguous subspaces). Use .reshape(...) instead.");
    return make_reshape_view(*this, "ViewBackward0", {sizes, *strides, alias.offset});
  });
}

Tensor Tensor::view_as(const Tensor& other) const { return view(other.sizes()); }

Tensor Tensor::reshape(IntArrayRef shape) const {
  GT_ENTRY();
  return with_prefix("reshape", [&] {
    const Alias& alias = alias_of(*this);
    const Shape sizes = detail::inferred_sizes(shape, element_count(alias.sizes));
    const optional<Strides> strides = detail::view_strides(alias.sizes, alias.strides, sizes);
    if (strides) return make_reshape_view(*this, "ViewBackward0", {sizes, *strides, alias.offset});
    return detail::call(Op::reshape, {*this}, make_attributes(Op::reshape, sizes));
  });
}

Tensor Tensor::reshape_as(const Tensor& other) const { return reshape(other.sizes()); }

Tensor Tensor::flatten(std::int64_t start_dim, std::int64_t end_dim) const {
  GT_ENTRY();
  const Shape sizes = with_prefix("flatten", [&] {
    const Alias& alias = alias_of(*this);
    const std::size_t start = wrapped(start_dim, rank_of(alias));
    const std::size_t end = wrapped(end_dim, rank_of(alias));
    if (start > end)
      fail("[flatten] flatten() has invalid args: start_dim cannot come after end_dim");
    if (alias.sizes.empty()) return Shape{1};
    Shape flat;
    for (std::size_t i = 0; i < alias.sizes.size(); ++i)
      if (i > start && i <= end)
        flat.back() *= alias.sizes[i];
      else
        flat.push_back(alias.sizes[i]);
    return flat;
  });
  if (dim() != 0 && sizes.size() == static_cast<std::size_t>(dim())) return *this;
  return reshape(std::span<const std::int64_t>(sizes));
}

Tensor Tensor::unflatten(std::int64_t dim, IntArrayRef sizes) const {
  GT_ENTRY();
  const Shape whole = with_prefix("unflatten", [&] {
    const Alias& alias = alias_of(*this);
    const std::size_t place = wrapped(dim, rank_of(alias));
    if (sizes.empty()) fail("[unflatten] unflatten: sizes must be non-empty");
    const std::int64_t size = alias.sizes.empty() ? 1 : alias.sizes[place];
    Shape parts;
    try {
      parts = detail::inferred_sizes(sizes, size);
    } catch (const CommonError&) {
      fail("[unflatten] unflatten: Provided sizes " + to_string(sizes) +
           " don't multiply up to the size of dim " + std::to_string(place) + " (" +
           std::to_string(size) + ") in the input tensor");
    }
    if (parts.size() + alias.sizes.size() > kMaxDimensions + 1)
      fail("[unflatten] tensors have at most 8 dimensions");
    Shape unflattened;
    for (std::size_t i = 0; i < std::max<std::size_t>(alias.sizes.size(), 1); ++i) {
      if (i != place) unflattened.push_back(alias.sizes[i]);
      if (i == place)
        for (std::int64_t part : parts) unflattened.push_back(part);
    }
    return unflattened;
  });
  return view(std::span<const std::int64_t>(whole));
}

namespace {

/// The dims of size 1 that `mask` names removed.
Tensor squeeze_dims(const Tensor& self, std::uint32_t mask, const char* node_name) {
  const Alias& alias = alias_of(self);
  Geometry geometry{{}, {}, alias.offset};
  for (std::size_t i = 0; i < alias.sizes.size(); ++i) {
    if (((mask >> i) & 1u) != 0 && alias.sizes[i] == 1) continue;
    geometry.sizes.push_back(alias.sizes[i]);
    geometry.strides.push_back(alias.strides[i]);
  }
  return make_reshape_view(self, node_name, geometry);
}

}  // namespace

Tensor Tensor::squeeze() const {
  GT_ENTRY();
  return squeeze_dims(*this, ~0u, "SqueezeBackward0");
}

Tensor Tensor::squeeze(std::int64_t dim) const {
  GT_ENTRY();
  return with_prefix("squeeze", [&] {
    return squeeze_dims(*this, 1u << wrapped(dim, rank_of(alias_of(*this))), "SqueezeBackward1");
  });
}

Tensor Tensor::squeeze(IntArrayRef dims) const {
  GT_ENTRY();
  return with_prefix("squeeze", [&] {
    const std::int64_t rank = rank_of(alias_of(*this));
    const std::uint32_t mask = dims.empty() ? 0u : dimension_mask(dims, rank);
    return squeeze_dims(*this, mask, "SqueezeBackward2");
  });
}

Tensor Tensor::unsqueeze(std::int64_t dim) const {
  GT_ENTRY();
  return with_prefix("unsqueeze", [&] {
    const Alias& alias = alias_of(*this);
    const std::size_t place = wrapped(dim, rank_of(alias) + 1);
    if (alias.sizes.size() == kMaxDimensions) fail("[unsqueeze] tensors have at most 8 dimensions");
    Geometry geometry = geometry_of(alias);
    const std::int64_t stride =
        place < alias.sizes.size() ? alias.sizes[place] * alias.strides[place] : 1;
    geometry.sizes.insert(place, 1);
    geometry.strides.insert(place, stride);
    return make_reshape_view(*this, "UnsqueezeBackward0", geometry);
  });
}

namespace {

Tensor permute_dims(const Tensor& self, const Shape& order, const char* node_name) {
  const Alias& alias = alias_of(self);
  Geometry geometry{{}, {}, alias.offset};
  for (std::int64_t dim : order) {
    geometry.sizes.push_back(alias.sizes[static_cast<std::size_t>(dim)]);
    geometry.strides.push_back(alias.strides[static_cast<std::size_t>(dim)]);
  }
  return make_view(self, Op::permute, make_attributes(Op::permute, order), node_name, geometry);
}

Shape identity_order(std::size_t rank) {
  Shape order;
  for (std::size_t i = 0; i < rank; ++i) order.push_back(static_cast<std::int64_t>(i));
  return order;
}

}  // namespace

Tensor Tensor::permute(IntArrayRef dims) const {
  GT_ENTRY();
  return with_prefix("permute", [&] {
    const Alias& alias = alias_of(*this);
    Shape order = detail::to_shape(dims, "permute");
    static_cast<void>(inferred_shape(alias, Op::permute, make_attributes(Op::permute, order)));
    for (std::int64_t& dim : order) dim = wrap_dimension(dim, rank_of(alias));
    return permute_dims(*this, order, "PermuteBackward0");
  });
}

Tensor Tensor::transpose(std::int64_t dim0, std::int64_t dim1) const {
  GT_ENTRY();
  return with_prefix("transpose", [&] {
    const Alias& alias = alias_of(*this);
    const std::size_t a = wrapped(dim0, rank_of(alias));
    const std::size_t b = wrapped(dim1, rank_of(alias));
    Shape order = identity_order(alias.sizes.size());
    if (!order.empty()) std::swap(order[a], order[b]);
    return permute_dims(*this, order, "TransposeBackward0");
  });
}

Tensor Tensor::t() const {
  GT_ENTRY();
  const Alias& alias = alias_of(*this);
  if (alias.sizes.size() > 2)
    fail("[t] t() expects a tensor with <= 2 dimensions, but self is " +
         std::to_string(alias.sizes.size()) + "D");
  Shape order = identity_order(alias.sizes.size());
  std::reverse(order.begin(), order.end());
  return permute_dims(*this, order, "TBackward0");
}

Tensor Tensor::movedim(std::int64_t source, std::int64_t destination) const {
  return movedim(IntArrayRef(source), IntArrayRef(destination));
}

Tensor Tensor::movedim(IntArrayRef source, IntArrayRef destination) const {
  GT_ENTRY();
  return with_prefix("movedim", [&] {
    const std::int64_t rank = rank_of(alias_of(*this));
    if (source.size() != destination.size())
      fail("[movedim] movedim: Invalid source or destination dims: source (" + to_string(source) +
           " dims) should contain the same number of dims as destination (" +
           to_string(destination) + " dims)");
    constexpr std::int64_t kFree = -1;
    Shape order(static_cast<std::size_t>(rank), kFree);
    std::uint32_t moved = 0;
    for (std::size_t i = 0; i < source.size(); ++i) {
      const std::size_t from = wrapped(source[i], rank);
      const std::size_t to = wrapped(destination[i], rank);
      if (rank == 0) continue;
      if (((moved >> from) & 1u) != 0)
        fail("[movedim] movedim: repeated dim in `source` (" + to_string(source) + ")");
      if (order[to] != kFree)
        fail("[movedim] movedim: repeated dim in `destination` (" + to_string(destination) + ")");
      moved |= 1u << from;
      order[to] = static_cast<std::int64_t>(from);
    }
    std::int64_t next = 0;
    for (std::int64_t& dim : order) {
      if (dim != kFree) continue;
      while (((moved >> next) & 1u) != 0) ++next;
      dim = next++;
    }
    return permute_dims(*this, order, "PermuteBackward0");
  });
}

Tensor Tensor::expand(IntArrayRef size, bool) const {
  GT_ENTRY();
  return with_prefix("expand", [&] {
    const Alias& alias = alias_of(*this);
    const Shape given = detail::to_shape(size, "expand");
    const Shape sizes = inferred_shape(alias, Op::expand, make_attributes(Op::expand, given));
    const std::size_t leading = sizes.size() - alias.sizes.size();
    Geometry geometry{sizes, Strides(sizes.size(), 0), alias.offset};
    for (std::size_t i = sizes.size(); i-- > 0;) {
      const bool kept = i >= leading && alias.sizes[i - leading] == sizes[i];
      if (kept)
        geometry.strides[i] = alias.strides[i - leading];
      else if (i < leading && sizes[i] == 1)
        geometry.strides[i] = i + 1 < sizes.size() ? sizes[i + 1] * geometry.strides[i + 1] : 1;
    }
    if (element_count(sizes) == element_count(alias.sizes))
      return make_reshape_view(*this, "ExpandBackward0", geometry);
    return make_view(*this, Op::expand, make_attributes(Op::expand, sizes), "ExpandBackward0",
                     geometry);
  });
}

Tensor Tensor::expand_as(const Tensor& other) const { return expand(other.sizes()); }
Tensor Tensor::broadcast_to(IntArrayRef size) const { return expand(size); }

Tensor Tensor::select(std::int64_t dim, std::int64_t index) const {
  GT_ENTRY();
  return with_prefix("select", [&] {
    const Alias& alias = alias_of(*this);
    static_cast<void>(inferred_shape(alias, Op::select, make_attributes(Op::select, dim, index)));
    const std::size_t place = wrapped(dim, rank_of(alias));
    const std::int64_t position = index < 0 ? index + alias.sizes[place] : index;
    Geometry geometry = geometry_of(alias);
    geometry.offset += position * alias.strides[place];
    geometry.sizes.erase(place);
    geometry.strides.erase(place);
    return make_view(*this, Op::select, make_attributes(Op::select, place, position),
                     "SelectBackward0", geometry);
  });
}

Tensor Tensor::slice(std::int64_t dim, optional<std::int64_t> start, optional<std::int64_t> end,
                     std::int64_t step) const {
  GT_ENTRY();
  return with_prefix("slice", [&] {
    const Alias& alias = alias_of(*this);
    if (alias.sizes.empty()) fail("[slice] slice() cannot be applied to a 0-dim tensor.");
    const std::size_t place = wrapped(dim, rank_of(alias));
    if (step <= 0) fail("[slice] slice step must be positive");
    const std::int64_t size = alias.sizes[place];
    const auto bound = [size](std::int64_t position) {
      return std::clamp<std::int64_t>(position < 0 ? position + size : position, 0, size);
    };
    const std::int64_t first = bound(start.value_or(0));
    const std::int64_t last = std::max(first, bound(end.value_or(size)));
    const std::int64_t length = (last - first + step - 1) / step;
    Geometry geometry = geometry_of(alias);
    geometry.offset += first * alias.strides[place];
    geometry.sizes[place] = length;
    geometry.strides[place] *= step;
    if (length == size) return make_reshape_view(*this, "SliceBackward0", geometry);
    return make_view(*this, Op::slice, make_attributes(Op::slice, place, first, length, step),
                     "SliceBackward0", geometry);
  });
}

Tensor Tensor::narrow(std::int64_t dim, std::int64_t start, std::int64_t length) const {
  GT_ENTRY();
  return with_prefix("narrow", [&] {
    const Alias& alias = alias_of(*this);
    if (alias.sizes.empty()) fail("[narrow] narrow() cannot be applied to a 0-dim tensor.");
    if (length < 0) fail("[narrow] narrow(): length must be non-negative.");
    const std::size_t place = wrapped(dim, rank_of(alias));
    const std::int64_t size = alias.sizes[place];
    if (start < -size || start > size)
      throw IndexError("[narrow] start out of range (expected to be in range of [" +
                       std::to_string(-size) + ", " + std::to_string(size) + "], but got " +
                       std::to_string(start) + ")");
    const std::int64_t first = start < 0 ? start + size : start;
    if (length > size - first)
      fail("[narrow] start (" + std::to_string(first) + ") + length (" + std::to_string(length) +
           ") exceeds dimension size (" + std::to_string(size) + ").");
    return slice(dim, first, first + length);
  });
}

Tensor Tensor::diagonal(std::int64_t offset, std::int64_t dim1, std::int64_t dim2) const {
  GT_ENTRY();
  return with_prefix("diagonal", [&] {
    const Alias& alias = alias_of(*this);
    const Shape sizes =
        inferred_shape(alias, Op::diagonal, make_attributes(Op::diagonal, offset, dim1, dim2));
    const std::size_t a = wrapped(dim1, rank_of(alias));
    const std::size_t b = wrapped(dim2, rank_of(alias));
    Geometry geometry{sizes, {}, alias.offset};
    for (std::size_t i = 0; i < alias.sizes.size(); ++i)
      if (i != a && i != b) geometry.strides.push_back(alias.strides[i]);
    geometry.strides.push_back(alias.strides[a] + alias.strides[b]);
    if (sizes.back() != 0)
      geometry.offset += offset >= 0 ? offset * alias.strides[b] : -offset * alias.strides[a];
    return make_view(*this, Op::diagonal, make_attributes(Op::diagonal, offset, a, b),
                     "DiagonalBackward0", geometry);
  });
}

Tensor Tensor::unfold(std::int64_t dimension, std::int64_t size, std::int64_t step) const {
  GT_ENTRY();
  return with_prefix("unfold", [&] {
    const Alias& alias = alias_of(*this);
    const Shape sizes =
        inferred_shape(alias, Op::unfold, make_attributes(Op::unfold, dimension, size, step));
    Geometry geometry{sizes, alias.strides, alias.offset};
    if (alias.sizes.empty()) {
      geometry.strides = Strides(sizes.size(), 1);
      return make_reshape_view(*this, "UnfoldBackward0", geometry);
    }
    const std::size_t place = wrapped(dimension, rank_of(alias));
    geometry.strides.push_back(alias.strides[place]);
    geometry.strides[place] *= step;
    return make_view(*this, Op::unfold, make_attributes(Op::unfold, place, size, step),
                     "UnfoldBackward0", geometry);
  });
}

}  // namespace gt

#include "client/src/tensor/view.h"

#include <gt/autograd.h>

#include "client/src/autograd/recording.h"
#include "client/src/tensor/block_pool.h"

namespace gt::detail {
namespace {

/// Whether a further reshape may replace the alias's own step: not if its tensor is a base.
bool may_merge(const TensorImpl& impl, const Alias& alias, Op op) {
  return op == Op::reshape && impl.base != nullptr && !alias.is_whole() &&
         alias.step->op == Op::reshape && impl.base_alias.get() != &alias;
}

}  // namespace

Tensor make_view(const Tensor& self, Op op, const Attributes& attributes, const char* node_name,
                 const Geometry& geometry) {
  TensorImpl& impl = impl_of(self);
  const std::shared_ptr<Alias>& from = impl.alias();
  auto alias = make_pooled<Alias>();
  alias->cell = from->cell;
  alias->parent = may_merge(impl, *from, op) ? from->parent : from;
  alias->step = std::make_unique<ViewStep>(ViewStep{op, attributes, node_name});
  alias->sizes = geometry.sizes;
  alias->strides = geometry.strides;
  alias->offset = geometry.offset;

  const auto view = make_pooled<TensorImpl>(alias, impl.device);
  view->base = impl.base != nullptr ? impl.base : self.impl();
  view->base_alias = impl.base != nullptr ? impl.base_alias : from;
  view->made_without_grad = !GradMode::is_enabled();
  view->history_version = version_of(*alias);
  if (GradMode::is_enabled() && is_floating(alias->cell->dtype))
    view->history =
        record_view(*alias->step, from->meta(), alias->meta(), gradient_edge(self.impl()));
  return Tensor(view);
}

Tensor make_reshape_view(const Tensor& self, const char* node_name, const Geometry& geometry) {
  return make_view(self, Op::reshape, make_attributes(Op::reshape, geometry.sizes), node_name,
                   geometry);
}

optional<Strides> view_strides(const Shape& old_sizes, const Strides& old_strides,
                               const Shape& sizes) {
  if (element_count(old_sizes) == 0)
    return old_sizes == sizes ? old_strides : contiguous_strides(sizes);
  if (old_sizes.empty()) return Strides(sizes.size(), 1);

  Strides strides(sizes.size(), 0);
  auto view_dim = static_cast<std::int64_t>(sizes.size()) - 1;
  // Walks chunks of dims that lie without gaps; each must be made of whole dims of the view.
  std::int64_t chunk_stride = old_strides.back();
  std::int64_t chunk_elements = 1;
  std::int64_t view_elements = 1;
  for (auto dim = static_cast<std::int64_t>(old_sizes.size()) - 1; dim >= 0; --dim) {
    const auto d = static_cast<std::size_t>(dim);
    chunk_elements *= old_sizes[d];
    const bool chunk_ends =
        dim == 0 || (old_sizes[d - 1] != 1 && old_strides[d - 1] != chunk_elements * chunk_stride);
    if (!chunk_ends) continue;
    while (view_dim >= 0 &&
           (view_elements < chunk_elements || sizes[static_cast<std::size_t>(view_dim)] == 1)) {
      strides[static_cast<std::size_t>(view_dim)] = view_elements * chunk_stride;
      view_elements *= sizes[static_cast<std::size_t>(view_dim)];
      --view_dim;
    }
    if (view_elements != chunk_elements) return nullopt;
    if (dim > 0) {
      chunk_stride = old_strides[d - 1];
      chunk_elements = 1;
      view_elements = 1;
    }
  }
  if (view_dim != -1) return nullopt;
  return strides;
}

Shape inferred_sizes(IntArrayRef sizes, std::int64_t elements) {
  const auto fail = [](const std::string& message) {
    return CommonError(ErrorKind::kInvalidArgument, message);
  };
  const std::string text = to_string(std::span<const std::int64_t>(sizes.data(), sizes.size()));
  if (sizes.size() > kMaxDimensions)
    throw fail("tensors have at most 8 dimensions, got shape " + text);
  Shape inferred;
  std::int64_t known = 1;
  optional<std::size_t> unknown;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    inferred.push_back(sizes[i]);
    if (sizes[i] == -1) {
      if (unknown) throw fail("only one dimension can be inferred");
      unknown = i;
    } else if (sizes[i] < 0) {
      throw fail("invalid shape dimension " + std::to_string(sizes[i]) + " at index " +
                 std::to_string(i) + " of shape " + text);
    } else if (__builtin_mul_overflow(known, sizes[i], &known)) {
      throw fail("shape '" + text + "' is invalid for input of size " + std::to_string(elements));
    }
  }
  if (!unknown) {
    if (known != elements)
      throw fail("shape '" + text + "' is invalid for input of size " + std::to_string(elements));
    return inferred;
  }
  if (known == 0)
    throw fail("cannot reshape tensor of 0 elements into shape " + text +
               " because the unspecified dimension size -1 can be any value and is ambiguous");
  if (elements % known != 0)
    throw fail("shape '" + text + "' is invalid for input of size " + std::to_string(elements));
  inferred[*unknown] = elements / known;
  return inferred;
}

void replace_by_view(const Tensor& self, const Tensor& view) {
  TensorImpl& impl = impl_of(self);
  const TensorImpl& other = impl_of(view);
  impl.set_alias(view.impl()->alias());
  if (impl.base != nullptr) {
    impl.history = other.history;
    impl.history_version = other.history_version;
  } else if (other.history.is_valid()) {
    set_history(self.impl(), other.history);
  }
}

}  // namespace gt::detail

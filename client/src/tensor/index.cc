// Reading and writing by indices (C31).
#include <gt/autograd.h>
#include <gt/error.h>
#include <gt/indexing.h>

#include <algorithm>
#include <utility>

#include "client/src/autograd/recording.h"
#include "client/src/tensor/call.h"
#include "client/src/tensor/index_parts.h"
#include "common/ops/inference.h"

namespace gt {
namespace {

using detail::CallOperand;
using detail::IndexParts;
using detail::TensorPart;
using indexing::TensorIndex;

/// The positions where `mask` holds, one index tensor a dim. `count` is how many there are.
std::vector<Tensor> positions_of(const Tensor& mask, std::int64_t count) {
  const Tensor bools = mask.scalar_type() == kBool ? mask : mask.to(kBool);
  return detail::call(Op::nonzero, {bools}, make_attributes(Op::nonzero, count)).unbind(1);
}

std::int64_t count_of(const Tensor& mask) {
  const std::vector<std::int64_t> no_dims;
  const Tensor count =
      detail::call(Op::count_nonzero, {mask},
                   make_attributes(Op::count_nonzero, std::span<const std::int64_t>(no_dims)));
  return count.item<std::int64_t>();
}

/// One index tensor or none for each dim of the view up to the last indexed one. `count` is the
/// number of elements that the only mask takes, if that is known; else the mask is counted, which
/// waits.
std::vector<Tensor> index_list(const IndexParts& parts, optional<std::int64_t> count) {
  std::vector<Tensor> list;
  for (const TensorPart& part : parts.tensors) {
    list.resize(static_cast<std::size_t>(part.dim));
    if (!part.is_mask) {
      list.push_back(part.tensor);
      continue;
    }
    const NoGradGuard no_grad;
    for (Tensor& positions : positions_of(part.tensor, count ? *count : count_of(part.tensor)))
      list.push_back(std::move(positions));
  }
  return list;
}

std::vector<CallOperand> index_operands(std::initializer_list<CallOperand> first,
                                        const std::vector<Tensor>& list) {
  std::vector<CallOperand> operands(first);
  operands.insert(operands.end(), list.begin(), list.end());
  return operands;
}

Tensor gather_elements(const IndexParts& parts) {
  const std::vector<Tensor> list = index_list(parts, nullopt);
  return detail::call(Op::index, index_operands({parts.view}, list));
}

/// Where a read came from, as long as that tensor and its indices live: an assignment to the result
/// (`x.index({mask}) = v`) happens before they can go.
class Origin : public detail::IndexedRead {
 public:
  Origin(const Tensor& self, ArrayRef<TensorIndex> indices) : self_(self.impl()) {
    for (const TensorIndex& index : indices) {
      indices_.push_back(index.is_tensor() ? TensorIndex(Tensor()) : index);
      tensors_.push_back(index.is_tensor() ? index.tensor().impl() : nullptr);
    }
  }

  void evaluate(detail::TensorImpl&) override {}

  [[nodiscard]] bool assign(const Tensor& values) override {
    return restore([&](const Tensor& self) { self.index_put_(indices(), values); });
  }
  [[nodiscard]] bool assign(const Scalar& value) override {
    return restore([&](const Tensor& self) { self.index_put_(indices(), value); });
  }

 private:
  [[nodiscard]] ArrayRef<TensorIndex> indices() const { return restored_; }

  template <class Write>
  bool restore(Write&& write) {
    const Tensor self(self_.lock());
    if (!self.defined()) return false;
    restored_ = indices_;
    for (std::size_t i = 0; i < indices_.size(); ++i) {
      if (!indices_[i].is_tensor()) continue;
      const Tensor index(tensors_[i].lock());
      if (!index.defined()) return false;
      restored_[i] = TensorIndex(index);
    }
    write(self);
    restored_.clear();
    return true;
  }

  std::weak_ptr<detail::TensorImpl> self_;
  std::vector<TensorIndex> indices_;
  std::vector<std::weak_ptr<detail::TensorImpl>> tensors_;
  std::vector<TensorIndex> restored_;
};

/// A read through a mask. Its size depends on the mask's values, so it waits when it is first used,
/// and not at all if it is only assigned to. The values and the history are those of the call.
class PostponedRead final : public Origin {
 public:
  PostponedRead(const Tensor& self, ArrayRef<TensorIndex> indices, IndexParts parts)
      : Origin(self, indices), parts_(std::move(parts)), recording_(GradMode::is_enabled()) {
    freeze(parts_.view);
    for (TensorPart& part : parts_.tensors) freeze(part.tensor);
  }

  void evaluate(detail::TensorImpl& impl) override {
    const AutoGradMode mode(recording_);
    const Tensor result = gather_elements(parts_);
    parts_ = {};
    impl.history = result.impl()->history;
    impl.set_alias(result.impl()->alias());
  }

 private:
  /// Later writes must not be seen: a tensor of its own with the current value and history.
  void freeze(Tensor& tensor) const {
    Tensor frozen = detail::wrap(detail::value_of(tensor), tensor.device());
    if (recording_) frozen.impl()->history = detail::gradient_edge(tensor.impl());
    tensor = std::move(frozen);
  }

  IndexParts parts_;
  bool recording_;
};

Tensor read_by_tensors(const Tensor& self, ArrayRef<TensorIndex> indices, IndexParts parts) {
  if (!parts.has_mask()) {
    Tensor result = gather_elements(parts);
    result.impl()->indexed_read = std::make_unique<Origin>(self, indices);
    return result;
  }
  const auto impl = std::make_shared<detail::TensorImpl>(nullptr, self.device());
  impl->indexed_read = std::make_unique<PostponedRead>(self, indices, std::move(parts));
  return Tensor(impl);
}

/// `values` without leading dims of size 1, as LibTorch drops them before it broadcasts.
Tensor without_leading_ones(const Tensor& values, std::int64_t keep) {
  const IntArrayRef sizes = values.sizes();
  std::size_t first = 0;
  while (first < sizes.size() && sizes[first] == 1 &&
         static_cast<std::int64_t>(sizes.size() - first) > keep)
    ++first;
  return first == 0 ? values : values.view(sizes.slice(first));
}

void check_values_dtype(const Tensor& self, const Tensor& values) {
  if (self.scalar_type() != values.scalar_type())
    throw TypeError(std::string("[index_put_] Index put requires the source and destination dtypes "
                                "match, got ") +
                    toString(self.scalar_type()) + " for the destination and " +
                    toString(values.scalar_type()) + " for the source.");
}

/// Writing through one mask. If the values do not differ along the elements that it takes, this is
/// a choice between them and the old elements; else they say how many elements it takes.
void put_through_mask(const IndexParts& parts, const Tensor& values, bool accumulate) {
  const TensorPart& part = parts.tensors.front();
  const std::int64_t behind = parts.view.dim() - part.dim - part.tensor.dim();
  const Tensor mask = part.tensor.scalar_type() == kBool ? part.tensor : part.tensor.to(kBool);
  const Tensor kept = without_leading_ones(values, 0);
  const std::int64_t count_place = kept.dim() - behind - 1;
  if (count_place >= 0 && kept.size(count_place) != 1) {
    const std::vector<Tensor> list = index_list(parts, kept.size(count_place));
    detail::call_in_place(parts.view, Op::index_put, index_operands({parts.view, kept}, list),
                          make_attributes(Op::index_put, accumulate));
    return;
  }
  std::vector<std::int64_t> mask_sizes = mask.sizes().vec();
  mask_sizes.insert(mask_sizes.end(), static_cast<std::size_t>(behind), 1);
  Tensor spread = kept;
  if (count_place >= 0) {
    std::vector<std::int64_t> sizes = kept.sizes().vec();
    sizes.insert(sizes.begin() + count_place, static_cast<std::size_t>(mask.dim() - 1), 1);
    spread = kept.reshape(sizes);
  }
  if (accumulate)
    spread = detail::call(Op::add, {parts.view, spread}, make_attributes(Op::add, ScalarValue(1)));
  detail::call_in_place(parts.view, Op::where, {mask.reshape(mask_sizes), spread, parts.view});
}

void put(const Tensor& self, ArrayRef<TensorIndex> indices, const Tensor& values, bool accumulate) {
  const IndexParts parts = detail::take_apart(self, indices, "index_put_");
  if (parts.tensors.empty()) {
    const Tensor source = without_leading_ones(values, parts.view.dim());
    if (accumulate)
      detail::call_in_place(parts.view, Op::add, {parts.view, source},
                            make_attributes(Op::add, ScalarValue(1)));
    else
      detail::overwrite(parts.view, source, "index_put_");
    return;
  }
  check_values_dtype(self, values);
  if (parts.tensors.size() == 1 && parts.has_mask())
    return put_through_mask(parts, values, accumulate);
  const std::vector<Tensor> list = index_list(parts, nullopt);
  const Tensor source = without_leading_ones(values, 0);
  detail::call_in_place(parts.view, Op::index_put, index_operands({parts.view, source}, list),
                        make_attributes(Op::index_put, accumulate));
}

}  // namespace

Tensor Tensor::operator[](std::int64_t index) const {
  GT_ENTRY();
  return select(0, index);
}

Tensor Tensor::operator[](const Scalar& index) const {
  GT_ENTRY();
  if (!index.isIntegral(false))
    throw IndexError("[select] Can only index tensors with integral scalars");
  return select(0, index.toLong());
}

Tensor Tensor::operator[](const Tensor& index) const {
  GT_ENTRY();
  if (!index.defined()) throw IndexError("[index] Can only index with tensors that are defined");
  if (index.dim() != 0)
    throw IndexError("[index] Can only index with tensors that are scalars (zero-dim)");
  return (*this)[index.item()];
}

Tensor Tensor::index(ArrayRef<TensorIndex> indices) const {
  GT_ENTRY();
  IndexParts parts = detail::take_apart(*this, indices, "index");
  if (!parts.tensors.empty()) return read_by_tensors(*this, indices, std::move(parts));
  return parts.view.is_same(*this) ? view_as(*this) : parts.view;
}

Tensor Tensor::index(std::initializer_list<TensorIndex> indices) const {
  GT_ENTRY();
  return index(ArrayRef<TensorIndex>(indices));
}

Tensor& Tensor::index_put_(ArrayRef<TensorIndex> indices, const Tensor& values,
                           bool accumulate) const {
  GT_ENTRY();
  put(*this, indices, values, accumulate);
  return const_cast<Tensor&>(*this);
}

Tensor& Tensor::index_put_(ArrayRef<TensorIndex> indices, const Scalar& value,
                           bool accumulate) const {
  GT_ENTRY();
  const std::vector<std::int64_t> no_sizes;
  const DType dtype = detail::alias_of(*this).cell->dtype;
  const Tensor number =
      detail::create(Op::full,
                     make_attributes(Op::full, std::span<const std::int64_t>(no_sizes),
                                     detail::to_scalar_value(value), dtype),
                     TensorOptions(device()));
  put(*this, indices, number, accumulate);
  return const_cast<Tensor&>(*this);
}

Tensor& Tensor::index_put_(std::initializer_list<TensorIndex> indices, const Tensor& values,
                           bool accumulate) const {
  GT_ENTRY();
  return index_put_(ArrayRef<TensorIndex>(indices), values, accumulate);
}

Tensor& Tensor::index_put_(std::initializer_list<TensorIndex> indices, const Scalar& value,
                           bool accumulate) const {
  GT_ENTRY();
  return index_put_(ArrayRef<TensorIndex>(indices), value, accumulate);
}

}  // namespace gt

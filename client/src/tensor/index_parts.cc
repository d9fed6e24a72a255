#include "client/src/tensor/index_parts.h"

#include <gt/error.h>

#include <algorithm>

#include "client/src/tensor/call.h"

namespace gt {
namespace indexing {

Slice::Slice(optional<std::int64_t> start, optional<std::int64_t> stop, optional<std::int64_t> step)
    : start_(start), stop_(stop), step_(step.value_or(1)) {
  if (step_ < 1) throw ValueError("step must be greater than zero");
}

TensorIndex::TensorIndex(const char* text) : type_(TensorIndexType::Ellipsis) {
  if (std::string_view(text) != "...")
    throw Error("Expected \"...\" to represent an ellipsis index, but got \"" + std::string(text) +
                "\"");
}

}  // namespace indexing

namespace detail {
namespace {

using indexing::TensorIndex;
using indexing::TensorIndexType;

bool is_mask(const Tensor& tensor) {
  return tensor.scalar_type() == kBool || tensor.scalar_type() == kByte;
}

std::int64_t dims_consumed(const TensorIndex& index) {
  switch (index.type()) {
    case TensorIndexType::Integer:
    case TensorIndexType::Slice:
      return 1;
    case TensorIndexType::Tensor:
      return is_mask(index.tensor()) ? index.tensor().dim() : 1;
    case TensorIndexType::None:
    case TensorIndexType::Ellipsis:
    case TensorIndexType::Boolean:
      return 0;
  }
  return 0;
}

class TakingApart {
 public:
  TakingApart(const Tensor& self, const char* op) : op_(op) { parts_.view = self; }

  IndexParts run(ArrayRef<TensorIndex> indices) {
    std::int64_t consumed = 0;
    for (const TensorIndex& index : indices) consumed += dims_consumed(index);
    if (consumed > parts_.view.dim())
      fail("too many indices for tensor of dimension " + std::to_string(parts_.view.dim()));
    const std::int64_t missing = parts_.view.dim() - consumed;
    bool had_ellipsis = false;
    for (const TensorIndex& index : indices) {
      if (index.is_ellipsis() && std::exchange(had_ellipsis, true))
        fail("an index can only have a single ellipsis ('...')");
      apply(index, missing);
    }
    return std::move(parts_);
  }

 private:
  [[noreturn]] void fail(const std::string& message) const {
    throw IndexError("[" + std::string(op_) + "] " + message);
  }

  void apply(const TensorIndex& index, std::int64_t missing) {
    switch (index.type()) {
      case TensorIndexType::Integer:
        return select(index.integer());
      case TensorIndexType::Slice:
        parts_.view = parts_.view.slice(dim_, index.slice().start(), index.slice().stop(),
                                        index.slice().step());
        ++dim_;
        return;
      case TensorIndexType::Ellipsis:
        dim_ += missing;
        return;
      case TensorIndexType::None:
        parts_.view = parts_.view.unsqueeze(dim_++);
        return;
      case TensorIndexType::Boolean:
        return boolean(index.boolean());
      case TensorIndexType::Tensor:
        return tensor(index.tensor());
    }
  }

  void select(std::int64_t position) {
    const std::int64_t size = parts_.view.size(dim_);
    if (position < -size || position >= size)
      fail("index " + std::to_string(position) + " is out of bounds for dimension " +
           std::to_string(dim_) + " with size " + std::to_string(size));
    parts_.view = parts_.view.select(dim_, position);
  }

  /// A new dim of size 1, of which `true` takes the one element and `false` none.
  void boolean(bool taken) {
    parts_.view = parts_.view.unsqueeze(dim_);
    const std::int64_t position = 0;
    const std::int64_t count = taken ? 1 : 0;
    parts_.tensors.push_back({dim_, from_host(&position, count, DType::kInt64, {}), false});
    ++dim_;
  }

  void tensor(const Tensor& index) {
    const ScalarType type = index.scalar_type();
    if (!is_mask(index) && type != kLong && type != kInt)
      fail("tensors used as indices must be long, int, byte or bool tensors");
    if (is_mask(index) && index.dim() == 0) {
      parts_.view = parts_.view.unsqueeze(dim_);
      parts_.tensors.push_back({dim_, index.view(1), true});
      ++dim_;
      return;
    }
    if (is_mask(index)) check_mask(index);
    parts_.tensors.push_back({dim_, index, is_mask(index)});
    dim_ += is_mask(index) ? index.dim() : 1;
  }

  void check_mask(const Tensor& mask) {
    for (std::int64_t i = 0; i < mask.dim(); ++i)
      if (mask.size(i) != parts_.view.size(dim_ + i))
        fail("The shape of the mask " + to_string(mask.sizes()) + " at index " + std::to_string(i) +
             " does not match the shape of the indexed tensor " + to_string(parts_.view.sizes()) +
             " at index " + std::to_string(dim_ + i));
  }

  const char* op_;
  IndexParts parts_;
  std::int64_t dim_ = 0;
};

}  // namespace

bool IndexParts::has_mask() const {
  return std::any_of(tensors.begin(), tensors.end(),
                     [](const TensorPart& part) { return part.is_mask; });
}

IndexParts take_apart(const Tensor& self, ArrayRef<TensorIndex> indices, const char* op) {
  return TakingApart(self, op).run(indices);
}

}  // namespace detail
}  // namespace gt

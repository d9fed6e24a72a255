#include <algorithm>

#include "common/ops/rules.h"
#include "common/ops/rules/checks.h"

namespace gt::rules {
namespace {

/// The index operands of `index` and `index_put`, which begin at operand `first`.
class IndexList {
 public:
  IndexList(const InferenceContext& context, std::size_t first)
      : self_(shape_of(context, 0)), indices_(context.operands().subspan(first)) {
    require(indices_.size() <= self_.size(), ErrorKind::kIndex, [&] {
      return "too many indices for tensor of dimension " + std::to_string(self_.size());
    });
  }

  /// Shape of what the indices name.
  [[nodiscard]] Shape result() const {
    const Shape broadcast = broadcast_indices();
    require_reachable(broadcast);
    Shape shape;
    for (std::size_t d = 0; d < self_.size(); ++d)
      if (!is_indexed(d)) shape.push_back(self_[d]);
    const std::size_t position = insert_position();
    require(shape.size() + broadcast.size() <= kMaxDimensions, [] {
      return "indexing would make more than " + std::to_string(kMaxDimensions) + " dimensions";
    });
    for (std::size_t i = 0; i < broadcast.size(); ++i) shape.insert(position + i, broadcast[i]);
    return shape;
  }

 private:
  [[nodiscard]] bool is_indexed(std::size_t d) const {
    return d < indices_.size() && indices_[d].is_tensor();
  }

  [[nodiscard]] Shape broadcast_indices() const {
    Shape shape;
    try {
      for (const OperandMeta& index : indices_)
        if (index.is_tensor()) shape = broadcast_shape(shape, index.shape);
    } catch (const CommonError&) {
      throw CommonError(ErrorKind::kIndex, mismatch());
    }
    return shape;
  }

  [[nodiscard]] std::string mismatch() const {
    std::string text =
        "shape mismatch: indexing tensors could not be broadcast together with shapes";
    const char* separator = " ";
    for (const OperandMeta& index : indices_) {
      if (!index.is_tensor()) continue;
      text += separator + to_string(index.shape);
      separator = ", ";
    }
    return text;
  }

  void require_reachable(const Shape& broadcast) const {
    const bool reads = std::find(broadcast.begin(), broadcast.end(), 0) == broadcast.end();
    for (std::size_t d = 0; d < self_.size(); ++d)
      require(!reads || !is_indexed(d) || self_[d] != 0, ErrorKind::kIndex,
              [] { return std::string("index is out of bounds for dimension with size 0"); });
  }

  /// Dimensions before the first index if all indices are neighbours, else 0.
  [[nodiscard]] std::size_t insert_position() const {
    std::size_t first = 0;
    while (first < indices_.size() && !is_indexed(first)) ++first;
    std::size_t end = first;
    while (is_indexed(end)) ++end;
    for (std::size_t d = end; d < indices_.size(); ++d)
      if (is_indexed(d)) return 0;
    return first;
  }

  const Shape& self_;
  std::span<const OperandMeta> indices_;
};

}  // namespace

void index_shape(InferenceContext& context) { set_shapes(context, IndexList(context, 1).result()); }

void index_put_shape(InferenceContext& context) {
  const Shape region = IndexList(context, 2).result();
  const Shape& values = shape_of(context, 1);
  bool expands = values.size() <= region.size();
  for (std::size_t d = 0; expands && d < values.size(); ++d)
    expands = values[d] == 1 || values[d] == region[d + region.size() - values.size()];
  require(expands, [&] {
    return "shape mismatch: value tensor of shape " + to_string(values) +
           " cannot be broadcast to indexing result of shape " + to_string(region);
  });
  like_self(context);
}

}  // namespace gt::rules

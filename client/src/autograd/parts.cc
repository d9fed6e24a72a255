#include "client/src/autograd/parts.h"

#include <algorithm>

#include "client/src/autograd/tape_builder.h"

namespace gt::detail {
namespace {

bool fill(const std::vector<PartGrad>& parts, const TensorMeta& meta) {
  const std::int64_t dim = parts.front().region.dim;
  std::int64_t end = 0;
  for (const PartGrad& part : parts) {
    if (part.region.dim != dim || part.region.start != end) return false;
    end += part.region.length;
  }
  return end == meta.shape[static_cast<std::size_t>(dim)];
}

ValueRef join(const std::vector<PartGrad>& parts, const TensorMeta& meta) {
  TapeBuilder builder;
  const std::int64_t dim = parts.front().region.dim;
  std::vector<Argument<ValueRef>> operands;
  for (const PartGrad& part : parts) {
    Shape shape = meta.shape;
    shape[static_cast<std::size_t>(dim)] = part.region.length;
    // A selected row has lost the dim.
    operands.emplace_back(part.grad->meta.shape == shape ? part.grad
                                                         : builder.reshape({part.grad}, shape));
  }
  return builder.call(Op::cat, operands, make_attributes(Op::cat, dim));
}

}  // namespace

ValueRef gradient_of_parts(std::vector<PartGrad> parts, const TensorMeta& meta) {
  std::stable_sort(parts.begin(), parts.end(), [](const PartGrad& a, const PartGrad& b) {
    return a.region.start < b.region.start;
  });
  if (parts.size() > 1 && fill(parts, meta)) return join(parts, meta);
  ValueRef total;
  for (const PartGrad& part : parts) {
    ValueRef grad = std::move(part.node->apply({&part.grad, 1}).front());
    total = total == nullptr ? std::move(grad) : TapeBuilder().add({total, grad}, ScalarValue(1));
  }
  return total;
}

}  // namespace gt::detail

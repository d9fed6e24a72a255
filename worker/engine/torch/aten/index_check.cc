#include "worker/engine/torch/aten/index_check.h"

#include <ATen/ATen.h>

#include <string>

#include "common/error.h"

namespace gt::aten {
namespace {

/// Smallest and largest element of an index operand; nothing for an empty one.
std::optional<std::pair<std::int64_t, std::int64_t>> range_of(const at::Tensor& index) {
  if (index.numel() == 0) return std::nullopt;
  const auto [low, high] = at::aminmax(index);
  return std::pair(low.item().toLong(), high.item().toLong());
}

[[noreturn]] void out_of_bounds(std::int64_t index, std::int64_t dim, std::int64_t size) {
  throw CommonError(ErrorKind::kIndex,
                    "index " + std::to_string(index) + " is out of bounds for dimension " +
                        std::to_string(dim) + " with size " + std::to_string(size));
}

void check(const at::Tensor& index, std::int64_t dim, std::int64_t size, bool from_end) {
  const auto range = range_of(index);
  if (!range) return;
  if (range->first < (from_end ? -size : 0)) out_of_bounds(range->first, dim, size);
  if (range->second >= size) out_of_bounds(range->second, dim, size);
}

std::int64_t size_along(const at::Tensor& self, std::int64_t dim) {
  return self.dim() == 0 ? 1 : self.size(dim);
}

void check_list(const RowCall& call, std::size_t first) {
  for (std::size_t k = first; k < call.operands.size(); ++k) {
    const auto dim = static_cast<std::int64_t>(k - first);
    if (call.has_tensor(k)) check(call.tensor(k), dim, call.tensor(0).size(dim), true);
  }
}

void check_along_dim(const RowCall& call) {
  const at::Tensor& self = call.tensor(0);
  const std::int64_t given = call.attributes.integer(call.row, 0);
  const std::int64_t dim = given < 0 ? given + std::max<std::int64_t>(self.dim(), 1) : given;
  check(call.tensor(1), dim, size_along(self, dim), false);
}

void check_targets(const RowCall& call, std::size_t first) {
  const at::Tensor& logits = call.tensor(first);
  const at::Tensor& target = call.tensor(first + 1);
  if (target.is_floating_point()) return;
  const std::int64_t ignored = call.attributes.integer(call.row, 1);
  const std::int64_t classes = logits.size(logits.dim() == 1 ? 0 : 1);
  const auto range = range_of(at::where(at::eq(target, ignored), 0, target));
  if (!range) return;
  const std::int64_t worst = range->first < 0 ? range->first : range->second;
  if (worst < 0 || worst >= classes)
    throw CommonError(ErrorKind::kIndex, "Target " + std::to_string(worst) + " is out of bounds.");
}

void check_max_positions(const RowCall& call) {
  const auto plane = call.attributes.integers(call.row, 0);
  const auto range = range_of(call.tensor(1));
  if (!range || (range->first >= -1 && range->second < plane[0] * plane[1])) return;
  throw CommonError(ErrorKind::kIndex,
                    "found an invalid max index " +
                        std::to_string(range->first < -1 ? range->first : range->second) +
                        " for planes of " + std::to_string(plane[0] * plane[1]) + " elements");
}

using Check = void (*)(const RowCall&);

/// What looks at the indices of a row; null for one that has none.
Check check_of(Op op) {
  if (op == Op::index) return [](const RowCall& call) { check_list(call, 1); };
  if (op == Op::index_put) return [](const RowCall& call) { check_list(call, 2); };
  if (op == Op::embedding)
    return [](const RowCall& call) { check(call.tensor(1), 0, call.tensor(0).size(0), false); };
  if (op == Op::embedding_dense_backward)
    return [](const RowCall& call) {
      check(call.tensor(1), 0, call.attributes.integer(call.row, 0), false);
    };
  if (op == Op::cross_entropy) return [](const RowCall& call) { check_targets(call, 0); };
  if (op == Op::cross_entropy_backward) return [](const RowCall& call) { check_targets(call, 1); };
  if (op == Op::max_pool2d_backward) return &check_max_positions;
  for (const Op along : {Op::index_select, Op::gather, Op::scatter, Op::scatter_add, Op::index_add,
                         Op::index_copy, Op::index_fill})
    if (op == along) return &check_along_dim;
  return nullptr;
}

}  // namespace

bool has_indices(Op op) { return check_of(op) != nullptr; }

void check_indices(const RowCall& call) {
  if (const Check check = check_of(call.row.op)) check(call);
}

}  // namespace gt::aten

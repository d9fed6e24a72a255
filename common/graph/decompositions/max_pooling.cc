// Max pooling over windows of two by two that lie side by side, and its gradient. What cheap rows
// make of another value, normalisation and ReLU, is made within the windows and not written; and
// what the gradient sends back is made by the rows that read it. Positions are no more than which
// of its four elements each window has chosen.
#include <algorithm>

#include "common/graph/decompositions/rows.h"
#include "common/graph/decompositions/windows.h"
#include "common/graph/uses.h"
#include "common/ops/pooling_window.h"

namespace gt::graph {
namespace {

/// What is smaller stays in the nearest caches, and the engine's kernel is faster than rows.
constexpr std::size_t kLeastBytes = std::size_t{512} << 10;
/// Elements of a plane: kernels spread what lies in windows over one at a time.
constexpr std::int64_t kMostPlane = std::int64_t{16} << 10;

bool has_windows(const RowEmitter& emit) {
  const ValueInfo& planes = emit.info(emit.operand(0));
  const auto size = std::span<const std::int64_t>(planes.meta.shape).last(2);
  return are_pairs(PoolingWindow(emit.attributes().integers(emit.node().row(), 0)), planes) &&
         size[0] * size[1] <= kMostPlane;
}

/// Whether the positions go to gradients of these windows alone.
bool keeps_positions(const RowEmitter& emit, const Uses& uses) {
  const Graph& source = emit.source();
  const std::uint32_t index = source.value_index({emit.index(), 1});
  const Shape& planes = source.meta(source.operands(emit.node())[0].value).shape;
  const auto readers = uses.of(index);
  return !uses.is_output(index) && std::all_of(readers.begin(), readers.end(), [&](const Use& use) {
    const Node& reader = source.node(use.node);
    return reader.op == Op::max_pool2d_backward && use.operand == 1 &&
           source.meta({use.node, 0}).shape == planes;
  });
}

}  // namespace

bool decompose_max_pool(RowEmitter& emit) {
  if (!has_windows(emit)) return false;
  const Uses uses(emit.source());
  const TensorMeta& planes = emit.meta(emit.operand(0));
  if (!is_floating(planes.dtype) || planes.byte_count() < kLeastBytes ||
      !is_made_for_windows(emit, uses) || !keeps_positions(emit, uses))
    return false;
  Operand largest, place;
  for (std::int64_t k = 0; k < 4; ++k) {
    ViewedRows taps(emit.rewriter(),
                    [&](ValueRef value) { return window_element(emit.rewriter(), value, k); });
    const Operand tap = Operand::of(taps.of(emit.operand(0).value));
    if (k == 0) {
      largest = tap;
      continue;
    }
    const Operand takes =
        emit.row(Op::logical_or, {emit.row(Op::gt, {tap, largest}), emit.row(Op::isnan, {tap})});
    largest = emit.row(Op::where, {takes, tap, largest});
    place = k == 1 ? emit.cast(takes, DType::kUInt8)
                   : emit.row(Op::masked_fill, {place, takes, Operand::of(ScalarValue(k))});
  }
  emit.finish(0, largest);
  emit.rewriter().replace({emit.index(), 1}, place.value);
  return true;
}

bool decompose_max_pool_backward(RowEmitter& emit) {
  // Positions where the windows were decomposed.
  if (emit.meta(emit.operand(1)).dtype != DType::kUInt8) return false;
  Rewriter& rewriter = emit.rewriter();
  const auto spread = [&](std::size_t k) {
    return Operand::of(spread_over_windows(rewriter, emit.operand(k).value));
  };
  const Operand places = emit.reshape(
      emit.row(Op::arange, {},
               make_attributes(Op::arange, ScalarValue(std::int64_t{0}),
                               ScalarValue(std::int64_t{1}), std::int64_t{4}, DType::kUInt8)),
      {2, 1, 2});
  const Operand is_chosen = emit.row(Op::eq, {spread(1), places});
  const Operand nothing = Operand::of(ScalarValue(0.0));
  // What is sent is added to zero.
  const Operand sent = emit.add(emit.row(Op::where, {is_chosen, spread(0), nothing}), nothing);
  emit.finish(0, Operand::of(reshape_like(rewriter, sent.value, emit.result(0))));
  return true;
}

}  // namespace gt::graph

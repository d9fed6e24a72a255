// Average pooling over windows of two by two that lie side by side and over whole planes, and their
// gradients: worker/engine/native/pooling.cc and its kernels as rows.
#include <optional>

#include "common/graph/decompositions/rows.h"
#include "common/graph/decompositions/windows.h"
#include "common/graph/uses.h"

namespace gt::graph {
namespace {

/// What each element of a window is sent, of the gradient of its mean.
Operand share_of(RowEmitter& emit, double divisor) {
  return emit.div(emit.operand(0, emit.compute_dtype()), Operand::of(ScalarValue(divisor)));
}

/// `x` for each element of `shape`, to which it broadcasts: added to zero, as the kernels do it.
Operand spread(RowEmitter& emit, const Operand& x, const Shape& shape) {
  const Operand zeros = emit.row(
      Op::full, {}, make_attributes(Op::full, shape, ScalarValue(0.0), emit.compute_dtype()));
  return emit.add(x, zeros);
}

/// The attributes begin with the window, those of the gradient with the size of the planes.
bool has_windows(const RowEmitter& emit, std::size_t window, const ValueInfo& planes) {
  return planes.meta.element_count() != 0 &&
         are_pairs(PoolingWindow(emit.attributes().integers(emit.node().row(), window)), planes);
}

double window_divisor(const RowEmitter& emit, std::size_t attribute) {
  const std::int64_t override = emit.attributes().integer(emit.node().row(), attribute);
  return override != 0 ? static_cast<double>(override) : 4.0;
}

/// Elements of a plane of `info`, if there are any and their number is fixed.
std::optional<std::int64_t> plane_size(const ValueInfo& info) {
  const std::size_t rank = info.meta.shape.size();
  for (const SymbolicDimension& symbolic : info.symbolic)
    if (symbolic.dimension + 2u >= rank) return std::nullopt;
  if (info.meta.element_count() == 0) return std::nullopt;
  return info.meta.shape[rank - 2] * info.meta.shape[rank - 1];
}

}  // namespace

bool decompose_average_pool(RowEmitter& emit) {
  if (!has_windows(emit, 0, emit.info(emit.operand(0)))) return false;
  const bool is_made = is_made_for_windows(emit, Uses(emit.source()));
  const ValueRef x = emit.operand(0).value;
  Operand total = Operand::of(ScalarValue(0.0));
  for (std::int64_t k = 0; k < 4; ++k) {
    const auto view = [&](ValueRef value) { return window_element(emit.rewriter(), value, k); };
    const ValueRef element = is_made ? ViewedRows(emit.rewriter(), view).of(x) : view(x);
    total = emit.add(emit.cast(Operand::of(element), emit.compute_dtype()), total);
  }
  emit.finish(0, emit.div(total, Operand::of(ScalarValue(window_divisor(emit, 3)))));
  return true;
}

bool decompose_average_pool_backward(RowEmitter& emit) {
  if (!has_windows(emit, 1, emit.result(0))) return false;
  Rewriter& rewriter = emit.rewriter();
  const ValueRef share = share_of(emit, window_divisor(emit, 4)).value;
  const Operand sent =
      spread(emit, Operand::of(spread_over_windows(rewriter, share)), Shape{2, 1, 2});
  emit.finish(0, Operand::of(reshape_like(rewriter, sent.value, emit.result(0))));
  return true;
}

bool decompose_plane_mean(RowEmitter& emit) {
  const auto pooled = plane_size(emit.result(0));
  if (pooled != 1 || !plane_size(emit.info(emit.operand(0)))) return false;
  const auto rank = static_cast<std::int64_t>(emit.result(0).meta.shape.size());
  emit.finish(0, emit.mean(emit.operand(0, emit.compute_dtype()), {rank - 2, rank - 1}));
  return true;
}

bool decompose_plane_mean_backward(RowEmitter& emit) {
  const ValueInfo& planes = emit.result(0);
  const auto pooled = plane_size(emit.info(emit.operand(0)));
  const auto size = plane_size(planes);
  if (pooled != 1 || !size) return false;
  const Shape& shape = planes.meta.shape;
  emit.finish(0, spread(emit, share_of(emit, static_cast<double>(*size)),
                        {shape[shape.size() - 2], shape[shape.size() - 1]}));
  return true;
}

}  // namespace gt::graph

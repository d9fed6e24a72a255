// Mean squared error and its gradient: worker/engine/native/losses.cc as rows.
#include "common/graph/decompositions/rows.h"

namespace gt::graph {
namespace {

Operand difference(RowEmitter& emit, std::size_t first) {
  const DType dtype = emit.compute_dtype();
  return emit.sub(emit.operand(first, dtype), emit.operand(first + 1, dtype));
}

/// Number / count in the arithmetic of T.
template <class T>
double quotient(double number, std::int64_t count) {
  return static_cast<double>(static_cast<T>(number) / static_cast<T>(count));
}

}  // namespace

LossReduction loss_reduction(const RowEmitter& emit) {
  return static_cast<LossReduction>(emit.attributes().integer(emit.node().row(), 0));
}

bool decompose_mse_loss(RowEmitter& emit) {
  const Operand deviations = difference(emit, 0);
  const Operand squares = emit.mul(deviations, deviations);
  switch (loss_reduction(emit)) {
    case LossReduction::none:
      emit.finish(0, squares);
      return true;
    case LossReduction::mean:
      emit.finish(0, emit.mean(squares, {}, false));
      return true;
    case LossReduction::sum:
      emit.finish(0, emit.sum(squares, {}, false));
      return true;
  }
  return false;
}

bool decompose_mse_loss_backward(RowEmitter& emit) {
  const ValueInfo& result = emit.result(0);
  const DType dtype = emit.compute_dtype();
  double norm = 2;
  if (loss_reduction(emit) == LossReduction::mean) {
    if (!result.symbolic.empty()) return false;  // the count is no number of the graph
    const std::int64_t count = result.meta.element_count();
    norm = dtype == DType::kFloat64 ? quotient<double>(2, count) : quotient<float>(2, count);
  }
  const Operand scaled = emit.mul(difference(emit, 1), Operand::of(ScalarValue(norm)));
  emit.finish(0, emit.mul(scaled, emit.operand(0, dtype)));
  return true;
}

}  // namespace gt::graph

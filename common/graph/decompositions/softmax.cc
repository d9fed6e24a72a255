// Softmax and log-softmax with their gradients: worker/engine/native/kernels/rows.cc as rows.
#include "common/graph/decompositions/rows.h"

namespace gt::graph {
namespace {

/// The dim that attribute 0 names.
Shape dim_of(const RowEmitter& emit) { return {emit.attributes().integer(emit.node().row(), 0)}; }

/// amax has no value over no elements, and 0-dim tensors need no dims.
bool has_rows(const RowEmitter& emit) {
  const TensorMeta& meta = emit.result(0).meta;
  return !meta.shape.empty() && meta.element_count() != 0;
}

}  // namespace

bool decompose_softmax(RowEmitter& emit) {
  if (!has_rows(emit)) return false;
  const Shape dim = dim_of(emit);
  const Operand x = emit.operand(0, emit.compute_dtype());
  const Operand shifted = emit.sub(x, emit.amax(x, dim));
  const Operand exponentials = emit.row(Op::exp, {shifted});
  const Operand total = emit.sum(exponentials, dim);
  emit.finish(0, emit.node().op == Op::log_softmax
                     ? emit.sub(shifted, emit.row(Op::log, {total}))
                     : emit.mul(exponentials, emit.row(Op::reciprocal, {total})));
  return true;
}

bool decompose_softmax_backward(RowEmitter& emit) {
  if (!has_rows(emit)) return false;
  const Shape dim = dim_of(emit);
  const DType dtype = emit.compute_dtype();
  const Operand grad = emit.operand(0, dtype);
  const Operand output = emit.operand(1, dtype);
  if (emit.node().op == Op::log_softmax_backward)
    emit.finish(0, emit.sub(grad, emit.mul(emit.row(Op::exp, {output}), emit.sum(grad, dim))));
  else
    emit.finish(0, emit.mul(emit.sub(grad, emit.sum(emit.mul(grad, output), dim)), output));
  return true;
}

}  // namespace gt::graph

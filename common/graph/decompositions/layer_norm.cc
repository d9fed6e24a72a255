// Layer norm and its gradient: worker/engine/native/kernels/layer_norm.cc as rows.
#include "common/graph/decompositions/rows.h"

namespace gt::graph {
namespace {

/// The dims that are normalised, and those before them.
struct Dims {
  Shape normalised;
  Shape rows;
};
Dims dims_of(const RowEmitter& emit, std::size_t rank) {
  const std::size_t count = emit.attributes().integers(emit.node().row(), 0).size();
  Dims dims;
  for (std::size_t d = 0; d < rank; ++d)
    (d + count < rank ? dims.rows : dims.normalised).push_back(static_cast<std::int64_t>(d));
  return dims;
}

}  // namespace

bool decompose_layer_norm(RowEmitter& emit) {
  const TensorMeta& meta = emit.result(0).meta;
  if (meta.element_count() == 0) return false;
  const DType dtype = emit.compute_dtype();
  const Shape dims = dims_of(emit, meta.shape.size()).normalised;
  const Operand x = emit.operand(0, dtype);
  const Operand average = emit.mean(x, dims);
  const Operand deviations = emit.sub(x, average);
  const Operand variance = emit.mean(emit.mul(deviations, deviations), dims);
  const Operand scale = emit.row(Op::rsqrt, {emit.add(variance, emit.number(1))});
  Operand y = emit.mul(deviations, scale);
  if (emit.has_operand(1)) y = emit.mul(y, emit.operand(1, dtype));
  if (emit.has_operand(2)) y = emit.add(y, emit.operand(2, dtype));
  emit.finish(0, y);
  emit.finish(1, average);
  emit.finish(2, scale);
  return true;
}

bool decompose_layer_norm_backward(RowEmitter& emit) {
  const TensorMeta& meta = emit.result(0).meta;
  if (meta.element_count() == 0) return false;
  const DType dtype = emit.compute_dtype();
  const Dims dims = dims_of(emit, meta.shape.size());
  if (dims.rows.empty()) return false;  // no dims would name all of them
  const Operand grad = emit.operand(0, dtype);
  const Operand scale = emit.operand(3, dtype);
  const Operand deviations = emit.sub(emit.operand(1, dtype), emit.operand(2, dtype));
  const Operand normalised = emit.mul(deviations, scale);
  const Operand weighted = emit.has_operand(4) ? emit.mul(grad, emit.operand(4, dtype)) : grad;
  const Operand projection = emit.mean(emit.mul(weighted, normalised), dims.normalised);
  const Operand level = emit.mean(weighted, dims.normalised);
  const Operand centred = emit.sub(weighted, level);
  emit.finish(0, emit.mul(emit.sub(centred, emit.mul(normalised, projection)), scale));
  emit.finish(1, emit.sum(emit.mul(grad, normalised), dims.rows, false));
  emit.finish(2, emit.sum(grad, dims.rows, false));
  return true;
}

}  // namespace gt::graph

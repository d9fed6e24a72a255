// Variance and logsumexp: worker/engine/native/reduction.cc and its kernels as rows.
#include <limits>
#include <optional>

#include "common/graph/decompositions/rows.h"
#include "common/ops/inference.h"

namespace gt::graph {
namespace {

/// The dims that are folded, if they are the first or the last ones, which kernels fold.
std::optional<Shape> outer_or_inner_dims(const RowEmitter& emit) {
  const Shape& shape = emit.info(emit.operand(0)).meta.shape;
  if (shape.empty() || element_count(shape) == 0) return std::nullopt;
  const std::uint32_t mask = dimension_mask(emit.attributes().integers(emit.node().row(), 0),
                                            static_cast<std::int64_t>(shape.size()));
  Shape dims;
  for (std::size_t d = 0; d < shape.size(); ++d)
    if (((mask >> d) & 1u) != 0) dims.push_back(static_cast<std::int64_t>(d));
  const auto first = static_cast<std::size_t>(dims[0]);
  const bool is_run = static_cast<std::size_t>(dims[dims.size() - 1]) - first + 1 == dims.size();
  const bool is_end =
      first == 0 || static_cast<std::size_t>(dims[dims.size() - 1]) + 1 == shape.size();
  return is_run && is_end ? std::optional(dims) : std::nullopt;
}

bool keeps_dims(const RowEmitter& emit) { return emit.attributes().boolean(emit.node().row(), 1); }

}  // namespace

bool decompose_var(RowEmitter& emit) {
  const auto dims = outer_or_inner_dims(emit);
  if (!dims) return false;
  const Operand x = emit.operand(0, emit.compute_dtype());
  const Operand deviations = emit.sub(x, emit.mean(x, *dims));
  const Operand squares = emit.sum(emit.mul(deviations, deviations), *dims, keeps_dims(emit));
  const Operand count = emit.count(emit.info(emit.operand(0)), *dims);
  const Operand divisor =
      emit.derive(ScalarOp::maximum, emit.derive(ScalarOp::subtract, count, emit.number(2)),
                  Operand::of(ScalarValue(0.0)));
  emit.finish(0, emit.div(squares, divisor));
  return true;
}

Operand log_of_exponentials(RowEmitter& emit, const Operand& x, const Shape& dims) {
  const Operand infinity = Operand::of(ScalarValue(std::numeric_limits<double>::infinity()));
  const Operand largest = emit.amax(x, dims);
  // What is subtracted is finite.
  const Operand is_infinite = emit.row(Op::eq, {emit.row(Op::abs, {largest}), infinity});
  const Operand shift = emit.row(Op::where, {is_infinite, Operand::of(ScalarValue(0.0)), largest});
  const Operand total = emit.sum(emit.row(Op::exp, {emit.sub(x, shift)}), dims);
  return emit.add(emit.row(Op::log, {total}), shift);
}

bool decompose_logsumexp(RowEmitter& emit) {
  const auto dims = outer_or_inner_dims(emit);
  const ValueInfo& result = emit.result(0);
  if (!dims || (!keeps_dims(emit) && !result.symbolic.empty())) return false;
  const Operand sums = log_of_exponentials(emit, emit.operand(0, emit.compute_dtype()), *dims);
  emit.finish(0, keeps_dims(emit) ? sums : emit.reshape(sums, result.meta.shape));
  return true;
}

}  // namespace gt::graph

// A step of Adam: worker/engine/native/optimizer.cc and its kernel as rows. What depends on numbers
// of the program alone is computed once a run, in double.
#include "common/graph/constants.h"
#include "common/graph/decompositions/rows.h"

namespace gt::graph {

bool decompose_adam_update(RowEmitter& emit) {
  const Operand one = Operand::of(ScalarValue(1.0));
  const Operand zero = Operand::of(ScalarValue(0.0));
  const Operand lr = emit.number(0), beta1 = emit.number(1), beta2 = emit.number(2);
  const Operand eps = emit.number(3), weight_decay = emit.number(4), step = emit.number(5);
  const bool decoupled = emit.attributes().boolean(emit.node().row(), 6);
  // The kernel skips a decay of 0; whether it is 0 must be known.
  if (!decoupled && !constant_of(weight_decay)) return false;
  const bool decays = !decoupled && constant_of(weight_decay)->to_double() != 0;
  const auto minus = [&](const Operand& a, const Operand& b) {
    return emit.derive(ScalarOp::subtract, a, b);
  };
  const auto correction = [&](const Operand& beta) {
    return minus(one, emit.derive(ScalarOp::power, beta, step));
  };
  const Operand root = emit.derive(ScalarOp::square_root, correction(beta2), zero);
  const Operand descent = emit.derive(ScalarOp::multiply, Operand::of(ScalarValue(-1.0)), lr);
  const Operand slope = emit.derive(ScalarOp::divide, descent, correction(beta1));

  const DType dtype = emit.compute_dtype();
  const Operand p = emit.operand(0, dtype), m = emit.operand(1, dtype);
  const Operand v = emit.operand(2, dtype);
  Operand g = emit.operand(3, dtype);
  if (decays) g = emit.add_scaled(g, p, weight_decay);
  const Operand mean = emit.add_scaled(emit.mul(m, beta1), g, minus(one, beta1));
  const Operand square = emit.add(emit.mul(v, beta2), emit.mul(emit.mul(g, minus(one, beta2)), g));
  const Operand denominator = emit.add(emit.div(emit.row(Op::sqrt, {square}), root), eps);
  Operand kept = p;
  if (decoupled) kept = emit.mul(p, minus(one, emit.derive(ScalarOp::multiply, lr, weight_decay)));
  emit.finish(0, emit.add(kept, emit.div(emit.mul(mean, slope), denominator)));
  emit.finish(1, mean);
  emit.finish(2, square);
  return true;
}

}  // namespace gt::graph

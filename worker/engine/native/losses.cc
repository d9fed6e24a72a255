// Cross entropy and mean squared error, with their gradients.
#include <algorithm>

#include "common/ops/inference.h"
#include "common/ops/loss_reduction.h"
#include "worker/engine/native/composite.h"

namespace gt::worker::native {
namespace {

LossReduction reduction_of(const EngineCall& call, std::size_t k) {
  return static_cast<LossReduction>(call.attributes.integer(call.row, k));
}

/// Sum of contiguous elements by the fixed tree.
template <class T>
T sum_of(Context& context, const T* x, std::int64_t n) {
  constexpr ComputeType type =
      std::is_same_v<T, float> ? ComputeType::kFloat : ComputeType::kDouble;
  T total;
  context.kernels().row_folds[static_cast<int>(Fold::kSum)][index_of(type)](x, nullptr, &total, 1,
                                                                            n);
  return total;
}

/// Runs `function.operator()<float or double>()`.
template <class Function>
void dispatch_floating(ComputeType type, Function&& function) {
  if (type == ComputeType::kDouble)
    function.template operator()<double>();
  else
    function.template operator()<float>();
}

/// A cross entropy over rows of C logits; the classes are moved to the end.
struct CrossEntropy {
  CrossEntropy(Context& context, const EngineCall& call, std::size_t self_operand,
               std::size_t weight_operand, ComputeType compute_type)
      : type(compute_type),
        class_dim(call.operands[self_operand].value->shape.size() < 2 ? 0 : 1),
        moved(moved_to_end(*call.operands[self_operand].value, class_dim)),
        classes(moved.shape.back()),
        rows(classes == 0 ? 0 : moved.element_count() / classes),
        logits(context.elements(moved, type)),
        reduction(reduction_of(call, 0)),
        ignore_index(call.attributes.integer(call.row, 1)),
        smoothing(call.attributes.real(call.row, 2)) {
    const Value& target = *call.operands[self_operand + 1].value;
    by_probability = is_floating(target.dtype);
    targets = by_probability ? context.elements(moved_to_end(target, class_dim), type)
                             : context.elements(target, ComputeType::kInteger);
    const Value* weight = call.operands[weight_operand].value;
    if (weight != nullptr) weights = context.elements(*weight, type);
    if (!by_probability) check_targets();
  }

  void check_targets() const {
    for (std::int64_t r = 0; r < rows; ++r) {
      const std::int64_t target = targets.as<std::int64_t>()[r];
      if (target != ignore_index && (target < 0 || target >= classes))
        throw CommonError(ErrorKind::kIndex,
                          "Target " + std::to_string(target) + " is out of bounds.");
    }
  }

  /// What the loss of row r is: sum over classes of coefficient(r, c) * -log softmax(r, c).
  template <class T>
  T coefficient(std::int64_t r, std::int64_t c) const {
    const T weight = weights.data != nullptr ? weights.as<T>()[c] : T(1);
    const T smooth = static_cast<T>(smoothing);
    const T share = smooth / static_cast<T>(classes);
    if (by_probability) {
      const T target = targets.as<T>()[r * classes + c];
      return weight * (smooth != T(0) ? target * (T(1) - smooth) + share : target);
    }
    if (is_ignored(r)) return T(0);
    const T hit = targets.as<std::int64_t>()[r] == c ? T(1) - smooth : T(0);
    return weight * (hit + share);
  }
  bool is_ignored(std::int64_t r) const {
    return !by_probability && targets.as<std::int64_t>()[r] == ignore_index;
  }
  /// What the sum of the losses is divided by for the mean.
  template <class T>
  T divisor(Context& context) const {
    if (by_probability) return static_cast<T>(rows);
    const auto scratch = context.scratch(rows, type);
    T* row_weights = static_cast<T*>(scratch->data());
    for (std::int64_t r = 0; r < rows; ++r)
      row_weights[r] = is_ignored(r)             ? T(0)
                       : weights.data != nullptr ? weights.as<T>()[targets.as<std::int64_t>()[r]]
                                                 : T(1);
    return sum_of(context, row_weights, rows);
  }

  ComputeType type;
  std::int64_t class_dim;
  Value moved;
  std::int64_t classes;
  std::int64_t rows;
  Elements logits;
  Elements targets;
  Elements weights;
  bool by_probability = false;
  LossReduction reduction;
  std::int64_t ignore_index;
  double smoothing;
};

template <class T>
T loss_of_row(const CrossEntropy& loss, std::int64_t r, T logsumexp) {
  const T* x = loss.logits.as<T>() + r * loss.classes;
  if (loss.is_ignored(r)) return T(0);
  if (!loss.by_probability && loss.smoothing == 0) {
    const std::int64_t target = loss.targets.as<std::int64_t>()[r];
    return loss.coefficient<T>(r, target) * (logsumexp - x[target]);
  }
  T total = T(0);
  for (std::int64_t c = 0; c < loss.classes; ++c)
    total += loss.coefficient<T>(r, c) * (logsumexp - x[c]);
  return total;
}

/// The gradient that reaches row r.
template <class T>
T row_gradient(const CrossEntropy& loss, const Elements& grad, std::int64_t r, T divisor) {
  const T* g = grad.as<T>();
  switch (loss.reduction) {
    case LossReduction::none:
      return g[r];
    case LossReduction::mean:
      return g[0] / divisor;
    case LossReduction::sum:
      return g[0];
  }
  return T(0);
}

/// Gradients where each row has one class as its target.
template <class T>
void class_gradients(Context& context, const CrossEntropy& loss, const Elements& grad,
                     const Elements& sums, T divisor, const Destination& result) {
  const auto scratch = context.scratch(2 * loss.rows, loss.type);
  T* weights = static_cast<T*>(scratch->data());
  T* scales = weights + loss.rows;
  const auto* targets = loss.targets.as<std::int64_t>();
  for (std::int64_t r = 0; r < loss.rows; ++r) {
    weights[r] = loss.is_ignored(r) ? T(0) : loss.coefficient<T>(r, targets[r]);
    // An ignored row has no gradient, even where the mean over no rows is not a number.
    scales[r] = weights[r] == T(0) ? T(0) : row_gradient(loss, grad, r, divisor);
  }
  context.kernels().rows[index_of(loss.type)].cross_entropy_backward(
      loss.logits.data, sums.data, targets, weights, scales, result.data, loss.rows, loss.classes);
}

/// Gradients where the target of a row is a distribution over the classes.
template <class T>
void distribution_gradients(Context& context, const CrossEntropy& loss, const Elements& grad,
                            const Elements& sums, T divisor, const Destination& result) {
  // The loop's exp is the kernels', on whole rows: first x - logsumexp, then exp in place.
  const PointwiseKernel exp_of =
      context.kernels().pointwise[static_cast<int>(Op::exp)].kernels[index_of(loss.type)];
  for (std::int64_t r = 0; r < loss.rows; ++r) {
    const T* x = loss.logits.as<T>() + r * loss.classes;
    T* out = result.as<T>() + r * loss.classes;
    for (std::int64_t c = 0; c < loss.classes; ++c) out[c] = x[c] - sums.as<T>()[r];
    const void* inputs[] = {out};
    exp_of(out, inputs, loss.classes, nullptr, nullptr);
    T total = T(0);
    for (std::int64_t c = 0; c < loss.classes; ++c) total += loss.coefficient<T>(r, c);
    // An ignored row has no gradient, even where the mean over no rows is not a number.
    const T g = total == T(0) ? T(0) : row_gradient(loss, grad, r, divisor);
    for (std::int64_t c = 0; c < loss.classes; ++c)
      out[c] = g * (out[c] * total - loss.coefficient<T>(r, c));
  }
}

}  // namespace

Results cross_entropy(Context& context, const EngineCall& call) {
  const ComputeType type = compute_type_of(call.result_metas[0].dtype);
  const CrossEntropy loss(context, call, 0, 2, type);
  Destination result = context.destination(call.result_metas[0], type);
  Destination sums = context.destination(call.result_metas[1], type);
  context.kernels().rows[index_of(type)].logsumexp(loss.logits.data, sums.data, loss.rows,
                                                   loss.classes);
  dispatch_floating(type, [&]<class T>() {
    const auto scratch = context.scratch(loss.rows, type);
    T* losses = static_cast<T*>(scratch->data());
    for (std::int64_t r = 0; r < loss.rows; ++r) losses[r] = loss_of_row(loss, r, sums.as<T>()[r]);
    T* out = result.as<T>();
    if (loss.reduction == LossReduction::none) {
      std::copy_n(losses, loss.rows, out);
      return;
    }
    out[0] = sum_of(context, losses, loss.rows);
    if (loss.reduction == LossReduction::mean) out[0] /= loss.divisor<T>(context);
  });
  Results results;
  results.push_back(context.finish(std::move(result)));
  results.push_back(context.finish(std::move(sums)));
  return results;
}

Value cross_entropy_backward(Context& context, const EngineCall& call) {
  const ComputeType type = compute_type_of(call.result_metas[0].dtype);
  const CrossEntropy loss(context, call, 1, 4, type);
  const Elements grad = context.elements(*call.operands[0].value, type);
  const Elements sums = context.elements(*call.operands[3].value, type);
  Destination result =
      context.destination({call.result_metas[0].dtype, loss.moved.shape, {}}, type);
  dispatch_floating(type, [&]<class T>() {
    const T divisor = loss.reduction == LossReduction::mean ? loss.divisor<T>(context) : T(1);
    if (!loss.by_probability && loss.smoothing == 0)
      class_gradients<T>(context, loss, grad, sums, divisor, result);
    else
      distribution_gradients<T>(context, loss, grad, sums, divisor, result);
  });
  return context.contiguous(moved_from_end(context.finish(std::move(result)), loss.class_dim));
}

namespace {

/// Both operands of a loss in the compute type, broadcast to one shape.
struct LossOperands {
  Elements self;
  Elements target;
  std::int64_t n;
};
LossOperands loss_operands(Context& context, const EngineCall& call, std::size_t first,
                           const Shape& shape, ComputeType type) {
  const auto read = [&](std::size_t k) {
    return context.elements(broadcast_to(*call.operands[k].value, shape), type);
  };
  return {read(first), read(first + 1), element_count(shape)};
}

/// out = x - y by the kernels; returns out.
template <class T>
const T* difference(Context& context, ComputeType type, const T* x, const T* y, T* out,
                    std::int64_t n) {
  const T alpha = T(1);
  const void* inputs[] = {x, y};
  context.kernels().pointwise[static_cast<int>(Op::sub)].kernels[index_of(type)](out, inputs, n,
                                                                                 &alpha, nullptr);
  return out;
}
/// out = out * x by the kernels.
template <class T>
void multiply(Context& context, ComputeType type, const T* x, T* out, std::int64_t n) {
  const void* inputs[] = {out, x};
  context.kernels().pointwise[static_cast<int>(Op::mul)].kernels[index_of(type)](out, inputs, n,
                                                                                 nullptr, nullptr);
}

}  // namespace

Value mse_loss(Context& context, const EngineCall& call) {
  const ComputeType type = compute_type_of(call.result_metas[0].dtype);
  const Shape shape = broadcast_shape(call.operands[0].value->shape, call.operands[1].value->shape);
  const LossOperands operands = loss_operands(context, call, 0, shape, type);
  const LossReduction reduction = reduction_of(call, 0);
  Destination result = context.destination(call.result_metas[0], type);
  dispatch_floating(type, [&]<class T>() {
    const auto scratch = context.scratch(operands.n, type);
    T* squares =
        reduction == LossReduction::none ? result.as<T>() : static_cast<T*>(scratch->data());
    const T* x = operands.self.as<T>();
    const T* y = operands.target.as<T>();
    multiply(context, type, difference(context, type, x, y, squares, operands.n), squares,
             operands.n);
    if (reduction == LossReduction::none) return;
    result.as<T>()[0] = sum_of(context, squares, operands.n);
    if (reduction == LossReduction::mean) result.as<T>()[0] /= static_cast<T>(operands.n);
  });
  return context.finish(std::move(result));
}

Value mse_loss_backward(Context& context, const EngineCall& call) {
  const TensorMeta& meta = call.result_metas[0];
  const ComputeType type = compute_type_of(meta.dtype);
  const LossOperands operands = loss_operands(context, call, 1, meta.shape, type);
  const LossReduction reduction = reduction_of(call, 0);
  const Elements grad = context.elements(broadcast_to(*call.operands[0].value, meta.shape), type);
  Destination result = context.destination(meta, type);
  dispatch_floating(type, [&]<class T>() {
    const T norm = reduction == LossReduction::mean ? T(2) / static_cast<T>(operands.n) : T(2);
    T* out = result.as<T>();
    difference(context, type, operands.self.as<T>(), operands.target.as<T>(), out, operands.n);
    for (std::int64_t i = 0; i < operands.n; ++i) out[i] *= norm;
    multiply(context, type, grad.as<T>(), out, operands.n);
  });
  return context.finish(std::move(result));
}

}  // namespace gt::worker::native

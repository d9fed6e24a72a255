#include <algorithm>
#include <cmath>
#include <string>

#include "common/ops/loss_reduction.h"
#include "worker/engine/reference/call.h"

namespace gt::worker::reference {
namespace {

/// The operands of cross entropy, and the share of every class in the loss of its row:
/// loss(row) = sum over c of share(row, c) * -log p(row, c).
struct CrossEntropy {
  Array<double> logits;
  std::int64_t dim = 0;
  Lanes lanes;
  LossReduction reduction;
  bool has_indices = false;
  std::vector<double> shares;       ///< by row-major position, as the logits
  std::vector<double> row_weights;  ///< with indices: the weight of the target, 0 where ignored

  CrossEntropy(const Call& call, std::size_t first, std::size_t weight_operand)
      : logits(call.read<double>(first)),
        dim(logits.shape.size() == 1 ? 0 : 1),
        lanes(logits.shape, dim),
        reduction(static_cast<LossReduction>(call.integer(0))),
        has_indices(!is_floating(call.value(first + 1).dtype)),
        shares(logits.elements.size()),
        row_weights(static_cast<std::size_t>(lanes.count)) {
    const auto weight = call.has(weight_operand) ? call.read<double>(weight_operand)
                                                 : make_array<double>(Shape{lanes.size}, 1.0);
    if (has_indices)
      share_by_index(call, call.read<std::int64_t>(first + 1), weight);
    else
      share_by_probability(call, call.read<double>(first + 1), weight);
  }

  [[nodiscard]] double& share(std::int64_t lane, std::int64_t c) {
    return shares[static_cast<std::size_t>(lanes.position(lane, c))];
  }

  void share_by_index(const Call& call, const Array<std::int64_t>& target,
                      const Array<double>& weight) {
    const double smoothing = call.real(2);
    for (std::int64_t lane = 0; lane < lanes.count; ++lane) {
      if (target[lane] == call.integer(1)) continue;
      if (target[lane] < 0 || target[lane] >= lanes.size)
        throw CommonError(ErrorKind::kIndex,
                          "Target " + std::to_string(target[lane]) + " is out of bounds.");
      row_weights[static_cast<std::size_t>(lane)] = weight[target[lane]];
      for (std::int64_t c = 0; c < lanes.size; ++c)
        share(lane, c) = weight[c] * (smoothing / static_cast<double>(lanes.size) +
                                      (c == target[lane] ? 1 - smoothing : 0));
    }
  }

  void share_by_probability(const Call& call, const Array<double>& target,
                            const Array<double>& weight) {
    const double smoothing = call.real(2);
    for (std::int64_t lane = 0; lane < lanes.count; ++lane)
      for (std::int64_t c = 0; c < lanes.size; ++c)
        share(lane, c) = weight[c] * (target[lanes.position(lane, c)] * (1 - smoothing) +
                                      smoothing / static_cast<double>(lanes.size));
  }

  [[nodiscard]] double log_sum_exp(std::int64_t lane) const {
    double largest = logits[lanes.position(lane, 0)];
    for (std::int64_t c = 1; c < lanes.size; ++c)
      largest = std::max(largest, logits[lanes.position(lane, c)]);
    double total = 0;
    for (std::int64_t c = 0; c < lanes.size; ++c)
      total += std::exp(logits[lanes.position(lane, c)] - largest);
    return std::log(total) + largest;
  }

  /// What a mean divides the sum of all rows by.
  [[nodiscard]] double divisor() const {
    if (!has_indices) return static_cast<double>(lanes.count);
    double total = 0;
    for (const double weight : row_weights) total += weight;
    return total;
  }
};

std::vector<Value> cross_entropy(const Call& call) {
  CrossEntropy problem(call, 0, 2);
  auto norms = make_array<double>(call.result_meta(1).shape);
  std::vector<double> losses(static_cast<std::size_t>(problem.lanes.count));
  for (std::int64_t lane = 0; lane < problem.lanes.count; ++lane) {
    norms[lane] = problem.log_sum_exp(lane);
    for (std::int64_t c = 0; c < problem.lanes.size; ++c)
      losses[static_cast<std::size_t>(lane)] +=
          problem.share(lane, c) * (norms[lane] - problem.logits[problem.lanes.position(lane, c)]);
  }
  Array<double> loss{call.result_meta(0).shape, losses};
  if (problem.reduction != LossReduction::none) {
    const double total = std::accumulate(losses.begin(), losses.end(), 0.0);
    loss.elements = {problem.reduction == LossReduction::mean ? total / problem.divisor() : total};
  }
  return {call.result(0, loss), call.result(1, norms)};
}

std::vector<Value> cross_entropy_backward(const Call& call) {
  CrossEntropy problem(call, 1, 4);
  const auto grad = call.read<double>(0);
  const auto norms = call.read<double>(3);
  auto result = make_array<double>(problem.logits.shape);
  for (std::int64_t lane = 0; lane < problem.lanes.count; ++lane) {
    double factor = problem.reduction == LossReduction::none ? grad[lane] : grad[0];
    if (problem.reduction == LossReduction::mean) factor /= problem.divisor();
    double row_share = 0;
    for (std::int64_t c = 0; c < problem.lanes.size; ++c) row_share += problem.share(lane, c);
    if (row_share == 0) continue;
    for (std::int64_t c = 0; c < problem.lanes.size; ++c) {
      const std::int64_t at = problem.lanes.position(lane, c);
      const double probability = std::exp(problem.logits[at] - norms[lane]);
      result[at] = factor * (probability * row_share - problem.share(lane, c));
    }
  }
  return call.results(result);
}

std::vector<Value> mse_loss(const Call& call) {
  const Shape shape = broadcast_shape(call.value(0).shape, call.value(1).shape);
  auto loss = call.read<double>(0, shape);
  const auto target = call.read<double>(1, shape);
  for (std::int64_t k = 0; k < loss.count(); ++k)
    loss[k] = (loss[k] - target[k]) * (loss[k] - target[k]);
  const auto reduction = static_cast<LossReduction>(call.integer(0));
  if (reduction == LossReduction::none) return call.results(loss);
  const double total = std::accumulate(loss.elements.begin(), loss.elements.end(), 0.0);
  const double count = static_cast<double>(loss.count());
  return call.results(
      Array<double>{{}, {reduction == LossReduction::mean ? total / count : total}});
}

std::vector<Value> mse_loss_backward(const Call& call) {
  const Shape& shape = call.result_meta().shape;
  const auto grad = call.read<double>(0, shape);
  const auto target = call.read<double>(2, shape);
  auto result = call.read<double>(1, shape);
  const bool is_mean = static_cast<LossReduction>(call.integer(0)) == LossReduction::mean;
  const double factor = is_mean ? 2.0 / static_cast<double>(result.count()) : 2.0;
  for (std::int64_t k = 0; k < result.count(); ++k)
    result[k] = factor * (result[k] - target[k]) * grad[k];
  return call.results(result);
}

constexpr KernelEntry kKernels[] = {
    {Op::cross_entropy, cross_entropy},
    {Op::cross_entropy_backward, cross_entropy_backward},
    {Op::mse_loss, mse_loss},
    {Op::mse_loss_backward, mse_loss_backward},
};

}  // namespace

std::span<const KernelEntry> loss_kernels() { return kKernels; }

}  // namespace gt::worker::reference

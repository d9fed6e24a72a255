#include <algorithm>
#include <cmath>
#include <limits>

#include "worker/engine/reference/call.h"

namespace gt::worker::reference {
namespace {

constexpr double kBlocked = -std::numeric_limits<double>::infinity();

/// The shape with its last two dims replaced.
Shape with_matrix(Shape shape, std::int64_t rows, std::int64_t columns) {
  shape[shape.size() - 2] = rows;
  shape[shape.size() - 1] = columns;
  return shape;
}

std::int64_t rows_of(const Shape& shape) { return shape[shape.size() - 2]; }

/// Query, key and value broadcast to common leading dims, and the masked scores between them.
struct Attention {
  Array<double> query, key, value, scores;
  std::int64_t batches = 1;
  std::int64_t queries = 0, keys = 0, depth = 0, width = 0;

  Attention(const Call& call, std::size_t first, std::size_t mask_operand) {
    const Shape& q = call.value(first).shape;
    const Shape& k = call.value(first + 1).shape;
    const Shape& v = call.value(first + 2).shape;
    queries = rows_of(q), keys = rows_of(k), depth = q.back(), width = v.back();
    const Shape common = broadcast_shape(
        broadcast_shape(with_matrix(q, 1, 1), with_matrix(k, 1, 1)), with_matrix(v, 1, 1));
    batches = element_count(common);
    query = call.read<double>(first, with_matrix(common, queries, depth));
    key = call.read<double>(first + 1, with_matrix(common, keys, depth));
    value = call.read<double>(first + 2, with_matrix(common, keys, width));
    scores = make_array<double>(with_matrix(common, queries, keys));
    compute_scores(call.boolean(0), call.real(1));
    if (call.has(mask_operand)) apply_mask(call, mask_operand);
  }

  [[nodiscard]] std::int64_t rows() const { return batches * queries; }

  void compute_scores(bool is_causal, double scale) {
    for (std::int64_t row = 0; row < rows(); ++row)
      for (std::int64_t s = 0; s < keys; ++s) {
        double dot = 0;
        for (std::int64_t e = 0; e < depth; ++e)
          dot += query[row * depth + e] * key[(row / queries * keys + s) * depth + e];
        scores[row * keys + s] = is_causal && s > row % queries ? kBlocked : dot * scale;
      }
  }

  void apply_mask(const Call& call, std::size_t k) {
    const auto mask = call.read<double>(k, scores.shape);
    const bool selects = call.value(k).dtype == DType::kBool;
    for (std::int64_t at = 0; at < scores.count(); ++at) {
      if (!selects)
        scores[at] += mask[at];
      else if (mask[at] == 0)
        scores[at] = kBlocked;
    }
  }

  [[nodiscard]] double log_sum_exp(std::int64_t row) const {
    double largest = kBlocked;
    for (std::int64_t s = 0; s < keys; ++s) largest = std::max(largest, scores[row * keys + s]);
    if (largest == kBlocked) return kBlocked;
    double total = 0;
    for (std::int64_t s = 0; s < keys; ++s) total += std::exp(scores[row * keys + s] - largest);
    return std::log(total) + largest;
  }
  /// A row whose every position is blocked attends to nothing.
  [[nodiscard]] double probability(std::int64_t row, std::int64_t s, double norm) const {
    return norm == kBlocked ? 0 : std::exp(scores[row * keys + s] - norm);
  }
};

std::vector<Value> attention(const Call& call) {
  const Attention problem(call, 0, 3);
  auto output = make_array<double>(call.result_meta(0).shape);
  auto norms = make_array<double>(call.result_meta(1).shape);
  for (std::int64_t row = 0; row < problem.rows(); ++row) {
    norms[row] = problem.log_sum_exp(row);
    for (std::int64_t s = 0; s < problem.keys; ++s) {
      const double probability = problem.probability(row, s, norms[row]);
      const std::int64_t source = row / problem.queries * problem.keys + s;
      for (std::int64_t e = 0; e < problem.width; ++e)
        output[row * problem.width + e] += probability * problem.value[source * problem.width + e];
    }
  }
  return {call.result(0, output), call.result(1, norms)};
}

/// The sums over the dims that broadcasting added to operand `k`, as result `result`.
Value reduced(const Call& call, std::size_t result, std::size_t k, const Array<double>& grad) {
  const Shape& shape = call.value(k).shape;
  auto sums = make_array<double>(shape);
  const Strides strides = broadcast_strides(shape, contiguous_strides(shape), grad.shape);
  std::int64_t next = 0;
  for_each_index(grad.shape,
                 [&](const Shape& at) { sums[position_of(at, strides)] += grad[next++]; });
  return call.result(result, sums);
}

/// With P the probabilities and O = P V: dV = P^T dO, dS = P (dO V^T - sum(dO O)) scale,
/// dQ = dS K, dK = dS^T Q.
std::vector<Value> attention_backward(const Call& call) {
  const Attention problem(call, 1, 6);
  const auto grad = call.read<double>(0);
  const auto output = call.read<double>(4);
  const auto norms = call.read<double>(5);
  auto grad_query = make_array<double>(problem.query.shape);
  auto grad_key = make_array<double>(problem.key.shape);
  auto grad_value = make_array<double>(problem.value.shape);
  const std::int64_t width = problem.width, depth = problem.depth;
  for (std::int64_t row = 0; row < problem.rows(); ++row) {
    double row_sum = 0;
    for (std::int64_t e = 0; e < width; ++e)
      row_sum += grad[row * width + e] * output[row * width + e];
    for (std::int64_t s = 0; s < problem.keys; ++s) {
      const double probability = problem.probability(row, s, norms[row]);
      const std::int64_t source = row / problem.queries * problem.keys + s;
      double grad_probability = 0;
      for (std::int64_t e = 0; e < width; ++e) {
        grad_probability += grad[row * width + e] * problem.value[source * width + e];
        grad_value[source * width + e] += probability * grad[row * width + e];
      }
      const double grad_score = probability * (grad_probability - row_sum) * call.real(1);
      for (std::int64_t e = 0; e < depth; ++e) {
        grad_query[row * depth + e] += grad_score * problem.key[source * depth + e];
        grad_key[source * depth + e] += grad_score * problem.query[row * depth + e];
      }
    }
  }
  return {reduced(call, 0, 1, grad_query), reduced(call, 1, 2, grad_key),
          reduced(call, 2, 3, grad_value)};
}

constexpr KernelEntry kKernels[] = {
    {Op::scaled_dot_product_attention, attention},
    {Op::scaled_dot_product_attention_backward, attention_backward},
};

}  // namespace

std::span<const KernelEntry> attention_kernels() { return kKernels; }

}  // namespace gt::worker::reference

#include "worker/engine/native/kernels/exponentials.h"
#include "worker/engine/native/kernels/fill.h"

namespace gt::worker::native::GT_KERNEL_TARGET {
namespace {

/// Columns of row r that may be seen.
std::int64_t visible_columns(std::int64_t r, const AttentionExtents& extents) {
  if (!extents.causal) return extents.width;
  const std::int64_t columns = r % extents.length + 1;
  return columns < extents.width ? columns : extents.width;
}

template <class T>
void scale_scores(T* x, const T* bias, std::int64_t n, T scale) {
  if (bias == nullptr)
    for (std::int64_t i = 0; i < n; ++i) x[i] = x[i] * scale;
  else
    for (std::int64_t i = 0; i < n; ++i) x[i] = x[i] * scale + bias[i];
}

/// Softmax of the first n elements, zeros behind them. Returns the logsumexp. Where nothing is
/// visible all weights are zero.
template <class T>
T softmax_visible(T* x, std::int64_t n, std::int64_t width) {
  const T largest = fold<Maximum<T>>(x, n);
  const T shift = math::select(math::absolute(largest) == math::infinity<T>(), T(0), largest);
  exp_run(x, shift, x, n);
  const T total = fold<Sum<T>>(x, n);
  const T divisor = total == T(0) ? T(1) : total;
  for (std::int64_t i = 0; i < n; ++i) x[i] = x[i] / divisor;
  for (std::int64_t i = n; i < width; ++i) x[i] = T(0);
  return math::functions::log(total) + shift;
}

template <class T>
void weights(void* scores, const void* bias, void* logsumexp, const AttentionExtents& extents) {
  T* x = static_cast<T*>(scores);
  const T* b = static_cast<const T*>(bias);
  T* sums = static_cast<T*>(logsumexp);
  const std::int64_t width = extents.width;
  for (std::int64_t r = 0; r < extents.rows; ++r, x += width) {
    const std::int64_t n = visible_columns(r, extents);
    scale_scores(x, b != nullptr ? b + r * width : nullptr, n, static_cast<T>(extents.scale));
    sums[r] = softmax_visible(x, n, width);
  }
}

template <class T>
void weights_again(void* scores, const void* bias, const void* logsumexp,
                   const AttentionExtents& extents) {
  T* x = static_cast<T*>(scores);
  const T* b = static_cast<const T*>(bias);
  const T* sums = static_cast<const T*>(logsumexp);
  const std::int64_t width = extents.width;
  for (std::int64_t r = 0; r < extents.rows; ++r, x += width) {
    // A row that saw nothing has only minus infinities: its exponentials stay zero.
    const T shift = sums[r] == -math::infinity<T>() ? T(0) : sums[r];
    const std::int64_t n = visible_columns(r, extents);
    scale_scores(x, b != nullptr ? b + r * width : nullptr, n, static_cast<T>(extents.scale));
    exp_run(x, shift, x, n);
    for (std::int64_t i = n; i < width; ++i) x[i] = T(0);
  }
}

template <class T>
void score_gradients(void* gradients, const void* given_weights, const AttentionExtents& extents) {
  T* g = static_cast<T*>(gradients);
  const T* w = static_cast<const T*>(given_weights);
  const T scale = static_cast<T>(extents.scale);
  const std::int64_t width = extents.width;
  for (std::int64_t r = 0; r < extents.rows; ++r, g += width, w += width) {
    const std::int64_t n = visible_columns(r, extents);
    // g w - sum(g w) w: the products are kept, so that they are added up in the tree's order.
    for (std::int64_t i = 0; i < n; ++i) g[i] = g[i] * w[i];
    const T total = fold<Sum<T>>(g, n);
    for (std::int64_t i = 0; i < n; ++i) g[i] = (g[i] - total * w[i]) * scale;
    for (std::int64_t i = n; i < width; ++i) g[i] = T(0);
  }
}

template <class T>
AttentionKernels attention_kernels() {
  return {&weights<T>, &weights_again<T>, &score_gradients<T>};
}

}  // namespace

void fill_attention(KernelTable& table) {
  table.attention[static_cast<int>(ComputeType::kFloat)] = attention_kernels<float>();
  table.attention[static_cast<int>(ComputeType::kDouble)] = attention_kernels<double>();
}

}  // namespace gt::worker::native::GT_KERNEL_TARGET

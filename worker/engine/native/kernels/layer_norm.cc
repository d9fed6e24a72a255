// Layer norm and its gradient.
#include "worker/engine/native/kernels/fill.h"
#include "worker/engine/native/kernels/reduction_tree.h"

namespace gt::worker::native::GT_KERNEL_TARGET {
namespace {

/// y = (x - average) * scale * w + b, where w and b may be null.
template <class T>
void normalise_row(const T* x, const T* w, const T* b, T* y, T average, T scale, std::int64_t n) {
  if (w != nullptr && b != nullptr) {
#pragma GCC ivdep
    for (std::int64_t i = 0; i < n; ++i) y[i] = (x[i] - average) * scale * w[i] + b[i];
    return;
  }
#pragma GCC ivdep
  for (std::int64_t i = 0; i < n; ++i) y[i] = (x[i] - average) * scale;
  if (w != nullptr)
    for (std::int64_t i = 0; i < n; ++i) y[i] = y[i] * w[i];
  if (b != nullptr)
    for (std::int64_t i = 0; i < n; ++i) y[i] = y[i] + b[i];
}

template <class T>
void layer_norm(const void* in, const void* weight, const void* bias, void* out, void* mean,
                void* rstd, std::int64_t rows, std::int64_t n, double eps) {
  const T* x = static_cast<const T*>(in);
  T* y = static_cast<T*>(out);
  for (std::int64_t r = 0; r < rows; ++r, x += n, y += n) {
    const T average = fold<Sum<T>>(x, n) / static_cast<T>(n);
    const T variance = sum_of_squared_deviations(x, average, n) / static_cast<T>(n);
    const T scale = T(1) / math::square_root(variance + static_cast<T>(eps));
    normalise_row(x, static_cast<const T*>(weight), static_cast<const T*>(bias), y, average, scale,
                  n);
    static_cast<T*>(mean)[r] = average;
    static_cast<T*>(rstd)[r] = scale;
  }
}

/// Sums of rows of `width` elements, by the reduction tree: the binary counter of whole rows. A row
/// is added up in `top()` and pushed.
template <class T>
class RowSums {
 public:
  RowSums(T* storage, std::int64_t width) : storage_(storage), width_(width) {}

  [[nodiscard]] T* top() const { return storage_ + size_ * width_; }
  void push() {
    ++size_;
    for (std::int64_t bits = count_++; (bits & 1) != 0; bits >>= 1) add_last();
  }
  /// Of all that was pushed.
  [[nodiscard]] T* total() {
    while (size_ > 1) add_last();
    return storage_;
  }

 private:
  void add_last() {
    --size_;
    const T* right = top();
    T* left = storage_ + (size_ - 1) * width_;
#pragma GCC ivdep
    for (std::int64_t i = 0; i < width_; ++i) left[i] = left[i] + right[i];
  }

  T* storage_;
  std::int64_t width_;
  std::int64_t size_ = 0;
  std::int64_t count_ = 0;
};

/// One row of the gradient; weighted(i) is the gradient times the weight. What the row gives to the
/// gradients of the weight, and behind them to those of the bias, is added to `sums`, or written
/// there if it is the first.
template <bool IsFirst, class T, class Weighted>
[[gnu::always_inline]] inline void gradient_row(const Weighted& weighted, const T* g, const T* x,
                                                T* d, T average, T scale, T* sums, std::int64_t n) {
  const auto projected = [&]<class V>(std::int64_t i) {
    return weighted.template operator()<V>(i) * ((read<V>(x + i) - average) * scale);
  };
  const T projection = fold<Sum<T>, T>(projected, n) / static_cast<T>(n);
  const T level = fold<Sum<T>, T>(weighted, n) / static_cast<T>(n);
  T* gradients = sums + n;
  for_each_vector<T>(n, [&]<class V>(std::int64_t i) {
    const V gradient = read<V>(g + i);
    const V normalised = (read<V>(x + i) - average) * scale;
    const V product = gradient * normalised;
    write<V>((weighted.template operator()<V>(i) - level - normalised * projection) * scale, d + i);
    if constexpr (IsFirst) {
      write<V>(product, sums + i);
      write<V>(gradient, gradients + i);
    } else {
      write<V>(read<V>(sums + i) + product, sums + i);
      write<V>(read<V>(gradients + i) + gradient, gradients + i);
    }
  });
}

/// The rows of a layer norm's gradient, each of which is read once.
template <class T>
class GradientRows {
 public:
  GradientRows(const LayerNormGradient& gradient, T* tile, bool streams)
      : gradient_(gradient), tile_(tile), streams_(streams) {}

  void compute(std::int64_t r, T* sums, bool is_first) const {
    if (is_first)
      compute_row<true>(r, sums);
    else
      compute_row<false>(r, sums);
  }

 private:
  template <bool IsFirst>
  void compute_row(std::int64_t r, T* sums) const {
    const std::int64_t n = gradient_.n;
    const T* g = static_cast<const T*>(gradient_.grad) + r * n;
    const T* x = static_cast<const T*>(gradient_.in) + r * n;
    const T* w = static_cast<const T*>(gradient_.weight);
    const T average = static_cast<const T*>(gradient_.mean)[r];
    const T scale = static_cast<const T*>(gradient_.rstd)[r];
    T* to = static_cast<T*>(gradient_.grad_in) + r * n;
    T* d = streams_ ? tile_ : to;
    const auto weighted = [g, w]<class V>(std::int64_t i) {
      return read<V>(g + i) * read<V>(w + i);
    };
    if (w != nullptr)
      gradient_row<IsFirst>(weighted, g, x, d, average, scale, sums, n);
    else
      gradient_row<IsFirst>(Plain<T>{g}, g, x, d, average, scale, sums, n);
    if (streams_) kernel_table().moves.stream(d, to, n * static_cast<std::int64_t>(sizeof(T)));
  }

  const LayerNormGradient& gradient_;
  T* tile_;
  bool streams_;
};

/// The rows come in the order in which the lanes of the tree combine, see columns.cc.
template <class T>
void layer_norm_backward(const LayerNormGradient& gradient, void* scratch, bool streams) {
  constexpr std::int64_t kLaneLevels = 7;
  const std::int64_t n = gradient.n;
  T* tile = static_cast<T*>(scratch);
  T* lane_storage = tile + n;
  const GradientRows<T> rows(gradient, tile, streams);
  RowSums<T> blocks(lane_storage + kLaneLevels * 2 * n, 2 * n);
  for (std::int64_t first = 0; first < gradient.rows; first += kBlock) {
    const std::int64_t length = gradient.rows - first < kBlock ? gradient.rows - first : kBlock;
    const std::int64_t lanes = lane_count(length);
    RowSums<T> sums(lane_storage, 2 * n);
    for (std::int64_t visit = 0; visit < lanes; ++visit) {
      const std::int64_t lane = bit_reversed(visit, lanes);
      T* lane_sums = sums.top();
      for (std::int64_t k = lane; k < length; k += kLanes)
        rows.compute(first + k, lane_sums, k == lane);
      if (lane >= length)
        for (std::int64_t i = 0; i < 2 * n; ++i) lane_sums[i] = Sum<T>::identity();
      sums.push();
    }
    const T* block = sums.total();
    T* top = blocks.top();
    for (std::int64_t i = 0; i < 2 * n; ++i) top[i] = block[i];
    blocks.push();
  }
  if (streams) kernel_table().moves.end_streams();
  const T* total = gradient.rows > 0 ? blocks.total() : nullptr;
  for (std::int64_t i = 0; i < n; ++i) {
    static_cast<T*>(gradient.grad_weight)[i] = total == nullptr ? T(0) : Sum<T>::finish(total[i]);
    static_cast<T*>(gradient.grad_bias)[i] = total == nullptr ? T(0) : Sum<T>::finish(total[n + i]);
  }
}

template <class T>
void fill_type(RowKernels& rows) {
  rows.layer_norm = &layer_norm<T>;
  rows.layer_norm_backward = &layer_norm_backward<T>;
}

}  // namespace

void fill_layer_norm(KernelTable& table) {
  fill_type<float>(table.rows[static_cast<int>(ComputeType::kFloat)]);
  fill_type<double>(table.rows[static_cast<int>(ComputeType::kDouble)]);
}

}  // namespace gt::worker::native::GT_KERNEL_TARGET

// Folds over columns: each column by the same tree as a row. The lanes of the tree are visited in
// the order in which they combine (0, 32, 16, 48, 8, ...), so that only a few partial results of
// each column are alive, in registers and on a small stack.
#include "worker/engine/native/kernels/fill.h"
#include "worker/engine/native/kernels/reduction_tree.h"

namespace gt::worker::native::GT_KERNEL_TARGET {
namespace {

/// Two folds that run side by side.
template <class G>
struct Pair {
  G first;
  G second;
};
template <class F, class G>
[[gnu::always_inline]] inline Pair<G> combine(const Pair<G>& a, const Pair<G>& b) {
  return {combine<F>(a.first, b.first), combine<F>(a.second, b.second)};
}

/// `lane` with its lowest log2(lanes) bits in reverse order.
inline std::int64_t bit_reversed(std::int64_t lane, std::int64_t lanes) {
  std::int64_t reversed = 0;
  for (std::int64_t bit = 1; bit < lanes; bit *= 2, lane /= 2) reversed = reversed * 2 + lane % 2;
  return reversed;
}

/// Lanes that can hold an element of a block of n: a power of two, at most kLanes.
inline std::int64_t lane_count(std::int64_t n) {
  std::int64_t lanes = 1;
  while (lanes < n && lanes < kLanes) lanes *= 2;
  return lanes;
}

/// Folds a group of columns over the rows first .. first + n, n <= kBlock; load(k) is the group of
/// row k.
template <class F, class Value, class Load>
Value fold_column_block(const Load& load, std::int64_t first, std::int64_t n,
                        const Value& identity) {
  const std::int64_t lanes = lane_count(n);
  BinaryCounter<F, Value> counter;
  for (std::int64_t visit = 0; visit < lanes; ++visit) {
    const std::int64_t lane = bit_reversed(visit, lanes);
    if (lane >= n) {
      counter.push(identity);
      continue;
    }
    Value value = load(first + lane);
    for (std::int64_t k = lane + kLanes; k < n; k += kLanes)
      value = combine<F>(value, load(first + k));
    counter.push(value);
  }
  return counter.total();
}

template <class F, class Value, class Load>
Value fold_column_group(const Load& load, std::int64_t n, const Value& identity) {
  if (n == 0) return identity;
  if (n <= kBlock) return fold_column_block<F>(load, 0, n, identity);
  BinaryCounter<F, Value> blocks;
  for (std::int64_t k = 0; k < n; k += kBlock)
    blocks.push(fold_column_block<F>(load, k, n - k < kBlock ? n - k : kBlock, identity));
  return blocks.total();
}

template <class F, class T, int N>
[[gnu::always_inline]] inline Group<T, N> identities() {
  T elements[N];
  for (T& element : elements) element = F::identity();
  return load_group<T, N>(Plain<T>{elements}, 0);
}
template <class F, class T, int N>
[[gnu::always_inline]] inline void write_finished(const Group<T, N>& group, T* to) {
  write(group, to);
  for (int j = 0; j < N; ++j) to[j] = F::finish(to[j]);
}

/// Calls `fold_group.operator()<N>(i)` for groups of N columns from i on: as many of the widest as
/// there are, then one of each half length that fits.
template <int N, class FoldGroup>
void for_column_groups(std::int64_t first, std::int64_t inner, const FoldGroup& fold_group) {
  for (; first + N <= inner; first += N) fold_group.template operator()<N>(first);
  if constexpr (N > 1) for_column_groups<N / 2>(first, inner, fold_group);
}

/// Widest group: half of the registers.
template <class T>
constexpr int kWidestGroup = (kVectorBytes == 64 ? 16 : 8) * kVectorLength<T>;

/// Elements as the class Elements (Plain or WidenedBFloat16) reads them.
template <class F, class T, class Stored, class Elements>
void fold_columns(const void* in, void* out, std::int64_t outer, std::int64_t n,
                  std::int64_t inner) {
  const auto* x = static_cast<const Stored*>(in);
  T* y = static_cast<T*>(out);
  for (std::int64_t o = 0; o < outer; ++o, x += n * inner, y += inner)
    for_column_groups<kWidestGroup<T>>(0, inner, [&]<int N>(std::int64_t i) {
      const auto load = [&](std::int64_t k) {
        return load_group<T, N>(Elements{x + k * inner}, i);
      };
      write_finished<F>(fold_column_group<F>(load, n, identities<F, T, N>()), y + i);
    });
}

/// Sums over rows of g * ((x - mean) * rstd) and of g.
template <class T>
void layer_norm_backward_columns(const void* grad, const void* in, const void* mean,
                                 const void* rstd, void* grad_weight, void* grad_bias,
                                 std::int64_t rows, std::int64_t n) {
  const T* g = static_cast<const T*>(grad);
  const T* x = static_cast<const T*>(in);
  for_column_groups<kWidestGroup<T> / 2>(0, n, [&]<int N>(std::int64_t i) {
    const auto load = [&](std::int64_t r) {
      const T average = static_cast<const T*>(mean)[r];
      const T scale = static_cast<const T*>(rstd)[r];
      const auto product = [&]<class V>(std::int64_t j) {
        return read<V>(g + j) * ((read<V>(x + j) - average) * scale);
      };
      return Pair<Group<T, N>>{load_group<T, N>(product, r * n + i),
                               load_group<T, N>(Plain<T>{g}, r * n + i)};
    };
    const auto identity = identities<Sum<T>, T, N>();
    const auto sums = fold_column_group<Sum<T>>(load, rows, Pair<Group<T, N>>{identity, identity});
    write_finished<Sum<T>>(sums.first, static_cast<T*>(grad_weight) + i);
    write_finished<Sum<T>>(sums.second, static_cast<T*>(grad_bias) + i);
  });
}

template <template <class> class F, class T>
void fill_fold(KernelTable& table, Fold kind, ComputeType type) {
  const auto k = static_cast<int>(kind);
  table.column_folds[k][static_cast<int>(type)] = &fold_columns<F<T>, T, T, Plain<T>>;
  if constexpr (__is_same(T, float))
    table.bfloat16_column_folds[k] = &fold_columns<F<float>, float, std::uint16_t, WidenedBFloat16>;
}

template <class T>
void fill_type(KernelTable& table, ComputeType type) {
  fill_fold<Sum, T>(table, Fold::kSum, type);
  fill_fold<Product, T>(table, Fold::kProduct, type);
  fill_fold<Maximum, T>(table, Fold::kMaximum, type);
  fill_fold<Minimum, T>(table, Fold::kMinimum, type);
  if constexpr (math::is_floating_value<T>)
    table.rows[static_cast<int>(type)].layer_norm_backward_columns =
        &layer_norm_backward_columns<T>;
}

}  // namespace

void fill_columns(KernelTable& table) {
  fill_type<float>(table, ComputeType::kFloat);
  fill_type<double>(table, ComputeType::kDouble);
  fill_type<std::int64_t>(table, ComputeType::kInteger);
}

}  // namespace gt::worker::native::GT_KERNEL_TARGET

// Folds over columns: each column by the same tree as a row. The lanes of the tree are visited in
// the order in which they combine (0, 32, 16, 48, 8, ...), so that only a few partial results of
// each column are alive, in registers and on a small stack.
#include "worker/engine/native/kernels/fill.h"
#include "worker/engine/native/kernels/reduction_tree.h"

namespace gt::worker::native::GT_KERNEL_TARGET {
namespace {

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

/// Matrices beyond this many elements come from afar: a row is asked for while the one before it in
/// its lane is added.
constexpr std::int64_t kFar = std::int64_t{1} << 19;

template <class F, class T>
void fold_columns(const void* in, void* out, std::int64_t outer, std::int64_t n,
                  std::int64_t inner) {
  constexpr std::int64_t kLine = 64 / static_cast<std::int64_t>(sizeof(T));
  const T* x = static_cast<const T*>(in);
  T* y = static_cast<T*>(out);
  const bool is_far = n * inner > kFar;
  for (std::int64_t o = 0; o < outer; ++o, x += n * inner, y += inner)
    for_column_groups<kWidestGroup<T>>(0, inner, [&]<int N>(std::int64_t i) {
      const auto load = [&](std::int64_t k) {
        const T* row = x + k * inner + i;
        if (is_far && k + kLanes < n)
          for (std::int64_t j = 0; j < N; j += kLine) __builtin_prefetch(row + kLanes * inner + j);
        return load_group<T, N>(Plain<T>{row}, 0);
      };
      write_finished<F>(fold_column_group<F>(load, n, identities<F, T, N>()), y + i);
    });
}

template <class F>
void fold_bfloat16_columns(const void* in, void* out, std::int64_t outer, std::int64_t n,
                           std::int64_t inner) {
  const auto* x = static_cast<const std::uint16_t*>(in);
  auto* y = static_cast<float*>(out);
  const auto last_column = [&](std::int64_t k) {
    const std::uint32_t bits = static_cast<std::uint32_t>(x[k * inner + inner - 1]) << 16;
    return Group<float, 1>{arithmetic::from_bits(static_cast<std::int32_t>(bits))};
  };
  for (std::int64_t o = 0; o < outer; ++o, x += n * inner, y += inner) {
    for_column_groups<kWidestGroup<float> / 2>(0, inner / 2, [&]<int N>(std::int64_t pair) {
      const auto load = [&](std::int64_t k) { return load_pairs<N>(x + k * inner + 2 * pair); };
      const auto identity = identities<F, float, N>();
      const Pairs<N> folded = fold_column_group<F>(load, n, Pairs<N>{identity, identity});
      float first[N];
      float second[N];
      write_finished<F>(folded.first, first);
      write_finished<F>(folded.second, second);
      for (int j = 0; j < N; ++j) {
        y[2 * (pair + j)] = first[j];
        y[2 * (pair + j) + 1] = second[j];
      }
    });
    if (inner % 2 != 0)
      write_finished<F>(fold_column_group<F>(last_column, n, identities<F, float, 1>()),
                        y + inner - 1);
  }
}

template <template <class> class F, class T>
void fill_fold(KernelTable& table, Fold kind, ComputeType type) {
  const auto k = static_cast<int>(kind);
  table.column_folds[k][static_cast<int>(type)] = &fold_columns<F<T>, T>;
  if constexpr (__is_same(T, float))
    table.bfloat16_column_folds[k] = &fold_bfloat16_columns<F<float>>;
}

template <class T>
void fill_type(KernelTable& table, ComputeType type) {
  fill_fold<Sum, T>(table, Fold::kSum, type);
  fill_fold<Product, T>(table, Fold::kProduct, type);
  fill_fold<Maximum, T>(table, Fold::kMaximum, type);
  fill_fold<Minimum, T>(table, Fold::kMinimum, type);
}

}  // namespace

void fill_columns(KernelTable& table) {
  fill_type<float>(table, ComputeType::kFloat);
  fill_type<double>(table, ComputeType::kDouble);
  fill_type<std::int64_t>(table, ComputeType::kInteger);
}

}  // namespace gt::worker::native::GT_KERNEL_TARGET

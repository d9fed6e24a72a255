// Rows that add to elements which indices name. An element may be named many times: it is added up
// in the compute type and rounded once, after the last addition.
#pragma once

#include <algorithm>
#include <vector>

#include "common/ops/arithmetic/primitives.h"
#include "worker/engine/native/element_copy.h"

namespace gt::worker::native {

/// Additions to `count` runs of `length` elements each.
struct AddedRuns {
  std::int64_t count;
  std::int64_t length;
};

/// a + b; integers wrap.
template <class T>
[[nodiscard]] T added(T a, T b) {
  if constexpr (std::is_floating_point_v<T>)
    return a + b;
  else
    return arithmetic::wrapping_add(a, b);
}

/// to[i] = to[i] + from[i] for i < n; longer runs by the kernels.
template <class T>
void add_run(Context& context, ComputeType type, T* to, const T* from, std::int64_t n) {
  constexpr std::int64_t kLong = 16;
  if (n < kLong) {
    for (std::int64_t i = 0; i < n; ++i) to[i] = added(to[i], from[i]);
    return;
  }
  const T alpha = T(1);
  const void* inputs[] = {to, from};
  context.kernels().pointwise[static_cast<int>(Op::add)].kernels[index_of(type)](to, inputs, n,
                                                                                 &alpha, nullptr);
}

/// Narrow elements, of which few are added to: the runs that are named, in the compute type, one
/// after the other. Additions to one run keep their order.
template <class ForEach, class Add>
Value accumulate_few(Context& context, const EngineOperand& self, const TensorMeta& meta,
                     AddedRuns runs, const ForEach& for_each, const Add& add) {
  struct Addition {
    std::int64_t to;
    std::int64_t from;
  };
  std::vector<Addition> additions;
  additions.reserve(static_cast<std::size_t>(runs.count));
  for_each([&](std::int64_t to, std::int64_t from) { additions.push_back({to, from}); });
  std::stable_sort(additions.begin(), additions.end(),
                   [](const Addition& a, const Addition& b) { return a.to < b.to; });
  const Value result = writable(context, self, meta);
  const ComputeType type = compute_type_of(meta.dtype);
  const LoadKernel load = context.kernels().load[static_cast<int>(meta.dtype)][index_of(type)];
  const StoreKernel store = context.kernels().store[index_of(type)][static_cast<int>(meta.dtype)];
  const auto wide = context.scratch(runs.length, type);
  dispatch(type, [&]<class T>() {
    T* run = static_cast<T*>(wide->data());
    for (auto next = additions.begin(); next != additions.end();) {
      const std::int64_t to = next->to;
      std::byte* elements = result.bytes() + static_cast<std::size_t>(to) * gt::size_of(meta.dtype);
      load(elements, 1, run, runs.length);
      for (; next != additions.end() && next->to == to; ++next) add(run, next->from);
      store(run, elements, runs.length);
    }
  });
  return result;
}

/// `self`, in whose memory if it may be overwritten, with what `add(T* run, from)` adds to the run
/// at element `to`, for each pair (to, from) that `for_each(callback)` calls back with. A narrow
/// tensor of which a good part is added to is widened as a whole.
template <class ForEach, class Add>
Value accumulate(Context& context, const EngineOperand& self, const TensorMeta& meta,
                 AddedRuns runs, const ForEach& for_each, const Add& add) {
  constexpr std::int64_t kGoodPart = 8;
  const ComputeType type = compute_type_of(meta.dtype);
  if (meta.dtype != dtype_of(type) &&
      runs.count * runs.length < element_count(meta.shape) / kGoodPart)
    return accumulate_few(context, self, meta, runs, for_each, add);
  Destination result = context.accumulator(meta, type, self);
  dispatch(type, [&]<class T>() {
    T* out = result.as<T>();
    for_each([&](std::int64_t to, std::int64_t from) { add(out + to, from); });
  });
  return context.finish(std::move(result));
}

}  // namespace gt::worker::native

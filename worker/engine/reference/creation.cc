#include "worker/engine/reference/call.h"

namespace gt::worker::reference {
namespace {

/// A result whose element at row-major position k is `element(k)`.
template <class T, class Element>
std::vector<Value> made(const Call& call, Element element) {
  auto array = make_array<T>(call.result_meta().shape);
  for (std::int64_t k = 0; k < array.count(); ++k) array[k] = element(k);
  return call.results(array);
}

std::vector<Value> full(const Call& call) {
  const ScalarValue fill = call.scalar(1);
  return with_number_type(fill.dtype(), [&](auto number) {
    using T = decltype(number);
    return made<T>(call, [&](std::int64_t) { return Call::number<T>(fill); });
  });
}

std::vector<Value> arange(const Call& call) {
  const ScalarValue start = call.scalar(0);
  const ScalarValue step = call.scalar(1);
  return with_number_type(call.result_meta().dtype, [&](auto number) {
    using T = decltype(number);
    return made<T>(call, [&](std::int64_t k) {
      return static_cast<T>(Call::number<T>(start) + Call::number<T>(step) * static_cast<T>(k));
    });
  });
}

/// Both ends are exact: the second half counts back from the end.
std::vector<Value> linspace(const Call& call) {
  const double start = call.scalar(0).to_double();
  const double end = call.scalar(1).to_double();
  const std::int64_t steps = call.integer(2);
  const double step = (end - start) / static_cast<double>(std::max<std::int64_t>(steps - 1, 1));
  return made<double>(call, [&](std::int64_t k) {
    if (k < (steps + 1) / 2) return start + static_cast<double>(k) * step;
    return end - static_cast<double>(steps - 1 - k) * step;
  });
}

std::vector<Value> eye(const Call& call) {
  const std::int64_t columns = call.result_meta().shape[1];
  return made<std::int64_t>(
      call, [&](std::int64_t k) -> std::int64_t { return k / columns == k % columns; });
}

constexpr KernelEntry kKernels[] = {
    {Op::full, full}, {Op::arange, arange}, {Op::linspace, linspace}, {Op::eye, eye}};

}  // namespace

std::span<const KernelEntry> creation_kernels() { return kKernels; }

}  // namespace gt::worker::reference

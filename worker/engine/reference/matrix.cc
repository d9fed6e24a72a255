#include <algorithm>
#include <cmath>
#include <numeric>

#include "worker/engine/reference/call.h"

namespace gt::worker::reference {
namespace {

/// The product of (..., m, k) and (..., k, n) arrays with equal leading dims.
template <class T>
Array<T> product(const Array<T>& a, const Array<T>& b) {
  const std::int64_t rank = static_cast<std::int64_t>(a.shape.size());
  const std::int64_t m = a.size(rank - 2), inner = a.size(rank - 1), n = b.size(rank - 1);
  Array<T> result{a.shape, {}};
  result.shape[static_cast<std::size_t>(rank - 1)] = n;
  const std::int64_t batches = rank == 3 ? a.size(0) : 1;
  for (std::int64_t batch = 0; batch < batches; ++batch)
    for (std::int64_t row = 0; row < m; ++row)
      for (std::int64_t column = 0; column < n; ++column) {
        T total{};
        for (std::int64_t k = 0; k < inner; ++k)
          total += a[(batch * m + row) * inner + k] * b[(batch * inner + k) * n + column];
        result.elements.push_back(total);
      }
  return result;
}

std::vector<Value> matrix_product(const Call& call) {
  return with_number_type(call.result_meta().dtype, [&](auto number) {
    using T = decltype(number);
    return call.results(product(call.read<T>(0), call.read<T>(1)));
  });
}

/// beta * self + alpha * product; with beta 0 what self holds, NaN included, plays no part.
std::vector<Value> added_matrix_product(const Call& call) {
  return with_number_type(call.result_meta().dtype, [&](auto number) {
    using T = decltype(number);
    const T beta = Call::number<T>(call.scalar(0));
    const T alpha = Call::number<T>(call.scalar(1));
    auto result = product(call.read<T>(1), call.read<T>(2));
    const auto self = call.read<T>(0, result.shape);
    for (std::int64_t k = 0; k < result.count(); ++k)
      result[k] = alpha * result[k] + (beta == 0 ? T() : beta * self[k]);
    return call.results(result);
  });
}

/// Whether `a` stands before `b`; a NaN is larger than every number.
template <class T>
bool stands_before(T a, T b, bool descending) {
  if constexpr (!std::is_integral_v<T>) {
    if (std::isnan(a) || std::isnan(b))
      return descending ? std::isnan(a) && !std::isnan(b) : !std::isnan(a) && std::isnan(b);
  }
  return descending ? a > b : a < b;
}

/// The first `kept` elements of every run along `dim` in sorted order, and where they were.
template <class T>
std::vector<Value> sorted(const Call& call, std::int64_t dim, bool descending, std::int64_t kept) {
  const auto self = call.read<T>(0);
  auto values = make_array<T>(call.result_meta(0).shape);
  auto indices = make_array<std::int64_t>(values.shape);
  const Lanes from(self.shape, dim);
  const Lanes to(values.shape, dim);
  for (std::int64_t lane = 0; lane < from.count; ++lane) {
    std::vector<std::int64_t> order(static_cast<std::size_t>(from.size));
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
      return stands_before(self[from.position(lane, a)], self[from.position(lane, b)], descending);
    });
    for (std::int64_t k = 0; k < kept; ++k) {
      const std::int64_t source = order[static_cast<std::size_t>(k)];
      values[to.position(lane, k)] = self[from.position(lane, source)];
      indices[to.position(lane, k)] = source;
    }
  }
  return {call.result(0, values), call.result(1, indices)};
}

std::vector<Value> sort(const Call& call) {
  return with_number_type(call.value(0).dtype, [&](auto number) {
    const Shape& shape = call.value(0).shape;
    const std::int64_t dim = wrapped(call.integer(1), shape.size());
    const std::int64_t size = shape.empty() ? 1 : shape[static_cast<std::size_t>(dim)];
    return sorted<decltype(number)>(call, dim, call.boolean(2), size);
  });
}

std::vector<Value> topk(const Call& call) {
  return with_number_type(call.value(0).dtype, [&](auto number) {
    const std::int64_t dim = wrapped(call.integer(1), call.value(0).shape.size());
    return sorted<decltype(number)>(call, dim, call.boolean(2), call.integer(0));
  });
}

constexpr KernelEntry kKernels[] = {
    {Op::mm, matrix_product},
    {Op::bmm, matrix_product},
    {Op::addmm, added_matrix_product},
    {Op::baddbmm, added_matrix_product},
    {Op::sort, sort},
    {Op::topk, topk},
};

}  // namespace

std::span<const KernelEntry> matrix_kernels() { return kKernels; }

}  // namespace gt::worker::reference

#include <algorithm>
#include <cmath>
#include <limits>

#include "worker/engine/reference/call.h"

namespace gt::worker::reference {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The elements of operand 0 with the dims that are folded away last, so that each result is a
/// fold of `length` neighbours.
template <class T>
struct Groups {
  Array<T> elements;
  std::int64_t length = 1;
  std::int64_t count = 1;

  [[nodiscard]] std::span<const T> group(std::int64_t k) const {
    return std::span(elements.elements)
        .subspan(static_cast<std::size_t>(k * length), static_cast<std::size_t>(length));
  }
};

template <class T>
Groups<T> group_by(const Call& call, std::span<const std::int64_t> dims) {
  const Shape& shape = call.value(0).shape;
  std::vector<bool> folded(shape.size(), dims.empty());
  for (const std::int64_t dim : dims)
    if (!shape.empty()) folded[static_cast<std::size_t>(wrapped(dim, shape.size()))] = true;
  Groups<T> groups;
  Shape order;
  for (const bool wanted : {false, true})
    for (std::size_t d = 0; d < shape.size(); ++d)
      if (folded[d] == wanted) {
        order.push_back(static_cast<std::int64_t>(d));
        (wanted ? groups.length : groups.count) *= shape[d];
      }
  groups.elements = transposed(call.read<T>(0), order);
  return groups;
}

/// Result `k` of a fold: `fold` gives one element for each group.
template <class T, class Fold>
Value folded_result(const Call& call, const Groups<T>& groups, std::size_t k, Fold fold) {
  using Result = decltype(fold(std::span<const T>()));
  Array<Result> array{call.result_meta(k).shape, {}};
  for (std::int64_t g = 0; g < groups.count; ++g) array.elements.push_back(fold(groups.group(g)));
  return call.result(k, array);
}

/// Folds with the number type of the result (operands are converted to its dtype first).
template <class Fold>
std::vector<Value> fold_as_result(const Call& call, Fold fold) {
  return with_number_type(call.result_meta().dtype, [&](auto number) -> std::vector<Value> {
    using T = decltype(number);
    return {folded_result(call, group_by<T>(call, call.integers(0)), 0,
                          [&](std::span<const T> group) { return fold(group); })};
  });
}

/// Folds with the number type of the operand.
template <class Fold>
std::vector<Value> fold_as_operand(const Call& call, Fold fold) {
  return with_number_type(call.value(0).dtype, [&](auto number) -> std::vector<Value> {
    using T = decltype(number);
    return {folded_result(call, group_by<T>(call, call.integers(0)), 0,
                          [&](std::span<const T> group) { return fold(group); })};
  });
}

/// Sums of integers wrap around, as LibTorch's do.
template <class T>
T plus(T a, T b) {
  if constexpr (std::is_integral_v<T>)
    return static_cast<T>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
  else
    return a + b;
}

template <class T>
T times(T a, T b) {
  if constexpr (std::is_integral_v<T>)
    return static_cast<T>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
  else
    return a * b;
}

template <class T>
T sum_of(std::span<const T> group) {
  T total{};
  for (const T element : group) total = plus(total, element);
  return total;
}

std::vector<Value> sum(const Call& call) {
  return fold_as_result(call, [](auto group) { return sum_of(group); });
}

std::vector<Value> mean(const Call& call) {
  return fold_as_result(call, [](auto group) {
    return static_cast<double>(sum_of(group)) / static_cast<double>(group.size());
  });
}

std::vector<Value> prod(const Call& call) {
  return fold_as_result(call, [](auto group) {
    auto product = typename decltype(group)::value_type(1);
    for (const auto element : group) product = times(product, element);
    return product;
  });
}

std::vector<Value> var(const Call& call) {
  const double correction = call.real(2);
  return fold_as_result(call, [&](auto group) {
    const double count = static_cast<double>(group.size());
    const double mean_value = static_cast<double>(sum_of(group)) / count;
    double squares = 0;
    for (const auto element : group) {
      const double distance = static_cast<double>(element) - mean_value;
      squares += distance * distance;
    }
    return squares / std::max(0.0, count - correction);
  });
}

/// Whether `candidate` takes the place of `best` as extremum: the first of equals stays, a NaN
/// wins.
template <class T>
bool replaces(T candidate, T best, bool largest) {
  if constexpr (!std::is_integral_v<T>) {
    if (std::isnan(best)) return false;
    if (std::isnan(candidate)) return true;
  }
  return largest ? candidate > best : candidate < best;
}

template <class T>
std::int64_t extremum_position(std::span<const T> group, bool largest) {
  std::size_t best = 0;
  for (std::size_t k = 1; k < group.size(); ++k)
    if (replaces(group[k], group[best], largest)) best = k;
  return static_cast<std::int64_t>(best);
}

template <bool kLargest>
std::vector<Value> extremum(const Call& call) {
  return fold_as_operand(call, [](auto group) {
    return group[static_cast<std::size_t>(extremum_position(group, kLargest))];
  });
}

template <bool kLargest>
std::vector<Value> extremum_index(const Call& call) {
  return fold_as_operand(call, [](auto group) { return extremum_position(group, kLargest); });
}

template <bool kLargest>
std::vector<Value> extremum_and_index(const Call& call) {
  return with_number_type(call.value(0).dtype, [&](auto number) -> std::vector<Value> {
    using T = decltype(number);
    const std::int64_t dim = call.integer(0);
    const Groups<T> groups = group_by<T>(call, {&dim, 1});
    const auto position = [](std::span<const T> group) {
      return extremum_position(group, kLargest);
    };
    const auto element = [&](std::span<const T> group) {
      return group[static_cast<std::size_t>(position(group))];
    };
    return {folded_result(call, groups, 0, element), folded_result(call, groups, 1, position)};
  });
}

std::int64_t nonzeros(auto group) {
  std::int64_t count = 0;
  for (const auto element : group) count += element != 0 ? 1 : 0;
  return count;
}

std::vector<Value> all(const Call& call) {
  return fold_as_operand(call, [](auto group) -> std::int64_t {
    return nonzeros(group) == static_cast<std::int64_t>(group.size());
  });
}

std::vector<Value> any(const Call& call) {
  return fold_as_operand(call, [](auto group) -> std::int64_t { return nonzeros(group) != 0; });
}

std::vector<Value> count_nonzero(const Call& call) {
  return fold_as_operand(call, [](auto group) { return nonzeros(group); });
}

std::vector<Value> logsumexp(const Call& call) {
  return fold_as_result(call, [](auto group) {
    double largest = -kInfinity;
    for (const auto element : group) largest = std::max(largest, static_cast<double>(element));
    const double shift = std::isinf(largest) ? 0 : largest;
    double total = 0;
    for (const auto element : group) total += std::exp(static_cast<double>(element) - shift);
    return std::log(total) + shift;
  });
}

double norm_of(std::span<const double> group, double order) {
  double total = order == -kInfinity ? kInfinity : 0;
  for (const double element : group) {
    const double magnitude = std::abs(element);
    if (std::isnan(magnitude)) return magnitude;
    if (order == kInfinity)
      total = std::max(total, magnitude);
    else if (order == -kInfinity)
      total = std::min(total, magnitude);
    else if (order == 0)
      total += magnitude != 0 ? 1 : 0;
    else
      total += std::pow(magnitude, order);
  }
  return std::isinf(order) || order == 0 ? total : std::pow(total, 1 / order);
}

std::vector<Value> vector_norm(const Call& call) {
  return {
      folded_result(call, group_by<double>(call, call.integers(0)), 0,
                    [&](std::span<const double> group) { return norm_of(group, call.real(2)); })};
}

std::vector<Value> cumsum(const Call& call) {
  return with_number_type(call.result_meta().dtype, [&](auto number) {
    auto array = call.read<decltype(number)>(0);
    const Lanes lanes(array.shape, wrapped(call.integer(0), array.shape.size()));
    for (std::int64_t lane = 0; lane < lanes.count; ++lane)
      for (std::int64_t k = 1; k < lanes.size; ++k)
        array[lanes.position(lane, k)] =
            plus(array[lanes.position(lane, k)], array[lanes.position(lane, k - 1)]);
    return call.results(array);
  });
}

constexpr KernelEntry kKernels[] = {
    {Op::sum, sum},
    {Op::mean, mean},
    {Op::prod, prod},
    {Op::var, var},
    {Op::amax, extremum<true>},
    {Op::amin, extremum<false>},
    {Op::max_dim, extremum_and_index<true>},
    {Op::min_dim, extremum_and_index<false>},
    {Op::argmax, extremum_index<true>},
    {Op::argmin, extremum_index<false>},
    {Op::all, all},
    {Op::any, any},
    {Op::count_nonzero, count_nonzero},
    {Op::logsumexp, logsumexp},
    {Op::vector_norm, vector_norm},
    {Op::cumsum, cumsum},
};

}  // namespace

std::span<const KernelEntry> reduction_kernels() { return kKernels; }

}  // namespace gt::worker::reference

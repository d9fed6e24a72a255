// Random rows. Which draws make which element is defined in native/kernels/philox.h.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "common/ops/arithmetic/arithmetic.h"
#include "worker/engine/native/kernels/philox.h"
#include "worker/engine/random_range.h"
#include "worker/engine/reference/call.h"

namespace gt::worker::reference {
namespace {

/// The stream of draws of one instruction: attributes `seed` and `counter`, the last two of a row.
struct Stream {
  std::uint64_t seed;
  std::uint64_t counter;

  explicit Stream(const Call& call)
      : seed(static_cast<std::uint64_t>(call.integer(call.row().attributes.count - 2))),
        counter(static_cast<std::uint64_t>(call.integer(call.row().attributes.count - 1))) {}

  [[nodiscard]] std::uint64_t draw64(std::int64_t k) const {
    return random::draw64(seed, counter, static_cast<std::uint64_t>(k));
  }
  /// Uniform in [0, 1) with the precision of T.
  template <class T>
  [[nodiscard]] T uniform(std::int64_t k) const {
    if constexpr (std::is_same_v<T, float>)
      return static_cast<float>(random::draw32(seed, counter, static_cast<std::uint64_t>(k)) >> 8) *
             0x1p-24f;
    else
      return static_cast<double>(draw64(k) >> 11) * 0x1p-53;
  }
  /// Standard normal: pairs of uniform draws by Box-Muller.
  template <class T>
  [[nodiscard]] T normal(std::int64_t k) const {
    namespace functions = arithmetic::functions;
    const std::int64_t even = k - k % 2;
    const T radius = arithmetic::square_root(T(-2) * functions::log(T(1) - uniform<T>(even)));
    const T angle = uniform<T>(even + 1) * T(6.283185307179586);
    return radius * (k % 2 == 0 ? functions::cos(angle) : functions::sin(angle));
  }
};

/// Calls `function(number)` with the type of the draws for results of `dtype`.
template <class Function>
std::vector<Value> with_draw_type(DType dtype, Function function) {
  if (dtype == DType::kFloat64) return function(double());
  return function(float());
}

template <class T, class Element>
std::vector<Value> drawn(const Call& call, Element element) {
  auto array = make_array<T>(call.result_meta().shape);
  for (std::int64_t k = 0; k < array.count(); ++k) array[k] = element(k);
  return call.results(array);
}

/// Steps between 0 and 1 that a narrow dtype tells apart, so that rounding never reaches 1; else 0.
double steps_below_one(DType dtype) {
  if (dtype == DType::kFloat16) return 2048;
  return dtype == DType::kBFloat16 ? 256 : 0;
}

std::vector<Value> uniform(const Call& call) {
  return with_draw_type(call.result_meta().dtype, [&](auto number) {
    using T = decltype(number);
    const Stream stream(call);
    const T from = static_cast<T>(call.real(1));
    const T range = static_cast<T>(call.real(2)) - from;
    const double steps = steps_below_one(call.result_meta().dtype);
    return drawn<T>(call, [&](std::int64_t k) {
      T value = stream.uniform<T>(k);
      if (steps != 0)
        value = static_cast<T>(std::floor(static_cast<double>(value) * steps) / steps);
      return value * range + from;
    });
  });
}

std::vector<Value> normal(const Call& call) {
  return with_draw_type(call.result_meta().dtype, [&](auto number) {
    using T = decltype(number);
    const Stream stream(call);
    const T mean = static_cast<T>(call.real(1));
    const T deviation = static_cast<T>(call.real(2));
    return drawn<T>(call, [&](std::int64_t k) { return stream.normal<T>(k) * deviation + mean; });
  });
}

std::vector<Value> randint(const Call& call) {
  require_range(call.integer(1), call.integer(2));
  const Stream stream(call);
  const std::uint64_t low = static_cast<std::uint64_t>(call.integer(1));
  const std::uint64_t range = static_cast<std::uint64_t>(call.integer(2)) - low;
  return drawn<std::int64_t>(call, [&](std::int64_t k) {
    return static_cast<std::int64_t>(low + stream.draw64(k) % range);
  });
}

/// The order in which sorting would put one draw for each number.
std::vector<Value> randperm(const Call& call) {
  const Stream stream(call);
  auto array = make_array<std::int64_t>(call.result_meta().shape);
  std::iota(array.elements.begin(), array.elements.end(), 0);
  std::stable_sort(array.elements.begin(), array.elements.end(),
                   [&](auto a, auto b) { return stream.draw64(a) < stream.draw64(b); });
  return call.results(array);
}

std::vector<Value> bernoulli(const Call& call) {
  return with_draw_type(call.result_meta().dtype, [&](auto number) {
    using T = decltype(number);
    const Stream stream(call);
    const auto probabilities = call.read<T>(0);
    for (const T p : probabilities.elements)
      if (!(p >= T(0) && p <= T(1)))
        throw CommonError(ErrorKind::kValue,
                          "Expected p_in >= 0 && p_in <= 1 to be true, but got false.");
    return drawn<T>(call, [&](std::int64_t k) {
      return stream.uniform<T>(k) < probabilities[k] ? T(1) : T(0);
    });
  });
}

std::vector<Value> dropout(const Call& call) {
  return with_draw_type(call.result_meta().dtype, [&](auto number) {
    using T = decltype(number);
    const Stream stream(call);
    const auto self = call.read<T>(0);
    const T probability = static_cast<T>(call.real(0));
    const T scale = call.real(0) < 1 ? static_cast<T>(1 / (1 - call.real(0))) : T(0);
    return drawn<T>(call, [&](std::int64_t k) {
      return stream.uniform<T>(k) < probability ? T(0) : self[k] * scale;
    });
  });
}

double check_weights(std::span<const double> weights, std::int64_t samples, bool replacement) {
  double total = 0;
  std::int64_t positive = 0;
  for (const double weight : weights) {
    if (!(weight >= 0) || std::isinf(weight))
      throw CommonError(ErrorKind::kValue,
                        "probability tensor contains either `inf`, `nan` or element < 0");
    total += weight;
    positive += weight > 0 ? 1 : 0;
  }
  if (!(total > 0))
    throw CommonError(ErrorKind::kValue,
                      "invalid multinomial distribution (sum of probabilities <= 0)");
  if (!replacement && positive < samples)
    throw CommonError(ErrorKind::kValue,
                      "invalid multinomial distribution (with replacement=False, not enough "
                      "non-negative category to sample)");
  return total;
}

/// The category in whose part of the total the draw falls.
std::int64_t category_at(std::span<const double> weights, double position) {
  double sum = 0;
  std::int64_t last = 0;
  for (std::size_t c = 0; c < weights.size(); ++c) {
    sum += weights[c];
    if (weights[c] != 0) last = static_cast<std::int64_t>(c);
    if (weights[c] != 0 && position < sum) break;
  }
  return last;
}

/// Categories in the order in which exponential clocks with these rates ring.
std::vector<std::int64_t> race(const Stream& stream, std::span<const double> weights,
                               std::int64_t first) {
  std::vector<double> times;
  for (std::size_t c = 0; c < weights.size(); ++c) {
    const double u = stream.uniform<double>(first + static_cast<std::int64_t>(c));
    times.push_back(weights[c] == 0 ? std::numeric_limits<double>::infinity()
                                    : -std::log1p(-u) / weights[c]);
  }
  std::vector<std::int64_t> order(weights.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
    return times[static_cast<std::size_t>(a)] < times[static_cast<std::size_t>(b)];
  });
  return order;
}

std::vector<Value> multinomial(const Call& call) {
  const Stream stream(call);
  const auto weights = call.read<double>(0);
  const auto categories = static_cast<std::size_t>(weights.shape.back());
  const std::int64_t rows = weights.shape.size() == 1 ? 1 : weights.shape[0];
  const std::int64_t samples = call.integer(0);
  Array<std::int64_t> result{call.result_meta().shape, {}};
  for (std::int64_t r = 0; r < rows; ++r) {
    const auto row =
        std::span(weights.elements).subspan(static_cast<std::size_t>(r) * categories, categories);
    const double total = check_weights(row, samples, call.boolean(1));
    if (!call.boolean(1)) {
      const auto order = race(stream, row, r * static_cast<std::int64_t>(categories));
      result.elements.insert(result.elements.end(), order.begin(), order.begin() + samples);
      continue;
    }
    for (std::int64_t s = 0; s < samples; ++s)
      result.elements.push_back(category_at(row, stream.uniform<double>(r * samples + s) * total));
  }
  return call.results(result);
}

constexpr KernelEntry kKernels[] = {
    {Op::uniform, uniform},         {Op::normal, normal},       {Op::randint, randint},
    {Op::randperm, randperm},       {Op::bernoulli, bernoulli}, {Op::dropout, dropout},
    {Op::multinomial, multinomial},
};

}  // namespace

std::span<const KernelEntry> random_kernels() { return kKernels; }

}  // namespace gt::worker::reference

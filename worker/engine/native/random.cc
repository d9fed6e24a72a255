// Random rows: values of the counter-based generator (kernels/philox.h).
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "worker/engine/native/context.h"
#include "worker/engine/native/kernels/philox.h"
#include "worker/engine/random_range.h"

namespace gt::worker::native {
namespace {

/// The key of an instruction: its attributes `first` and `first` + 1.
struct Key {
  std::uint64_t seed;
  std::uint64_t counter;
};
Key key_at(const EngineCall& call, std::size_t first) {
  return {static_cast<std::uint64_t>(call.attributes.integer(call.row, first)),
          static_cast<std::uint64_t>(call.attributes.integer(call.row, first + 1))};
}

Value uniform(Context& context, const TensorMeta& meta, Key key, double from, double to) {
  const ComputeType type = compute_type_of(meta.dtype);
  Destination result = context.destination(meta, type);
  const std::int64_t n = result.value.element_count();
  context.kernels().random[index_of(type)].uniform(key.seed, key.counter, 0, n, result.data);
  const double steps = uniform_steps(meta.dtype);
  dispatch(type, [&]<class T>() {
    T* out = result.as<T>();
    if (steps != 0)
      for (std::int64_t i = 0; i < n; ++i)
        out[i] = static_cast<T>(std::floor(static_cast<double>(out[i]) * steps) / steps);
    if (from == 0 && to == 1) return;
    const T low = static_cast<T>(from);
    const T width = static_cast<T>(to) - low;
    for (std::int64_t i = 0; i < n; ++i) out[i] = out[i] * width + low;
  });
  return context.finish(std::move(result));
}

Value normal(Context& context, const TensorMeta& meta, Key key, double mean, double deviation) {
  const ComputeType type = compute_type_of(meta.dtype);
  Destination result = context.destination(meta, type);
  const std::int64_t n = result.value.element_count();
  context.kernels().random[index_of(type)].normal(key.seed, key.counter, 0, n, result.data);
  dispatch(type, [&]<class T>() {
    T* out = result.as<T>();
    if (mean == 0 && deviation == 1) return;
    for (std::int64_t i = 0; i < n; ++i)
      out[i] = out[i] * static_cast<T>(deviation) + static_cast<T>(mean);
  });
  return context.finish(std::move(result));
}

/// Remainders of one divisor, without division: the quotient that the high word of a product
/// estimates is at most one too small.
class Remainder {
 public:
  explicit Remainder(std::uint64_t divisor)
      : divisor_(divisor), inverse_(std::numeric_limits<std::uint64_t>::max() / divisor) {}
  [[nodiscard]] std::uint64_t of(std::uint64_t value) const {
    __extension__ using Product = unsigned __int128;
    const auto quotient = static_cast<std::uint64_t>((Product{value} * inverse_) >> 64);
    const std::uint64_t rest = value - quotient * divisor_;
    return rest >= divisor_ ? rest - divisor_ : rest;
  }

 private:
  std::uint64_t divisor_;
  std::uint64_t inverse_;
};

Value randint(Context& context, const TensorMeta& meta, Key key, std::int64_t low,
              std::int64_t high) {
  require_range(low, high);
  Destination result = context.destination(meta, ComputeType::kInteger);
  const Remainder remainder(static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low));
  const std::int64_t count = result.value.element_count();
  auto* out = result.as<std::int64_t>();
  constexpr std::int64_t kChunk = 1024;
  std::uint64_t draws[kChunk];
  for (std::int64_t first = 0; first < count; first += kChunk) {
    const std::int64_t n = std::min(kChunk, count - first);
    context.kernels().random_bits(key.seed, key.counter, first, n, draws);
    for (std::int64_t i = 0; i < n; ++i)
      out[first + i] =
          static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + remainder.of(draws[i]));
  }
  return context.finish(std::move(result));
}

/// The order of the elements' 64-bit draws.
Value randperm(Context& context, const TensorMeta& meta, Key key) {
  const auto n = static_cast<std::size_t>(meta.element_count());
  std::vector<std::pair<std::uint64_t, std::int64_t>> keys(n);
  for (std::size_t i = 0; i < n; ++i)
    keys[i] = {random::draw64(key.seed, key.counter, i), static_cast<std::int64_t>(i)};
  std::sort(keys.begin(), keys.end());
  Destination result = context.destination(meta, ComputeType::kInteger);
  for (std::size_t i = 0; i < n; ++i) result.as<std::int64_t>()[i] = keys[i].second;
  return context.finish(std::move(result));
}

/// Uniform draws for the elements of `meta`, in its compute type.
BufferRef uniform_draws(Context& context, const TensorMeta& meta, ComputeType type, Key key) {
  auto draws = context.scratch(meta.element_count(), type);
  context.kernels().random[index_of(type)].uniform(key.seed, key.counter, 0, meta.element_count(),
                                                   draws->data());
  return draws;
}

Value bernoulli(Context& context, const TensorMeta& meta, const Value& probabilities, Key key) {
  const ComputeType type = compute_type_of(meta.dtype);
  const Elements in = context.elements(probabilities, type);
  const auto draws = uniform_draws(context, meta, type, key);
  Destination result = context.destination(meta, type);
  dispatch(type, [&]<class T>() {
    const T* p = in.as<T>();
    const T* u = static_cast<const T*>(draws->data());
    for (std::int64_t i = 0; i < meta.element_count(); ++i) {
      if (!(p[i] >= T(0) && p[i] <= T(1)))
        throw CommonError(ErrorKind::kValue,
                          "Expected p_in >= 0 && p_in <= 1 to be true, but got false.");
      result.as<T>()[i] = u[i] < p[i] ? T(1) : T(0);
    }
  });
  return context.finish(std::move(result));
}

Value dropout(Context& context, const TensorMeta& meta, const EngineOperand& operand, double p,
              Key key) {
  const ComputeType type = compute_type_of(meta.dtype);
  const Elements in = context.elements(*operand.value, type);
  Destination result = context.destination(meta, type, operand);
  const double scale = p < 1 ? 1.0 / (1.0 - p) : 0.0;
  context.kernels().random[index_of(type)].dropout(key.seed, key.counter, meta.element_count(), p,
                                                   scale, in.data, result.data);
  return context.finish(std::move(result));
}

/// Checks one row of weights; returns their sum.
double check_weights(std::span<const double> weights, std::int64_t samples, bool replacement) {
  double total = 0;
  std::int64_t positive = 0;
  for (double weight : weights) {
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

/// Inverts the cumulative weights at each draw.
void sample_with_replacement(std::span<const double> weights, double total, Key key,
                             std::uint64_t first, std::span<std::int64_t> out) {
  std::vector<double> cumulative(weights.size());
  std::partial_sum(weights.begin(), weights.end(), cumulative.begin());
  for (std::size_t s = 0; s < out.size(); ++s) {
    const double u =
        static_cast<double>(random::draw64(key.seed, key.counter, first + s) >> 11) * 0x1p-53;
    auto place = std::upper_bound(cumulative.begin(), cumulative.end(), u * total);
    while (place == cumulative.end() ||
           weights[static_cast<std::size_t>(place - cumulative.begin())] == 0)
      --place;
    out[s] = place - cumulative.begin();
  }
}

/// Exponential races: the smallest -log(u) / weight come first.
void sample_without_replacement(std::span<const double> weights, Key key, std::uint64_t first,
                                std::span<std::int64_t> out) {
  std::vector<std::pair<double, std::int64_t>> times(weights.size());
  for (std::size_t c = 0; c < weights.size(); ++c) {
    const double u =
        static_cast<double>(random::draw64(key.seed, key.counter, first + c) >> 11) * 0x1p-53;
    times[c] = {-std::log1p(-u) / weights[c], static_cast<std::int64_t>(c)};
    if (weights[c] == 0) times[c].first = std::numeric_limits<double>::infinity();
  }
  std::partial_sort(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(out.size()),
                    times.end());
  for (std::size_t s = 0; s < out.size(); ++s) out[s] = times[s].second;
}

Value multinomial(Context& context, const TensorMeta& meta, const Value& weights, bool replacement,
                  Key key) {
  const Elements in = context.elements(weights, ComputeType::kDouble);
  const auto categories = static_cast<std::size_t>(weights.shape.back());
  const std::int64_t samples = meta.shape.back();
  const std::int64_t rows = weights.shape.size() == 1 ? 1 : weights.shape[0];
  Value result = context.make_value(meta);
  for (std::int64_t r = 0; r < rows; ++r) {
    const std::span row(in.as<double>() + static_cast<std::size_t>(r) * categories, categories);
    const std::span out(result.data<std::int64_t>() + r * samples,
                        static_cast<std::size_t>(samples));
    const double total = check_weights(row, samples, replacement);
    if (replacement)
      sample_with_replacement(row, total, key, static_cast<std::uint64_t>(r * samples), out);
    else
      sample_without_replacement(row, key, static_cast<std::uint64_t>(r) * categories, out);
  }
  return result;
}

Value draw(Context& context, const EngineCall& call) {
  const TensorMeta& meta = call.result_metas[0];
  const auto real = [&](std::size_t k) { return call.attributes.real(call.row, k); };
  const auto integer = [&](std::size_t k) { return call.attributes.integer(call.row, k); };
  const auto self = [&]() -> const Value& { return *call.operands[0].value; };
  const Op op = call.row.op;
  if (op == Op::uniform) return uniform(context, meta, key_at(call, 4), real(1), real(2));
  if (op == Op::normal) return normal(context, meta, key_at(call, 4), real(1), real(2));
  if (op == Op::randint) return randint(context, meta, key_at(call, 4), integer(1), integer(2));
  if (op == Op::randperm) return randperm(context, meta, key_at(call, 2));
  if (op == Op::bernoulli) return bernoulli(context, meta, self(), key_at(call, 0));
  if (op == Op::dropout) return dropout(context, meta, call.operands[0], real(0), key_at(call, 1));
  GT_INVARIANT(op == Op::multinomial, std::string(call.row.name));
  return multinomial(context, meta, self(), call.attributes.boolean(call.row, 1), key_at(call, 2));
}

}  // namespace

Results execute_random(Context& context, const EngineCall& call) {
  Results results;
  results.push_back(draw(context, call));
  return results;
}

}  // namespace gt::worker::native

// Random tensors, from the session's counter-based generator.
#include <gt/error.h>
#include <gt/functions.h>
#include <gt/macros.h>
#include <gt/random.h>

#include <limits>

#include "client/src/tensor/call.h"

namespace gt {

using detail::call;
using detail::create;
using detail::dtype_or_float;
using detail::overwrite;
using detail::to_shape;

namespace {

using Key = client::Sink::RandomKey;

Key next_key() { return client::current_sink()->next_random_key(); }

Tensor uniform(IntArrayRef size, double from, double to, const TensorOptions& options) {
  const Key key = next_key();
  return create(Op::uniform,
                make_attributes(Op::uniform, to_shape(size, "uniform_"), from, to,
                                dtype_or_float(options), key.seed, key.counter),
                options);
}

Tensor normal_values(IntArrayRef size, double mean, double std, const TensorOptions& options) {
  if (!(std >= 0)) throw Error(str("[normal] normal expects std >= 0.0, but found std ", std));
  const Key key = next_key();
  return create(Op::normal,
                make_attributes(Op::normal, to_shape(size, "normal_"), mean, std,
                                dtype_or_float(options), key.seed, key.counter),
                options);
}

Tensor integers(std::int64_t low, std::int64_t high, IntArrayRef size,
                const TensorOptions& options) {
  if (low >= high)
    throw Error("[random_] random_ expects 'from' to be less than 'to', but got from=" +
                std::to_string(low) + " >= to=" + std::to_string(high));
  const Key key = next_key();
  return create(Op::randint,
                make_attributes(Op::randint, to_shape(size, "randint"), low, high,
                                dtype_or_float(options), key.seed, key.counter),
                options);
}

/// One above the largest integer that every value up to it has an exact representation for.
std::int64_t random_limit(ScalarType type) {
  switch (type) {
    case ScalarType::Bool:
      return 2;
    case ScalarType::Byte:
      return 256;
    case ScalarType::Char:
      return 128;
    case ScalarType::Short:
      return 32768;
    case ScalarType::UInt16:
      return 65536;
    case ScalarType::Int:
      return std::int64_t{1} << 31;
    case ScalarType::Long:
      return std::numeric_limits<std::int64_t>::max();
    case ScalarType::Half:
      return (std::int64_t{1} << 11) + 1;
    case ScalarType::BFloat16:
      return (std::int64_t{1} << 8) + 1;
    case ScalarType::Float:
      return (std::int64_t{1} << 24) + 1;
    case ScalarType::Double:
      return (std::int64_t{1} << 53) + 1;
    case ScalarType::Undefined:
      break;
  }
  throw Error("[random_] an undefined tensor has no values");
}

TensorOptions as_long(const TensorOptions& options) {
  return options.has_dtype() ? options : options.dtype(kLong);
}

TensorOptions plain(const Tensor& self) { return self.options(); }

}  // namespace

void manual_seed(std::uint64_t seed) { client::current_sink()->manual_seed(seed); }

namespace cuda {

void manual_seed(std::uint64_t seed) { gt::manual_seed(seed); }
void manual_seed_all(std::uint64_t seed) { gt::manual_seed(seed); }
std::size_t device_count() { return client::current_sink()->count_workers().with_gpu; }
bool is_available() { return device_count() != 0; }

}  // namespace cuda

namespace mps {

bool is_available() { return false; }

}  // namespace mps

Tensor rand(IntArrayRef size, TensorOptions options) {
  GT_ENTRY();
  return uniform(size, 0, 1, options);
}

Tensor randn(IntArrayRef size, TensorOptions options) {
  GT_ENTRY();
  return normal_values(size, 0, 1, options);
}

Tensor normal(double mean, double std, IntArrayRef size, TensorOptions options) {
  GT_ENTRY();
  return normal_values(size, mean, std, options);
}

Tensor randint(std::int64_t high, IntArrayRef size, TensorOptions options) {
  GT_ENTRY();
  return integers(0, high, size, as_long(options));
}

Tensor randint(std::int64_t low, std::int64_t high, IntArrayRef size, TensorOptions options) {
  GT_ENTRY();
  return integers(low, high, size, as_long(options));
}

Tensor randperm(std::int64_t n, TensorOptions options) {
  GT_ENTRY();
  if (n < 0)
    throw Error(
        str("[randperm] Trying to create tensor with negative dimension ", n, ": [", n, "]"));
  const TensorOptions typed = as_long(options);
  const Key key = next_key();
  return create(Op::randperm,
                make_attributes(Op::randperm, n, dtype_or_float(typed), key.seed, key.counter),
                typed);
}

Tensor rand_like(const Tensor& self, TensorOptions options) {
  GT_ENTRY();
  return rand(self.sizes(), self.options().merge_in(options));
}

Tensor randn_like(const Tensor& self, TensorOptions options) {
  GT_ENTRY();
  return randn(self.sizes(), self.options().merge_in(options));
}

Tensor randint_like(const Tensor& self, std::int64_t high, TensorOptions options) {
  GT_ENTRY();
  return randint(high, self.sizes(), self.options().merge_in(options));
}

Tensor bernoulli(const Tensor& self) {
  GT_ENTRY();
  const Key key = next_key();
  return call(Op::bernoulli, {self.detach()},
              make_attributes(Op::bernoulli, key.seed, key.counter));
}

Tensor bernoulli(const Tensor& self, double p) {
  GT_ENTRY();
  const TensorOptions floating =
      plain(self).dtype(self.is_floating_point() ? self.scalar_type() : kFloat);
  return bernoulli(full(self.sizes(), p, floating)).to(self.scalar_type());
}

Tensor Tensor::bernoulli() const {
  GT_ENTRY();
  return gt::bernoulli(*this);
}

Tensor Tensor::bernoulli(double p) const {
  GT_ENTRY();
  return gt::bernoulli(*this, p);
}

Tensor& Tensor::bernoulli_(double p) const {
  GT_ENTRY();
  if (!(p >= 0 && p <= 1))
    throw Error(str("[bernoulli_] bernoulli_ expects p to be in [0, 1], but got p=", p));
  return overwrite(*this, gt::bernoulli(*this, p), "bernoulli_");
}

Tensor& Tensor::bernoulli_(const Tensor& p) const {
  GT_ENTRY();
  return overwrite(*this, gt::bernoulli(p.expand(sizes())), "bernoulli_");
}

Tensor multinomial(const Tensor& self, std::int64_t num_samples, bool replacement) {
  GT_ENTRY();
  const Key key = next_key();
  return call(Op::multinomial, {self.detach()},
              make_attributes(Op::multinomial, num_samples, replacement, key.seed, key.counter));
}

Tensor Tensor::multinomial(std::int64_t num_samples, bool replacement) const {
  GT_ENTRY();
  return gt::multinomial(*this, num_samples, replacement);
}

Tensor& Tensor::uniform_(double from, double to) const {
  GT_ENTRY();
  if (!(from <= to))
    throw Error(str("[uniform_] uniform_ expects to return a [from, to) range, but found from=",
                    from, " > to=", to));
  return overwrite(*this, uniform(sizes(), from, to, plain(*this)), "uniform_");
}

Tensor& Tensor::normal_(double mean, double std) const {
  GT_ENTRY();
  return overwrite(*this, normal_values(sizes(), mean, std, plain(*this)), "normal_");
}

Tensor& Tensor::random_() const {
  GT_ENTRY();
  return random_(0, nullopt);
}

Tensor& Tensor::random_(std::int64_t to) const {
  GT_ENTRY();
  return random_(0, to);
}

Tensor& Tensor::random_(std::int64_t from, optional<std::int64_t> to) const {
  GT_ENTRY();
  const std::int64_t limit = to.value_or(random_limit(scalar_type()));
  return overwrite(*this, integers(from, limit, sizes(), plain(*this)), "random_");
}

}  // namespace gt

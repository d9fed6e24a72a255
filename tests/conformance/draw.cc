#include "tests/conformance/draw.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "common/tensor/half.h"

namespace gt::conformance {
namespace {

constexpr std::int64_t kLargestCount = 120;

template <class T>
void store(HostTensor& tensor, std::size_t k, T value) {
  std::memcpy(tensor.bytes.data() + k * sizeof(T), &value, sizeof(T));
}

template <class T>
double load(const HostTensor& tensor, std::size_t k) {
  T value;
  std::memcpy(&value, tensor.bytes.data() + k * sizeof(T), sizeof(T));
  return static_cast<double>(value);
}

bool is_unsigned(DType dtype) {
  return dtype == DType::kUInt8 || dtype == DType::kUInt16 || dtype == DType::kBool;
}

double real_in(Draw& draw, Domain domain) {
  switch (domain) {
    case Domain::real:
      return draw.real(-4, 4);
    case Domain::nonzero:
      return draw.real(0.1, 4) * (draw.chance(0.5) ? 1 : -1);
    case Domain::positive:
      return draw.real(0.1, 4);
    case Domain::unit:
      return draw.real(0, 1);
    case Domain::small:
      return draw.real(-3, 3);
    case Domain::distinct:
      return draw.real(-4, 4);
    case Domain::above_minus_one:
      return draw.real(-0.9, 4);
    case Domain::probability:
      return draw.real(0.05, 1);
  }
  return 0;
}

double integer_in(Draw& draw, Domain domain, bool allow_negative) {
  const std::int64_t low = allow_negative ? -9 : 0;
  switch (domain) {
    case Domain::real:
    case Domain::distinct:
      return static_cast<double>(draw.integer(low, 9));
    case Domain::small:
      return static_cast<double>(draw.integer(allow_negative ? -2 : 0, 2));
    case Domain::nonzero:
      return static_cast<double>(draw.integer(1, 9) *
                                 (allow_negative && draw.chance(0.5) ? -1 : 1));
    case Domain::positive:
    case Domain::probability:
      return static_cast<double>(draw.integer(1, 5));
    case Domain::unit:
      return static_cast<double>(draw.integer(0, 1));
    case Domain::above_minus_one:
      return static_cast<double>(draw.integer(0, 9));
  }
  return 0;
}

bool admits_zero(Domain domain) {
  return domain != Domain::nonzero && domain != Domain::positive && domain != Domain::probability;
}

/// Even multiples of 1/32 that are no integers (those of numbers are odd), other ones for each
/// offset up to 2.
std::vector<double> distinct_values(Draw& draw, DType dtype, std::size_t count, int offset) {
  std::vector<double> values(count);
  std::iota(values.begin(), values.end(), 0.0);
  const double middle = is_unsigned(dtype) ? 0 : std::floor(static_cast<double>(count) / 2);
  for (double& value : values)
    value =
        is_floating(dtype) ? (value - middle) * 0.25 + 0.0625 + 0.0625 * offset : value - middle;
  draw.shuffle(values);
  return values;
}

/// Makes all slices along some dim equal, so that the tensor can be laid out expanded.
void repeat_along_a_dim(Draw& draw, const Shape& shape, std::vector<double>& values) {
  if (shape.empty() || values.empty()) return;
  const auto dim =
      static_cast<std::size_t>(draw.integer(0, static_cast<std::int64_t>(shape.size()) - 1));
  std::size_t inner = 1;
  for (std::size_t d = dim + 1; d < shape.size(); ++d) inner *= static_cast<std::size_t>(shape[d]);
  const std::size_t run = inner * static_cast<std::size_t>(shape[dim]);
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = values[k / run * run + k % inner];
}

}  // namespace

std::int64_t Draw::integer(std::int64_t low, std::int64_t high) {
  return std::uniform_int_distribution<std::int64_t>(low, high)(generator_);
}

double Draw::real(double low, double high) {
  return std::uniform_real_distribution<double>(low, high)(generator_);
}

bool Draw::chance(double probability) { return real(0, 1) < probability; }

std::int64_t Draw::size() { return chance(0.06) ? 0 : positive_size(); }

Shape Draw::shape(std::size_t min_rank, std::size_t max_rank) {
  Shape shape = nonempty_shape(min_rank, max_rank);
  if (!shape.empty() && chance(0.08))
    shape[static_cast<std::size_t>(integer(0, static_cast<std::int64_t>(shape.size()) - 1))] = 0;
  return shape;
}

Shape Draw::nonempty_shape(std::size_t min_rank, std::size_t max_rank) {
  const auto rank = static_cast<std::size_t>(
      integer(static_cast<std::int64_t>(min_rank), static_cast<std::int64_t>(max_rank)));
  Shape shape;
  for (std::size_t d = 0; d < rank; ++d) shape.push_back(positive_size());
  for (std::size_t d = 0; element_count(shape) > kLargestCount; ++d) shape[d] = 1;
  return shape;
}

Shape Draw::broadcastable(const Shape& shape) {
  Shape result = shape;
  for (std::int64_t& size : result)
    if (chance(0.2)) size = 1;
  while (!result.empty() && chance(0.15)) result.erase(0);
  return result;
}

std::int64_t Draw::dim(std::size_t rank) {
  const auto limit = static_cast<std::int64_t>(std::max<std::size_t>(rank, 1));
  return integer(-limit, limit - 1);
}

DType Draw::dtype(DTypeSet set) {
  if (chance(0.35) && contains(set, DType::kFloat32)) return DType::kFloat32;
  for (;;) {
    const DType dtype = pick(std::span<const DType>(kAllDTypes));
    const bool rare = dtype == DType::kUInt16;
    if (contains(set, dtype) && (!rare || chance(0.2))) return dtype;
  }
}

ScalarValue Draw::scalar(Domain domain, bool allow_negative) {
  const double category = real(0, 1);
  if (category < 0.1) return ScalarValue(!admits_zero(domain) || chance(0.5));
  if (category < 0.5)
    return ScalarValue(static_cast<std::int64_t>(integer_in(*this, domain, allow_negative)));
  double value = to_sixteenths(real_in(*this, domain));
  if (domain == Domain::distinct) value += 0x1p-5;
  return ScalarValue(allow_negative ? value : std::abs(value));
}

HostTensor Draw::tensor(DType dtype, const Shape& shape, Domain domain, int offset) {
  const auto count = static_cast<std::size_t>(element_count(shape));
  if (domain == Domain::distinct && dtype != DType::kBool)
    return make_tensor(dtype, shape, distinct_values(*this, dtype, count, offset));
  std::vector<double> values(count);
  for (double& value : values) {
    if (dtype == DType::kBool)
      value = !admits_zero(domain) || chance(0.5);
    else if (is_floating(dtype))
      value = real_in(*this, domain);
    else
      value = integer_in(*this, domain, !is_unsigned(dtype));
  }
  if (chance(0.1)) repeat_along_a_dim(*this, shape, values);
  return make_tensor(dtype, shape, values);
}

void Draw::add_special_values(HostTensor& tensor) {
  if (!is_floating(tensor.dtype)) return;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const std::size_t count = tensor.bytes.size() / size_of(tensor.dtype);
  for (std::size_t k = 0; k < count; ++k)
    if (chance(0.2))
      set_element(
          tensor, k,
          pick({kInfinity, -kInfinity, std::numeric_limits<double>::quiet_NaN(), 0.0, -0.0}));
}

HostTensor Draw::indices(const Shape& shape, std::int64_t low, std::int64_t high,
                         bool allow_int32) {
  std::vector<std::int64_t> values(static_cast<std::size_t>(element_count(shape)));
  for (std::int64_t& value : values) value = integer(low, high - 1);
  return make_index(shape, values, allow_int32 && chance(0.2) ? DType::kInt32 : DType::kInt64);
}

HostTensor Draw::distinct_indices(std::int64_t count, std::int64_t size) {
  std::vector<std::int64_t> values(static_cast<std::size_t>(size));
  std::iota(values.begin(), values.end(), 0);
  shuffle(values);
  values.resize(static_cast<std::size_t>(count));
  return make_index(Shape{count}, values);
}

double to_sixteenths(double value) {
  return std::copysign(std::ceil(std::abs(value) * 16), value) / 16;
}

HostTensor make_tensor(DType dtype, const Shape& shape, std::span<const double> values) {
  HostTensor tensor{dtype, shape, std::vector<std::byte>(values.size() * size_of(dtype))};
  for (std::size_t k = 0; k < values.size(); ++k) set_element(tensor, k, values[k]);
  return tensor;
}

HostTensor make_index(const Shape& shape, std::span<const std::int64_t> values, DType dtype) {
  const std::vector<double> numbers(values.begin(), values.end());
  return make_tensor(dtype, shape, numbers);
}

void set_element(HostTensor& tensor, std::size_t k, double value) {
  switch (tensor.dtype) {
    case DType::kUInt8:
      return store(tensor, k, static_cast<std::uint8_t>(value));
    case DType::kInt8:
      return store(tensor, k, static_cast<std::int8_t>(value));
    case DType::kInt16:
      return store(tensor, k, static_cast<std::int16_t>(value));
    case DType::kInt32:
      return store(tensor, k, static_cast<std::int32_t>(value));
    case DType::kInt64:
      return store(tensor, k, static_cast<std::int64_t>(value));
    case DType::kFloat16:
      return store(tensor, k, Half(static_cast<float>(value)));
    case DType::kFloat32:
      return store(tensor, k, static_cast<float>(value));
    case DType::kFloat64:
      return store(tensor, k, value);
    case DType::kBool:
      return store(tensor, k, value != 0);
    case DType::kBFloat16:
      return store(tensor, k, BFloat16(static_cast<float>(value)));
    case DType::kUInt16:
      return store(tensor, k, static_cast<std::uint16_t>(value));
  }
}

double element(const HostTensor& tensor, std::size_t k) {
  switch (tensor.dtype) {
    case DType::kUInt8:
      return load<std::uint8_t>(tensor, k);
    case DType::kInt8:
      return load<std::int8_t>(tensor, k);
    case DType::kInt16:
      return load<std::int16_t>(tensor, k);
    case DType::kInt32:
      return load<std::int32_t>(tensor, k);
    case DType::kInt64:
      return load<std::int64_t>(tensor, k);
    case DType::kFloat16:
      return load<Half>(tensor, k);
    case DType::kFloat32:
      return load<float>(tensor, k);
    case DType::kFloat64:
      return load<double>(tensor, k);
    case DType::kBool:
      return load<bool>(tensor, k);
    case DType::kBFloat16:
      return load<BFloat16>(tensor, k);
    case DType::kUInt16:
      return load<std::uint16_t>(tensor, k);
  }
  return 0;
}

}  // namespace gt::conformance

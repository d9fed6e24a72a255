// Random numbers, shapes, dtypes and tensors for the conformance cases.
#pragma once

#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "common/ops/op.h"
#include "tests/judge/judge.h"

namespace gt::conformance {

using judge::HostTensor;
using judge::Operand;

/// A stream of random decisions; the same seed makes the same ones.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : generator_(seed) {}

  /// In [low, high], both included.
  [[nodiscard]] std::int64_t integer(std::int64_t low, std::int64_t high);
  [[nodiscard]] double real(double low, double high);
  [[nodiscard]] bool chance(double probability);
  template <class T>
  [[nodiscard]] const T& pick(std::span<const T> choices) {
    return choices[static_cast<std::size_t>(
        integer(0, static_cast<std::int64_t>(choices.size()) - 1))];
  }
  template <class T>
  [[nodiscard]] T pick(std::initializer_list<T> choices) {
    return pick(std::span<const T>(choices.begin(), choices.size()));
  }
  template <class T>
  void shuffle(std::vector<T>& values) {
    for (std::size_t k = values.size(); k > 1; --k)
      std::swap(values[k - 1],
                values[static_cast<std::size_t>(integer(0, static_cast<std::int64_t>(k) - 1))]);
  }

  /// A size of a dim: mostly 1 to 5, sometimes 0.
  [[nodiscard]] std::int64_t size();
  /// A size of at least 1.
  [[nodiscard]] std::int64_t positive_size() { return integer(1, 5); }
  /// Empty, 0-dim and long shapes among them; never above a few thousand elements.
  [[nodiscard]] Shape shape(std::size_t min_rank = 0, std::size_t max_rank = 4);
  /// The same without sizes of 0.
  [[nodiscard]] Shape nonempty_shape(std::size_t min_rank = 0, std::size_t max_rank = 4);
  /// A shape that broadcasts to `shape`.
  [[nodiscard]] Shape broadcastable(const Shape& shape);
  /// A dim of a tensor of that rank, counted from either end.
  [[nodiscard]] std::int64_t dim(std::size_t rank);

  /// A dtype of the set, float32 more often than others.
  [[nodiscard]] DType dtype(DTypeSet set);
  [[nodiscard]] DType floating_dtype() { return dtype(DTypeSet::floating); }
  /// A number of any category within the domain; reals are multiples of 1/16, which every floating
  /// dtype holds (LibTorch rounds a number to half precision in some kernels and not in others).
  [[nodiscard]] ScalarValue scalar(Domain domain, bool allow_negative = true);

  /// A tensor whose values lie in the domain. Values of the domain `distinct` are distinct from
  /// those of other tensors with another `offset` as well.
  [[nodiscard]] HostTensor tensor(DType dtype, const Shape& shape, Domain domain, int offset = 0);
  /// Puts NaN, infinities and signed zeros among the values of a floating tensor.
  void add_special_values(HostTensor& tensor);
  /// Positions in [low, high), int64 or now and then int32.
  [[nodiscard]] HostTensor indices(const Shape& shape, std::int64_t low, std::int64_t high,
                                   bool allow_int32 = false);
  /// Positions in [0, size), each at most once; `count` <= size.
  [[nodiscard]] HostTensor distinct_indices(std::int64_t count, std::int64_t size);

 private:
  std::mt19937_64 generator_;
};

/// Row-major elements as a tensor of `dtype`.
[[nodiscard]] HostTensor make_tensor(DType dtype, const Shape& shape,
                                     std::span<const double> values);
[[nodiscard]] HostTensor make_index(const Shape& shape, std::span<const std::int64_t> values,
                                    DType dtype = DType::kInt64);
/// The next multiple of 1/16 away from zero.
[[nodiscard]] double to_sixteenths(double value);
/// Element `k` in row-major order.
[[nodiscard]] double element(const HostTensor& tensor, std::size_t k);
void set_element(HostTensor& tensor, std::size_t k, double value);

}  // namespace gt::conformance

#include <limits>
#include <string>

#include "common/ops/pooling_window.h"
#include "worker/engine/reference/call.h"

namespace gt::worker::reference {
namespace {

/// Planes of (C, H, W) or (N, C, H, W), one behind the other.
struct Planes {
  std::int64_t count;
  std::int64_t height;
  std::int64_t width;

  explicit Planes(const Shape& shape)
      : count(1), height(shape[shape.size() - 2]), width(shape[shape.size() - 1]) {
    for (std::size_t d = 0; d + 2 < shape.size(); ++d) count *= shape[d];
  }
  std::int64_t position(std::int64_t plane, std::int64_t row, std::int64_t column) const {
    return (plane * height + row) * width + column;
  }
};

/// Calls `visit(plane, row, column, position)` for every element.
template <class Visit>
void for_each_element(const Planes& planes, Visit&& visit) {
  for (std::int64_t plane = 0; plane < planes.count; ++plane)
    for (std::int64_t row = 0; row < planes.height; ++row)
      for (std::int64_t column = 0; column < planes.width; ++column)
        visit(plane, row, column, planes.position(plane, row, column));
}

template <class T>
bool is_nan(T value) {
  return value != value;
}

/// As in ATen: the first of equal elements, the last NaN. A window whose taps all lie in the
/// padding has the smallest number and no position.
std::vector<Value> max_pool(const Call& call) {
  const PoolingWindow window(call.integers(0));
  const PoolingDim& high = window.dims[0];
  const PoolingDim& wide = window.dims[1];
  return with_number_type(call.value(0).dtype, [&](auto number) {
    using T = decltype(number);
    const auto input = call.read<T>(0);
    auto largest = make_array<T>(call.result_meta(0).shape);
    auto indices = make_array<std::int64_t>(largest.shape);
    const Planes from(input.shape);
    for_each_element(Planes(largest.shape), [&](std::int64_t plane, std::int64_t row,
                                                std::int64_t column, std::int64_t to) {
      largest[to] = std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity()
                                                         : std::numeric_limits<T>::lowest();
      indices[to] = -1;
      for (std::int64_t i = 0; i < high.kernel; ++i)
        for (std::int64_t j = 0; j < wide.kernel; ++j) {
          const std::int64_t y = row * high.stride - high.padding + i * high.dilation;
          const std::int64_t x = column * wide.stride - wide.padding + j * wide.dilation;
          if (y < 0 || y >= from.height || x < 0 || x >= from.width) continue;
          const T value = input[from.position(plane, y, x)];
          if (indices[to] >= 0 && !(value > largest[to]) && !is_nan(value)) continue;
          largest[to] = value;
          indices[to] = y * from.width + x;
        }
    });
    return std::vector<Value>{call.result(0, largest), call.result(1, indices)};
  });
}

std::vector<Value> max_pool_backward(const Call& call) {
  const auto grad = call.read<double>(0);
  const auto indices = call.read<std::int64_t>(1);
  auto result = make_array<double>(call.result_meta().shape);
  const Planes to(result.shape);
  const std::int64_t size = to.height * to.width;
  for_each_element(
      Planes(grad.shape), [&](std::int64_t plane, std::int64_t, std::int64_t, std::int64_t at) {
        if (indices[at] == -1) return;
        if (indices[at] < 0 || indices[at] >= size)
          throw CommonError(ErrorKind::kIndex, "found an invalid max index " +
                                                   std::to_string(indices[at]) + " for planes of " +
                                                   std::to_string(size) + " elements");
        result[plane * size + indices[at]] += grad[at];
      });
  return call.results(result);
}

/// The rectangle of the plane that one mean is taken over, and what divides its sum.
struct Region {
  PoolingRange rows;
  PoolingRange columns;
  double divisor;
};

Region average_region(const Call& call, std::size_t first_attribute, const Planes& planes,
                      std::int64_t row, std::int64_t column) {
  const PoolingWindow window(call.integers(first_attribute));
  const bool count_padding = call.boolean(first_attribute + 2);
  const std::int64_t override = call.integer(first_attribute + 3);
  Region region{average_range(window.dims[0], row, planes.height, count_padding),
                average_range(window.dims[1], column, planes.width, count_padding), 0};
  region.divisor =
      static_cast<double>(override != 0 ? override : region.rows.divisor * region.columns.divisor);
  return region;
}

Region adaptive_region(const Planes& input, const Planes& output, std::int64_t row,
                       std::int64_t column) {
  Region region{adaptive_range(row, output.height, input.height),
                adaptive_range(column, output.width, input.width), 0};
  region.divisor = static_cast<double>(region.rows.divisor * region.columns.divisor);
  return region;
}

/// Calls `visit(position)` for every element of the region.
template <class Visit>
void for_each_in_region(const Planes& planes, std::int64_t plane, const Region& region,
                        Visit&& visit) {
  for (std::int64_t y = region.rows.begin; y < region.rows.end; ++y)
    for (std::int64_t x = region.columns.begin; x < region.columns.end; ++x)
      visit(planes.position(plane, y, x));
}

/// Means over `region(row, column)` of operand 0.
template <class RegionOf>
std::vector<Value> means(const Call& call, const RegionOf& region_of) {
  const auto input = call.read<double>(0);
  auto output = make_array<double>(call.result_meta().shape);
  const Planes from(input.shape);
  for_each_element(Planes(output.shape), [&](std::int64_t plane, std::int64_t row,
                                             std::int64_t column, std::int64_t to) {
    const Region region = region_of(row, column);
    double total = 0;
    for_each_in_region(from, plane, region, [&](std::int64_t at) { total += input[at]; });
    output[to] = total == 0 ? 0 : total / region.divisor;
  });
  return call.results(output);
}

/// The gradient of `means`.
template <class RegionOf>
std::vector<Value> spread(const Call& call, const RegionOf& region_of) {
  const auto grad = call.read<double>(0);
  auto result = make_array<double>(call.result_meta().shape);
  const Planes to(result.shape);
  for_each_element(Planes(grad.shape), [&](std::int64_t plane, std::int64_t row,
                                           std::int64_t column, std::int64_t from) {
    const Region region = region_of(row, column);
    for_each_in_region(to, plane, region,
                       [&](std::int64_t at) { result[at] += grad[from] / region.divisor; });
  });
  return call.results(result);
}

std::vector<Value> avg_pool(const Call& call) {
  const Planes input(call.value(0).shape);
  return means(call, [&](std::int64_t row, std::int64_t column) {
    return average_region(call, 0, input, row, column);
  });
}

std::vector<Value> avg_pool_backward(const Call& call) {
  const Planes input(call.result_meta().shape);
  return spread(call, [&](std::int64_t row, std::int64_t column) {
    return average_region(call, 1, input, row, column);
  });
}

std::vector<Value> adaptive_avg_pool(const Call& call) {
  const Planes input(call.value(0).shape), output(call.result_meta().shape);
  return means(call, [&](std::int64_t row, std::int64_t column) {
    return adaptive_region(input, output, row, column);
  });
}

std::vector<Value> adaptive_avg_pool_backward(const Call& call) {
  const Planes input(call.result_meta().shape), output(call.value(0).shape);
  return spread(call, [&](std::int64_t row, std::int64_t column) {
    return adaptive_region(input, output, row, column);
  });
}

constexpr KernelEntry kKernels[] = {
    {Op::max_pool2d_with_indices, max_pool},
    {Op::max_pool2d_backward, max_pool_backward},
    {Op::avg_pool2d, avg_pool},
    {Op::avg_pool2d_backward, avg_pool_backward},
    {Op::adaptive_avg_pool2d, adaptive_avg_pool},
    {Op::adaptive_avg_pool2d_backward, adaptive_avg_pool_backward},
};

}  // namespace

std::span<const KernelEntry> pooling_kernels() { return kKernels; }

}  // namespace gt::worker::reference

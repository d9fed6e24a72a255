#include "tests/conformance/placement.h"

#include <cstring>
#include <numeric>

namespace gt::conformance {
namespace {

/// Where the elements of a tensor of some shape lie in a larger block of memory.
struct Placement {
  Strides strides;
  std::int64_t offset = 0;
  std::int64_t block = 1;  ///< elements of the block
};

bool is_constant_along(const HostTensor& tensor, std::size_t dim) {
  const Strides strides = contiguous_strides(tensor.shape);
  const std::size_t size = size_of(tensor.dtype);
  const std::int64_t count = element_count(tensor.shape);
  for (std::int64_t k = 0; k < count; ++k) {
    const std::int64_t at = k / strides[dim] % tensor.shape[dim];
    const std::byte* element = tensor.bytes.data() + static_cast<std::size_t>(k) * size;
    const std::byte* first = element - static_cast<std::size_t>(at * strides[dim]) * size;
    if (std::memcmp(element, first, size) != 0) return false;
  }
  return tensor.shape[dim] > 1 && count != 0;
}

Placement draw_placement(const HostTensor& tensor, Draw& draw) {
  const std::size_t rank = tensor.shape.size();
  std::vector<std::size_t> order(rank);
  std::iota(order.begin(), order.end(), std::size_t{0});
  const bool plain = draw.chance(0.5);
  if (!plain) draw.shuffle(order);
  Placement placement;
  placement.strides.resize(rank);
  for (std::size_t k = rank; k-- > 0;) {
    const std::size_t dim = order[k];
    if (!plain && is_constant_along(tensor, dim) && draw.chance(0.7)) continue;
    const std::int64_t step = !plain && draw.chance(0.3) ? 2 : 1;
    placement.strides[dim] = placement.block * step;
    placement.block *= std::max<std::int64_t>(tensor.shape[dim], 1) * step;
  }
  if (!plain && draw.chance(0.5)) {
    placement.offset = draw.integer(1, 3);
    placement.block += placement.offset;
  }
  return placement;
}

}  // namespace

worker::Value place(worker::Engine& engine, const HostTensor& tensor, Draw& draw) {
  const Placement placement = draw_placement(tensor, draw);
  const std::size_t size = size_of(tensor.dtype);
  std::vector<std::byte> block(static_cast<std::size_t>(placement.block) * size, std::byte{1});
  const Strides dense = contiguous_strides(tensor.shape);
  for (std::int64_t k = 0; k < element_count(tensor.shape); ++k) {
    std::int64_t target = placement.offset;
    for (std::size_t d = 0; d < tensor.shape.size(); ++d)
      target += k / dense[d] % tensor.shape[d] * placement.strides[d];
    std::memcpy(block.data() + static_cast<std::size_t>(target) * size,
                tensor.bytes.data() + static_cast<std::size_t>(k) * size, size);
  }
  worker::Value value = engine.from_host({tensor.dtype, Shape{placement.block}, {}}, block);
  value.offset += placement.offset;
  value.shape = tensor.shape;
  value.strides = placement.strides;
  return value;
}

HostTensor take_back(worker::Engine& engine, const worker::Value& value) {
  return {value.dtype, value.shape, engine.to_host(value)};
}

}  // namespace gt::conformance

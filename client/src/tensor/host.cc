// Values on the host: item, host pointers.
#include <gt/error.h>
#include <gt/tensor.h>

#include <cstring>
#include <new>

#include "client/src/tensor/call.h"
#include "common/tensor/half.h"

namespace gt {
namespace {

using detail::Alias;
using detail::alias_of;
using detail::Cell;

/// Cells up to this size are fetched whole, so that reading element by element is one round trip.
constexpr std::size_t kSmallCellBytes = 64 * 1024;

std::size_t cell_bytes(const Cell& cell) { return cell.value->meta.byte_count(); }

/// The host copy of the cell, brought up to its current version.
const std::byte* mirror_of(Cell& cell) {
  detail::ValueRef value;
  std::uint32_t version = 0;
  {
    const std::lock_guard lock(cell.mutex);
    if (cell.mirror != nullptr && cell.mirror->version == cell.version)
      return cell.mirror->bytes.data();
    value = cell.current_value();
    version = cell.version;
  }
  client::HostBytes bytes = value->sink().fetch(value);
  const std::lock_guard lock(cell.mutex);
  if (cell.mirror == nullptr) {
    cell.mirror = std::make_unique<detail::HostMirror>();
    cell.mirror->bytes = std::move(bytes);
  } else if (bytes.size() != 0) {
    std::byte* const mirror = cell.mirror->bytes.writable();
    if (mirror == nullptr) throw std::bad_alloc();
    std::memcpy(mirror, bytes.data(), bytes.size());
  }
  cell.mirror->version = version;
  return cell.mirror->bytes.data();
}

bool is_small(Cell& cell) {
  const std::lock_guard lock(cell.mutex);
  return cell_bytes(cell) <= kSmallCellBytes;
}

template <class T>
T load(const std::byte* place) {
  T value;
  std::memcpy(&value, place, sizeof value);
  return value;
}

Scalar load_scalar(DType dtype, const std::byte* place) {
  switch (dtype) {
    case DType::kUInt8:
      return load<std::uint8_t>(place);
    case DType::kInt8:
      return load<std::int8_t>(place);
    case DType::kInt16:
      return load<std::int16_t>(place);
    case DType::kUInt16:
      return load<std::uint16_t>(place);
    case DType::kInt32:
      return load<std::int32_t>(place);
    case DType::kInt64:
      return load<std::int64_t>(place);
    case DType::kFloat16:
      return static_cast<float>(load<Half>(place));
    case DType::kBFloat16:
      return static_cast<float>(load<BFloat16>(place));
    case DType::kFloat32:
      return load<float>(place);
    case DType::kFloat64:
      return load<double>(place);
    case DType::kBool:
      return load<std::uint8_t>(place) != 0;
  }
  return {};
}

}  // namespace

Scalar Tensor::item() const {
  GT_ENTRY();
  Alias& alias = alias_of(*this);
  const std::int64_t elements = element_count(alias.sizes);
  if (elements != 1)
    throw Error("[item] a Tensor with " + std::to_string(elements) +
                " elements cannot be converted to Scalar");
  Cell& cell = *alias.cell;
  if (is_small(cell)) {
    const std::byte* const bytes = mirror_of(cell);
    return load_scalar(cell.dtype,
                       bytes + alias.offset * static_cast<std::int64_t>(size_of(cell.dtype)));
  }
  const detail::ValueRef value = detail::read(alias);
  const client::HostBytes bytes = value->sink().fetch(value);
  return load_scalar(cell.dtype, bytes.data());
}

const void* Tensor::host_elements(ScalarType expected) const {
  GT_ENTRY();
  Alias& alias = alias_of(*this);
  if (!device().is_cpu())
    throw Error("[const_data_ptr] the tensor is labelled " + device().str() +
                "; host pointers belong to CPU tensors: call .cpu() first");
  if (expected != scalar_type())
    throw TypeError(std::string("[const_data_ptr] expected scalar type ") + gt::toString(expected) +
                    " but found " + gt::toString(scalar_type()));
  const std::byte* const bytes = mirror_of(*alias.cell);
  return bytes + alias.offset * static_cast<std::int64_t>(element_size());
}

void Tensor::check_accessor_dim(std::size_t expected) const {
  if (static_cast<std::size_t>(dim()) != expected)
    throw Error("[accessor] TensorAccessor expected " + std::to_string(expected) +
                " dims but tensor has " + std::to_string(dim()));
}

namespace detail {

void keep_host_copy(const Tensor& tensor, std::span<const std::byte> bytes) {
  if (bytes.size() > kSmallCellBytes) return;
  Cell& cell = *alias_of(tensor).cell;
  cell.mirror = std::make_unique<HostMirror>();
  cell.mirror->bytes = std::vector<std::byte>(bytes.begin(), bytes.end());
}

}  // namespace detail
}  // namespace gt

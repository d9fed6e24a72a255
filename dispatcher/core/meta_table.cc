#include "dispatcher/core/meta_table.h"

#include <cstdint>

namespace gt::dispatcher {

std::size_t MetaTable::Hash::operator()(const TensorMeta& meta) const noexcept {
  std::uint64_t hash = static_cast<std::uint64_t>(meta.dtype) + 1;
  for (const std::int64_t size : meta.shape)
    hash = (hash ^ static_cast<std::uint64_t>(size)) * 0x9E3779B97F4A7C15u;
  return static_cast<std::size_t>(hash ^ (hash >> 32));
}

}  // namespace gt::dispatcher

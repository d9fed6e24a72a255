#include "common/transport/seal.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "common/transport/hash_avx2.h"

namespace gt::transport {
namespace {

[[nodiscard]] std::uint64_t hash(const std::byte* bytes, std::size_t count) noexcept {
#ifdef __x86_64__
  static const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;
  if (has_avx2) return hash_with_avx2(bytes, count);
#endif
  return XXH3_64bits(bytes, count);
}

}  // namespace

Seal Seal::of(std::uint64_t number, std::span<const std::byte> message) {
  return {number, hash_of(message)};
}

std::uint64_t hash_of(std::span<const std::byte> bytes) { return hash(bytes.data(), bytes.size()); }

std::string Seals::check(Lane lane, const Seal& seal, std::span<const std::byte> message) {
  std::uint64_t& received = received_[index_of(lane)];
  if (seal.number > received + 1)
    return std::to_string(seal.number - received - 1) + " messages were lost on the way";
  if (seal.number <= received)
    return "message " + std::to_string(seal.number) + " came again or out of order";
  if (Seal::of(seal.number, message).hash != seal.hash)
    return "message " + std::to_string(seal.number) + " was changed on the way";
  ++received;
  return {};
}

}  // namespace gt::transport

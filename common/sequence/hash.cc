#include "common/sequence/hash.h"

#include <fmt/format.h>

#include <bit>

namespace gt::sequence {
namespace {

constexpr std::uint64_t kC1 = 0x87C37B91114253D5ull;
constexpr std::uint64_t kC2 = 0x4CF5AD432745937Full;

}  // namespace

std::string to_hex(const Hash128& hash) {
  return fmt::format("{:016x}{:016x}", hash.high, hash.low);
}

void Hasher::mix(std::uint64_t first, std::uint64_t second) noexcept {
  h1_ ^= std::rotl(first * kC1, 31) * kC2;
  h1_ = (std::rotl(h1_, 27) + h2_) * 5 + 0x52DCE729;
  h2_ ^= std::rotl(second * kC2, 33) * kC1;
  h2_ = (std::rotl(h2_, 31) + h1_) * 5 + 0x38495AB5;
}

Hash128 Hasher::finish() const noexcept {
  Hasher last = *this;
  if (count_ % 2 != 0) last.mix(pending_, 0);
  std::uint64_t h1 = last.h1_ ^ (count_ * 8);
  std::uint64_t h2 = last.h2_ ^ (count_ * 8);
  h1 += h2;
  h2 += h1;
  h1 = spread(h1);
  h2 = spread(h2);
  h1 += h2;
  h2 += h1;
  return {h1, h2};
}

}  // namespace gt::sequence

// 128-bit hashes that are the same in every process, run and build.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace gt::sequence {

/// A hash as two words. Ordered and compared by value; it may be stored and sent.
struct Hash128 {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  friend constexpr bool operator==(const Hash128&, const Hash128&) = default;
};

/// 32 lower-case hex digits, `high` first. The first twelve are what a log prints.
[[nodiscard]] std::string to_hex(const Hash128& hash);

/// Spreads the bits of one word over all of another (the finaliser of MurmurHash3). A bijection.
[[nodiscard]] constexpr std::uint64_t spread(std::uint64_t word) noexcept {
  word ^= word >> 33;
  word *= 0xFF51AFD7ED558CCDull;
  word ^= word >> 33;
  word *= 0xC4CEB9FE1A85EC53ull;
  return word ^ (word >> 33);
}

/// Hashes a sequence of 64-bit words: MurmurHash3_x64_128 (Austin Appleby, public domain) over
/// words instead of bytes, so that the order of bytes in a machine does not matter. The number of
/// words is part of the hash. Not for adversaries.
class Hasher {
 public:
  void add(std::uint64_t word) noexcept {
    if (count_++ % 2 == 0)
      pending_ = word;
    else
      mix(pending_, word);
  }
  void add(const Hash128& hash) noexcept {
    add(hash.high);
    add(hash.low);
  }
  /// The hash of what was added so far.
  [[nodiscard]] Hash128 finish() const noexcept;

 private:
  void mix(std::uint64_t first, std::uint64_t second) noexcept;

  std::uint64_t h1_ = 0;
  std::uint64_t h2_ = 0;
  std::uint64_t pending_ = 0;  ///< the first word of a pair, if `count_` is odd
  std::size_t count_ = 0;
};

}  // namespace gt::sequence

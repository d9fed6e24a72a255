// Random damage to every message: decoding gives a message or a protocol error, never anything
// else.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <random>

#include "tests/unit/protocol/samples.h"

namespace gt::protocol {
namespace {

constexpr int kMutationsPerMessage = 4000;

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(seed) {}

  void damage(std::vector<std::byte>& bytes) {
    for (std::size_t count = 1 + below(6); count != 0 && !bytes.empty(); --count) {
      const std::size_t at = below(bytes.size());
      switch (below(5)) {
        case 0:
          bytes[at] ^= static_cast<std::byte>(1u << below(8));
          break;
        case 1:
          bytes[at] = static_cast<std::byte>(below(256));
          break;
        case 2:
          bytes.resize(at);
          break;
        case 3:
          bytes.insert(bytes.end(), below(16), std::byte{0xff});
          break;
        case 4:
          overwrite_word(bytes, at & ~std::size_t{3});
          break;
      }
    }
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }

  void overwrite_word(std::vector<std::byte>& bytes, std::size_t at) {
    const std::byte fill = below(2) == 0 ? std::byte{0} : std::byte{0xff};
    for (std::size_t i = at; i < std::min(at + 4, bytes.size()); ++i) bytes[i] = fill;
  }

  std::mt19937_64 random_;
};

TEST(Decode, SurvivesAnyBytes) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  Mutator mutator(seed);
  int accepted = 0;
  int refused = 0;
  for (const Message& message : samples::messages()) {
    const std::vector<std::byte> original = encode(message);
    for (int i = 0; i < kMutationsPerMessage; ++i) {
      std::vector<std::byte> bytes = original;
      mutator.damage(bytes);
      try {
        const Message decoded = decode(bytes);
        static_cast<void>(encode(decoded));
        ++accepted;
      } catch (const CommonError& error) {
        ASSERT_EQ(error.kind(), ErrorKind::kProtocol) << error.what();
        ++refused;
      }
    }
  }
  EXPECT_GT(accepted, 0);
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace gt::protocol

#include "common/sequence/ring.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace gt::sequence {
namespace {

TEST(RingOfEntries, keeps_its_last_entries_when_it_grows_wherever_it_stands) {
  for (std::uint64_t end = 0; end < 40; ++end) {
    Ring<std::uint64_t> ring(64, 8);
    for (std::uint64_t number = 0; number < end; ++number) ring[number] = 100 + number;
    for (std::uint64_t capacity = 16; capacity <= 64; capacity *= 2) {
      ring.grow(end);
      EXPECT_EQ(ring.capacity(), capacity);
      for (std::uint64_t number = end < 8 ? 0 : end - 8; number < end; ++number)
        EXPECT_EQ(ring[number], 100 + number) << end;
    }
  }
}

}  // namespace
}  // namespace gt::sequence

// What a seal notices of the way of a message.
#include "common/transport/seal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace gt::transport {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::vector<std::byte> kMessage(100, std::byte{7});

class SealedLane : public ::testing::Test {
 protected:
  Seal next() { return sender_.next(Lane::control, kMessage); }
  std::string check(const Seal& seal, std::span<const std::byte> message = kMessage) {
    return receiver_.check(Lane::control, seal, message);
  }

  Seals sender_;
  Seals receiver_;
};

TEST_F(SealedLane, MessagesInOrderPass) {
  for (int k = 0; k < 3; ++k) EXPECT_THAT(check(next()), IsEmpty());
}

TEST_F(SealedLane, ALostMessageIsNoticedAtTheNext) {
  static_cast<void>(next());
  static_cast<void>(next());
  EXPECT_THAT(check(next()), HasSubstr("2 messages were lost"));
}

TEST_F(SealedLane, ARepeatedMessageIsNoticed) {
  const Seal seal = next();
  static_cast<void>(check(seal));
  EXPECT_THAT(check(seal), HasSubstr("came again"));
}

TEST_F(SealedLane, EveryChangedBitIsNoticed) {
  const Seal seal = next();
  for (std::size_t bit = 0; bit < kMessage.size() * 8; ++bit) {
    std::vector<std::byte> changed = kMessage;
    changed[bit / 8] ^= std::byte{1} << (bit % 8);
    EXPECT_THAT(check(seal, changed), HasSubstr("changed")) << "bit " << bit;
  }
}

TEST_F(SealedLane, LanesAreCountedApart) {
  EXPECT_THAT(check(next()), IsEmpty());
  EXPECT_THAT(receiver_.check(Lane::bulk, sender_.next(Lane::bulk, kMessage), kMessage), IsEmpty());
}

TEST(HashOf, IsThatOfTheWireWhateverTheProcessorHas) {
  std::vector<std::byte> bytes(300'000);
  for (std::size_t k = 0; k < bytes.size(); ++k) bytes[k] = static_cast<std::byte>(k * k >> 3);
  for (const std::size_t size : {0, 1, 16, 128, 129, 240, 241, 1024, 4097, 299'999})
    EXPECT_EQ(hash_of(std::span(bytes).first(size)), XXH3_64bits(bytes.data(), size)) << size;
}

}  // namespace
}  // namespace gt::transport

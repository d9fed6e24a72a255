// What a seal notices of the way of a message.
#include "common/transport/seal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

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

}  // namespace
}  // namespace gt::transport

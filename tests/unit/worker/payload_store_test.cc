#include "worker/execution/payload_store.h"

#include <gtest/gtest.h>

namespace gt::worker {
namespace {

constexpr std::size_t kLimit = 100;

protocol::PayloadFrame frame(std::uint64_t offset, std::uint64_t total, std::size_t size) {
  return {1, 5, offset, total, std::vector<std::byte>(size, std::byte{9})};
}

TEST(PayloadStore, APayloadIsDecidedWithItsLastFrame) {
  PayloadStore store;
  EXPECT_FALSE(store.add(frame(0, 10, 6), kLimit));
  EXPECT_FALSE(store.is_decided(5));
  EXPECT_TRUE(store.add(frame(6, 10, 4), kLimit));
  const auto payload = store.take(5);
  EXPECT_EQ(payload.state, PayloadStore::State::complete);
  EXPECT_EQ(payload.bytes, std::vector<std::byte>(10, std::byte{9}));
}

TEST(PayloadStore, AnEmptyPayloadIsComplete) {
  PayloadStore store;
  EXPECT_TRUE(store.add(frame(0, 0, 0), kLimit));
  EXPECT_EQ(store.take(5).state, PayloadStore::State::complete);
}

TEST(PayloadStore, AGapMakesThePayloadFail) {
  PayloadStore store;
  EXPECT_FALSE(store.add(frame(0, 10, 4), kLimit));
  EXPECT_TRUE(store.add(frame(5, 10, 5), kLimit));
  const auto payload = store.take(5);
  EXPECT_EQ(payload.state, PayloadStore::State::failed);
  EXPECT_EQ(payload.problem, ErrorKind::kProtocol);
}

TEST(PayloadStore, ATotalThatChangesMakesThePayloadFail) {
  PayloadStore store;
  EXPECT_FALSE(store.add(frame(0, 10, 4), kLimit));
  EXPECT_TRUE(store.add(frame(4, 50, 4), kLimit));
  EXPECT_EQ(store.take(5).state, PayloadStore::State::failed);
}

TEST(PayloadStore, ATotalAboveTheLimitIsOutOfMemory) {
  PayloadStore store;
  EXPECT_TRUE(store.add(frame(0, kLimit + 1, 4), kLimit));
  EXPECT_EQ(store.take(5).problem, ErrorKind::kOutOfMemory);
}

TEST(PayloadStore, AFailureOfTheSenderIsKept) {
  PayloadStore store;
  const auto failure = std::make_shared<const protocol::ErrorRecord>();
  store.fail(5, failure);
  EXPECT_TRUE(store.is_decided(5));
  EXPECT_EQ(store.take(5).failure, failure);
}

}  // namespace
}  // namespace gt::worker

#include "worker/execution/payload_store.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace gt::worker {
namespace {

constexpr std::size_t kLimit = 100;

payload::ReceivedFrame frame(std::uint64_t offset, std::uint64_t total, std::size_t size) {
  const std::vector<std::byte> part(size, std::byte{9});
  return payload::read_frame(
      {0, transport::Lane::bulk, protocol::encode_frame(1, 5, offset, total, part), nullptr});
}

class PayloadStoreTest : public ::testing::Test {
 protected:
  const std::shared_ptr<std::atomic<std::size_t>> adopted_ =
      std::make_shared<std::atomic<std::size_t>>(0);
  transport::SharedPool pool_{std::make_shared<transport::PoolAccount>(1 << 20)};
  PayloadStore store{pool_, adopted_};
};

TEST_F(PayloadStoreTest, APayloadIsDecidedWithItsLastFrame) {
  EXPECT_FALSE(store.add(frame(0, 10, 6), kLimit));
  EXPECT_FALSE(store.is_decided(5));
  EXPECT_TRUE(store.add(frame(6, 10, 4), kLimit));
  const auto payload = store.take(5);
  EXPECT_EQ(payload.state, PayloadStore::State::complete);
  EXPECT_EQ(payload.bytes, std::vector<std::byte>(10, std::byte{9}));
}

TEST_F(PayloadStoreTest, AnEmptyPayloadIsComplete) {
  EXPECT_TRUE(store.add(frame(0, 0, 0), kLimit));
  EXPECT_EQ(store.take(5).state, PayloadStore::State::complete);
}

TEST_F(PayloadStoreTest, AGapMakesThePayloadFail) {
  EXPECT_FALSE(store.add(frame(0, 10, 4), kLimit));
  EXPECT_TRUE(store.add(frame(5, 10, 5), kLimit));
  const auto payload = store.take(5);
  EXPECT_EQ(payload.state, PayloadStore::State::failed);
  EXPECT_EQ(payload.problem, ErrorKind::kProtocol);
}

TEST_F(PayloadStoreTest, ATotalThatChangesMakesThePayloadFail) {
  EXPECT_FALSE(store.add(frame(0, 10, 4), kLimit));
  EXPECT_TRUE(store.add(frame(4, 50, 4), kLimit));
  EXPECT_EQ(store.take(5).state, PayloadStore::State::failed);
}

TEST_F(PayloadStoreTest, ATotalAboveTheLimitIsOutOfMemory) {
  EXPECT_TRUE(store.add(frame(0, kLimit + 1, 4), kLimit));
  EXPECT_EQ(store.take(5).problem, ErrorKind::kOutOfMemory);
}

class LentPayload : public PayloadStoreTest {
 protected:
  payload::ReceivedFrame lent(const transport::SharedBlockRef& block, protocol::PayloadId id = 5) {
    return payload::read_frame(
        {0, transport::Lane::bulk,
         protocol::encode_frame_header({1, id, 0, block->size(), block->size()}), block});
  }
  transport::SharedPool lender_{std::make_shared<transport::PoolAccount>(1 << 20)};
};

TEST_F(LentPayload, IsKeptWithoutACopy) {
  const transport::SharedBlockRef block = lender_.take(64);
  EXPECT_TRUE(store.add(lent(block), kLimit));
  EXPECT_EQ(store.take(5).block->bytes().data(), block->bytes().data());
}

TEST_F(LentPayload, IsLetGoOfWithItsPayload) {
  transport::SharedBlockRef block = lender_.take(64);
  const std::weak_ptr<const transport::SharedBlock> watched = block;
  static_cast<void>(store.add(lent(block), kLimit));
  block.reset();
  EXPECT_FALSE(watched.expired());
  static_cast<void>(store.take(5));
  EXPECT_TRUE(watched.expired());
  EXPECT_EQ(*adopted_, 0u);
}

TEST_F(LentPayload, IsCopiedAndGivenBackWhenManyAreHeld) {
  *adopted_ = PayloadStore::kMostAdopted;
  const auto block = lender_.take(64);
  std::fill(block->memory().begin(), block->memory().end(), std::byte{3});
  EXPECT_TRUE(store.add(lent(block), kLimit));
  EXPECT_EQ(block.use_count(), 1);
  EXPECT_EQ(store.take(5).bytes, std::vector<std::byte>(64, std::byte{3}));
}

TEST_F(PayloadStoreTest, AFailureOfTheSenderIsKept) {
  const auto failure = std::make_shared<const protocol::ErrorRecord>();
  store.fail(5, failure);
  EXPECT_TRUE(store.is_decided(5));
  EXPECT_EQ(store.take(5).failure, failure);
}

}  // namespace
}  // namespace gt::worker

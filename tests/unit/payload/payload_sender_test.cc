// Payloads that leave over one connection: whole or in parts, in turn, a bounded number at a time.
#include "common/payload/payload_sender.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "common/payload/received_frame.h"
#include "common/transport/local_block.h"
#include "common/transport/shared_pool.h"

namespace gt::payload {
namespace {

constexpr std::size_t kMebibyte = std::size_t{1} << 20;

OutgoingPayload local(protocol::PayloadId id, std::size_t size) {
  return {1, id, std::make_shared<transport::LocalBlock>(std::vector<std::byte>(size))};
}

class PayloadSending : public ::testing::Test {
 protected:
  void send_some(bool shares_memory = false) {
    EXPECT_TRUE(sender_.send_some(shares_memory, send_));
  }
  /// Sends until nothing is left, as if the transport were done with each frame at once.
  std::vector<protocol::PayloadId> order() {
    std::vector<protocol::PayloadId> ids;
    while (!sender_.is_idle()) {
      send_some();
      for (const ReceivedFrame& frame : std::exchange(sent_, {}))
        ids.push_back(frame.header.payload);
    }
    return ids;
  }

  std::vector<ReceivedFrame> sent_;
  Send send_ = [this](std::vector<std::byte> bytes, transport::SharedBlockRef attachment) {
    sent_.push_back(
        read_frame({0, transport::Lane::bulk, std::move(bytes), std::move(attachment)}));
    return true;
  };
  int notified_ = 0;
  PayloadSender sender_{[this] { ++notified_; }};
};

TEST_F(PayloadSending, ASmallPayloadOvertakesALargeOneThatCameBefore) {
  sender_.add(local(1, 4 * kMebibyte));
  sender_.add(local(2, 1000));
  const auto ids = order();
  EXPECT_EQ(ids.at(1), 2u);
  EXPECT_EQ(ids.back(), 1u);
}

TEST_F(PayloadSending, PartsOfAPayloadFollowEachOtherWithoutGaps) {
  sender_.add(local(1, kMebibyte + 5));
  std::uint64_t expected = 0;
  while (!sender_.is_idle()) {
    send_some();
    for (const ReceivedFrame& frame : std::exchange(sent_, {})) {
      EXPECT_EQ(frame.header.offset, expected);
      expected += frame.part().size();
    }
  }
  EXPECT_EQ(expected, kMebibyte + 5);
}

TEST_F(PayloadSending, StopsWhileTheTransportHasMuchAndTellsWhenThereIsRoom) {
  sender_.add(local(1, 16 * kMebibyte));
  while (sender_.can_send()) send_some();
  EXPECT_FALSE(sender_.is_idle());
  EXPECT_EQ(notified_, 0);
  sent_.clear();
  EXPECT_EQ(notified_, 1);
  EXPECT_TRUE(sender_.can_send());
}

TEST_F(PayloadSending, SharedMemoryTravelsAsAWhole) {
  transport::SharedPool pool(std::make_shared<transport::PoolAccount>(kMebibyte));
  const auto block = pool.take(8 * kMebibyte);
  sender_.add({1, 1, block});
  send_some(true);
  ASSERT_EQ(sent_.size(), 1u);
  EXPECT_EQ(sent_[0].attachment, block);
}

TEST_F(PayloadSending, SharedMemoryIsCutForAPeerThatSharesNone) {
  transport::SharedPool pool(std::make_shared<transport::PoolAccount>(kMebibyte));
  sender_.add({1, 1, pool.take(2 * kMebibyte)});
  while (sender_.can_send()) send_some(false);
  EXPECT_GT(sent_.size(), 1u);
  for (const ReceivedFrame& frame : sent_) EXPECT_FALSE(frame.is_lent());
}

TEST_F(PayloadSending, APeerThatIsLostEndsTheSending) {
  sender_.add(local(1, 1000));
  EXPECT_FALSE(sender_.send_some(
      false, [](std::vector<std::byte>, transport::SharedBlockRef) { return false; }));
}

}  // namespace
}  // namespace gt::payload

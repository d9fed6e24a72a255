// Connections between workers.
#include "worker/io/peer_link.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include "common/transport/local_block.h"
#include "common/transport/twin_faults.h"

namespace gt::worker {
namespace {

using namespace std::chrono_literals;

constexpr auto kLong = 30s;

OutgoingPayload payload(protocol::PayloadId id) {
  return {1, id, std::make_shared<transport::LocalBlock>(std::vector<std::byte>(10))};
}

class PeerLinkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    sender_.announce({1, receiver_.address()});
    sender_.send(1, protocol::PayloadFailed{});
    ASSERT_TRUE(comes_in()) << "the connection does not work";
  }
  void TearDown() override { receiver_.on_broken({}); }

  bool comes_in() {
    const auto deadline = std::chrono::steady_clock::now() + kLong;
    while (std::chrono::steady_clock::now() < deadline) {
      const auto items = received_.take();
      if (!items->empty()) {
        source_ = std::get<FromWorker>(items->front()).source;
        return true;
      }
      std::this_thread::sleep_for(1ms);
    }
    return false;
  }
  void suffer(const transport::TwinFaults& faults) const {
    transport::set_twin_faults(receiver_.address(), faults);
  }

  const std::string address_ = "inproc-twin://peer-link";
  Inbox nothing_;
  Inbox received_;
  transport::PeerId source_ = 0;  ///< the sender, as the receiver knows it
  PeerLink sender_{address_, nothing_};
  PeerLink receiver_{address_, received_};
};

TEST_F(PeerLinkTest, ALastPayloadThatWasLostIsReportedWithItsSender) {
  std::promise<std::string> broken;
  receiver_.on_broken([&](const std::string& address) { broken.set_value(address); });
  suffer({.drop = 1});
  sender_.send(1, payload(2));
  std::this_thread::sleep_for(300ms);
  suffer({});
  auto told = broken.get_future();
  ASSERT_EQ(told.wait_for(kLong), std::future_status::ready);
  EXPECT_EQ(told.get(), sender_.address());
}

TEST_F(PeerLinkTest, AReceiverThatCannotBeReachedIsReported) {
  std::promise<std::string> broken;
  sender_.on_broken([&](const std::string& address) { broken.set_value(address); });
  suffer({.cut = 1});
  sender_.send(1, payload(2));
  auto told = broken.get_future();
  ASSERT_EQ(told.wait_for(kLong), std::future_status::ready);
  EXPECT_EQ(told.get(), receiver_.address());
  sender_.on_broken({});
}

TEST_F(PeerLinkTest, AReceiverThatHasNoRoomForLongIsNotReported) {
  std::atomic<bool> is_reported{false};
  sender_.on_broken([&](const std::string&) { is_reported = true; });
  constexpr std::size_t kMoreThanTheInboxTakes = std::size_t{96} << 20;
  received_.push(protocol::SessionClosed{}, kMoreThanTheInboxTakes);
  sender_.send(1, payload(2));
  std::this_thread::sleep_for(7s);
  EXPECT_FALSE(is_reported);
  sender_.on_broken({});
}

TEST_F(PeerLinkTest, ASenderThatIsExpelledIsReported) {
  std::promise<std::string> broken;
  receiver_.on_broken([&](const std::string& address) { broken.set_value(address); });
  receiver_.expel(source_, "a reason");
  auto told = broken.get_future();
  ASSERT_EQ(told.wait_for(kLong), std::future_status::ready);
  EXPECT_EQ(told.get(), sender_.address());
}

TEST_F(PeerLinkTest, AfterTheReceiverIsAnnouncedAgainPayloadsCome) {
  suffer({.corrupt = 1});
  sender_.send(1, payload(2));
  std::this_thread::sleep_for(100ms);
  suffer({});
  sender_.announce({1, receiver_.address()});
  sender_.send(1, payload(3));
  EXPECT_TRUE(comes_in());
}

}  // namespace
}  // namespace gt::worker

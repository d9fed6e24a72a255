// A twin whose messages meet faults: nothing harmed is ever delivered, and a loss is told.
#include "common/transport/twin_faults.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <random>
#include <string>
#include <thread>

#include "common/error.h"
#include "common/transport/transport.h"

namespace gt::transport {
namespace {

using namespace std::chrono_literals;

constexpr int kMessages = 200;
constexpr auto kShort = 20ms;

std::vector<std::byte> numbered(int number) {
  std::vector<std::byte> bytes(64, std::byte{1});
  bytes[0] = static_cast<std::byte>(number);
  return bytes;
}

/// Both ends of a connection that had no faults until the listener knew of it.
class FaultyTwin : public ::testing::Test {
 protected:
  FaultyTwin() {
    std::printf("seed %u\n", seed_);
    static_cast<void>(connector_->send(kServer, Lane::control, numbered(0)));
    peer_ = listener_->receive(1s).value().peer;
  }

  void suffer(TwinFaults faults) {
    faults.seed = seed_;
    set_twin_faults(address_, faults);
  }

  /// Sends from the listener; gives how many messages came, unharmed and in order, before the
  /// connector told of a loss or (if it did not) nothing came any more.
  int count_received() {
    for (int k = 0; k < kMessages; ++k)
      static_cast<void>(listener_->send(peer_, Lane::control, numbered(k)));
    int count = 0;
    try {
      while (const auto incoming = connector_->receive(kShort))
        EXPECT_EQ(incoming->bytes, numbered(count++));
    } catch (const CommonError& error) {
      told_ = error.what();
    }
    return count;
  }

  const unsigned seed_ = std::random_device{}();
  const std::string address_ =
      "inproc-twin://faults-" + std::to_string(::getpid()) + "-" + std::to_string(seed_);
  std::unique_ptr<Endpoint> listener_ = listen(address_);
  std::unique_ptr<Endpoint> connector_ = connect(address_);
  PeerId peer_ = 0;
  std::string told_;
};

TEST_F(FaultyTwin, DroppedMessagesEndTheConnection) {
  suffer({.drop = 0.1});
  EXPECT_LT(count_received(), kMessages);
  EXPECT_NE(told_, "");
  EXPECT_FALSE(connector_->send(kServer, Lane::control, numbered(0)));
}

TEST_F(FaultyTwin, RepeatedMessagesEndTheConnection) {
  suffer({.duplicate = 0.1});
  EXPECT_LT(count_received(), kMessages);
  EXPECT_THAT(told_, ::testing::HasSubstr("again"));
}

TEST_F(FaultyTwin, OvertakenMessagesEndTheConnection) {
  suffer({.reorder = 0.1});
  EXPECT_LT(count_received(), kMessages);
  EXPECT_NE(told_, "");
}

TEST_F(FaultyTwin, HarmedMessagesEndTheConnection) {
  suffer({.corrupt = 0.1});
  EXPECT_LT(count_received(), kMessages);
  EXPECT_NE(told_, "");
}

TEST_F(FaultyTwin, DelayedMessagesAllArriveInOrder) {
  suffer({.delay = 0.1, .longest_delay = 3ms});
  EXPECT_EQ(count_received(), kMessages);
  EXPECT_EQ(told_, "");
}

TEST_F(FaultyTwin, NothingPassesACut) {
  suffer({.cut = 1});
  EXPECT_EQ(count_received(), 0);
}

TEST_F(FaultyTwin, ALastFrameThatWasLostIsToldBesideLaterControlMessages) {
  suffer({.drop = 1});
  static_cast<void>(listener_->send(peer_, Lane::bulk, numbered(0)));
  suffer({});
  std::this_thread::sleep_for(300ms);
  count_received();
  EXPECT_THAT(told_, ::testing::HasSubstr("lost"));
}

TEST_F(FaultyTwin, FramesBeforeControlMessagesComeAloneWithoutFaults) {
  static_cast<void>(listener_->send(peer_, Lane::bulk, numbered(0)));
  std::this_thread::sleep_for(300ms);
  static_cast<void>(listener_->send(peer_, Lane::control, numbered(1)));
  EXPECT_EQ(connector_->receive(kShort).value().bytes, numbered(1));
  EXPECT_EQ(connector_->receive(kShort).value().bytes, numbered(0));
  EXPECT_FALSE(connector_->receive(kShort)) << "the marker is for the transport alone";
}

TEST_F(FaultyTwin, AListenerTellsWhosePeerItDropped) {
  suffer({.corrupt = 1});
  static_cast<void>(connector_->send(kServer, Lane::control, numbered(0)));
  EXPECT_FALSE(listener_->receive(kShort));
  EXPECT_THAT(listener_->take_broken(), ::testing::ElementsAre(peer_));
  EXPECT_THAT(listener_->take_broken(), ::testing::IsEmpty());
}

TEST_F(FaultyTwin, AListenerDropsThePeerWhoseMessagesWereLost) {
  suffer({.drop = 0.2});
  for (int k = 0; k < kMessages; ++k)
    static_cast<void>(connector_->send(kServer, Lane::control, numbered(k)));
  while (listener_->receive(kShort)) {
  }
  EXPECT_FALSE(listener_->send(peer_, Lane::control, numbered(0)));
}

}  // namespace
}  // namespace gt::transport

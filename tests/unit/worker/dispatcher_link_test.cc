// A worker's connection: who receives, and what keeps it alive.
#include "worker/io/dispatcher_link.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

namespace gt::worker {
namespace {

using namespace std::chrono_literals;

constexpr auto kLong = 5s;
constexpr std::uint32_t kHeartbeatMs = 100;

std::string fresh_address() {
  static std::atomic<int> next{0};
  return "inproc-twin://dispatcher-link-" + std::to_string(next++);
}

protocol::PlannedBatch batch(std::uint64_t sequence) {
  protocol::PlannedBatch batch;
  batch.session = 1;
  batch.sequence = sequence;
  return batch;
}

/// A link that was welcomed, driven by the test in the executor's place.
class DispatcherLinkTest : public ::testing::Test {
 protected:
  void SetUp() override {
    running_ = std::async(std::launch::async, [this] { return link_.run({}); });
    const auto hello = dispatcher_->receive(kLong);
    ASSERT_TRUE(hello);
    worker_ = hello->peer;
    send(protocol::WorkerWelcome{1, kHeartbeatMs});
  }
  void TearDown() override {
    link_.stop();
    running_.wait();
    inbox_.close();
  }

  void send(const protocol::Message& message) {
    EXPECT_TRUE(dispatcher_->send(worker_, transport::Lane::control, protocol::encode(message)));
  }
  /// Messages of a type that come to the dispatcher within the time.
  template <class Message>
  int count_received(std::chrono::milliseconds time) {
    const auto deadline = std::chrono::steady_clock::now() + time;
    int count = 0;
    while (std::chrono::steady_clock::now() < deadline)
      if (const auto incoming = dispatcher_->receive(10ms))
        count += std::holds_alternative<Message>(protocol::decode(incoming->bytes));
    return count;
  }
  /// What the inbox gets within the time, while the executor is busy elsewhere.
  std::size_t items_without_executor(std::size_t expected) {
    const auto deadline = std::chrono::steady_clock::now() + kLong;
    std::size_t count = 0;
    while (count < expected && std::chrono::steady_clock::now() < deadline) {
      count += inbox_.take()->size();
      std::this_thread::sleep_for(1ms);
    }
    return count;
  }

  const std::string address_ = fresh_address();
  std::unique_ptr<transport::Endpoint> dispatcher_ = transport::listen(address_);
  transport::PeerId worker_ = 0;
  Inbox inbox_;
  PeerLink peers_{address_, inbox_};
  DispatcherLink link_{address_, inbox_, peers_};
  std::future<LinkEnd> running_;
};

TEST_F(DispatcherLinkTest, AnExecutorThatWaitsGetsABatch) {
  auto waiting = std::async(std::launch::async, [this] {
    while (true) {
      const auto seen = link_.changes();
      if (const auto items = inbox_.take(); !items || !items->empty()) return items->size();
      link_.wait_for_change(seen);
    }
  });
  std::this_thread::sleep_for(20ms);
  send(batch(1));
  EXPECT_EQ(waiting.get(), 1u);
}

TEST_F(DispatcherLinkTest, AnExecutorThatWaitsIsWokenByAnotherWorkersPayload) {
  auto waiting = std::async(std::launch::async, [this] {
    while (true) {
      const auto seen = link_.changes();
      if (const auto items = inbox_.take(); !items || !items->empty()) return items->size();
      link_.wait_for_change(seen);
    }
  });
  std::this_thread::sleep_for(20ms);
  const auto other = transport::connect(peers_.address());
  EXPECT_TRUE(other->send(transport::kServer, transport::Lane::control,
                          protocol::encode(protocol::PayloadFailed{})));
  EXPECT_EQ(waiting.get(), 1u);
}

TEST_F(DispatcherLinkTest, WhatComesWhileTheExecutorComputesIsReadAhead) {
  constexpr std::size_t kBatches = 200;
  for (std::size_t k = 1; k <= kBatches; ++k) send(batch(k));
  EXPECT_EQ(items_without_executor(kBatches), kBatches);
}

TEST_F(DispatcherLinkTest, AWorkerThatComputesForLongIsHeardOf) {
  EXPECT_GE(count_received<protocol::Heartbeat>(10ms * kHeartbeatMs), 5);
}

TEST_F(DispatcherLinkTest, ASilentDispatcherIsLostWhetherOrNotTheExecutorWaits) {
  std::atomic<bool> ends{false};
  std::thread executor([&] {
    while (!ends) link_.wait_for_change(link_.changes());
  });
  EXPECT_EQ(running_.wait_for(kLong), std::future_status::ready);
  ends = true;
  executor.join();
}

TEST_F(DispatcherLinkTest, ADispatcherThatSaysSomethingIsKept) {
  for (int k = 0; k < 20; ++k) {
    send(protocol::Heartbeat{});
    EXPECT_EQ(running_.wait_for(std::chrono::milliseconds(kHeartbeatMs)),
              std::future_status::timeout);
  }
}

}  // namespace
}  // namespace gt::worker

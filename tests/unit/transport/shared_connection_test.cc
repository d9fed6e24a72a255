#include "common/transport/shared_connection.h"

#include <gtest/gtest.h>

#include <future>
#include <map>
#include <stdexcept>
#include <thread>

namespace gt::transport {
namespace {

using namespace std::chrono_literals;

constexpr auto kLong = 5s;

std::vector<std::byte> message(std::uint8_t number) { return {std::byte{number}}; }

std::string fresh_address() {
  static std::atomic<int> next{0};
  return "inproc-twin://shared-connection-" + std::to_string(next++);
}

/// A connection, its peer, and what came by whom.
class SharedConnectionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    EXPECT_TRUE(connection_.send(Lane::control, message(0)));
    const auto hello = peer_->receive(kLong);
    ASSERT_TRUE(hello);
    client_ = hello->peer;
  }

  void send(std::uint8_t number) {
    EXPECT_TRUE(peer_->send(client_, Lane::control, message(number)));
  }
  /// Waits as a thread that needs the message does; true if it came.
  bool wait_for(std::uint8_t number, std::chrono::milliseconds longest = kLong) {
    const auto deadline = SharedConnection::Clock::now() + longest;
    while (true) {
      const auto seen = connection_.changes();
      if (handled(number)) return true;
      if (SharedConnection::Clock::now() >= deadline) return false;
      connection_.wait_for_change(seen, kLong);
    }
  }
  std::future<bool> wait_elsewhere(std::uint8_t number) {
    auto waiting = std::async(std::launch::async, [this, number] { return wait_for(number); });
    std::this_thread::sleep_for(20ms);  // so that it sleeps by now
    return waiting;
  }
  std::optional<std::thread::id> handled(std::uint8_t number) {
    const std::lock_guard lock(mutex_);
    const auto found = handled_.find(number);
    if (found == handled_.end()) return std::nullopt;
    return found->second;
  }
  virtual bool handle(std::uint8_t number) {
    const std::lock_guard lock(mutex_);
    handled_[number] = std::this_thread::get_id();
    if (number == throws_at_) throw std::runtime_error("this message is bad");
    return number != stops_at_;
  }

  const std::string address_ = fresh_address();
  std::unique_ptr<Endpoint> peer_ = listen(address_);
  PeerId client_ = 0;
  std::mutex mutex_;
  std::map<std::uint8_t, std::thread::id> handled_;
  int throws_at_ = -1;
  int stops_at_ = -1;
  SharedConnection connection_{connect(address_), [this](const Incoming& incoming) {
                                 return handle(static_cast<std::uint8_t>(incoming.bytes.at(0)));
                               }};
};

TEST_F(SharedConnectionTest, AThreadThatWaitsHandlesTheMessageItself) {
  auto waiting = std::async(std::launch::async, [this] {
    return wait_for(1) ? std::this_thread::get_id() : std::thread::id();
  });
  std::this_thread::sleep_for(20ms);
  send(1);
  const std::thread::id waiter = waiting.get();
  EXPECT_EQ(waiter, handled(1));
}

TEST_F(SharedConnectionTest, EveryWaiterGetsItsMessageWhoeverReceivesIt) {
  std::vector<std::future<bool>> waiting;
  for (std::uint8_t number = 1; number <= 4; ++number) waiting.push_back(wait_elsewhere(number));
  for (std::uint8_t number = 4; number >= 1; --number) send(number);
  for (auto& future : waiting) EXPECT_TRUE(future.get());
}

TEST_F(SharedConnectionTest, AnotherWaiterReceivesWhenTheFirstHasWhatItWants) {
  auto first = wait_elsewhere(1);
  auto second = wait_elsewhere(2);
  send(1);
  EXPECT_TRUE(first.get());
  std::this_thread::sleep_for(20ms);
  send(2);
  EXPECT_TRUE(second.get());
}

TEST_F(SharedConnectionTest, AnotherWaiterReceivesWhenTheFirstGivesUp) {
  auto first = std::async(std::launch::async,
                          [this] { connection_.wait_for_change(connection_.changes(), 50ms); });
  std::this_thread::sleep_for(20ms);
  auto second = wait_elsewhere(1);
  first.get();
  send(1);
  EXPECT_TRUE(second.get());
}

TEST_F(SharedConnectionTest, AWaitEndsWhenItsTimeIsOver) {
  const auto start = SharedConnection::Clock::now();
  connection_.wait_for_change(connection_.changes(), 20ms);
  EXPECT_GE(SharedConnection::Clock::now() - start, 19ms);
}

TEST_F(SharedConnectionTest, AChangeBeforeTheWaitIsNotMissed) {
  const auto seen = connection_.changes();
  send(1);
  EXPECT_TRUE(connection_.receive_available());
  const auto start = SharedConnection::Clock::now();
  connection_.wait_for_change(seen, kLong);
  EXPECT_LT(SharedConnection::Clock::now() - start, kLong);
}

TEST_F(SharedConnectionTest, ANotificationEndsAllWaits) {
  std::vector<std::future<void>> waiting;
  for (int k = 0; k < 3; ++k)
    waiting.push_back(std::async(
        std::launch::async, [this] { connection_.wait_for_change(connection_.changes(), kLong); }));
  std::this_thread::sleep_for(20ms);
  const auto start = SharedConnection::Clock::now();
  connection_.notify();
  for (auto& future : waiting) future.get();
  EXPECT_LT(SharedConnection::Clock::now() - start, kLong);
}

TEST_F(SharedConnectionTest, NothingIsTakenFromAThreadThatReceives) {
  auto waiting = wait_elsewhere(1);
  EXPECT_FALSE(connection_.receive_available());
  send(1);
  EXPECT_TRUE(waiting.get());
}

TEST_F(SharedConnectionTest, AHandlerCanLeaveTheRestForLater) {
  stops_at_ = 1;
  send(1);
  send(2);
  EXPECT_TRUE(connection_.receive_available());
  EXPECT_FALSE(handled(2));
  EXPECT_TRUE(connection_.receive_available());
  EXPECT_TRUE(handled(2));
}

TEST_F(SharedConnectionTest, WhatAHandlerThrowsEndsTheCallAndOthersReceiveOn) {
  throws_at_ = 1;
  send(1);
  EXPECT_THROW(static_cast<void>(connection_.receive_available()), std::runtime_error);
  send(2);
  EXPECT_TRUE(wait_for(2));
}

TEST_F(SharedConnectionTest, SilenceGrowsOnlyWhenSomebodyLooksInVain) {
  std::this_thread::sleep_for(50ms);
  EXPECT_LT(connection_.silence(), 50ms);
  send(1);
  EXPECT_TRUE(connection_.receive_available());
  EXPECT_LT(connection_.silence(), 50ms);
  std::this_thread::sleep_for(50ms);
  EXPECT_FALSE(connection_.receive_available());
  EXPECT_GE(connection_.silence(), 50ms);
}

TEST_F(SharedConnectionTest, ManyThreadsSendAndWaitAtOnce) {
  constexpr int kThreads = 4, kRounds = 200;
  std::atomic<bool> ends{false};
  std::thread echo([&] {
    while (!ends) {
      auto incoming = peer_->receive(10ms);
      if (!incoming) continue;
      EXPECT_TRUE(peer_->send(incoming->peer, Lane::control, std::move(incoming->bytes)));
    }
  });
  std::thread background([&] {
    for (; !ends; std::this_thread::sleep_for(100us))
      static_cast<void>(connection_.receive_available());
  });
  std::vector<std::future<bool>> threads;
  for (std::uint8_t number = 1; number <= kThreads; ++number)
    threads.push_back(std::async(std::launch::async, [this, number] {
      for (int round = 0; round < kRounds; ++round) {
        {
          const std::lock_guard lock(mutex_);
          handled_.erase(number);
        }
        if (!connection_.send(Lane::control, message(number)) || !wait_for(number)) return false;
      }
      return true;
    }));
  for (auto& thread : threads) EXPECT_TRUE(thread.get());
  ends = true;
  background.join();
  echo.join();
}

}  // namespace
}  // namespace gt::transport

// What only the shared-memory rings promise: shared blocks, and care for peers that die.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <random>
#include <thread>

#include "common/error.h"
#include "common/transport/ring_link.h"
#include "common/transport/unix_socket.h"
#include "tests/unit/transport/ring_fixture.h"

namespace gt::transport {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

std::string text_of(const SharedBlock& block) {
  const auto bytes = block.bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::size_t open_descriptors() {
  const auto entries = std::filesystem::directory_iterator("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

TEST_F(Ring, ReplacesTheSocketOfAKilledListener) {
  const std::string path = fresh_path();
  const pid_t child = ::fork();
  if (child == 0) {
    const auto killed = listen("ipc://" + path, Mode::ring);
    ::raise(SIGKILL);
  }
  ::waitpid(child, nullptr, 0);
  ASSERT_TRUE(std::filesystem::exists(ring_path("ipc://" + path)));
  const auto early = connect("ipc://" + path, Mode::ring);
  ASSERT_TRUE(early->send(kServer, Lane::control, bytes_of("hello")));
  const auto listener = listen("ipc://" + path, Mode::ring);
  EXPECT_EQ(text_of(listener->receive(kLong)), "hello");
}

TEST_F(Ring, KeepsNoDescriptorsOfPeersThatAreGone) {
  const PeerId first = introduce(*connector_);
  connector_.reset();
  ASSERT_TRUE(loses(first));
  const std::size_t before = open_descriptors();
  for (int k = 0; k < 20; ++k) {
    connector_ = connect("ipc://" + path_, Mode::ring);
    const PeerId peer = introduce(*connector_);
    connector_.reset();
    ASSERT_TRUE(loses(peer));
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(Ring, LendsABlockUntilTheReceiverLetsGo) {
  const PeerId peer = introduce(*connector_);
  SharedBlockRef block = std::make_shared<TextBlock>("large");
  const std::weak_ptr<const SharedBlock> watched = block;
  ASSERT_TRUE(connector_->send(kServer, Lane::bulk, bytes_of("look"), std::move(block)));
  auto incoming = listener_->receive(kLong);
  ASSERT_EQ(text_of(incoming), "look");
  EXPECT_EQ(incoming->peer, peer);
  ASSERT_NE(incoming->attachment, nullptr);
  EXPECT_EQ(text_of(*incoming->attachment), "large");
  EXPECT_FALSE(connector_->try_receive().has_value());
  EXPECT_FALSE(watched.expired());
  std::thread([attachment = std::move(incoming->attachment)]() mutable {
    attachment.reset();
  }).join();
  // The lender's wait ends at once: the block came back.
  EXPECT_TRUE(connector_->wait(kLong));
  EXPECT_FALSE(connector_->try_receive().has_value());
  EXPECT_TRUE(watched.expired());
}

TEST_F(Ring, ForwardsABlockThatWasLent) {
  const std::string path = fresh_path();
  const auto worker = listen("ipc://" + path, Mode::ring);
  const auto forwarder = connect("ipc://" + path, Mode::ring);
  SharedBlockRef block = std::make_shared<TextBlock>("large");
  const std::weak_ptr<const SharedBlock> watched = block;
  ASSERT_TRUE(connector_->send(kServer, Lane::bulk, bytes_of("look"), std::move(block)));
  auto incoming = listener_->receive(kLong);
  ASSERT_TRUE(forwarder->send(kServer, Lane::bulk, std::move(incoming->bytes),
                              std::move(incoming->attachment)));
  auto forwarded = worker->receive(kLong);
  ASSERT_EQ(text_of(forwarded), "look");
  EXPECT_EQ(text_of(*forwarded->attachment), "large");
  forwarded->attachment.reset();
  EXPECT_TRUE(forwarder->wait(kLong));
  EXPECT_FALSE(forwarder->try_receive().has_value());
  EXPECT_TRUE(connector_->wait(kLong));
  EXPECT_FALSE(connector_->try_receive().has_value());
  EXPECT_TRUE(watched.expired());
}

TEST_F(Ring, PassesADescriptorOnceASegment) {
  introduce(*connector_);
  const auto block = std::make_shared<TextBlock>("again");
  ASSERT_TRUE(connector_->send(kServer, Lane::bulk, bytes_of("look"), block));
  static_cast<void>(listener_->receive(kLong));
  const std::size_t before = open_descriptors();
  for (int k = 0; k < 3000; ++k) {
    ASSERT_TRUE(connector_->send(kServer, Lane::bulk, bytes_of("look"), block));
    const auto incoming = listener_->receive(kLong);
    ASSERT_EQ(text_of(*incoming->attachment), "again");
  }
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(Ring, ForgetsSegmentsThatAreNoMore) {
  introduce(*connector_);
  const std::size_t before = open_descriptors();
  for (int k = 0; k < 100; ++k) {
    ASSERT_TRUE(connector_->send(kServer, Lane::bulk, bytes_of("look"),
                                 std::make_shared<TextBlock>("once")));
    ASSERT_EQ(text_of(*listener_->receive(kLong)->attachment), "once");
  }
  EXPECT_TRUE(holds_within(kLong, [&] {
    static_cast<void>(connector_->receive(2ms));
    static_cast<void>(listener_->receive(2ms));
    return open_descriptors() == before;
  }));
}

TEST_F(Ring, WaitsWithMoreBlocksThanCanBeLentAtATime) {
  introduce(*connector_);
  const auto block = std::make_shared<TextBlock>("one of many");
  constexpr int kBlocks = static_cast<int>(kMaxLeases) + 200;
  for (int k = 0; k < kBlocks; ++k)
    ASSERT_TRUE(connector_->send(kServer, Lane::bulk, bytes_of("look"), block));
  std::vector<SharedBlockRef> held;
  while (held.size() < kMaxLeases) {
    auto incoming = listener_->receive(kLong);
    ASSERT_TRUE(incoming.has_value()) << held.size();
    held.push_back(std::move(incoming->attachment));
  }
  EXPECT_FALSE(listener_->receive(kShort).has_value());
  held.clear();
  for (int k = static_cast<int>(kMaxLeases); k < kBlocks; ++k)
    ASSERT_EQ(text_of(listener_->receive(kLong)), "look") << k;
}

TEST_F(Ring, CarriesTheBytesOfAnAttachmentThatCannotBeShared) {
  class LocalBlock final : public SharedBlock {
   public:
    std::span<const std::byte> bytes() const noexcept override { return bytes_; }
    std::optional<SharedLocation> location() const override { return std::nullopt; }

   private:
    std::vector<std::byte> bytes_ = std::vector<std::byte>(3 << 20, std::byte{7});
  };
  const auto block = std::make_shared<LocalBlock>();
  for (int k = 0; k < 3; ++k)
    ASSERT_TRUE(connector_->send(kServer, Lane::bulk, bytes_of("look"), block));
  for (int k = 0; k < 3; ++k) {
    const auto incoming = listener_->receive(kLong);
    ASSERT_EQ(text_of(incoming), "look");
    EXPECT_THAT(incoming->attachment->bytes(), ::testing::ElementsAreArray(block->bytes()));
  }
}

TEST_F(Ring, TakesBlocksBackFromAPeerThatIsKilled) {
  const std::string path = fresh_path();
  const pid_t child = ::fork();
  if (child == 0) {
    const auto listener = listen("ipc://" + path, Mode::ring);
    const auto held = listener->receive(kLong);
    static_cast<void>(listener->send(held->peer, Lane::control, bytes_of("holding")));
    ::raise(SIGKILL);
  }
  const auto lender = connect("ipc://" + path, Mode::ring);
  SharedBlockRef block = std::make_shared<TextBlock>("large");
  const std::weak_ptr<const SharedBlock> watched = block;
  ASSERT_TRUE(lender->send(kServer, Lane::bulk, bytes_of("look"), std::move(block)));
  EXPECT_EQ(text_of(lender->receive(kLong)), "holding");
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(holds_within(kLong, [&] {
    static_cast<void>(lender->receive(1ms));
    return watched.expired();
  }));
  EXPECT_FALSE(lender->send(kServer, Lane::control, bytes_of("anybody?")));
  std::filesystem::remove(ring_path("ipc://" + path));
}

TEST_F(Ring, TwoProcessesHammerEachOther) {
  constexpr int kMessages = 20000;
  const std::string path = fresh_path();
  const pid_t child = ::fork();
  if (child == 0) {
    const auto connector = connect("ipc://" + path, Mode::ring);
    bool is_alive = connector->send(kServer, Lane::control, bytes_of("hello"));
    while (is_alive) {
      auto incoming = connector->receive(kLong);
      if (!incoming || incoming->bytes.empty()) break;
      is_alive = connector->send(kServer, incoming->lane, std::move(incoming->bytes));
    }
    ::_exit(is_alive ? 0 : 1);
  }
  const auto listener = listen("ipc://" + path, Mode::ring);
  const auto hello = listener->receive(kLong);
  ASSERT_TRUE(hello.has_value());
  const unsigned seed = std::random_device{}();
  std::mt19937 random(seed);
  std::deque<std::vector<std::byte>> expected;
  const auto take = [&](std::chrono::milliseconds timeout) {
    const auto incoming = listener->receive(timeout);
    if (!incoming) return false;
    EXPECT_EQ(incoming->bytes, expected.front()) << "seed " << seed;
    expected.pop_front();
    return true;
  };
  for (int i = 0; i < kMessages; ++i) {
    const std::size_t size = 1 + (random() % 64 == 0 ? random() % 300000 : random() % 500);
    expected.emplace_back(size, static_cast<std::byte>(random()));
    ASSERT_TRUE(listener->send(hello->peer, Lane::control, expected.back()));
    while (take(0ms)) {
    }
  }
  while (!expected.empty()) ASSERT_TRUE(take(kLong)) << "seed " << seed;
  ASSERT_TRUE(listener->send(hello->peer, Lane::control, {}));
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST_F(Ring, RefusesProcessesOfOtherUsers) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become another user";
#ifdef GT_SANITIZED_FOR_RACES
  GTEST_SKIP() << "another user cannot open ThreadSanitizer's report";
#endif
  introduce(*connector_);
  const std::string path = ring_path("ipc://" + path_);
  ASSERT_EQ(::chmod(path.c_str(), 0777), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setuid(65534) != 0) ::_exit(2);
    auto socket = UnixSocket::connect(path);
    if (!socket) ::_exit(3);
    if (socket->is_same_user()) ::_exit(4);
    // Closed by the listener without an answer.
    while (!socket->is_ended() && !socket->receive()) ::usleep(1000);
    ::_exit(0);
  }
  int status = 0;
  EXPECT_TRUE(holds_within(kLong, [&] {
    static_cast<void>(listener_->receive(1ms));
    return ::waitpid(child, &status, WNOHANG) == child;
  }));
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace gt::transport

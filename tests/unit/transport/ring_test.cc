// What only the shared-memory rings promise: who gets them, shared blocks, hostile and dying peers.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <random>
#include <thread>

#include "common/error.h"
#include "common/transport/byte_ring.h"
#include "common/transport/link_memory.h"
#include "common/transport/ring_link.h"
#include "common/transport/transport.h"
#include "common/transport/unix_socket.h"

namespace gt::transport {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr auto kLong = 5s;
constexpr auto kShort = 50ms;

std::string fresh_path() {
  static std::atomic<int> counter = 0;
  return (std::filesystem::temp_directory_path() /
          ("gt-ring-" + std::to_string(::getpid()) + "-" + std::to_string(counter++)))
      .string();
}

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto* begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}

std::string text_of(const std::optional<Incoming>& incoming) {
  if (!incoming) return "(nothing)";
  return {reinterpret_cast<const char*>(incoming->bytes.data()), incoming->bytes.size()};
}

std::string text_of(const SharedBlock& block) {
  const auto bytes = block.bytes();
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool holds_within(std::chrono::milliseconds time, const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + time;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

std::size_t open_descriptors() {
  const auto entries = std::filesystem::directory_iterator("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries)));
}

/// Memory that can be shared, with a text in it.
class TextBlock final : public SharedBlock {
 public:
  explicit TextBlock(std::string_view text, int seals = F_SEAL_SHRINK | F_SEAL_GROW)
      : size_(text.size()), memory_(::memfd_create("text", MFD_CLOEXEC | MFD_ALLOW_SEALING)) {
    EXPECT_EQ(::ftruncate(memory_.get(), kBytes), 0);
    EXPECT_EQ(::fallocate(memory_.get(), 0, 0, kBytes), 0);
    EXPECT_EQ(::fcntl(memory_.get(), F_ADD_SEALS, seals), 0);
    base_ = static_cast<std::byte*>(
        ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory_.get(), 0));
    std::memcpy(base_ + kOffset, text.data(), text.size());
  }
  ~TextBlock() override { ::munmap(base_, kBytes); }
  std::span<const std::byte> bytes() const noexcept override { return {base_ + kOffset, size_}; }
  std::optional<SharedLocation> location() const override {
    return SharedLocation{segment_, memory_.get(), kBytes, kOffset};
  }

 private:
  static constexpr std::size_t kBytes = 8192;
  static constexpr std::size_t kOffset = 100;
  std::size_t size_;
  process::Descriptor memory_;
  std::byte* base_ = nullptr;
  std::shared_ptr<const int> segment_ = std::make_shared<const int>(0);
};

class Ring : public ::testing::Test {
 protected:
  PeerId introduce(Endpoint& connector) {
    EXPECT_TRUE(connector.send(kServer, Lane::control, bytes_of("hello")));
    const auto hello = listener_->receive(kLong);
    EXPECT_EQ(text_of(hello), "hello");
    return hello ? hello->peer : 0;
  }
  /// Whether the listener has lost the peer.
  bool loses(PeerId peer) {
    return holds_within(kLong, [&] {
      static_cast<void>(listener_->receive(1ms));
      return !listener_->send(peer, Lane::control, bytes_of("still there?"));
    });
  }

  const std::string path_ = fresh_path();
  std::unique_ptr<Endpoint> listener_ = listen("ipc://" + path_, Mode::ring);
  std::unique_ptr<Endpoint> connector_ = connect("ipc://" + path_, Mode::ring);
};

TEST(TransportMode, AutomaticSharesMemoryWhereBothCan) {
  const std::string address = "ipc://" + fresh_path();
  const auto listener = listen(address, Mode::automatic);
  EXPECT_TRUE(connect(address, Mode::automatic)->shares_memory(kServer));
  EXPECT_TRUE(connect(address, Mode::ring)->shares_memory(kServer));
  EXPECT_FALSE(connect(address, Mode::zmq)->shares_memory(kServer));
}

TEST(TransportMode, AutomaticFallsBackToZmqEitherWay) {
  for (const auto& [server, client] :
       {std::pair(Mode::zmq, Mode::automatic), std::pair(Mode::automatic, Mode::zmq)}) {
    const std::string address = "ipc://" + fresh_path();
    const auto listener = listen(address, server);
    const auto connector = connect(address, client);
    EXPECT_FALSE(connector->shares_memory(kServer));
    ASSERT_TRUE(connector->send(kServer, Lane::control, bytes_of("hello")));
    const auto hello = listener->receive(kLong);
    ASSERT_EQ(text_of(hello), "hello");
    EXPECT_FALSE(listener->shares_memory(hello->peer));
    ASSERT_TRUE(listener->send(hello->peer, Lane::control, bytes_of("welcome")));
    EXPECT_EQ(text_of(connector->receive(kLong)), "welcome");
  }
}

TEST(TransportMode, ServesBothKindsOfPeersAtOneAddress) {
  const std::string address = "ipc://" + fresh_path();
  const auto listener = listen(address, Mode::automatic);
  const auto ring = connect(address, Mode::ring);
  const auto zmq = connect(address, Mode::zmq);
  ASSERT_TRUE(ring->send(kServer, Lane::control, bytes_of("ring")));
  ASSERT_TRUE(zmq->send(kServer, Lane::control, bytes_of("zmq")));
  for (int k = 0; k < 2; ++k) {
    auto incoming = listener->receive(kLong);
    ASSERT_TRUE(incoming.has_value());
    EXPECT_EQ(listener->shares_memory(incoming->peer), text_of(incoming) == "ring");
    ASSERT_TRUE(listener->send(incoming->peer, Lane::control, std::move(incoming->bytes)));
  }
  EXPECT_EQ(text_of(ring->receive(kLong)), "ring");
  EXPECT_EQ(text_of(zmq->receive(kLong)), "zmq");
}

TEST(TransportMode, BusyRingsDoNotStarveZmqPeers) {
  const std::string address = "ipc://" + fresh_path();
  const auto listener = listen(address, Mode::automatic);
  const auto ring = connect(address, Mode::ring);
  const auto zmq = connect(address, Mode::zmq);
  ASSERT_TRUE(zmq->send(kServer, Lane::control, bytes_of("zmq")));
  const auto deadline = std::chrono::steady_clock::now() + kLong;
  std::string text;
  while (text != "zmq") {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    ASSERT_TRUE(ring->send(kServer, Lane::control, bytes_of("ring")));
    text = text_of(listener->receive(0ms));
  }
}

void expect_refusal(const std::string& text, const std::function<void()>& action) {
  try {
    action();
    ADD_FAILURE() << "no error with " << text;
  } catch (const CommonError& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kConnection);
    EXPECT_THAT(error.what(), HasSubstr(text));
  }
}

TEST(TransportMode, RingsOverTcpAreRefused) {
  expect_refusal("needs an ipc:// address",
                 [] { static_cast<void>(listen("tcp://127.0.0.1:0", Mode::ring)); });
  expect_refusal("needs an ipc:// address",
                 [] { static_cast<void>(connect("tcp://127.0.0.1:5555", Mode::ring)); });
}

TEST(TransportMode, RingsAndZmqDoNotMeetSilently) {
  const std::string zmq = "ipc://" + fresh_path();
  const auto zmq_listener = listen(zmq, Mode::zmq);
  expect_refusal("offers no shared memory", [&] { static_cast<void>(connect(zmq, Mode::ring)); });
  const std::string ring = "ipc://" + fresh_path();
  const auto ring_listener = listen(ring, Mode::ring);
  expect_refusal("GT_TRANSPORT=ring", [&] { static_cast<void>(connect(ring, Mode::zmq)); });
}

TEST(TransportMode, AListenerThatComesLateWithoutRingsIsAnErrorOfTheNextReceive) {
  const std::string address = "ipc://" + fresh_path();
  const auto early = connect(address, Mode::ring);
  ASSERT_TRUE(early->send(kServer, Lane::control, bytes_of("early")));
  const auto listener = listen(address, Mode::zmq);
  expect_refusal("offers no shared memory",
                 [&] { EXPECT_FALSE(early->receive(kLong).has_value()); });
  EXPECT_FALSE(early->send(kServer, Lane::control, bytes_of("more")));
}

TEST(TransportMode, AutomaticUsesZmqWhereThePathLeavesNoRoomForASecondOne) {
  const std::string address = "ipc:///tmp/" + std::string(100, 'x');
  const auto listener = listen(address, Mode::automatic);
  const auto connector = connect(address, Mode::automatic);
  EXPECT_FALSE(connector->shares_memory(kServer));
  ASSERT_TRUE(connector->send(kServer, Lane::control, bytes_of("hello")));
  EXPECT_EQ(text_of(listener->receive(kLong)), "hello");
  expect_refusal("too long", [&] { static_cast<void>(listen(address, Mode::ring)); });
}

TEST(TransportMode, LeavesNoFilesBehind) {
  const std::string path = fresh_path();
  listen("ipc://" + path, Mode::automatic).reset();
  EXPECT_FALSE(std::filesystem::exists(ring_path("ipc://" + path)));
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

/// A connector whose hands are free: it writes what it likes.
class Hostile : public Ring {
 protected:
  void SetUp() override {
    socket_.emplace(UnixSocket::connect(ring_path("ipc://" + path_)).value());
    ASSERT_TRUE(socket_->send({PacketType::hello, 1, 0}, memory_.descriptors()));
    RingWriter(memory_.out().lanes[0], memory_.out_data(Lane::control))
        .write({RecordKind::whole}, bytes_of("hello"));
    const auto hello = listener_->receive(kLong);
    ASSERT_EQ(text_of(hello), "hello");
    peer_ = hello->peer;
  }
  void TearDown() override {
    // Whatever the peer did, others are served.
    introduce(*connector_);
  }

  /// A record behind the hello, whatever its header says.
  void write_record(std::uint64_t header, std::uint64_t bytes) {
    constexpr std::size_t kHello = 16;
    std::memcpy(&memory_.out_data(Lane::control)[kHello], &header, sizeof(header));
    memory_.out().lanes[0].written = kHello + bytes;
  }

  LinkMemory memory_;
  std::optional<UnixSocket> socket_;
  PeerId peer_ = 0;
};

TEST_F(Hostile, ALengthBeyondTheRingLosesThePeer) {
  write_record(std::uint64_t{1} << 32 | 0xFFFFFFF0, 64);
  EXPECT_TRUE(loses(peer_));
}

TEST_F(Hostile, AnUnknownKindLosesThePeer) {
  write_record(std::uint64_t{200} << 32 | 8, 16);
  EXPECT_TRUE(loses(peer_));
}

TEST_F(Hostile, AWriterAheadOfTheRingLosesThePeer) {
  memory_.out().lanes[0].written = ~std::uint64_t{0};
  EXPECT_TRUE(loses(peer_));
}

TEST_F(Hostile, AWriterThatGoesBackLosesThePeer) {
  memory_.out().lanes[0].written = 8;
  EXPECT_TRUE(loses(peer_));
}

TEST_F(Hostile, APieceWithoutABeginningLosesThePeer) {
  write_record(std::uint64_t{3} << 32 | 8, 16);
  EXPECT_TRUE(loses(peer_));
}

TEST_F(Hostile, AnEmptyPieceLosesThePeer) {
  const std::uint64_t size = 64, piece = std::uint64_t{3} << 32;
  std::memcpy(&memory_.out_data(Lane::control)[24], &size, sizeof(size));
  std::memcpy(&memory_.out_data(Lane::control)[32], &piece, sizeof(piece));
  write_record(std::uint64_t{2} << 32 | 8, 24);
  EXPECT_TRUE(loses(peer_));
}

TEST_F(Hostile, AMessageTooLargeToBeTrueLosesThePeer) {
  const std::uint64_t size = std::uint64_t{1} << 60;
  std::memcpy(&memory_.out_data(Lane::control)[24], &size, sizeof(size));
  write_record(std::uint64_t{2} << 32 | 8, 16);
  EXPECT_TRUE(loses(peer_));
}

TEST_F(Hostile, AReaderAheadOfTheWriterLosesThePeer) {
  memory_.in().lanes[0].read = std::uint64_t{1} << 40;
  std::vector<std::byte> large(kControlRingBytes - 16);
  EXPECT_TRUE(holds_within(kLong, [&] { return !listener_->send(peer_, Lane::control, large); }));
}

TEST_F(Hostile, ALeaseOfAnUnknownSegmentLosesThePeer) {
  const std::uint32_t record[] = {0, 77};
  std::memcpy(&memory_.out_data(Lane::control)[24], record, sizeof(record));
  write_record(std::uint64_t{5} << 32 | 24, 32);
  EXPECT_TRUE(loses(peer_));
}

TEST_F(Hostile, ASegmentThatCanShrinkLosesThePeer) {
  const process::Descriptor memory(::memfd_create("open", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  ASSERT_EQ(::fallocate(memory.get(), 0, 0, 4096), 0);
  const int descriptors[] = {memory.get()};
  ASSERT_TRUE(socket_->send({PacketType::segment, 1, 4096}, descriptors));
  EXPECT_TRUE(loses(peer_));
}

TEST_F(Hostile, AnAttachmentBeyondItsSegmentLosesThePeer) {
  const TextBlock block("small");
  const int descriptors[] = {block.location()->descriptor};
  ASSERT_TRUE(socket_->send({PacketType::segment, 1, 8192}, descriptors));
  const std::uint32_t numbers[] = {0, 1};
  const std::uint64_t place[] = {8000, ~std::uint64_t{0} - 100};
  std::memcpy(&memory_.out_data(Lane::control)[24], numbers, sizeof(numbers));
  std::memcpy(&memory_.out_data(Lane::control)[32], place, sizeof(place));
  write_record(std::uint64_t{5} << 32 | 24, 32);
  EXPECT_TRUE(loses(peer_));
}

TEST_F(Hostile, RandomMemoryCrashesNobody) {
  const unsigned seed = std::random_device{}();
  std::mt19937_64 random(seed);
  SCOPED_TRACE("seed " + std::to_string(seed));
  for (int round = 0; round < 200; ++round) {
    LinkMemory memory;
    auto socket = UnixSocket::connect(ring_path("ipc://" + path_)).value();
    ASSERT_TRUE(socket.send({PacketType::hello, 1, 0}, memory.descriptors()));
    for (std::size_t k = 0; k < 4096; ++k)
      memory.out_data(Lane::control)[k] = static_cast<std::byte>(random() % 7);
    memory.out().lanes[0].written = random() % 512 * 8;
    memory.in().lanes[0].read = random() % 3;
    memory.out().returned = static_cast<std::uint32_t>(random());
    for (int k = 0; k < 5; ++k) {
      const auto incoming = listener_->receive(0ms);
      if (incoming) static_cast<void>(listener_->send(incoming->peer, Lane::bulk, bytes_of("x")));
    }
  }
  while (listener_->receive(kShort)) {
  }
}

TEST_F(Hostile, AStrangerWithoutTheRightHelloIsTurnedAway) {
  const std::string path = ring_path("ipc://" + path_);
  const std::vector<int> none;
  auto wrong_version = UnixSocket::connect(path).value();
  ASSERT_TRUE(wrong_version.send({PacketType::hello, 99, 0}, memory_.descriptors()));
  auto no_descriptors = UnixSocket::connect(path).value();
  ASSERT_TRUE(no_descriptors.send({PacketType::hello, 1, 0}, none));
  LinkMemory other;
  auto no_memory = other.descriptors();
  no_memory[0] = no_memory[1];
  auto wrong_memory = UnixSocket::connect(path).value();
  ASSERT_TRUE(wrong_memory.send({PacketType::hello, 1, 0}, no_memory));
  auto no_event = other.descriptors();
  no_event[4] = no_event[0];
  auto wrong_event = UnixSocket::connect(path).value();
  ASSERT_TRUE(wrong_event.send({PacketType::hello, 1, 0}, no_event));
  for (UnixSocket* socket : {&wrong_version, &no_descriptors, &wrong_memory, &wrong_event})
    EXPECT_TRUE(holds_within(kLong, [&] {
      static_cast<void>(listener_->receive(1ms));
      return !socket->receive() && socket->is_ended();
    }));
}

}  // namespace
}  // namespace gt::transport

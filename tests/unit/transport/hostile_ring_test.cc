// Peers over rings that do not keep to the rules lose their connection, and nobody else does.
#include <gtest/gtest.h>

#include <cstring>
#include <optional>
#include <random>

#include "common/transport/byte_ring.h"
#include "common/transport/link_memory.h"
#include "common/transport/ring_link.h"
#include "common/transport/unix_socket.h"
#include "tests/unit/transport/ring_fixture.h"

namespace gt::transport {
namespace {

using namespace std::chrono_literals;

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

// The promises of Endpoint, on every implementation.
#include "common/transport/transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "common/error.h"
#include "tests/unit/transport/transport_testing.h"

namespace gt::transport {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// Listens, if need be a moment later: tcp gives ports back with a delay.
std::unique_ptr<Endpoint> listen_when_free(const std::string& address, Mode mode) {
  const auto deadline = std::chrono::steady_clock::now() + kLong;
  while (std::chrono::steady_clock::now() < deadline) {
    try {
      return listen(address, mode);
    } catch (const CommonError&) {
      std::this_thread::sleep_for(20ms);
    }
  }
  return nullptr;
}

/// An implementation: addresses of one scheme, in one mode.
struct Implementation {
  const char* name;
  const char* prefix;
  Mode mode;

  friend void PrintTo(const Implementation& implementation, std::ostream* out) {
    *out << implementation.name;
  }
};

class Transport : public ::testing::TestWithParam<Implementation> {
 protected:
  static std::string fresh_address() {
    const std::string prefix = GetParam().prefix;
    return prefix.starts_with("tcp") ? "tcp://127.0.0.1:0" : prefix + fresh_path();
  }
  static Mode mode() { return GetParam().mode; }

  /// A connector that the listener has heard from.
  PeerId introduce(Endpoint& connector) {
    EXPECT_TRUE(connector.send(kServer, Lane::control, bytes_of("hello")));
    const auto hello = listener_->receive(kLong);
    EXPECT_EQ(text_of(hello), "hello");
    return hello ? hello->peer : 0;
  }

  std::unique_ptr<Endpoint> listener_ = listen(fresh_address(), mode());
  std::unique_ptr<Endpoint> connector_ = connect(listener_->address(), mode());
};

TEST_P(Transport, CarriesMessagesBothWays) {
  const PeerId peer = introduce(*connector_);
  ASSERT_TRUE(listener_->send(peer, Lane::control, bytes_of("welcome")));
  const auto reply = connector_->receive(kLong);
  EXPECT_EQ(text_of(reply), "welcome");
  EXPECT_EQ(reply->peer, kServer);
  EXPECT_EQ(reply->lane, Lane::control);
}

TEST_P(Transport, KeepsOrderWithinALane) {
  for (int i = 0; i < 2000; ++i)
    ASSERT_TRUE(connector_->send(kServer, Lane::control, bytes_of(std::to_string(i))));
  for (int i = 0; i < 2000; ++i) ASSERT_EQ(text_of(listener_->receive(kLong)), std::to_string(i));
}

TEST_P(Transport, CarriesBulkBeforeThePeerEverWroteOnThatLane) {
  const PeerId peer = introduce(*connector_);
  const std::vector<std::byte> large(1 << 20, std::byte{42});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(listener_->send(peer, Lane::bulk, large));
  const auto deadline = std::chrono::steady_clock::now() + kLong;
  for (int i = 0; i < 3; ++i) {
    std::optional<Incoming> frame;
    while (!frame && std::chrono::steady_clock::now() < deadline) {
      // A listener opens lanes when it receives.
      static_cast<void>(listener_->receive(0ms));
      frame = connector_->receive(10ms);
    }
    ASSERT_TRUE(frame.has_value());
    EXPECT_EQ(frame->lane, Lane::bulk);
    EXPECT_EQ(frame->bytes, large);
  }
}

TEST_P(Transport, DeliversControlBeforeBulk) {
  const PeerId peer = introduce(*connector_);
  for (int i = 0; i < 20; ++i)
    ASSERT_TRUE(connector_->send(kServer, Lane::bulk, std::vector<std::byte>(1 << 16)));
  ASSERT_TRUE(connector_->send(kServer, Lane::control, bytes_of("urgent")));
  std::this_thread::sleep_for(300ms);
  const auto first = listener_->receive(kLong);
  EXPECT_EQ(text_of(first), "urgent");
  EXPECT_EQ(first->peer, peer);
}

TEST_P(Transport, TellsPeersApart) {
  const auto second = connect(listener_->address(), mode());
  const PeerId first_peer = introduce(*connector_);
  const PeerId second_peer = introduce(*second);
  EXPECT_NE(first_peer, second_peer);
  ASSERT_TRUE(listener_->send(second_peer, Lane::control, bytes_of("two")));
  ASSERT_TRUE(listener_->send(first_peer, Lane::control, bytes_of("one")));
  EXPECT_EQ(text_of(connector_->receive(kLong)), "one");
  EXPECT_EQ(text_of(second->receive(kLong)), "two");
}

TEST_P(Transport, ReceivesNothingWhenTheTimeIsOver) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(listener_->receive(kShort).has_value());
  EXPECT_FALSE(connector_->receive(kShort).has_value());
  EXPECT_GE(std::chrono::steady_clock::now() - start, 2 * kShort - 2ms);
}

TEST_P(Transport, WakeEndsAWait) {
  for (Endpoint* endpoint : {listener_.get(), connector_.get()}) {
    const auto start = std::chrono::steady_clock::now();
    std::thread waker([&] {
      std::this_thread::sleep_for(kShort);
      endpoint->wake();
    });
    EXPECT_FALSE(endpoint->receive(kLong).has_value());
    EXPECT_LT(std::chrono::steady_clock::now() - start, kLong / 2);
    waker.join();
  }
}

TEST_P(Transport, WakeBeforeAWaitEndsItOnce) {
  listener_->wake();
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(listener_->receive(kLong).has_value());
  EXPECT_LT(std::chrono::steady_clock::now() - start, kLong / 2);
  EXPECT_FALSE(listener_->receive(kShort).has_value());
  EXPECT_GE(std::chrono::steady_clock::now() - start, kShort - 2ms);
}

TEST_P(Transport, WaitEndsWhenAMessageIsThere) {
  const PeerId peer = introduce(*connector_);
  EXPECT_FALSE(connector_->try_receive().has_value());
  ASSERT_TRUE(listener_->send(peer, Lane::control, bytes_of("welcome")));
  const auto deadline = std::chrono::steady_clock::now() + kLong;
  std::optional<Incoming> incoming;
  while (!incoming && connector_->wait(kLong)) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    incoming = connector_->try_receive();
  }
  EXPECT_EQ(text_of(incoming), "welcome");
}

TEST_P(Transport, WaitDoesNotBlockWhileMessagesAreLeft) {
  ASSERT_TRUE(connector_->send(kServer, Lane::control, bytes_of("one")));
  ASSERT_TRUE(connector_->send(kServer, Lane::control, bytes_of("two")));
  std::this_thread::sleep_for(300ms);
  EXPECT_EQ(text_of(listener_->receive(kLong)), "one");
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(listener_->wait(kLong));
  EXPECT_LT(std::chrono::steady_clock::now() - start, kLong / 2);
  EXPECT_EQ(text_of(listener_->try_receive()), "two");
}

TEST_P(Transport, OneThreadWaitsWhileAnotherOneSends) {
  // Each side answers what it gets, sends from one thread and waits in another: an input that a
  // send took in unseen would end the exchange.
  constexpr int kRounds = 3000;
  const PeerId peer = introduce(*connector_);
  std::mutex mutex;
  std::atomic<bool> is_done = false;
  std::thread echo([&] {
    while (!is_done) {
      auto incoming = listener_->receive(10ms);
      if (!incoming) continue;
      EXPECT_TRUE(listener_->send(peer, Lane::control, std::move(incoming->bytes)));
    }
  });
  std::atomic<int> received = 0;
  std::thread waiter([&] {
    while (received < kRounds) {
      if (!connector_->wait(kLong)) break;
      const std::lock_guard lock(mutex);
      while (connector_->try_receive()) ++received;
    }
  });
  for (int i = 0; i < kRounds; ++i) {
    const std::lock_guard lock(mutex);
    ASSERT_TRUE(connector_->send(kServer, Lane::control, bytes_of("again")));
  }
  waiter.join();
  EXPECT_EQ(received, kRounds);
  is_done = true;
  echo.join();
}

TEST_P(Transport, CarriesMessagesOfEverySize) {
  // Sizes around the limits of rings, pieces and small buffers; more in all than a ring holds.
  const std::size_t sizes[] = {
      1,       7,       8,       9,       4095,    65536,   262143,         262144, 262145,
      1 << 20, 1048569, 3000001, 5 << 20, 8 << 20, 1000003, (1 << 20) - 16, 16};
  const PeerId peer = introduce(*connector_);
  const auto content = [](std::size_t size) {
    std::vector<std::byte> bytes(size);
    for (std::size_t k = 0; k < size; ++k) bytes[k] = static_cast<std::byte>(k * 31 + size);
    return bytes;
  };
  for (const Lane lane : {Lane::control, Lane::bulk}) {
    for (const std::size_t size : sizes)
      ASSERT_TRUE(connector_->send(kServer, lane, content(size))) << size;
    for (const std::size_t size : sizes) {
      auto incoming = listener_->receive(kLong);
      ASSERT_TRUE(incoming.has_value()) << size;
      ASSERT_EQ(incoming->bytes.size(), size);
      EXPECT_EQ(incoming->bytes, content(size)) << size;
      ASSERT_TRUE(listener_->send(peer, lane, std::move(incoming->bytes)));
    }
    for (const std::size_t size : sizes) {
      const auto incoming = connector_->receive(kLong);
      ASSERT_TRUE(incoming.has_value()) << size;
      EXPECT_EQ(incoming->bytes, content(size)) << size;
    }
  }
}

TEST_P(Transport, NeverBlocksASenderWhoseReaderIsSlow) {
  constexpr int kMessages = 400;
  const PeerId peer = introduce(*connector_);
  ASSERT_TRUE(connector_->send(kServer, Lane::bulk, bytes_of("the lane is open")));
  ASSERT_TRUE(listener_->receive(kLong).has_value());
  for (int i = 0; i < kMessages; ++i) {
    std::vector<std::byte> bytes(100000);
    std::memcpy(bytes.data(), &i, sizeof(i));
    ASSERT_TRUE(listener_->send(peer, Lane::bulk, std::move(bytes)));
  }
  for (int i = 0; i < kMessages; ++i) {
    const auto incoming = connector_->receive(kLong);
    ASSERT_TRUE(incoming.has_value()) << i;
    int number = -1;
    std::memcpy(&number, incoming->bytes.data(), sizeof(number));
    ASSERT_EQ(number, i);
  }
}

TEST_P(Transport, SendsNothingToAnUnknownPeer) {
  EXPECT_FALSE(listener_->send(4711, Lane::control, bytes_of("anybody?")));
}

TEST_P(Transport, ForgetsADroppedPeerButDeliversWhatItWasSent) {
  const PeerId peer = introduce(*connector_);
  ASSERT_TRUE(listener_->send(peer, Lane::control, bytes_of("go away")));
  listener_->drop(peer);
  EXPECT_FALSE(listener_->send(peer, Lane::control, bytes_of("more")));
  EXPECT_EQ(text_of(connector_->receive(kLong)), "go away");
  static_cast<void>(connector_->send(kServer, Lane::control, bytes_of("but")));
  EXPECT_FALSE(listener_->receive(kShort).has_value());
}

TEST_P(Transport, NoticesAPeerThatIsGone) {
  const PeerId peer = introduce(*connector_);
  connector_.reset();
  const auto deadline = std::chrono::steady_clock::now() + kLong;
  while (listener_->send(peer, Lane::control, bytes_of("still there?"))) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    static_cast<void>(listener_->receive(1ms));
  }
}

TEST_P(Transport, AReconnectingProcessIsANewPeer) {
  const PeerId before = introduce(*connector_);
  connector_ = connect(listener_->address(), mode());
  EXPECT_NE(introduce(*connector_), before);
}

TEST_P(Transport, DeliversTheLastWordsOfAnEndpointThatCloses) {
  ASSERT_TRUE(connector_->send(kServer, Lane::control, bytes_of("goodbye")));
  connector_.reset();
  EXPECT_EQ(text_of(listener_->receive(kLong)), "goodbye");
}

TEST_P(Transport, ConnectsBeforeTheListenerIsThere) {
  // A tcp port is known only once somebody listened; ipc and twin names are free again as well.
  const std::string address = listen(fresh_address(), mode())->address();
  const auto early = connect(address, mode());
  ASSERT_TRUE(early->send(kServer, Lane::control, bytes_of("early")));
  std::this_thread::sleep_for(kShort);
  const auto late = listen_when_free(address, mode());
  ASSERT_NE(late, nullptr);
  EXPECT_EQ(text_of(late->receive(kLong)), "early");
}

TEST_P(Transport, RefusesASecondListenerAtOneAddress) {
  EXPECT_THROW(static_cast<void>(listen(listener_->address(), mode())), CommonError);
}

TEST_P(Transport, FreesItsAddress) {
  const std::string address = listener_->address();
  listener_.reset();
  connector_.reset();
  EXPECT_NE(listen_when_free(address, mode()), nullptr);
}

INSTANTIATE_TEST_SUITE_P(All, Transport,
                         ::testing::Values(Implementation{"twin", "inproc-twin://",
                                                          Mode::automatic},
                                           Implementation{"zmq_ipc", "ipc://", Mode::zmq},
                                           Implementation{"zmq_tcp", "tcp://", Mode::automatic},
                                           Implementation{"ring", "ipc://", Mode::ring},
                                           Implementation{"mixed", "ipc://", Mode::automatic}),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

/// Memory of this process alone.
class LocalBlock final : public SharedBlock {
 public:
  explicit LocalBlock(std::string_view text) : bytes_(bytes_of(text)) {}
  std::span<const std::byte> bytes() const noexcept override { return bytes_; }
  std::optional<SharedLocation> location() const override { return std::nullopt; }

 private:
  std::vector<std::byte> bytes_;
};

TEST_P(Transport, CarriesAttachmentsWithTheirMessages) {
  for (const std::string text : {"first", "second"})
    ASSERT_TRUE(connector_->send(kServer, Lane::bulk, bytes_of(text),
                                 std::make_shared<LocalBlock>(text + " attachment")));
  ASSERT_TRUE(connector_->send(kServer, Lane::bulk, bytes_of("bare")));
  for (const std::string text : {"first", "second"}) {
    const auto incoming = listener_->receive(kLong);
    ASSERT_EQ(text_of(incoming), text);
    const auto bytes = incoming->attachment->bytes();
    EXPECT_EQ(bytes_of(text + " attachment"), std::vector<std::byte>(bytes.begin(), bytes.end()));
  }
  const auto bare = listener_->receive(kLong);
  ASSERT_EQ(text_of(bare), "bare");
  EXPECT_EQ(bare->attachment, nullptr);
}

TEST_P(Transport, PassesAnAttachmentOn) {
  ASSERT_TRUE(connector_->send(kServer, Lane::bulk, bytes_of("there"),
                               std::make_shared<LocalBlock>("and back")));
  auto incoming = listener_->receive(kLong);
  ASSERT_TRUE(incoming);
  ASSERT_TRUE(listener_->send(incoming->peer, Lane::bulk, std::move(incoming->bytes),
                              std::move(incoming->attachment)));
  const auto answer = connector_->receive(kLong);
  ASSERT_EQ(text_of(answer), "there");
  const auto bytes = answer->attachment->bytes();
  EXPECT_EQ(bytes_of("and back"), std::vector<std::byte>(bytes.begin(), bytes.end()));
}

TEST(Twin, PassesAttachmentsByReference) {
  const auto listener = listen("inproc-twin://attachments");
  const auto connector = connect(listener->address());
  ASSERT_TRUE(connector->shares_memory(kServer));
  SharedBlockRef block = std::make_shared<LocalBlock>("large");
  const std::weak_ptr<const SharedBlock> watched = block;
  ASSERT_TRUE(connector->send(kServer, Lane::bulk, bytes_of("look"), std::move(block)));
  auto incoming = listener->receive(kLong);
  ASSERT_EQ(text_of(incoming), "look");
  EXPECT_EQ(incoming->attachment, watched.lock());
  EXPECT_TRUE(listener->shares_memory(incoming->peer));
  incoming.reset();
  EXPECT_TRUE(watched.expired());
}

TEST(Tcp, SharesNoMemory) {
  const auto listener = listen("tcp://127.0.0.1:0");
  const auto connector = connect(listener->address());
  EXPECT_FALSE(connector->shares_memory(kServer));
  ASSERT_TRUE(connector->send(kServer, Lane::control, bytes_of("hello")));
  const auto incoming = listener->receive(kLong);
  ASSERT_TRUE(incoming.has_value());
  EXPECT_FALSE(listener->shares_memory(incoming->peer));
}

TEST(IpcAddress, AStaleSocketFileDoesNotPreventListening) {
  const std::string path = fresh_path();
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  std::strncpy(name.sun_path, path.c_str(), sizeof(name.sun_path) - 1);
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::bind(descriptor, reinterpret_cast<sockaddr*>(&name), sizeof(name)), 0);
  ::close(descriptor);
  ASSERT_TRUE(std::filesystem::exists(path));
  EXPECT_NO_THROW(static_cast<void>(listen("ipc://" + path)));
}

TEST(IpcAddress, AnOrdinaryFileIsNotReplaced) {
  const std::string path = fresh_path();
  std::ofstream(path) << "precious";
  EXPECT_THROW(static_cast<void>(listen("ipc://" + path)), CommonError);
  EXPECT_TRUE(std::filesystem::is_regular_file(path));
  std::filesystem::remove(path);
}

TEST(IpcAddress, APathThatIsTooLongIsNamed) {
  try {
    static_cast<void>(listen("ipc:///tmp/" + std::string(200, 'x')));
    FAIL();
  } catch (const CommonError& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kConnection);
    EXPECT_THAT(error.what(), HasSubstr("at most 107"));
  }
}

TEST(NormaliseAddress, AddsTheSchemeOfHostAndPort) {
  EXPECT_EQ(normalise_address("node1:5555"), "tcp://node1:5555");
  EXPECT_EQ(normalise_address("tcp://*:0"), "tcp://*:0");
  EXPECT_EQ(normalise_address("ipc:///tmp/x"), "ipc:///tmp/x");
}

TEST(NormaliseAddress, RefusesWhatIsNoAddressAndSaysWhatWouldBe) {
  for (const char* wrong : {"", "node1", "node1:", ":5555", "node1:99999", "tcp://node1", "ipc://",
                            "http://node1:80", "a:b:1", "node1:12x"}) {
    try {
      static_cast<void>(normalise_address(wrong));
      ADD_FAILURE() << wrong;
    } catch (const CommonError& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kInvalidArgument);
      EXPECT_THAT(error.what(), HasSubstr("tcp://host:port")) << wrong;
    }
  }
}

TEST(Listen, TellsTheRealPort) {
  const auto listener = listen("tcp://127.0.0.1:0");
  EXPECT_THAT(listener->address(), testing::MatchesRegex("tcp://127.0.0.1:[1-9][0-9]*"));
}

TEST(Listen, ResolvesHostNames) {
  EXPECT_THAT(listen("localhost:0")->address(), HasSubstr("127.0.0.1"));
}

}  // namespace
}  // namespace gt::transport

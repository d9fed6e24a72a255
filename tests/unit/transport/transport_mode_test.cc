// Which connections share memory, by the mode of both sides.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "common/error.h"
#include "common/transport/ring_link.h"
#include "common/transport/transport.h"
#include "tests/unit/transport/transport_testing.h"

namespace gt::transport {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

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

}  // namespace
}  // namespace gt::transport

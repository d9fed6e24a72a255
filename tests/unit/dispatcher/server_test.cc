// The server's loop, over the in-process twin and over a socket.
#include "dispatcher/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "tests/frame_message.h"
#include "tests/unit/dispatcher/core_testing.h"

namespace gt::dispatcher::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ContainsRegex;
using transport::kServer;
using transport::Lane;

constexpr auto kLong = 10s;

std::string temporary(const std::string& name) {
  return (std::filesystem::temp_directory_path() /
          ("gt-" + name + "-" + std::to_string(::getpid())))
      .string();
}

class ServerTest : public ::testing::TestWithParam<const char*> {
 protected:
  void start(ServerOptions options = {}) {
    options.core.heartbeat_ms = 100;
    options.core.silent_heartbeats = 100;
    const std::string address = std::string(GetParam()) + temporary("server");
    server_ = std::make_unique<Server>(options, transport::listen(address));
    loop_ = std::thread([this] { server_->run(); });
  }
  void TearDown() override {
    if (server_) server_->stop();
    if (loop_.joinable()) loop_.join();
  }

  std::unique_ptr<transport::Endpoint> connect(const protocol::Message& hello) {
    auto endpoint = transport::connect(server_->address());
    send(*endpoint, hello);
    return endpoint;
  }
  static void send(transport::Endpoint& endpoint, const protocol::Message& message) {
    ASSERT_TRUE(endpoint.send(kServer, Lane::control, protocol::encode(message)));
  }
  /// The next message of the type; others are passed over.
  template <class T>
  static std::optional<T> await(transport::Endpoint& endpoint) {
    const auto deadline = std::chrono::steady_clock::now() + kLong;
    while (std::chrono::steady_clock::now() < deadline) {
      auto incoming = endpoint.receive(100ms);
      if (!incoming) continue;
      const protocol::Message message = gt::testing::message_of(std::move(*incoming));
      if (const T* content = std::get_if<T>(&message)) return *content;
    }
    return std::nullopt;
  }

  std::unique_ptr<Server> server_;
  std::thread loop_;
};

TEST_P(ServerTest, CarriesABatchToAWorkerAndItsAcknowledgementBack) {
  start();
  const auto worker = connect(protocol::WorkerHello{});
  ASSERT_TRUE(await<protocol::WorkerWelcome>(*worker));
  const auto client = connect(protocol::ClientHello{});
  ASSERT_TRUE(await<protocol::ClientWelcome>(*client));
  LaneWriter writer;
  writer.relu(writer.upload_inline({2}));
  send(*client, writer.take());
  const auto batch = await<protocol::PlannedBatch>(*worker);
  ASSERT_TRUE(batch.has_value());
  send(*worker, protocol::WorkerAcknowledgement{{{batch->session, batch->sequence}}, 0});
  const auto acknowledgement = await<protocol::Acknowledgement>(*client);
  ASSERT_TRUE(acknowledgement.has_value());
  EXPECT_EQ(acknowledgement->executed, 1u);
}

TEST_P(ServerTest, ForwardsPayloadFramesUnchanged) {
  start();
  const auto worker = connect(protocol::WorkerHello{});
  ASSERT_TRUE(await<protocol::WorkerWelcome>(*worker));
  const auto client = connect(protocol::ClientHello{});
  const auto welcome = await<protocol::ClientWelcome>(*client);
  ASSERT_TRUE(welcome.has_value());
  LaneWriter writer;
  writer.upload({1 << 18}, 4);
  send(*client, writer.take());
  const std::vector<std::byte> part(1 << 20, std::byte{7});
  ASSERT_TRUE(client->send(kServer, Lane::bulk,
                           protocol::encode_frame(welcome->session, 4, 0, part.size(), part)));
  const auto frame = await<protocol::PayloadFrame>(*worker);
  ASSERT_TRUE(frame.has_value());
  EXPECT_EQ(frame->payload, 4u);
  EXPECT_EQ(frame->bytes, part);
}

TEST_P(ServerTest, AnswersGarbageWithARefusalAndServesOthers) {
  start();
  auto vandal = transport::connect(server_->address());
  ASSERT_TRUE(vandal->send(kServer, Lane::control, std::vector<std::byte>(100, std::byte{0xff})));
  EXPECT_TRUE(await<protocol::Refusal>(*vandal));
  const auto client = connect(protocol::ClientHello{});
  EXPECT_TRUE(await<protocol::ClientWelcome>(*client));
}

TEST_P(ServerTest, NoticesADeadClientByItsConnection) {
  start();
  const auto worker = connect(protocol::WorkerHello{});
  ASSERT_TRUE(await<protocol::WorkerWelcome>(*worker));
  auto client = connect(protocol::ClientHello{});
  ASSERT_TRUE(await<protocol::ClientWelcome>(*client));
  LaneWriter writer;
  writer.upload_inline({2});
  send(*client, writer.take());
  ASSERT_TRUE(await<protocol::PlannedBatch>(*worker));
  client.reset();
  const auto start_time = std::chrono::steady_clock::now();
  EXPECT_TRUE(await<protocol::SessionClosed>(*worker));
  EXPECT_LT(std::chrono::steady_clock::now() - start_time, kLong / 2) << "not by its silence";
}

TEST_P(ServerTest, TellsItsPeersWhenItStops) {
  start();
  const auto client = connect(protocol::ClientHello{});
  ASSERT_TRUE(await<protocol::ClientWelcome>(*client));
  server_->stop();
  const auto refusal = await<protocol::Refusal>(*client);
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->kind, ErrorKind::kConnection);
}

TEST_P(ServerTest, EndsWithItsLifeline) {
  int pipe_ends[2];
  ASSERT_EQ(::pipe(pipe_ends), 0);
  ServerOptions options;
  options.lifeline = pipe_ends[0];
  start(options);
  ::close(pipe_ends[1]);
  loop_.join();
  ::close(pipe_ends[0]);
}

TEST_P(ServerTest, WritesTheInstructionLog) {
  ServerOptions options;
  options.instruction_log = temporary("log");
  start(options);
  const auto client = connect(protocol::ClientHello{});
  ASSERT_TRUE(await<protocol::ClientWelcome>(*client));
  const auto worker = connect(protocol::WorkerHello{});
  LaneWriter writer;
  const ValueId a = writer.upload_inline({2});
  writer.add(a, a);
  send(*client, writer.take());
  ASSERT_TRUE(await<protocol::PlannedBatch>(*worker));
  server_->stop();
  loop_.join();
  server_.reset();
  std::stringstream text;
  text << std::ifstream(options.instruction_log).rdbuf();
  EXPECT_THAT(text.str(),
              ContainsRegex(" *[0-9]+\\.[0-9][0-9][0-9]s \\| #0004 \\| RECV       \\| CLIENT \\| "
                            "BinaryOp \\| op=add session=1"));
  std::filesystem::remove(options.instruction_log);
}

INSTANTIATE_TEST_SUITE_P(All, ServerTest, ::testing::Values("inproc-twin://", "ipc://"),
                         [](const auto& parameter) {
                           return std::string(parameter.param) == "ipc://" ? "ipc" : "twin";
                         });

}  // namespace
}  // namespace gt::dispatcher::testing

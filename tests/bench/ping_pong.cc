#include "tests/bench/ping_pong.h"

#include <chrono>
#include <span>
#include <stdexcept>
#include <string_view>

namespace gt::bench {
namespace {

constexpr std::chrono::milliseconds kPatience{5000};
constexpr std::string_view kMessage =
    "sixty-four bytes: about what one instruction and its batch take.";
static_assert(kMessage.size() == 64);

[[noreturn]] void no_answer() { throw std::runtime_error("the bare processes did not answer"); }

std::vector<std::byte> message() {
  const auto bytes = std::as_bytes(std::span(kMessage));
  return {bytes.begin(), bytes.end()};
}

}  // namespace

ZmqPingPong::ZmqPingPong() : context_(1), socket_(context_, zmq::socket_type::pair) {
  const std::string any = "tcp://127.0.0.1:*";
  children_.emplace_back("gt_bench_relay", std::vector<std::string>{any});
  const std::string far = children_.back().read_line();
  children_.emplace_back("gt_bench_relay", std::vector<std::string>{any, far});
  socket_.set(zmq::sockopt::linger, 0);
  socket_.set(zmq::sockopt::rcvtimeo, static_cast<int>(kPatience.count()));
  socket_.connect(children_.back().read_line());
  exchange();
}

void ZmqPingPong::exchange() {
  zmq::message_t reply;
  if (!socket_.send(zmq::buffer(kMessage), zmq::send_flags::none) || !socket_.recv(reply) ||
      reply.to_string_view() != kMessage)
    no_answer();
}

EndpointPingPong::EndpointPingPong() {
  const std::string address = "ipc://" + folder_.path("relay");
  children_.emplace_back("gt_bench_endpoint_relay", std::vector<std::string>{"pass", address});
  static_cast<void>(children_.back().read_line());
  children_.emplace_back("gt_bench_endpoint_relay", std::vector<std::string>{"echo", address});
  static_cast<void>(children_.back().read_line());
  endpoint_ = transport::connect(address);
  exchange();
}

void EndpointPingPong::exchange() {
  if (!endpoint_->send(transport::kServer, transport::Lane::control, message())) no_answer();
  const auto reply = endpoint_->receive(kPatience);
  if (!reply || reply->bytes != message()) no_answer();
}

}  // namespace gt::bench

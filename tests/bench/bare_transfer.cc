#include "tests/bench/bare_transfer.h"

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "common/payload/payload_sender.h"

namespace gt::bench {
namespace {

constexpr int kPatience = 5000;

zmq::message_t message_over(std::span<const std::byte> bytes) {
  return {const_cast<std::byte*>(bytes.data()), bytes.size(), [](void*, void*) {}, nullptr};
}

}  // namespace

BareTransfer::BareTransfer() : context_(1), socket_(context_, zmq::socket_type::pair) {
  children_.emplace_back("gt_bench_sink", std::vector<std::string>{});
  const std::string far = children_.back().read_line();
  children_.emplace_back("gt_bench_relay", std::vector<std::string>{"tcp://127.0.0.1:*", far});
  socket_.set(zmq::sockopt::linger, 0);
  socket_.set(zmq::sockopt::rcvtimeo, kPatience);
  socket_.set(zmq::sockopt::sndtimeo, kPatience);
  socket_.connect(children_.back().read_line());
}

void BareTransfer::send(std::span<const std::byte> bytes) {
  const std::uint64_t size = bytes.size();
  bool is_sent = socket_.send(zmq::buffer(&size, sizeof size), zmq::send_flags::none).has_value();
  while (is_sent && !bytes.empty()) {
    const std::size_t part = std::min(bytes.size(), payload::kPartBytes);
    zmq::message_t message = message_over(bytes.first(part));
    is_sent = socket_.send(message, zmq::send_flags::none).has_value();
    bytes = bytes.subspan(part);
  }
  zmq::message_t answer;
  if (!is_sent || !socket_.recv(answer))
    throw std::runtime_error("the bare processes did not answer");
}

}  // namespace gt::bench

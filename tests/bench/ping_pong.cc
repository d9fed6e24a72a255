#include "tests/bench/ping_pong.h"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string_view>

namespace gt::bench {
namespace {

constexpr int kPatience = 5000;  // milliseconds
constexpr std::string_view kMessage =
    "sixty-four bytes: about what one instruction and its batch take.";
static_assert(kMessage.size() == 64);

std::string private_folder() {
  std::string folder = std::filesystem::temp_directory_path() / "gt-bench-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) throw std::runtime_error("cannot make a folder in /tmp");
  return folder;
}

}  // namespace

PingPong::PingPong()
    : folder_(private_folder()), context_(1), socket_(context_, zmq::socket_type::pair) {
  const std::string near = "ipc://" + folder_ + "/near", far = "ipc://" + folder_ + "/far";
  children_.emplace_back("gt_bench_relay", std::vector<std::string>{near, far});
  children_.emplace_back("gt_bench_relay", std::vector<std::string>{far});
  socket_.set(zmq::sockopt::linger, 0);
  socket_.set(zmq::sockopt::rcvtimeo, kPatience);
  socket_.connect(near);
  exchange();
}

PingPong::~PingPong() {
  children_.clear();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void PingPong::exchange() {
  zmq::message_t reply;
  if (!socket_.send(zmq::buffer(kMessage), zmq::send_flags::none) || !socket_.recv(reply) ||
      reply.to_string_view() != kMessage)
    throw std::runtime_error("the bare processes did not answer");
}

}  // namespace gt::bench

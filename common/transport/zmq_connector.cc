#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "common/error.h"
#include "common/transport/implementations.h"
#include "common/transport/zmq_input.h"
#include "common/transport/zmq_lane.h"
#include "common/transport/zmq_socket.h"

namespace gt::transport {
namespace {

/// A base identity that no other connector has. ZeroMQ reserves those beginning with zero.
std::string random_identity() {
  std::string identity(kIdentityBytes, 'G');
  if (::getrandom(identity.data() + 1, kIdentityBytes - 1, 0) !=
      static_cast<ssize_t>(kIdentityBytes - 1))
    throw CommonError(ErrorKind::kConnection,
                      std::string("no random numbers for an identity: ") + std::strerror(errno));
  return identity;
}

class ZmqConnector final : public Endpoint {
 public:
  explicit ZmqConnector(const std::string& address)
      : address_(address), lanes_{open_lane(Lane::control), open_lane(Lane::bulk)} {}

  bool send(PeerId peer, Lane lane, std::vector<std::byte> bytes,
            SharedBlockRef attachment) override {
    GT_INVARIANT(!attachment || attachment->size() <= kMaxCopiedAttachment,
                 "a large attachment for a peer that shares no memory");
    if (peer != kServer || dropped_) return false;
    return send_now(lane, std::move(bytes), std::move(attachment)) &&
           (!seals_.is_marker_due(lane) || send_now(Lane::bulk, {}, nullptr));
  }

  bool shares_memory(PeerId) const override { return false; }

  std::optional<Incoming> try_receive() override {
    for (Lane lane : {Lane::control, Lane::bulk}) {
      zmq::socket_t& socket = lanes_[index_of(lane)];
      zmq::message_t head;
      while (socket.recv(head, zmq::recv_flags::dontwait)) {
        auto message = receive_rest(socket, head);
        if (dropped_) continue;
        input_.note_some();
        require_sound(lane, message);
        if (Seals::is_marker(lane, message->bytes.size())) continue;
        return to_incoming(kServer, lane, std::move(*message));
      }
    }
    input_.note_none();
    return std::nullopt;
  }

  bool wait(std::chrono::microseconds timeout) override { return input_.wait(timeout); }
  void wake() override { input_.wake(); }
  void drop(PeerId peer) override { dropped_ = dropped_ || peer == kServer; }
  const std::string& address() const noexcept override { return address_; }

 private:
  bool send_now(Lane lane, std::vector<std::byte> bytes, SharedBlockRef attachment) {
    zmq::socket_t& socket = lanes_[index_of(lane)];
    SealedMessage message = seal_message(seals_, lane, std::move(bytes), std::move(attachment));
    const bool is_sent = try_send(socket, message);
    input_.note_from(socket);
    return is_sent;
  }

  void require_sound(Lane lane, const std::optional<SealedMessage>& message) {
    const std::string problem =
        message ? check(seals_, lane, *message) : "a message without a seal came";
    if (problem.empty()) return;
    dropped_ = true;
    throw CommonError(ErrorKind::kConnection, problem);
  }

  zmq::socket_t open_lane(Lane lane) {
    zmq::socket_t socket = make_socket(context_, zmq::socket_type::dealer, address_);
    socket.set(zmq::sockopt::routing_id, identity_ + lane_byte(lane));
    try {
      socket.connect(address_);
      // An empty message tells the listener that this lane can be written to.
      socket.send(zmq::message_t(), zmq::send_flags::dontwait);
    } catch (const zmq::error_t& error) {
      throw CommonError(ErrorKind::kConnection,
                        "cannot connect to '" + address_ + "': " + error.what());
    }
    return socket;
  }

  std::string address_;
  std::string identity_ = random_identity();
  zmq::context_t context_{1};
  std::array<zmq::socket_t, kLanes> lanes_;
  ZmqInput input_{lanes_};
  Seals seals_;
  bool dropped_ = false;
};

}  // namespace

std::unique_ptr<Endpoint> connect_zmq(const std::string& address) {
  return std::make_unique<ZmqConnector>(address);
}

}  // namespace gt::transport

#include <unistd.h>

#include <array>
#include <deque>
#include <map>
#include <unordered_map>
#include <utility>

#include "common/error.h"
#include "common/transport/address.h"
#include "common/transport/bind_address.h"
#include "common/transport/implementations.h"
#include "common/transport/zmq_input.h"
#include "common/transport/zmq_lane.h"
#include "common/transport/zmq_socket.h"

namespace gt::transport {
namespace {

/// Messages taken from the socket ahead of what the caller asked for, so that control overtakes.
constexpr std::size_t kReadAhead = 64;
/// Messages kept for a lane that the peer has not opened yet.
constexpr std::size_t kMaxPending = std::size_t{1} << 16;

/// A connected peer. Until a lane's first message came, ZeroMQ knows no route to it.
struct Peer {
  std::string identity;
  std::array<bool, kLanes> open{};
  Seals seals;
  struct Waiting {
    std::vector<std::byte> bytes;
    SharedBlockRef attachment;
  };
  std::array<std::deque<Waiting>, kLanes> pending;
};

class ZmqListener final : public ZmqEndpoint {
 public:
  ZmqListener(const std::string& address, PeerId first_peer)
      : router_(make_socket(context_, zmq::socket_type::router, address)), next_id_(first_peer) {
    router_.set(zmq::sockopt::router_mandatory, true);
    const std::string bindable = prepare_bind(address);
    try {
      router_.bind(bindable);
    } catch (const zmq::error_t& error) {
      throw CommonError(ErrorKind::kConnection,
                        "cannot listen at '" + address + "': " + error.what());
    }
    address_ = router_.get(zmq::sockopt::last_endpoint);
  }
  /// ZeroMQ leaves its socket file; while it still listens nobody else's lies there.
  ~ZmqListener() override {
    if (address_.starts_with(kIpcPrefix)) ::unlink(address_.c_str() + kIpcPrefix.size());
  }

  bool send(PeerId id, Lane lane, std::vector<std::byte> bytes,
            SharedBlockRef attachment) override {
    GT_INVARIANT(!attachment || attachment->size() <= kMaxCopiedAttachment,
                 "a large attachment for a peer that shares no memory");
    const auto found = peers_.find(id);
    if (found == peers_.end()) return false;
    Peer& peer = found->second;
    if (peer.open[index_of(lane)])
      return send_now(peer, lane, std::move(bytes), std::move(attachment)) &&
             (!peer.seals.is_marker_due(lane) || send_now(peer, Lane::bulk, {}, nullptr));
    auto& pending = peer.pending[index_of(lane)];
    if (pending.size() >= kMaxPending) return false;
    pending.push_back({std::move(bytes), std::move(attachment)});
    return true;
  }

  bool shares_memory(PeerId) const override { return false; }

  std::optional<Incoming> try_receive() override {
    while (true) {
      const bool is_drained = read_ahead();
      auto incoming = take(control_);
      if (!incoming) incoming = take(bulk_);
      if (incoming) {
        input_.note_some();
        return incoming;
      }
      if (!is_drained) continue;
      input_.note_none();
      return std::nullopt;
    }
  }

  bool wait(std::chrono::microseconds timeout) override { return input_.wait(timeout); }
  void wake() override { input_.wake(); }
  void drop(PeerId peer) override { peers_.erase(peer); }
  std::vector<PeerId> take_broken() override { return std::exchange(broken_, {}); }
  const std::string& address() const noexcept override { return address_; }
  ZmqInput& input() noexcept override { return input_; }

 private:
  bool send_now(Peer& peer, Lane lane, std::vector<std::byte> bytes, SharedBlockRef attachment) {
    zmq::message_t identity(peer.identity + lane_byte(lane));
    SealedMessage message = seal_message(peer.seals, lane, std::move(bytes), std::move(attachment));
    const bool is_sent =
        try_send(router_, identity, zmq::send_flags::sndmore) && try_send(router_, message);
    input_.note_from(router_);
    return is_sent;
  }

  /// Takes messages from the socket; returns whether it has no more.
  bool read_ahead() {
    for (std::size_t count = 0; count < kReadAhead && bulk_.size() < kReadAhead; ++count) {
      zmq::message_t identity;
      if (!router_.recv(identity, zmq::recv_flags::dontwait)) return true;
      if (!identity.more()) continue;
      zmq::message_t head;
      if (!router_.recv(head, zmq::recv_flags::dontwait)) return true;
      const bool is_opening = head.empty() && !head.more();
      auto message = is_opening ? SealedMessage() : receive_rest(router_, head);
      if (message) accept(identity.to_string(), is_opening, std::move(*message));
    }
    return false;
  }

  /// The first message of a lane is one empty part; all others are a seal and a message.
  void accept(const std::string& routing_id, bool is_opening, SealedMessage message) {
    if (routing_id.size() != kIdentityBytes + 1) return;
    const std::optional<Lane> lane = lane_of_byte(routing_id.back());
    if (!lane) return;
    const PeerId id = id_of(routing_id.substr(0, kIdentityBytes));
    const auto found = peers_.find(id);
    if (found == peers_.end()) return;
    open(found->second, *lane);
    if (is_opening) return;
    if (!check(found->second.seals, *lane, message).empty()) {
      broken_.push_back(id);
      return drop(id);
    }
    if (Seals::is_marker(*lane, message.bytes.size())) return;
    (*lane == Lane::control ? control_ : bulk_)
        .push_back(to_incoming(id, *lane, std::move(message)));
  }

  /// Number of an identity; one that was dropped keeps its number and stays dropped.
  PeerId id_of(const std::string& identity) {
    const auto [entry, is_new] = ids_.try_emplace(identity, next_id_);
    if (is_new) peers_[next_id_++].identity = identity;
    return entry->second;
  }

  void open(Peer& peer, Lane lane) {
    if (peer.open[index_of(lane)]) return;
    peer.open[index_of(lane)] = true;
    auto& pending = peer.pending[index_of(lane)];
    for (; !pending.empty(); pending.pop_front()) {
      Peer::Waiting& waiting = pending.front();
      if (!send_now(peer, lane, std::move(waiting.bytes), std::move(waiting.attachment))) break;
    }
  }

  std::optional<Incoming> take(std::deque<Incoming>& queue) {
    while (!queue.empty()) {
      Incoming incoming = std::move(queue.front());
      queue.pop_front();
      if (peers_.contains(incoming.peer)) return incoming;
    }
    return std::nullopt;
  }

  zmq::context_t context_{1};
  zmq::socket_t router_;
  ZmqInput input_{{&router_, 1}};
  std::string address_;
  std::unordered_map<std::string, PeerId> ids_;
  std::map<PeerId, Peer> peers_;
  PeerId next_id_;
  std::deque<Incoming> control_;
  std::deque<Incoming> bulk_;
  std::vector<PeerId> broken_;
};

}  // namespace

std::unique_ptr<ZmqEndpoint> listen_zmq(const std::string& address, PeerId first_peer) {
  return std::make_unique<ZmqListener>(address, first_peer);
}

}  // namespace gt::transport

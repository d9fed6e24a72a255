#include "common/transport/mixed_listener.h"

#include "common/transport/zmq_input.h"

namespace gt::transport {
namespace {

/// Rings count from 1.
constexpr PeerId kFirstZmqPeer = PeerId{1} << 32;
/// While messages keep coming through the rings nobody waits; ZeroMQ gets its turn even so.
constexpr unsigned kZmqTurn = 64;

}  // namespace

MixedListener::MixedListener(std::unique_ptr<RingEndpoint> rings, const std::string& address)
    : rings_(std::move(rings)), zmq_(listen_zmq(address, kFirstZmqPeer)) {
  for (const int descriptor : zmq_->input().descriptors()) rings_->watch(descriptor);
}

Endpoint& MixedListener::of(PeerId peer) const noexcept {
  if (peer < kFirstZmqPeer) return *rings_;
  return *zmq_;
}

bool MixedListener::send(PeerId peer, Lane lane, std::vector<std::byte> bytes,
                         SharedBlockRef attachment) {
  return of(peer).send(peer, lane, std::move(bytes), std::move(attachment));
}

bool MixedListener::shares_memory(PeerId peer) const { return of(peer).shares_memory(peer); }

std::optional<Incoming> MixedListener::try_receive() {
  if (++calls_ % kZmqTurn == 0)
    if (auto incoming = receive_zmq()) return incoming;
  if (auto incoming = rings_->try_receive()) return incoming;
  return is_zmq_due_ ? receive_zmq() : std::nullopt;
}

std::optional<Incoming> MixedListener::receive_zmq() {
  is_zmq_due_ = false;
  auto incoming = zmq_->try_receive();
  if (incoming) is_zmq_due_ = true;
  return incoming;
}

bool MixedListener::wait(std::chrono::microseconds timeout) {
  ZmqInput& input = zmq_->input();
  const bool has_zmq = input.begin_wait();
  const bool has_input = has_zmq || rings_->wait(timeout);
  input.end_wait();
  if (has_zmq || rings_->take_watched()) is_zmq_due_ = true;
  return has_input;
}

}  // namespace gt::transport

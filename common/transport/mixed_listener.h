// A listener that some peers reach through shared memory and others through ZeroMQ.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "common/transport/implementations.h"
#include "common/transport/ring_endpoint.h"

namespace gt::transport {

class MixedListener final : public Endpoint {
 public:
  /// Listens with ZeroMQ at the same address. Throws as listen_zmq.
  MixedListener(std::unique_ptr<RingEndpoint> rings, const std::string& address);

  [[nodiscard]] bool send(PeerId peer, Lane lane, std::vector<std::byte> bytes,
                          SharedBlockRef attachment) override;
  [[nodiscard]] bool shares_memory(PeerId peer) const override;
  [[nodiscard]] std::optional<Incoming> try_receive() override;
  [[nodiscard]] bool wait(std::chrono::microseconds timeout) override;
  void wake() override { rings_->wake(); }
  [[nodiscard]] std::vector<PeerId> take_broken() override { return zmq_->take_broken(); }
  void drop(PeerId peer) override { of(peer).drop(peer); }
  [[nodiscard]] const std::string& address() const noexcept override { return zmq_->address(); }

 private:
  [[nodiscard]] Endpoint& of(PeerId peer) const noexcept;
  [[nodiscard]] std::optional<Incoming> receive_zmq();

  std::unique_ptr<RingEndpoint> rings_;
  std::unique_ptr<ZmqEndpoint> zmq_;
  /// ZeroMQ may have something. Asking it costs a system call, so it is not asked each time.
  std::atomic<bool> is_zmq_due_ = true;
  unsigned calls_ = 0;
};

}  // namespace gt::transport

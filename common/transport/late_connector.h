// A connector whose listener is not there yet.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "common/error.h"
#include "common/transport/event_fd.h"
#include "common/transport/transport.h"

namespace gt::transport {

/// Keeps messages until `connect` gives the endpoint that carries them, which a thread asks for
/// again and again.
class LateConnector final : public Endpoint {
 public:
  /// Gives null while nobody listens. Throws CommonError if there will be no connection: `send` is
  /// false then and `try_receive` throws the same.
  using Connect = std::function<std::unique_ptr<Endpoint>()>;

  LateConnector(std::string address, Connect connect);
  ~LateConnector() override;

  [[nodiscard]] bool send(PeerId peer, Lane lane, std::vector<std::byte> bytes,
                          SharedBlockRef attachment) override;
  [[nodiscard]] bool shares_memory(PeerId peer) const override;
  [[nodiscard]] std::optional<Incoming> try_receive() override;
  [[nodiscard]] bool wait(std::chrono::microseconds timeout) override;
  void wake() override;
  void drop(PeerId peer) override;
  [[nodiscard]] const std::string& address() const noexcept override { return address_; }

 private:
  struct Message {
    Lane lane = Lane::control;
    std::vector<std::byte> bytes;
    SharedBlockRef attachment;
  };

  void run();
  [[nodiscard]] bool try_connect();
  [[nodiscard]] Endpoint* endpoint() const noexcept { return current_.load(); }

  const std::string address_;
  const Connect connect_;
  EventFd changed_;
  EventFd wake_;
  std::atomic<Endpoint*> current_ = nullptr;  ///< endpoint_, once all that waited is sent

  std::mutex mutex_;
  std::condition_variable end_;
  // Guarded by mutex_.
  std::unique_ptr<Endpoint> endpoint_;
  std::deque<Message> waiting_;
  std::unique_ptr<CommonError> failure_;
  bool is_dropped_ = false;
  bool is_ending_ = false;

  std::thread thread_;
};

}  // namespace gt::transport

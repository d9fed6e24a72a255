// A whole cluster in this process: a dispatcher and workers over the in-process twin.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "client/src/session/session.h"
#include "dispatcher/core/options.h"

namespace gt::dispatcher {
class Server;
}

namespace gt::testing {

/// Runs until it is destroyed. Workers that end, because their connection was lost, are started
/// again, as whoever looks after a cluster would.
class TwinCluster {
 public:
  static constexpr std::uint32_t kHeartbeatMs = 100;

  TwinCluster(int workers, dispatcher::Placement placement);
  TwinCluster(const TwinCluster&) = delete;
  TwinCluster& operator=(const TwinCluster&) = delete;
  ~TwinCluster();

  [[nodiscard]] const std::string& address() const noexcept { return address_; }
  /// A session with it; throws as Session::open.
  [[nodiscard]] std::shared_ptr<client::Session> open(std::chrono::milliseconds timeout) const;

 private:
  void look_after_a_worker(int lifeline);

  const std::string address_;
  std::unique_ptr<dispatcher::Server> server_;
  std::atomic<bool> is_ending_{false};
  int lifeline_[2] = {-1, -1};
  std::vector<std::thread> threads_;
};

}  // namespace gt::testing

#include "tests/unit/cluster/twin_cluster.h"

#include <unistd.h>

#include <stdexcept>

#include "dispatcher/server.h"
#include "worker/worker.h"

namespace gt::testing {
namespace {

std::string fresh_address() {
  static std::atomic<int> count{0};
  return "inproc-twin://cluster-" + std::to_string(getpid()) + "-" + std::to_string(count++);
}

dispatcher::ServerOptions server_options(dispatcher::Placement placement) {
  dispatcher::ServerOptions options;
  options.core.placement = placement;
  options.core.heartbeat_ms = TwinCluster::kHeartbeatMs;
  return options;
}

}  // namespace

TwinCluster::TwinCluster(int workers, dispatcher::Placement placement)
    : address_(fresh_address()),
      server_(std::make_unique<dispatcher::Server>(server_options(placement),
                                                   transport::listen(address_))) {
  if (pipe(lifeline_) != 0) throw std::runtime_error("no pipe");
  threads_.emplace_back([this] { server_->run(); });
  for (int k = 0; k < workers; ++k)
    threads_.emplace_back([this] { look_after_a_worker(lifeline_[0]); });
}

TwinCluster::~TwinCluster() {
  is_ending_ = true;
  close(lifeline_[1]);
  server_->stop();
  for (std::thread& thread : threads_) thread.join();
  close(lifeline_[0]);
}

void TwinCluster::look_after_a_worker(int lifeline) {
  worker::WorkerOptions options;
  options.address = address_;
  options.engine.backend = "reference";
  options.engine.threads = 1;
  options.engine.memory_limit = std::size_t{256} << 20;
  options.lifeline = lifeline;
  while (!is_ending_) static_cast<void>(worker::run_worker(options));
}

std::shared_ptr<client::Session> TwinCluster::open(std::chrono::milliseconds timeout) const {
  client::SessionOptions options;
  options.address = address_;
  options.connect_timeout = timeout;
  return client::Session::open(std::move(options));
}

}  // namespace gt::testing

// The sink of this process: which one it is, how it starts, how it ends.
#include <fmt/format.h>
#include <gt/cluster.h>

#include <atomic>
#include <cstdlib>
#include <deque>
#include <mutex>

#include "client/src/cluster/embedded.h"
#include "client/src/session/errors.h"
#include "client/src/session/session.h"
#include "client/src/signals/registry.h"
#include "common/config/network_policy.h"
#include "common/log/logging.h"
#include "common/transport/transport.h"

namespace gt::client {
namespace {

using config::Environment;
using config::Variable;

/// A session and the processes behind it, which end after it.
struct Connection {
  std::shared_ptr<EmbeddedCluster> cluster;  ///< none if somebody else's
  std::shared_ptr<Session> session;
  unsigned forks = fork_generation();

  void end() {
    if (forks != fork_generation()) {
      // In the child of a fork nothing may end, nor be destroyed: it is the parent's.
      static_cast<void>(new Connection(std::move(*this)));
      *this = Connection{};
      return;
    }
    if (session != nullptr) session->close();
    session.reset();
    cluster.reset();
  }
};

class Current {
 public:
  /// Never destroyed: values with static duration may look at it until the very end.
  static Current& instance() {
    static Current& current = *new Current;
    return current;
  }

  [[nodiscard]] const std::shared_ptr<Sink>& sink() {
    if (const auto* sink = sink_.load(std::memory_order_acquire)) return *sink;
    const std::lock_guard lock(mutex_);
    if (const auto* sink = sink_.load(std::memory_order_acquire)) return *sink;
    if (is_exiting_)
      throw CommonError(ErrorKind::kConnection, "the process is ending; no new session is begun");
    ClusterOptions options;
    const Environment& environment = Environment::process();
    options.address = environment.text(Variable::address);
    install(begin(options, environment));
    return *sink_.load(std::memory_order_acquire);
  }

  void connect(const ClusterOptions& options) {
    const std::lock_guard lock(mutex_);
    Connection next = begin(options, Environment::process());
    end_current();
    install(std::move(next));
  }

  void replace(std::shared_ptr<Sink> sink) {
    const std::lock_guard lock(mutex_);
    publish(std::move(sink));
  }

  void shutdown(bool is_exiting) {
    const std::lock_guard lock(mutex_);
    is_exiting_ = is_exiting_ || is_exiting;
    end_current();
  }

  [[nodiscard]] std::shared_ptr<Sink> sink_if_any() const {
    const auto* sink = sink_.load(std::memory_order_acquire);
    return sink != nullptr ? *sink : nullptr;
  }

 private:
  static Connection begin(const ClusterOptions& options, const Environment& environment);

  void install(Connection connection) {
    static const int is_registered = std::atexit([] { instance().shutdown(true); });
    static_cast<void>(is_registered);
    connection_ = std::move(connection);
    publish(connection_.session);
  }

  void publish(std::shared_ptr<Sink> sink) {
    if (sink == nullptr) {
      sink_.store(nullptr, std::memory_order_release);
      return;
    }
    published_.push_back(std::move(sink));
    sink_.store(&published_.back(), std::memory_order_release);
  }

  void end_current() {
    sink_.store(nullptr, std::memory_order_release);
    connection_.end();
  }

  std::atomic<const std::shared_ptr<Sink>*> sink_{nullptr};
  std::mutex mutex_;  ///< guards the rest; held while a session begins or ends
  /// All that ever were current: another thread may still hold a reference.
  std::deque<std::shared_ptr<Sink>> published_;
  Connection connection_;
  bool is_exiting_ = false;
};

void check_alone(const ClusterOptions& options) {
  if (options.address.empty()) return;
  if (options.workers || options.worker_threads || options.memory_limit || options.backend ||
      options.device)
    throw CommonError(
        ErrorKind::kInvalidArgument,
        fmt::format("ClusterOptions: workers, worker_threads, memory_limit, "
                    "backend and device are for a cluster that is started; the one at {} runs "
                    "already",
                    options.address));
}

Connection Current::begin(const ClusterOptions& options, const Environment& environment) {
  check_alone(options);
  SignalRegistry::instance().load();
  static std::once_flag is_log_ready;
  std::call_once(is_log_ready, [&] { logging::set_up(logging::Component::client, environment); });
  Connection connection;
  SessionOptions session;
  session.settings = environment.session_settings();
  session.connect_timeout = environment.duration(Variable::connect_timeout);
  if (options.address.empty()) {
    connection.cluster = std::make_shared<EmbeddedCluster>(options, environment);
    session.address = connection.cluster->address();
    session.health = [cluster = connection.cluster.get()] { return cluster->health(); };
  } else {
    session.address = transport::normalise_address(options.address);
    if (!options.insecure) config::require_local_address(session.address);
  }
  connection.session = Session::open(std::move(session));
  logging::info(fmt::format("connected to {}", connection.cluster != nullptr
                                                   ? connection.cluster->address()
                                                   : options.address));
  return connection;
}

}  // namespace

const std::shared_ptr<Sink>& current_sink() {
  try {
    return Current::instance().sink();
  } catch (const CommonError& error) {
    throw_public(error);
  }
}

void set_current_sink(std::shared_ptr<Sink> sink) { Current::instance().replace(std::move(sink)); }

}  // namespace gt::client

namespace gt {

void connect(const ClusterOptions& options) {
  try {
    client::Current::instance().connect(options);
  } catch (const CommonError& error) {
    client::throw_public(error);
  }
}

void connect(std::string_view address) {
  if (address.empty())
    client::throw_error(ErrorKind::kInvalidArgument,
                        "connect: the address is empty; give host:port, tcp://host:port or "
                        "ipc://path");
  ClusterOptions options;
  options.address = address;
  connect(options);
}

void shutdown() { client::Current::instance().shutdown(false); }

void synchronize() {
  if (const auto sink = client::Current::instance().sink_if_any()) sink->synchronize();
}

}  // namespace gt

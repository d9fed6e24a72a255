#include "worker/worker.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>
#include <utility>

#include "common/config/cache_folder.h"
#include "common/config/environment.h"
#include "common/config/version.h"
#include "common/process/time_slice.h"
#include "common/protocol/messages.h"
#include "worker/execution/executor.h"
#include "worker/io/dispatcher_link.h"
#include "worker/io/inbox.h"
#include "worker/io/peer_link.h"

namespace gt::worker {
namespace {

/// Pause between two attempts to join, so that a dispatcher that keeps refusing is not flooded.
constexpr std::chrono::milliseconds kRejoinPause{200};

/// Leads what the executor sends to the sockets.
class LinkOutbox final : public Outbox {
 public:
  LinkOutbox(DispatcherLink& dispatcher, PeerLink& peers)
      : dispatcher_(dispatcher), peers_(peers) {}
  void to_dispatcher(protocol::Message message) override { dispatcher_.send(message); }
  void to_dispatcher(OutgoingPayload payload) override { dispatcher_.send(std::move(payload)); }
  void to_worker(protocol::WorkerId worker, protocol::Message message) override {
    peers_.send(worker, std::move(message));
  }
  void to_worker(protocol::WorkerId worker, OutgoingPayload payload) override {
    peers_.send(worker, std::move(payload));
  }

 private:
  DispatcherLink& dispatcher_;
  PeerLink& peers_;
};

/// Leads what came to the executor.
struct Intake {
  Executor& executor;
  PeerLink& peers;

  template <class Message>
  void operator()(Message message) const {
    executor.add(std::move(message));
  }
  void operator()(FromWorker received) const {
    if (executor.may_announce(received.session()))
      std::visit(*this, std::move(received.content));
    else
      peers.expel(received.source, "payloads for sessions that the dispatcher does not know of");
  }
};

/// Runs what comes, and receives itself while there is nothing to run.
void execute(const WorkerOptions& options, Engine& engine, Inbox& inbox, DispatcherLink& dispatcher,
             PeerLink& peers, Outbox& outbox) {
  process::set_time_slice(process::kShortSlice);  // sessions that read wait for this thread
  Executor executor(
      engine, outbox, Executor::kTurn,
      {.make = [device = std::string(engine.device())] { return jit::load_compiler(device); },
       .cache = hotpath::ProgramCache(config::program_folder(config::Environment::process())),
       .patience = options.compile_patience});
  while (true) {
    const std::uint64_t seen = dispatcher.changes();
    auto items = inbox.take();
    if (!items) return;
    for (Inbox::Item& item : *items) std::visit(Intake{executor, peers}, std::move(item));
    executor.settle_quiet_sessions();
    if (executor.step())
      static_cast<void>(dispatcher.receive_available());
    else if (executor.holds())
      dispatcher.wait_for_change(seen, Executor::kHoldTime);
    else
      dispatcher.wait_for_change(seen);
  }
}

protocol::WorkerHello make_hello(const WorkerOptions& options, Engine& engine,
                                 const std::string& peer_address) {
  char host[256] = "localhost";
  gethostname(host, sizeof host - 1);
  protocol::WorkerHello hello;
  hello.library_version = library_version();
  hello.name = options.name.empty() ? fmt::format("{}:{}", host, getpid()) : options.name;
  hello.device = engine.device();
  hello.backend = options.engine.backend;
  hello.memory_limit = engine.allocator().limit();
  hello.peer_address = peer_address;
  return hello;
}

/// One connection: threads, sockets and state live as long as it.
LinkEnd serve(const WorkerOptions& options, Engine& engine, process::StopWatcher& watcher) {
  Inbox inbox;
  PeerLink peers(options.address, inbox);
  DispatcherLink dispatcher(options.address, inbox, peers);
  LinkOutbox outbox(dispatcher, peers);
  std::thread executor([&] { execute(options, engine, inbox, dispatcher, peers, outbox); });
  watcher.on_stop([&dispatcher] { dispatcher.stop(); });
  peers.on_broken([&dispatcher](const std::string& address) {
    dispatcher.send(protocol::WorkerAddress{0, address});
  });
  const LinkEnd end = dispatcher.run(make_hello(options, engine, peers.address()));
  watcher.on_stop({});
  peers.on_broken({});
  inbox.close();
  executor.join();
  return end;
}

/// LibTorch's OpenMP threads look for the next product for some milliseconds before they sleep,
/// and keep others from the cores meanwhile: some tens of microseconds will do. What the user has
/// chosen stays. Before there are threads, and before LibTorch is loaded, which reads it once.
void let_library_threads_sleep() {
  if (std::getenv("OMP_WAIT_POLICY") == nullptr) setenv("GOMP_SPINCOUNT", "2000", 0);
}

}  // namespace

int run_worker(const WorkerOptions& options) {
  let_library_threads_sleep();
  process::StopWatcher watcher(options.lifeline);
  const std::unique_ptr<Engine> engine = make_engine(options.engine);
  while (!watcher.is_stopped()) {
    switch (serve(options, *engine, watcher)) {
      case LinkEnd::stopped:
        return EXIT_SUCCESS;
      case LinkEnd::refused:
        return EXIT_FAILURE;
      case LinkEnd::unanswered:
        break;
      case LinkEnd::lost:
        if (options.lifeline >= 0) return watcher.is_stopped() ? EXIT_SUCCESS : EXIT_FAILURE;
        std::this_thread::sleep_for(kRejoinPause);
    }
  }
  return EXIT_SUCCESS;
}

}  // namespace gt::worker

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <utility>

#include "common/error.h"
#include "common/transport/implementations.h"
#include "common/transport/twin_faults.h"
#include "common/transport/twin_mailbox.h"

namespace gt::transport {
namespace {

/// A name: where connectors find the listener, even if it comes later.
struct Hub {
  Mailbox server;
  std::mutex mutex;
  bool is_listening = false;
  PeerId next_peer = 1;
  std::map<PeerId, std::shared_ptr<Mailbox>> connectors;

  std::optional<TwinFaults> faults;
  std::mt19937_64 generator;
  std::map<PeerId, FaultyRoad> roads;

  /// Brings a parcel of the connection of `peer` into the mailbox. The mutex must be held.
  bool deliver(PeerId peer, Mailbox& mailbox, Parcel parcel) {
    if (!faults) return mailbox.put(std::move(parcel));
    return roads[peer].deliver(mailbox, std::move(parcel), *faults, generator);
  }
};

/// Names of this process that somebody holds.
class Directory {
 public:
  static Directory& instance() {
    static Directory directory;
    return directory;
  }

  std::shared_ptr<Hub> hub(const std::string& address) {
    const std::lock_guard lock(mutex_);
    std::shared_ptr<Hub> hub = hubs_[address].lock();
    if (!hub) hubs_[address] = hub = std::make_shared<Hub>();
    return hub;
  }

  /// The listener is gone: the name is free for another one.
  void forget(const std::string& address) {
    const std::lock_guard lock(mutex_);
    hubs_.erase(address);
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<Hub>> hubs_;
};

class TwinListener final : public Endpoint {
 public:
  explicit TwinListener(const std::string& address)
      : address_(address), hub_(Directory::instance().hub(address)) {
    const std::lock_guard lock(hub_->mutex);
    if (hub_->is_listening)
      throw CommonError(ErrorKind::kConnection,
                        "cannot listen at '" + address + "': another endpoint listens there");
    hub_->is_listening = true;
  }
  ~TwinListener() override {
    Directory::instance().forget(address_);
    hub_->server.close();
  }

  bool send(PeerId peer, Lane lane, std::vector<std::byte> bytes,
            SharedBlockRef attachment) override {
    const std::lock_guard lock(hub_->mutex);
    const auto found = hub_->connectors.find(peer);
    if (found == hub_->connectors.end()) return false;
    const Seal seal = seals_[peer].next(lane, bytes);
    return hub_->deliver(peer, *found->second,
                         {{kServer, lane, std::move(bytes), std::move(attachment)}, seal});
  }

  bool shares_memory(PeerId peer) const override {
    const std::lock_guard lock(hub_->mutex);
    return hub_->connectors.contains(peer);
  }

  std::optional<Incoming> try_receive() override {
    while (auto parcel = hub_->server.take()) {
      Incoming& incoming = parcel->incoming;
      if (dropped_.contains(incoming.peer)) continue;
      if (seals_[incoming.peer].check(incoming.lane, parcel->seal, incoming.bytes).empty())
        return std::move(incoming);
      drop(incoming.peer);
    }
    return std::nullopt;
  }

  bool wait(std::chrono::microseconds timeout) override { return hub_->server.wait(timeout); }
  void wake() override { hub_->server.wake(); }
  void drop(PeerId peer) override {
    const std::lock_guard lock(hub_->mutex);
    hub_->connectors.erase(peer);
    hub_->roads.erase(peer);
    seals_.erase(peer);
    dropped_.insert(peer);
  }
  const std::string& address() const noexcept override { return address_; }

 private:
  std::string address_;
  std::shared_ptr<Hub> hub_;
  std::map<PeerId, Seals> seals_;
  std::set<PeerId> dropped_;
};

class TwinConnector final : public Endpoint {
 public:
  explicit TwinConnector(const std::string& address)
      : address_(address), hub_(Directory::instance().hub(address)) {
    const std::lock_guard lock(hub_->mutex);
    peer_ = hub_->next_peer++;
    hub_->connectors[peer_] = mailbox_;
  }
  ~TwinConnector() override {
    mailbox_->close();
    const std::lock_guard lock(hub_->mutex);
    hub_->connectors.erase(peer_);
  }

  bool send(PeerId peer, Lane lane, std::vector<std::byte> bytes,
            SharedBlockRef attachment) override {
    if (peer != kServer || is_dropped_) return false;
    const Seal seal = seals_.next(lane, bytes);
    const std::lock_guard lock(hub_->mutex);
    return hub_->deliver(peer_, hub_->server,
                         {{peer_, lane, std::move(bytes), std::move(attachment)}, seal});
  }

  bool shares_memory(PeerId peer) const override { return peer == kServer && !is_dropped_; }
  std::optional<Incoming> try_receive() override {
    auto parcel = mailbox_->take();
    if (!parcel) return std::nullopt;
    Incoming& incoming = parcel->incoming;
    const std::string problem = seals_.check(incoming.lane, parcel->seal, incoming.bytes);
    if (problem.empty()) return std::move(incoming);
    drop(kServer);
    throw CommonError(ErrorKind::kConnection, problem);
  }
  bool wait(std::chrono::microseconds timeout) override { return mailbox_->wait(timeout); }
  void wake() override { mailbox_->wake(); }
  void drop(PeerId peer) override {
    if (peer != kServer) return;
    is_dropped_ = true;
    mailbox_->close();
  }
  const std::string& address() const noexcept override { return address_; }

 private:
  std::string address_;
  std::shared_ptr<Hub> hub_;
  std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
  Seals seals_;
  PeerId peer_ = 0;
  bool is_dropped_ = false;
};

}  // namespace

void set_twin_faults(const std::string& address, const TwinFaults& faults) {
  const auto hub = Directory::instance().hub(address);
  const std::lock_guard lock(hub->mutex);
  hub->faults = faults;
  hub->generator.seed(faults.seed);
}

std::unique_ptr<Endpoint> listen_twin(const std::string& address) {
  return std::make_unique<TwinListener>(address);
}

std::unique_ptr<Endpoint> connect_twin(const std::string& address) {
  return std::make_unique<TwinConnector>(address);
}

}  // namespace gt::transport

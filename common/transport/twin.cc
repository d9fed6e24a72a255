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

  void suffer(const TwinFaults& what) {
    const std::lock_guard lock(mutex);
    faults = what;
    generator.seed(what.seed);
  }

  /// Brings a parcel of the connection of `peer` into the mailbox. The mutex must be held.
  bool deliver(PeerId peer, Mailbox& mailbox, Parcel parcel) {
    if (!faults) return mailbox.put(std::move(parcel));
    return roads[peer].deliver(mailbox, std::move(parcel), *faults, generator);
  }
};

bool is_beside(const std::string& address, const std::string& other) {
  return address.starts_with(other + ".w");
}

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
    if (hub) return hub;
    hubs_[address] = hub = std::make_shared<Hub>();
    for (const auto& [other, faults] : faults_)
      if (is_beside(address, other)) hub->suffer(faults);
    return hub;
  }

  void suffer(const std::string& address, const TwinFaults& faults) {
    const std::lock_guard lock(mutex_);
    faults_[address] = faults;
    for (const auto& [name, held] : hubs_)
      if (name == address || is_beside(name, address))
        if (const auto hub = held.lock()) hub->suffer(faults);
  }

  /// The listener is gone: the name is free for another one.
  void forget(const std::string& address) {
    const std::lock_guard lock(mutex_);
    hubs_.erase(address);
    faults_.erase(address);
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<Hub>> hubs_;
  std::map<std::string, TwinFaults> faults_;
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
    Seals& seals = seals_[peer];
    const auto deliver = [&](Lane where, std::vector<std::byte> what, SharedBlockRef block) {
      const Seal seal = seals.next(where, what);
      return hub_->deliver(peer, *found->second,
                           {{kServer, where, std::move(what), std::move(block)}, seal});
    };
    return deliver(lane, std::move(bytes), std::move(attachment)) &&
           (!seals.is_marker_due(lane) || deliver(Lane::bulk, {}, nullptr));
  }

  bool shares_memory(PeerId peer) const override {
    const std::lock_guard lock(hub_->mutex);
    return hub_->connectors.contains(peer);
  }

  std::optional<Incoming> try_receive() override {
    while (auto parcel = hub_->server.take()) {
      Incoming& incoming = parcel->incoming;
      if (dropped_.contains(incoming.peer)) continue;
      if (!check(incoming, parcel->seal)) {
        broken_.push_back(incoming.peer);
        drop(incoming.peer);
      } else if (!Seals::is_marker(incoming.lane, incoming.bytes.size())) {
        return std::move(incoming);
      }
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
  std::vector<PeerId> take_broken() override { return std::exchange(broken_, {}); }
  const std::string& address() const noexcept override { return address_; }

 private:
  bool check(const Incoming& incoming, const Seal& seal) {
    return seals_[incoming.peer].check(incoming.lane, seal, incoming.bytes).empty();
  }

  std::string address_;
  std::shared_ptr<Hub> hub_;
  std::map<PeerId, Seals> seals_;
  std::set<PeerId> dropped_;
  std::vector<PeerId> broken_;
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
    const std::lock_guard lock(hub_->mutex);
    const auto deliver = [&](Lane where, std::vector<std::byte> what, SharedBlockRef block) {
      const Seal seal = seals_.next(where, what);
      return hub_->deliver(peer_, hub_->server,
                           {{peer_, where, std::move(what), std::move(block)}, seal});
    };
    return deliver(lane, std::move(bytes), std::move(attachment)) &&
           (!seals_.is_marker_due(lane) || deliver(Lane::bulk, {}, nullptr));
  }

  bool shares_memory(PeerId peer) const override { return peer == kServer && !is_dropped_; }
  std::optional<Incoming> try_receive() override {
    while (auto parcel = mailbox_->take()) {
      Incoming& incoming = parcel->incoming;
      const std::string problem = seals_.check(incoming.lane, parcel->seal, incoming.bytes);
      if (!problem.empty()) {
        drop(kServer);
        throw CommonError(ErrorKind::kConnection, problem);
      }
      if (!Seals::is_marker(incoming.lane, incoming.bytes.size())) return std::move(incoming);
    }
    return std::nullopt;
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
  Directory::instance().suffer(address, faults);
}

std::unique_ptr<Endpoint> listen_twin(const std::string& address) {
  return std::make_unique<TwinListener>(address);
}

std::unique_ptr<Endpoint> connect_twin(const std::string& address) {
  return std::make_unique<TwinConnector>(address);
}

}  // namespace gt::transport

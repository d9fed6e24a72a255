#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>

#include "common/error.h"
#include "common/transport/implementations.h"

namespace gt::transport {
namespace {

/// The input of one end.
class Mailbox {
 public:
  /// False if its owner is gone.
  bool put(Incoming incoming) {
    const std::lock_guard lock(mutex_);
    if (is_closed_) return false;
    (incoming.lane == Lane::control ? control_ : bulk_).push_back(std::move(incoming));
    arrived_.notify_one();
    return true;
  }

  std::optional<Incoming> take() {
    const std::lock_guard lock(mutex_);
    for (auto* queue : {&control_, &bulk_}) {
      if (queue->empty()) continue;
      Incoming incoming = std::move(queue->front());
      queue->pop_front();
      return incoming;
    }
    return std::nullopt;
  }

  bool wait(std::chrono::microseconds timeout) {
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, timeout, [&] { return has_message() || is_woken_; });
    if (has_message()) return true;
    is_woken_ = false;
    return false;
  }

  void wake() {
    const std::lock_guard lock(mutex_);
    is_woken_ = true;
    arrived_.notify_one();
  }

  void close() {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    control_.clear();
    bulk_.clear();
  }

 private:
  bool has_message() const { return !control_.empty() || !bulk_.empty(); }

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Incoming> control_;
  std::deque<Incoming> bulk_;
  bool is_woken_ = false;
  bool is_closed_ = false;
};

/// A name: where connectors find the listener, even if it comes later.
struct Hub {
  Mailbox server;
  std::mutex mutex;
  bool is_listening = false;
  PeerId next_peer = 1;
  std::map<PeerId, std::shared_ptr<Mailbox>> connectors;
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
    std::shared_ptr<Mailbox> mailbox;
    {
      const std::lock_guard lock(hub_->mutex);
      const auto found = hub_->connectors.find(peer);
      if (found == hub_->connectors.end()) return false;
      mailbox = found->second;
    }
    return mailbox->put({kServer, lane, std::move(bytes), std::move(attachment)});
  }

  bool shares_memory(PeerId peer) const override {
    const std::lock_guard lock(hub_->mutex);
    return hub_->connectors.contains(peer);
  }

  std::optional<Incoming> try_receive() override {
    auto incoming = hub_->server.take();
    while (incoming && is_dropped(incoming->peer)) incoming = hub_->server.take();
    return incoming;
  }

  bool wait(std::chrono::microseconds timeout) override { return hub_->server.wait(timeout); }
  void wake() override { hub_->server.wake(); }
  void drop(PeerId peer) override {
    const std::lock_guard lock(hub_->mutex);
    hub_->connectors.erase(peer);
    dropped_.insert(peer);
  }
  const std::string& address() const noexcept override { return address_; }

 private:
  bool is_dropped(PeerId peer) const { return dropped_.contains(peer); }

  std::string address_;
  std::shared_ptr<Hub> hub_;
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
    return peer == kServer && !is_dropped_ &&
           hub_->server.put({peer_, lane, std::move(bytes), std::move(attachment)});
  }

  bool shares_memory(PeerId peer) const override { return peer == kServer && !is_dropped_; }
  std::optional<Incoming> try_receive() override { return mailbox_->take(); }
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
  PeerId peer_ = 0;
  bool is_dropped_ = false;
};

}  // namespace

std::unique_ptr<Endpoint> listen_twin(const std::string& address) {
  return std::make_unique<TwinListener>(address);
}

std::unique_ptr<Endpoint> connect_twin(const std::string& address) {
  return std::make_unique<TwinConnector>(address);
}

}  // namespace gt::transport

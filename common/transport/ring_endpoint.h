// An endpoint whose peers share memory with this process.
#pragma once

#include <poll.h>

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "common/process/descriptor.h"
#include "common/transport/event_fd.h"
#include "common/transport/ring_link.h"
#include "common/transport/transport.h"
#include "common/transport/unix_socket.h"

namespace gt::transport {

/// A connector has one link, a listener any number. What does not fit into a ring is written by a
/// thread that exists from the first such message on. All calls are thread-safe.
class RingEndpoint final : public Endpoint {
 public:
  RingEndpoint(std::string address, std::unique_ptr<RingLink> link);
  RingEndpoint(std::string address, UnixListener listener);
  ~RingEndpoint() override;

  [[nodiscard]] bool send(PeerId peer, Lane lane, std::vector<std::byte> bytes,
                          SharedBlockRef attachment) override;
  [[nodiscard]] bool shares_memory(PeerId peer) const override;
  [[nodiscard]] std::optional<Incoming> try_receive() override;
  [[nodiscard]] bool wait(std::chrono::microseconds timeout) override;
  void wake() override { wake_.raise(); }
  void drop(PeerId peer) override;
  [[nodiscard]] const std::string& address() const noexcept override { return address_; }

  /// Lets `wait` return true also when the descriptor is readable, and tells whether it was.
  void watch(int descriptor);
  [[nodiscard]] bool take_watched() noexcept { return is_watched_ready_.exchange(false); }

 private:
  /// Links that have no room for what waits.
  struct Full {
    std::vector<pollfd> links;
    bool is_retry = false;  ///< try again soon, nothing will tell
  };

  explicit RingEndpoint(std::string address);
  static void add_event(const process::Descriptor& epoll, int descriptor, std::uint64_t tag,
                        std::uint32_t events);

  // With mutex_ held.
  void add_link(PeerId peer, std::unique_ptr<RingLink> link);
  void remove(PeerId peer);
  template <class Action>
  bool attempt(PeerId peer, const Action& action);
  [[nodiscard]] std::optional<Incoming> take(Lane lane);
  [[nodiscard]] bool has_input();
  void read_sockets();
  void read_socket(PeerId peer);
  void accept();
  void introduce(PeerId peer);
  void forget_stranger(PeerId peer);
  void keep_house();
  void start_pushing();
  [[nodiscard]] Full push_all();

  [[nodiscard]] bool spin();
  [[nodiscard]] bool sleep(std::chrono::microseconds timeout);
  void run_pusher();
  void wait_for_room(Full& full, std::chrono::milliseconds timeout);
  void linger();

  const std::string address_;
  const std::chrono::microseconds spin_time_;
  process::Descriptor events_;   ///< epoll: what `wait` sleeps on
  process::Descriptor sockets_;  ///< epoll: the sockets, as a group in events_
  EventFd wake_;
  std::atomic<bool> is_woken_ = false;
  std::atomic<bool> are_sockets_ready_ = false;
  std::atomic<bool> is_watched_ready_ = false;
  std::atomic<bool> is_house_keeping_due_ = false;

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::optional<UnixListener> listener_;
  std::map<PeerId, std::unique_ptr<RingLink>> links_;
  std::map<PeerId, UnixSocket> strangers_;  ///< connected, but without a hello so far
  PeerId next_peer_ = 1;
  PeerId last_served_ = 0;
  unsigned calls_ = 0;
  bool is_ending_ = false;
  bool is_pushing_ = false;  ///< the pusher looks at its links again without being told
  std::thread pusher_;
  EventFd push_;
};

}  // namespace gt::transport

// The queues between the ends of a twin, and the faults that happen in them.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <random>

#include "common/transport/seal.h"
#include "common/transport/transport.h"
#include "common/transport/twin_faults.h"

namespace gt::transport {

/// A message between the ends of a twin.
struct Parcel {
  Incoming incoming;
  Seal seal;
};

/// The input of one end. Thread-safe.
class Mailbox {
 public:
  using Clock = std::chrono::steady_clock;

  /// Adds a parcel that arrives at `ready`, or after those before it in its lane. False if the
  /// owner is gone.
  bool put(Parcel parcel, Clock::time_point ready = {});
  /// The next parcel that has arrived; control first.
  [[nodiscard]] std::optional<Parcel> take();
  /// As Endpoint::wait.
  [[nodiscard]] bool wait(std::chrono::microseconds timeout);
  void wake();
  void close();

 private:
  struct Waiting {
    Parcel parcel;
    Clock::time_point ready;
  };
  [[nodiscard]] bool has_arrived(const std::deque<Waiting>& queue, Clock::time_point now) const {
    return !queue.empty() && queue.front().ready <= now;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::array<std::deque<Waiting>, kLanes> queues_;  // guarded by mutex_
  bool is_woken_ = false;                           // guarded by mutex_
  bool is_closed_ = false;                          // guarded by mutex_
};

/// What happens on the way of one connection.
class FaultyRoad {
 public:
  /// Puts the parcel into the mailbox: as it is, or as the faults will have it. False if the
  /// mailbox is closed.
  bool deliver(Mailbox& mailbox, Parcel parcel, const TwinFaults& faults,
               std::mt19937_64& generator);

 private:
  bool is_cut_ = false;
  std::array<std::optional<Parcel>, kLanes> to_server_;  ///< waits to be overtaken
  std::array<std::optional<Parcel>, kLanes> to_connector_;
};

}  // namespace gt::transport

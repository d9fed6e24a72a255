// The connection of this process to a dispatcher, as a sink.
//
// Every thread emits into a lane of its own and sends its batches itself. One lock guards the lanes
// and all tables. A thread that waits receives for all of them, see Link; a flusher thread sends
// batches in which nothing happens any more.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "client/src/session/error_ledger.h"
#include "client/src/session/fetches.h"
#include "client/src/session/kinds.h"
#include "client/src/session/lane.h"
#include "client/src/session/link.h"
#include "client/src/session/signals.h"
#include "client/src/session/sink.h"
#include "client/src/session/value_pool.h"

namespace gt::client {

/// LibTorch's default seed (c10::detail default_rng_seed_val): a run repeats unless it is changed.
inline constexpr std::uint64_t kDefaultSeed = 67280421310721ull;

/// Bytes for uploads and fetched values that are kept for the next ones.
inline constexpr std::size_t kKeptMemory = std::size_t{256} << 20;

struct SessionOptions {
  std::string address;                                        ///< as `transport::connect` takes it
  std::vector<std::pair<std::string, std::string>> settings;  ///< for ClientHello
  std::chrono::milliseconds connect_timeout{30000};
  /// Without a new instruction for so long, the open batches leave.
  std::chrono::microseconds idle_flush{300};
  /// Bytes of uploads that may be unacknowledged; one larger upload alone may pass it.
  std::size_t upload_window = std::size_t{256} << 20;
  /// How long `close` waits for what was emitted to run.
  std::chrono::milliseconds close_wait{1000};
  Link::HealthCheck health;
};

class Session final : public Sink, private LinkListener {
  struct Passkey {};

 public:
  /// Connects and waits for the dispatcher's welcome. Throws ConnectionError naming the address if
  /// none comes in time, the kind of the refusal if it refuses, Error for a malformed address.
  [[nodiscard]] static std::shared_ptr<Session> open(SessionOptions options);
  Session(Passkey, SessionOptions options);
  ~Session() override;

  [[nodiscard]] CallCache& calls() override;
  [[nodiscard]] EmitResults emit(InferredCall& call,
                                 std::span<const EmitOperand> operands) override;
  [[nodiscard]] ValueRef upload(const TensorMeta& meta, std::span<const std::byte> bytes) override;
  [[nodiscard]] HostBytes fetch(const ValueRef& value) override;
  void synchronize() override;
  [[nodiscard]] RandomKey next_random_key() override;
  void manual_seed(std::uint64_t seed) override;
  void release(const ValueRecord* value) noexcept override;
  [[nodiscard]] WorkerCount count_workers() override;
  [[nodiscard]] std::uint64_t recovery_epoch() const noexcept override {
    return recovery_epoch_.load(std::memory_order_relaxed);
  }

  /// Says goodbye and ends the threads. Errors that nobody has read are printed, one line. Later
  /// calls throw ConnectionError, releases do nothing. Calling it again does nothing.
  void close() noexcept;

  /// A thread that ends gives its lane back; another one may go on with it.
  void give_back(Lane& lane) noexcept;

 private:
  using Clock = std::chrono::steady_clock;
  enum class State : std::uint8_t { connecting, open, closed };

  /// The session's lock. While a thread holds it, releases on that thread are put off to its end.
  class Lock {
   public:
    /// Throws ConnectionError in the child of a fork, where the lock may be held for ever.
    explicit Lock(Session& session);
    ~Lock();
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;
    /// Waits until the condition is notified, at most `longest`.
    void wait(std::condition_variable& condition, Clock::duration longest);
    /// Gives the lock up for a while; `lock` takes it again.
    void unlock() noexcept;
    void lock();

   private:
    Session& session_;
    std::unique_lock<std::mutex> lock_;
  };

  // session.cc
  void wait_for_welcome();
  [[nodiscard]] transport::SharedBlockRef copy_of(std::span<const std::byte> bytes);
  /// Throws if the session is lost or closed.
  void require_usable() const;
  [[nodiscard]] bool is_of_this_process() const noexcept {
    return fork_generation_ == forks_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] bool is_locked_by_this_thread() const noexcept;
  [[nodiscard]] std::string place_of(SiteId site) const;
  /// Throws what a worker has told, and begins a new recovery epoch.
  [[noreturn]] void throw_failure(const protocol::ErrorRecord& record);
  void print_unread_errors();

  // session_emit.cc
  /// The lane of this thread, if this is the session that it used last; needs no lock.
  [[nodiscard]] Lane* lane_in_use() const noexcept;
  void give_way_in_turn() noexcept;
  [[nodiscard]] Lane& lane_of_this_thread();
  [[nodiscard]] SiteId current_site();
  void require_own(const EmitOperand& operand) const;
  /// Fills `records_`. Sends the open batches of other lanes that make these values first.
  void resolve(Lock& lock, const Lane& lane, std::span<const EmitOperand> operands);
  void name_kind(InferredCall& call, std::span<const EmitOperand> operands);
  /// Appends a call whose operands were resolved; returns where its header is, for `make_value`.
  std::size_t append(Lane& lane, InferredCall& call, std::span<const EmitOperand> operands);
  /// Result `number` of the instruction at `header` of the open batch.
  [[nodiscard]] ValueRef make_value(Lane& lane, std::size_t header, std::size_t number,
                                    const TensorMeta& meta);
  void note_activity() noexcept;

  // session_release.cc
  /// Ends the values that the lane's thread, or any thread, let go of.
  void retire_released(Lane& lane);
  void retire_all_released();
  void retire(const ValueRecord* value);
  void append_release(Lane& lane, const ValueRecord& value);
  void retire_deferred() noexcept;

  // session_flow.cc
  /// Waits for something that the dispatcher says, or for the end of the session; at most
  /// `longest`. May return without a reason.
  void wait_for_change(Lock& lock, Clock::duration longest);
  void flush(Lock& lock, Lane& lane, bool mark);
  /// Waits until a batch may leave; may set `mark` because the workers have to be hurried.
  void wait_for_credit(Lock& lock, bool& mark);
  void wait_for_upload_room(Lock& lock, std::size_t bytes);
  /// Sends the open batch if there is credit; returns whether nothing is left in it.
  bool try_flush(Lane& lane);
  bool try_flush_all();
  /// Marks all that was sent, for a thread that waits until it has run.
  void flush_all_with_mark(Lock& lock);
  void send_batch(Lane& lane, bool mark);
  void flush_when_idle();
  [[nodiscard]] bool has_open_batch() const noexcept;

  // session_receive.cc
  void on_message(protocol::Message message) override;
  void on_frame(payload::ReceivedFrame frame) override;
  void on_loss(Loss loss) override;
  void on_welcome(const protocol::ClientWelcome& welcome);
  void on_acknowledgement(const protocol::Acknowledgement& acknowledgement);
  void confirm_replies();

  const SessionOptions options_;
  const std::uint64_t serial_;  ///< differs between all sessions of this process
  const std::atomic<unsigned>& forks_;
  const unsigned fork_generation_;

  std::mutex mutex_;
  std::condition_variable flusher_wake_;  ///< the flusher has something to look after

  // Guarded by mutex_.
  State state_ = State::connecting;
  std::optional<Loss> loss_;
  protocol::ClientWelcome welcome_;
  protocol::ClusterState cluster_state_;
  std::deque<Lane> lanes_;
  std::vector<LaneId> free_lanes_;
  KindTable kinds_;
  SignalTable signals_;
  std::shared_ptr<transport::PoolAccount> memory_ =
      std::make_shared<transport::PoolAccount>(kKeptMemory);
  transport::SharedPool pool_{memory_};  ///< needs no lock
  FetchTable fetches_{pool_};
  std::uint64_t confirmed_reply_bytes_ = 0;
  ErrorLedger errors_;
  std::unordered_map<void*, SiteId> site_ids_;
  std::vector<void*> sites_{nullptr};   ///< by SiteId; 0 is unknown
  std::pair<void*, SiteId> last_site_;  ///< the one that was looked up last
  std::size_t unacknowledged_batches_ = 0;
  std::size_t unacknowledged_upload_bytes_ = 0;
  protocol::PayloadId next_payload_ = 1;
  std::uint64_t seed_ = kDefaultSeed;
  std::uint64_t seed_generation_ = 0;
  std::uint64_t activity_ = 0;  ///< rises with every instruction
  std::vector<const ValueRecord*> deferred_;
  ValuePool values_;
  // Of the instruction that is being appended; kept to spare allocations.
  std::vector<const ValueRecord*> records_;
  std::vector<std::uint64_t> operand_words_;

  std::atomic<std::uint64_t> recovery_epoch_{0};
  std::atomic<bool> is_ended_{false};           ///< lost or closed: releases need do nothing
  std::atomic<bool> is_flusher_asleep_{false};  ///< set under the lock
  std::unique_ptr<Link> link_;
  std::unique_ptr<std::thread> flusher_;
};

/// Rises in the child of every fork: threads and connections of the parent are not there.
[[nodiscard]] const std::atomic<unsigned>& fork_counter() noexcept;
[[nodiscard]] inline unsigned fork_generation() noexcept {
  return fork_counter().load(std::memory_order_relaxed);
}

}  // namespace gt::client

#include "worker/hotpath/thread_team.h"

#include <algorithm>
#include <utility>

namespace gt::worker::hotpath {
namespace {

/// Parts for each thread, so that a slow one does not hold up the others.
constexpr std::int64_t kPartsPerThread = 4;
/// Looks for new work before a thread sleeps: a few tens of microseconds.
constexpr int kLooks = 2000;
constexpr std::uint64_t kRound = std::uint64_t{1} << 32;

void pause() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

/// Waits until the value is no longer `old`: looks for a while, then sleeps.
template <class T>
T wait_while(const std::atomic<T>& value, T old) {
  for (int k = 0; k < kLooks; ++k) {
    if (const T now = value.load(std::memory_order_acquire); now != old) return now;
    pause();
  }
  value.wait(old, std::memory_order_acquire);
  return value.load(std::memory_order_acquire);
}

}  // namespace

void SharedWork::begin(std::int64_t units, std::int64_t chunk, const Share& share) {
  share_ = &share;
  units_ = units;
  chunk_ = chunk;
  parts_ = static_cast<std::uint32_t>((units + chunk - 1) / chunk);
  done_.store(0, std::memory_order_relaxed);
  const std::uint64_t round = ticket_.load(std::memory_order_relaxed) / kRound + 1;
  ticket_.store(round * kRound + parts_, std::memory_order_release);
}

/// The parts that were left, this one among them.
std::optional<std::uint32_t> SharedWork::take() noexcept {
  std::uint64_t ticket = ticket_.load(std::memory_order_relaxed);
  while (ticket % kRound != 0)
    if (ticket_.compare_exchange_weak(ticket, ticket - 1, std::memory_order_acquire,
                                      std::memory_order_relaxed))
      return static_cast<std::uint32_t>(ticket % kRound);
  return std::nullopt;
}

void SharedWork::take_part(int thread) noexcept {
  while (const std::optional<std::uint32_t> left = take()) {
    const std::uint32_t parts = parts_;
    const std::int64_t first = (parts - *left) * chunk_;
    try {
      if (!has_failed_.load(std::memory_order_relaxed))
        (*share_)(thread, first, std::min(first + chunk_, units_));
    } catch (...) {
      bool is_first = false;
      if (has_failed_.compare_exchange_strong(is_first, true)) error_ = std::current_exception();
    }
    // With the last part done, whoever waits may begin other work.
    if (done_.fetch_add(1, std::memory_order_acq_rel) + 1 == parts) done_.notify_one();
  }
}

void SharedWork::end() {
  for (std::uint32_t done = done_.load(std::memory_order_acquire); done != parts_;)
    done = wait_while(done_, done);
  if (!has_failed_.load(std::memory_order_relaxed)) return;
  has_failed_.store(false, std::memory_order_relaxed);
  std::rethrow_exception(std::exchange(error_, nullptr));
}

ThreadTeam::~ThreadTeam() {
  if (helpers_.empty()) return;
  stops_.store(true, std::memory_order_relaxed);
  calls_.fetch_add(1, std::memory_order_release);
  calls_.notify_all();
  for (std::thread& helper : helpers_) helper.join();
}

void ThreadTeam::start() {
  for (int thread = 1; thread < threads_; ++thread)
    helpers_.emplace_back([this, thread] { help(thread); });
}

void ThreadTeam::run(std::int64_t units, const Share& share) {
  if (threads_ == 1 || units <= 1) {
    if (units > 0) share(0, 0, units);
    return;
  }
  const std::int64_t chunk = std::max<std::int64_t>(1, units / (threads_ * kPartsPerThread));
  if (run_borrowed(units, chunk, share)) return;
  if (helpers_.empty()) start();
  work_.begin(units, chunk, share);
  calls_.fetch_add(1, std::memory_order_release);
  calls_.notify_all();
  work_.take_part(0);
  work_.end();
}

bool ThreadTeam::run_borrowed(std::int64_t units, std::int64_t chunk, const Share& share) {
  if (!borrow_) return false;
  borrowed_.begin(units, chunk, share);
  std::atomic<int> threads{0};
  const bool was_done =
      borrow_([&] { borrowed_.take_part(threads.fetch_add(1, std::memory_order_relaxed)); });
  if (was_done) borrowed_.end();
  return was_done;
}

void ThreadTeam::help(int thread) {
  for (std::uint32_t seen = 0;;) {
    seen = wait_while(calls_, seen);
    if (stops_.load(std::memory_order_relaxed)) return;
    work_.take_part(thread);
  }
}

}  // namespace gt::worker::hotpath

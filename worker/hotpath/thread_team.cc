#include "worker/hotpath/thread_team.h"

#include <algorithm>
#include <utility>

namespace gt::worker::hotpath {
namespace {

/// Parts for each thread, so that a slow one does not hold up the others.
constexpr std::int64_t kPartsPerThread = 4;
/// Looks for new work before a thread sleeps: a few tens of microseconds.
constexpr int kLooks = 2000;

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

ThreadTeam::~ThreadTeam() {
  if (helpers_.empty()) return;
  stops_ = true;
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
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
  if (helpers_.empty()) start();
  share_ = &share;
  units_ = units;
  chunk_ = std::max<std::int64_t>(1, units / (threads_ * kPartsPerThread));
  next_.store(0, std::memory_order_relaxed);
  busy_.store(static_cast<int>(helpers_.size()), std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  work(0);
  for (int busy = busy_.load(std::memory_order_acquire); busy != 0;) busy = wait_while(busy_, busy);
  if (!has_failed_.load(std::memory_order_acquire)) return;
  has_failed_.store(false, std::memory_order_relaxed);
  std::rethrow_exception(std::exchange(error_, nullptr));
}

void ThreadTeam::help(int thread) {
  for (std::uint32_t seen = 0;;) {
    seen = wait_while(round_, seen);
    if (stops_) return;
    work(thread);
    if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) busy_.notify_one();
  }
}

void ThreadTeam::work(int thread) {
  try {
    while (true) {
      const std::int64_t first = next_.fetch_add(chunk_, std::memory_order_relaxed);
      if (first >= units_) return;
      (*share_)(thread, first, std::min(first + chunk_, units_));
    }
  } catch (...) {
    keep(std::current_exception());
  }
}

void ThreadTeam::keep(std::exception_ptr error) {
  bool is_first = false;
  if (has_failed_.compare_exchange_strong(is_first, true)) error_ = std::move(error);
}

}  // namespace gt::worker::hotpath

// Batches that leave: credit, marks, idle time.
#include <algorithm>

#include "client/src/session/session.h"

namespace gt::client {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kWaitSlice{100};
/// Room for a full batch and the instruction that filled it.
constexpr std::size_t kReservedWords = protocol::kBatchBytes / sizeof(std::uint64_t) + 64;
/// Without an acknowledgement for so long, the workers are told that somebody waits.
constexpr milliseconds kPatience{2};
/// Idle times without an open batch after which the flusher sleeps until there is one.
constexpr int kIdleTicksBeforeSleep = 16;

}  // namespace

void Session::wait_for_change(Lock& lock, Clock::duration longest) {
  // Read with the lock held: what has changed since the caller looked makes it differ.
  const std::uint64_t seen = link_->changes();
  lock.unlock();
  link_->wait_for_change(seen, std::chrono::ceil<std::chrono::microseconds>(longest));
  lock.lock();
}

void Session::flush(Lock& lock, Lane& lane, bool mark) {
  wait_for_credit(lock, mark);
  if (lane.is_open() || mark) send_batch(lane, mark);
}

void Session::wait_for_credit(Lock& lock, bool& mark) {
  const auto deadline = Clock::now() + kPatience;
  while (true) {
    require_usable();
    // The last credit is kept for a batch with a mark: it makes the workers run what they hold.
    if (unacknowledged_batches_ + 1 < welcome_.credits) return;
    const auto now = Clock::now();
    if (unacknowledged_batches_ < welcome_.credits &&
        (mark || unacknowledged_batches_ == 0 || now >= deadline)) {
      mark = true;
      return;
    }
    wait_for_change(lock, now < deadline ? deadline - now : Clock::duration(kWaitSlice));
  }
}

void Session::wait_for_upload_room(Lock& lock, std::size_t bytes) {
  const auto fits = [&] {
    return unacknowledged_upload_bytes_ == 0 ||
           unacknowledged_upload_bytes_ + bytes <= options_.upload_window;
  };
  while (!fits()) {
    require_usable();
    flush_all_with_mark(lock);
    if (!fits()) wait_for_change(lock, kWaitSlice);
  }
}

bool Session::try_flush(Lane& lane) {
  if (!lane.is_open()) return true;
  if (state_ != State::open || loss_ || unacknowledged_batches_ >= welcome_.credits) return false;
  send_batch(lane, unacknowledged_batches_ + 1 == welcome_.credits);
  return true;
}

bool Session::try_flush_all() {
  bool all = true;
  for (Lane& lane : lanes_) all = try_flush(lane) && all;
  return all;
}

void Session::flush_all_with_mark(Lock& lock) {
  // By index: other threads may add lanes while this one waits for credit.
  for (std::size_t k = 0; k < lanes_.size(); ++k)
    if (lanes_[k].is_open() || (!lanes_[k].sent.empty() && !lanes_[k].last_had_mark))
      flush(lock, lanes_[k], true);
}

void Session::send_batch(Lane& lane, bool mark) {
  protocol::ClientBatch batch;
  batch.lane = lane.id;
  batch.sequence = lane.sequence;
  batch.first_output = lane.is_open() ? lane.first_output : lane.next_output;
  batch.mark = mark;
  batch.kinds = kinds_.take_new();
  batch.signals = signals_.take_new();
  batch.payloads = std::exchange(lane.payloads, {});
  batch.words = std::exchange(lane.words, {});
  lane.words.reserve(kReservedWords);
  lane.sent.push_back({lane.sequence, lane.upload_bytes});
  lane.last_had_mark = mark;
  lane.payload_bytes = 0;
  lane.upload_bytes = 0;
  lane.leaves_at = protocol::kBatchBytes;
  ++lane.sequence;
  ++unacknowledged_batches_;
  link_->send(transport::Lane::control, std::move(batch));
}

bool Session::has_open_batch() const noexcept {
  return std::any_of(lanes_.begin(), lanes_.end(), [](const Lane& lane) { return lane.is_open(); });
}

void Session::flush_when_idle() {
  Lock lock(*this);
  int idle_ticks = 0;
  while (!is_ended_) {
    if (has_open_batch()) {
      idle_ticks = 0;
    } else if (++idle_ticks >= kIdleTicksBeforeSleep) {
      is_flusher_asleep_ = true;
      while (is_flusher_asleep_ && !is_ended_) {
        retire_all_released();
        if (is_flusher_asleep_) lock.wait(flusher_wake_, std::chrono::seconds(1));
      }
      idle_ticks = 0;
    }
    const std::uint64_t seen = activity_;
    lock.wait(flusher_wake_, options_.idle_flush);
    retire_all_released();
    if (seen == activity_) try_flush_all();
    if (!deferred_.empty()) retire_deferred();
  }
}

}  // namespace gt::client

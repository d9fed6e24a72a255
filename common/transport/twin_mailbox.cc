#include "common/transport/twin_mailbox.h"

#include <algorithm>
#include <utility>

namespace gt::transport {

bool Mailbox::put(Parcel parcel, Clock::time_point ready) {
  const std::lock_guard lock(mutex_);
  if (is_closed_) return false;
  auto& queue = queues_[index_of(parcel.incoming.lane)];
  if (!queue.empty()) ready = std::max(ready, queue.back().ready);
  queue.push_back({std::move(parcel), ready});
  changed_.notify_one();
  return true;
}

std::optional<Parcel> Mailbox::take() {
  const std::lock_guard lock(mutex_);
  const auto now = Clock::now();
  for (auto& queue : queues_) {
    if (!has_arrived(queue, now)) continue;
    Parcel parcel = std::move(queue.front().parcel);
    queue.pop_front();
    return parcel;
  }
  return std::nullopt;
}

bool Mailbox::wait(std::chrono::microseconds timeout) {
  std::unique_lock lock(mutex_);
  const auto deadline = Clock::now() + timeout;
  while (true) {
    const auto now = Clock::now();
    auto next = deadline;
    for (const auto& queue : queues_) {
      if (has_arrived(queue, now)) return true;
      if (!queue.empty()) next = std::min(next, queue.front().ready);
    }
    if (is_woken_ || now >= deadline) break;
    changed_.wait_until(lock, next);
  }
  is_woken_ = false;
  return false;
}

void Mailbox::wake() {
  const std::lock_guard lock(mutex_);
  is_woken_ = true;
  changed_.notify_one();
}

void Mailbox::close() {
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
  for (auto& queue : queues_) queue.clear();
}

bool FaultyRoad::deliver(Mailbox& mailbox, Parcel parcel, const TwinFaults& faults,
                         std::mt19937_64& generator) {
  const auto happens = [&generator](double chance) {
    return chance > 0 && std::generate_canonical<double, 32>(generator) < chance;
  };
  is_cut_ = is_cut_ || happens(faults.cut);
  if (is_cut_ || happens(faults.drop)) return true;
  auto& bytes = parcel.incoming.bytes;
  if (happens(faults.corrupt) && !bytes.empty())
    bytes[generator() % bytes.size()] ^= std::byte{1} << (generator() % 8);
  const auto ready =
      happens(faults.delay)
          ? Mailbox::Clock::now() +
                std::chrono::milliseconds(
                    generator() % static_cast<std::uint64_t>(faults.longest_delay.count() + 1))
          : Mailbox::Clock::time_point{};
  auto& direction = parcel.incoming.peer == kServer ? to_connector_ : to_server_;
  auto& overtaken = direction[index_of(parcel.incoming.lane)];
  if (!overtaken && happens(faults.reorder)) {
    overtaken = std::move(parcel);
    return true;
  }
  const bool is_open = (!happens(faults.duplicate) || mailbox.put(parcel, ready)) &&
                       mailbox.put(std::move(parcel), ready);
  return is_open && (!overtaken || mailbox.put(*std::exchange(overtaken, std::nullopt), ready));
}

}  // namespace gt::transport

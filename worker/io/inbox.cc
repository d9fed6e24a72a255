#include "worker/io/inbox.h"

#include <utility>

namespace gt::worker {
namespace {

constexpr std::size_t kMostBytes = std::size_t{64} << 20;

}  // namespace

protocol::SessionId FromWorker::session() const {
  if (const auto* frame = std::get_if<payload::ReceivedFrame>(&content))
    return frame->header.session;
  return std::get<protocol::PayloadFailed>(content).session;
}

void Inbox::on_filled(std::function<void()> filled) {
  const std::lock_guard lock(mutex_);
  filled_ = std::move(filled);
}

bool Inbox::has_room() const {
  const std::lock_guard lock(mutex_);
  return bytes_ < kMostBytes;
}

bool Inbox::wait_for_room(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  return emptied_.wait_for(lock, timeout, [this] { return bytes_ < kMostBytes || is_closed_; });
}

void Inbox::push(Item item, std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  items_.push_back(std::move(item));
  bytes_ += bytes;
  filled_();
}

void Inbox::push(payload::ReceivedFrame frame) {
  const std::size_t bytes = frame.memory();
  push(Item(std::move(frame)), bytes);
}

std::optional<std::vector<Inbox::Item>> Inbox::take() {
  std::vector<Item> taken;
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_) return std::nullopt;
    taken.swap(items_);
    bytes_ = 0;
  }
  emptied_.notify_all();
  return taken;
}

void Inbox::close() {
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
  filled_();
  filled_ = [] {};
  emptied_.notify_all();
}

}  // namespace gt::worker

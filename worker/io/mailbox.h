// From any thread to one that waits in `Endpoint::receive`.
#pragma once

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace gt::worker {

/// Items for a thread that is woken when the first of them arrives.
template <class Item>
class Mailbox {
 public:
  explicit Mailbox(std::function<void()> wake) : wake_(std::move(wake)) {}

  void push(Item item) {
    bool was_empty = false;
    {
      const std::lock_guard lock(mutex_);
      was_empty = items_.empty();
      items_.push_back(std::move(item));
    }
    if (was_empty) wake_();
  }

  /// Everything since the last call, in order.
  [[nodiscard]] std::vector<Item> take() {
    std::vector<Item> taken;
    const std::lock_guard lock(mutex_);
    taken.swap(items_);
    return taken;
  }

 private:
  std::function<void()> wake_;
  std::mutex mutex_;
  std::vector<Item> items_;  // guarded by mutex_
};

}  // namespace gt::worker

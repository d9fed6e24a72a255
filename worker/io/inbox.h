// From the threads that read sockets to the thread that executes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <variant>
#include <vector>

#include "common/protocol/messages.h"

namespace gt::worker {

/// Messages for the executor, bounded by their bytes. Writers ask for room before they read the
/// next message from their socket, so that a slow executor slows the senders down and no thread
/// blocks while it holds a message.
class Inbox {
 public:
  using Item = std::variant<protocol::PlannedBatch, protocol::PayloadFrame, protocol::PayloadFailed,
                            protocol::SessionClosed>;

  /// Waits at most `timeout` until there is room; tells whether there is.
  [[nodiscard]] bool wait_for_room(std::chrono::milliseconds timeout);
  /// Adds an item that takes about `bytes`; never blocks.
  void push(Item item, std::size_t bytes);

  /// Takes everything that is there. Waits for something if told so. Nothing after `close`.
  [[nodiscard]] std::optional<std::vector<Item>> take(bool wait);

  /// Ends `take`, now and from now on.
  void close();

 private:
  std::mutex mutex_;
  std::condition_variable filled_;
  std::condition_variable emptied_;
  std::vector<Item> items_;  // guarded by mutex_
  std::size_t bytes_ = 0;    // guarded by mutex_
  bool is_closed_ = false;   // guarded by mutex_
};

}  // namespace gt::worker

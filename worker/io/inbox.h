// From the threads that read sockets to the thread that executes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <variant>
#include <vector>

#include "common/payload/received_frame.h"
#include "common/protocol/messages.h"

namespace gt::worker {

/// What another worker sent.
struct FromWorker {
  transport::PeerId source = 0;  ///< the sender, as the link to other workers knows it
  std::variant<payload::ReceivedFrame, protocol::PayloadFailed> content;

  [[nodiscard]] protocol::SessionId session() const;
};

/// Messages for the executor, bounded by their bytes. Writers ask for room before they read the
/// next message from their socket, so that a slow executor slows the senders down and no thread
/// blocks while it holds a message.
class Inbox {
 public:
  using Item = std::variant<protocol::PlannedBatch, payload::ReceivedFrame, protocol::PayloadFailed,
                            protocol::SessionClosed, FromWorker>;

  /// `filled` is called after every push and at `close`, with the inbox locked, and never again
  /// once `close` has returned.
  void on_filled(std::function<void()> filled);

  [[nodiscard]] bool has_room() const;
  /// Waits at most `timeout` until there is room; tells whether there is.
  [[nodiscard]] bool wait_for_room(std::chrono::milliseconds timeout);
  /// Adds an item that takes about `bytes`; never blocks.
  void push(Item item, std::size_t bytes);
  void push(payload::ReceivedFrame frame);

  /// Takes everything that is there. Nothing after `close`.
  [[nodiscard]] std::optional<std::vector<Item>> take();

  /// Ends `take`, now and from now on.
  void close();

 private:
  mutable std::mutex mutex_;
  std::condition_variable emptied_;
  std::function<void()> filled_ = [] {};  // guarded by mutex_
  std::vector<Item> items_;               // guarded by mutex_
  std::size_t bytes_ = 0;                 // guarded by mutex_
  bool is_closed_ = false;                // guarded by mutex_
};

}  // namespace gt::worker

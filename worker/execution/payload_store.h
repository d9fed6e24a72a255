// Payloads of one session that came, or are still under way.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/payload/received_frame.h"
#include "common/protocol/messages.h"
#include "common/transport/shared_pool.h"
#include "worker/execution/value_table.h"

namespace gt::worker {

/// Puts frames together. Instructions ask for payloads by number, before or after they came.
class PayloadStore {
 public:
  enum class State : std::uint8_t { waiting, complete, failed };

  struct Payload {
    State state = State::waiting;
    std::size_t received = 0;
    std::size_t total = 0;
    std::vector<std::byte> bytes;     ///< unless it is
    transport::SharedBlockRef block;  ///< in shareable memory, of another process or of ours
    std::shared_ptr<transport::PooledBlock> target;  ///< the same, while frames come
    Poison failure;                                  ///< the sender's, if it failed there
    ErrorKind problem = ErrorKind::kProtocol;        ///< if it failed here, and why
    std::string reason;

    [[nodiscard]] std::size_t size() const { return block ? block->size() : bytes.size(); }
  };

  /// Blocks of other processes that values lie in, at most. A connection can hold 1024 leases; when
  /// so many are taken, the next ones are copied and given back at once.
  static constexpr std::size_t kMostAdopted = 256;

  /// The pool is borrowed. `adopted` counts what this and other stores hold.
  PayloadStore(transport::SharedPool& pool,
               std::shared_ptr<std::atomic<std::size_t>> adopted) noexcept
      : pool_(pool), adopted_(std::move(adopted)) {}

  /// A whole payload.
  void add(protocol::PayloadId id, std::vector<std::byte> bytes);
  /// The next frame of a payload. A frame that does not continue what came before, or whose total
  /// is above `limit`, makes the payload fail. Returns whether the payload is now decided.
  bool add(payload::ReceivedFrame frame, std::size_t limit);
  /// The payload will not come.
  void fail(protocol::PayloadId id, Poison failure);

  /// Complete or failed.
  [[nodiscard]] bool is_decided(protocol::PayloadId id) const;
  /// Takes a decided payload out.
  [[nodiscard]] Payload take(protocol::PayloadId id);
  [[nodiscard]] std::size_t size() const noexcept { return payloads_.size(); }

 private:
  static void refuse(Payload& payload, ErrorKind kind, std::string reason);
  [[nodiscard]] bool adopt(Payload& payload, payload::ReceivedFrame& frame);
  void make_room(Payload& payload, std::size_t total);

  transport::SharedPool& pool_;
  std::shared_ptr<std::atomic<std::size_t>> adopted_;
  std::unordered_map<protocol::PayloadId, Payload> payloads_;
};

}  // namespace gt::worker

// Where an executor puts what other processes shall get.
#pragma once

#include <cstddef>
#include <vector>

#include "common/protocol/messages.h"

namespace gt::worker {

/// The bytes of a value on their way to another process; cut into frames when they are sent.
struct OutgoingPayload {
  protocol::SessionId session = 0;
  protocol::PayloadId payload = 0;
  std::vector<std::byte> bytes;
};

/// Takes messages from the executor's thread. No call blocks; what cannot be delivered is dropped
/// by whoever sends, and the dispatcher learns of the loss in its own way.
class Outbox {
 public:
  virtual ~Outbox() = default;
  virtual void to_dispatcher(protocol::Message message) = 0;
  virtual void to_dispatcher(OutgoingPayload payload) = 0;
  virtual void to_worker(protocol::WorkerId worker, protocol::Message message) = 0;
  virtual void to_worker(protocol::WorkerId worker, OutgoingPayload payload) = 0;
};

}  // namespace gt::worker

// Where an executor puts what other processes shall get.
#pragma once

#include "common/payload/payload_sender.h"
#include "common/protocol/messages.h"

namespace gt::worker {

using payload::OutgoingPayload;

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

#include "dispatcher/core/payload_router.h"

#include <string>
#include <utility>

namespace gt::dispatcher {
namespace {

std::string name_of(PayloadId payload) { return "payload " + std::to_string(payload); }

std::size_t size_of(const FrameReceived& frame) {
  return protocol::kFrameHeaderBytes + frame.header.size;
}

void pass_on(FrameReceived frame, WorkerId id, WorkerRegistry& workers, Outbox& outbox) {
  if (const Worker* worker = workers.find(id))
    outbox.forward(worker->peer, std::move(frame.bytes), std::move(frame.attachment));
}

}  // namespace

void PayloadRouter::accept(FrameReceived frame, std::size_t limit, WorkerRegistry& workers,
                           Outbox& outbox) {
  const protocol::FrameHeader& header = frame.header;
  if ((header.payload & protocol::kTransferBit) != 0)
    violation(name_of(header.payload) + " is not a client's number");
  const auto [entry, is_new] = payloads_.try_emplace(header.payload);
  Payload& payload = entry->second;
  if (is_new) payload.total = header.total;
  if (payload.is_complete || header.total != payload.total || header.offset != payload.received)
    violation(name_of(header.payload) + " of " + std::to_string(payload.total) + " bytes has " +
              std::to_string(payload.received) + ", but a frame says offset " +
              std::to_string(header.offset) + " of " + std::to_string(header.total));
  payload.received += header.size;
  payload.is_complete = header.is_last();
  if (payload.is_announced) {
    pass_on(std::move(frame), payload.worker, workers, outbox);
    if (payload.is_complete) payloads_.erase(entry);
    return;
  }
  waiting_bytes_ += size_of(frame);
  if (waiting_bytes_ > limit)
    violation("more than " + std::to_string(limit) +
              " bytes of payloads came before the batches that announce them");
  payload.waiting.push_back(std::move(frame));
}

void PayloadRouter::announce(PayloadId id, std::uint64_t total, WorkerId worker,
                             WorkerRegistry& workers, Outbox& outbox) {
  const auto [entry, is_new] = payloads_.try_emplace(id);
  Payload& payload = entry->second;
  if (payload.is_announced) violation(name_of(id) + " is announced twice");
  if (!is_new && payload.total != total)
    violation(name_of(id) + " has " + std::to_string(payload.total) + " bytes, its upload " +
              std::to_string(total));
  payload.total = total;
  payload.is_announced = true;
  payload.worker = worker;
  for (FrameReceived& frame : std::exchange(payload.waiting, {})) {
    waiting_bytes_ -= size_of(frame);
    pass_on(std::move(frame), worker, workers, outbox);
  }
  if (payload.is_complete) payloads_.erase(entry);
}

void PayloadRouter::lose(WorkerId worker) {
  for (auto& [id, payload] : payloads_)
    if (payload.is_announced && payload.worker == worker) payload.worker = kNoWorker;
}

}  // namespace gt::dispatcher

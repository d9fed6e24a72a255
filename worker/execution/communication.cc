// The communication rows: values that come to this worker, leave it, or end.
#include <fmt/format.h>

#include <utility>

#include "common/transport/local_block.h"
#include "worker/execution/guard.h"
#include "worker/execution/session.h"

namespace gt::worker {
namespace {

/// Position of the number attribute in the rows upload and receive: after dtype and size.
constexpr std::size_t kPayloadAttribute = 2;

Attributes attributes_of(const Instruction& instruction) {
  return merge_attributes(*instruction.kind, instruction.binding_words);
}

}  // namespace

protocol::PayloadId payload_of(const Instruction& instruction) {
  return static_cast<protocol::PayloadId>(
      attributes_of(instruction).integer(instruction.row(), kPayloadAttribute));
}

void Session::communicate(const Instruction& instruction) {
  operands_.clear();
  const Op op = instruction.row().op;
  if (op == Op::upload || op == Op::receive) receive_payload(instruction);
  if (op == Op::fetch) fetch(instruction);
  if (op == Op::send) send(instruction);
  if (op == Op::recover) recover(instruction);
}

void Session::receive_payload(const Instruction& instruction) {
  PayloadStore::Payload payload = payloads_.take(payload_of(instruction));
  if (payload.state == PayloadStore::State::failed) {
    if (!payload.failure)
      payload.failure = fail(instruction, payload.problem, std::move(payload.reason));
    poison_results(instruction, payload.failure);
    return;
  }
  Value value;
  const Poison poison = guard(instruction, [&] {
    TensorMeta meta;
    infer(instruction.row(), {}, attributes_of(instruction), {&meta, 1});
    if (payload.size() != meta.byte_count())
      throw CommonError(ErrorKind::kProtocol,
                        fmt::format("{}{} has {} bytes, but {} came", short_name(meta.dtype),
                                    to_string(meta.shape), meta.byte_count(), payload.size()));
    value = payload.block ? engine_.adopt(meta, std::move(payload.block))
                          : engine_.from_host(meta, payload.bytes);
  });
  store(instruction.first_output, {std::move(value), poison, 0});
}

/// Looks operand 0 up; gives its poison, if it has one.
Poison Session::find_operand(const Instruction& instruction, const Value*& value) {
  const Poison poison = gather(instruction);
  if (!poison) value = operands_[0].value;
  return poison;
}

/// The elements where another process can get at them.
transport::SharedBlockRef Session::read(const Value& value) {
  if (const auto block = lender_.take(value.meta().byte_count())) {
    engine_.copy_to_host(value, block->memory());
    return block;
  }
  return std::make_shared<transport::LocalBlock>(engine_.to_host(value));
}

void Session::fetch(const Instruction& instruction) {
  protocol::WorkerFetchReply message;
  message.session = id_;
  protocol::FetchReply& reply = message.reply;
  reply.request =
      static_cast<protocol::RequestId>(attributes_of(instruction).integer(instruction.row(), 0));
  const Value* value = nullptr;
  std::vector<std::byte> bytes;
  transport::SharedBlockRef block;
  Poison poison = find_operand(instruction, value);
  reply.is_inline = !poison && value->meta().byte_count() <= protocol::kInlinePayloadBytes;
  if (!poison)
    poison = guard(instruction, [&] {
      if (reply.is_inline)
        bytes = engine_.to_host(*value);
      else
        block = read(*value);
    });
  if (poison) {
    reply.is_inline = false;
    reply.failed = true;
    reply.error = *poison;
    outbox_.to_dispatcher(std::move(message));
    return;
  }
  reply.meta = value->meta();
  reply.payload = reply.request;
  if (reply.is_inline) {
    reply.bytes = std::move(bytes);
    outbox_.to_dispatcher(std::move(message));
    return;
  }
  const protocol::PayloadId payload = reply.payload;
  outbox_.to_dispatcher(std::move(message));
  outbox_.to_dispatcher(OutgoingPayload{id_, payload, std::move(block)});
}

void Session::send(const Instruction& instruction) {
  const Attributes attributes = attributes_of(instruction);
  const auto transfer = static_cast<protocol::PayloadId>(attributes.integer(instruction.row(), 0));
  const auto worker = static_cast<protocol::WorkerId>(attributes.integer(instruction.row(), 1));
  const Value* value = nullptr;
  transport::SharedBlockRef block;
  Poison poison = find_operand(instruction, value);
  if (!poison) poison = guard(instruction, [&] { block = read(*value); });
  if (poison)
    outbox_.to_worker(worker, protocol::PayloadFailed{id_, transfer, *poison});
  else
    outbox_.to_worker(worker, OutgoingPayload{id_, transfer, std::move(block)});
}

}  // namespace gt::worker

// Instructions that move values between processes or end their life.
#include <algorithm>
#include <string>
#include <utility>

#include "dispatcher/core/batch_planner.h"

namespace gt::dispatcher {
namespace {

std::vector<std::uint64_t> bindings_of(Op op, const Attributes& attributes) {
  std::vector<std::uint64_t> statics;
  Attributes::Words bindings;
  split_attributes(row_of(op), attributes, statics, bindings);
  return {bindings.begin(), bindings.end()};
}

std::int64_t attribute_of(const Instruction& instruction, std::size_t k) {
  return merge_attributes(*instruction.kind, instruction.binding_words)
      .integer(instruction.row(), k);
}

}  // namespace

/// Whether what the instruction sets in motion may join what is on its way.
bool BatchPlanner::has_room(const Instruction& instruction) const {
  const Op op = instruction.row().op;
  if (op == Op::fetch) return session_.reply_bytes.fits(reply_bytes());
  if (op == Op::upload) return session_.upload_bytes.fits(results_->front()->byte_count());
  return true;
}

/// What the reply to the fetch at hand counts.
std::uint64_t BatchPlanner::reply_bytes() const {
  const std::uint64_t bytes = loss_ == nullptr ? values_[0]->meta->byte_count() : 0;
  return bytes + protocol::kReplyOverheadBytes;
}

void BatchPlanner::move_operands(const Instruction& instruction, WorkerId worker) {
  for (const TensorPosition& position : kind_->tensors) {
    const std::uint64_t operand = instruction.operand_words[position.word];
    Value& value = *session_.values.find(operand);
    if (value.is_held_by(worker)) continue;
    const WorkerId holder = value.holders().front();
    const std::uint64_t transfer = protocol::kTransferBit | session_.next_transfer++;
    const TensorMeta& meta = *value.meta;
    append(holder, session_.kinds.send(meta), instruction.site, 0, {&operand, 1},
           bindings_of(Op::send, make_attributes(Op::send, transfer, std::uint64_t{worker})));
    append(
        worker, session_.kinds.receive(meta), instruction.site, operand, {},
        bindings_of(Op::receive, make_attributes(Op::receive, meta.dtype, meta.shape, transfer)));
    stream_of(worker).transfers.push_back({transfer, holder});
    value.add_holder(worker);
  }
}

void BatchPlanner::start_upload(const Instruction& instruction, WorkerId worker) {
  const auto payload = static_cast<protocol::PayloadId>(attribute_of(instruction, 2));
  if ((payload & protocol::kTransferBit) != 0)
    fail(instruction, "payload numbers of clients are below 2^63");
  const std::size_t bytes = results_->front()->byte_count();
  if (worker != kNoWorker) {
    session_.upload_bytes.take(bytes);
    stream_of(worker).upload_bytes += bytes;
  }
  const auto inlined = std::find_if(
      batch_.payloads.begin(), batch_.payloads.end(),
      [&](const protocol::InlinePayload& candidate) { return candidate.id == payload; });
  if (inlined == batch_.payloads.end()) {
    session_.uploads.announce(payload, bytes, worker, workers_, outbox_);
    return;
  }
  if (inlined->bytes.size() != bytes)
    fail(instruction, "its inline payload has " + std::to_string(inlined->bytes.size()) +
                          " bytes, the tensor " + std::to_string(bytes));
  ++pending_.used_payloads;
  if (worker != kNoWorker) stream_of(worker).payloads.push_back(std::move(*inlined));
}

void BatchPlanner::start_fetch(const Instruction& instruction, WorkerId worker) {
  const auto request = static_cast<protocol::RequestId>(attribute_of(instruction, 0));
  const ValueId id = instruction.operand_words[0];
  const Value& value = *values_[0];
  PendingFetch fetch;
  fetch.worker = worker;
  fetch.origin.op = row_of(value.op).name;
  fetch.origin.lane = lane_of(id);
  fetch.origin.site = value.site;
  fetch.origin.value = id;
  fetch.bytes = value.meta->byte_count();
  session_.reply_bytes.take(reply_bytes());
  if (!session_.fetches.try_emplace(request, std::move(fetch)).second)
    fail(instruction, "request " + std::to_string(request) + " is not answered yet");
}

/// Ends a value: every holder but `except` is told. An operand may be named twice.
void BatchPlanner::release(ValueId id, WorkerId except, SiteId site) {
  const Value* value = session_.values.find(id);
  if (value == nullptr) return;
  for (WorkerId holder : value->holders()) {
    if (holder == except) continue;
    const std::uint64_t operand = id;
    const std::size_t header =
        append(holder, session_.kinds.release(*value->meta), site, 0, {&operand, 1}, {});
    InstructionWriter::mark_dead(stream_of(holder).words, header, 0);
  }
  session_.values.erase(id);
}

/// An instruction that cannot run because an operand is lost, or because there is no worker.
void BatchPlanner::lose(const Instruction& instruction) {
  const Op op = instruction.row().op;
  if (loss_ == nullptr) {
    GT_INVARIANT(session_.no_worker.has_value(), "a batch is planned although no worker is there");
    protocol::ErrorRecord record = *session_.no_worker;
    record.op = instruction.row().name;
    record.lane = batch_.lane;
    record.site = instruction.site;
    record.value = make_value_id(batch_.lane, pending_.next_output);
    loss_ = std::make_shared<const protocol::ErrorRecord>(std::move(record));
  }
  if (op == Op::upload) start_upload(instruction, kNoWorker);
  if (op == Op::fetch) {
    protocol::FetchReply reply;
    reply.request = static_cast<protocol::RequestId>(attribute_of(instruction, 0));
    reply.failed = true;
    reply.error = *loss_;
    session_.reply_bytes.take(reply_bytes());
    session_.sent_reply_bytes += protocol::kReplyOverheadBytes;
    outbox_.send(session_.peer, std::move(reply));
  }
  if (op == Op::release) release(instruction.operand_words[0], kNoWorker, instruction.site);
  add_results(instruction, kNoWorker);
  bury_dead(instruction, kNoWorker, 0);
}

}  // namespace gt::dispatcher

#include "dispatcher/core/batch_planner.h"

#include <algorithm>
#include <string>
#include <utility>

#include "dispatcher/core/log_lines.h"
#include "dispatcher/core/placement.h"

namespace gt::dispatcher {
namespace {

constexpr std::uint64_t kMaxOutputNumber = std::uint64_t{1} << 47;
constexpr std::uint64_t kMaxElements = std::uint64_t{1} << 58;

std::string id_text(ValueId id) {
  return std::to_string(id & (2 * kMaxOutputNumber - 1)) + " of lane " +
         std::to_string(lane_of(id));
}

/// Whether the shape's element count cannot overflow anywhere.
bool is_representable(const Shape& shape) {
  std::uint64_t elements = 1;
  for (std::int64_t size : shape) {
    if (size < 0) return false;
    const auto factor = static_cast<std::uint64_t>(size);
    if (__builtin_mul_overflow(elements, std::max<std::uint64_t>(factor, 1), &elements) ||
        elements > kMaxElements)
      return false;
  }
  return true;
}

std::vector<std::uint64_t> bindings_of(Op op, const Attributes& attributes) {
  std::vector<std::uint64_t> statics;
  Attributes::Words bindings;
  split_attributes(row_of(op), attributes, statics, bindings);
  return {bindings.begin(), bindings.end()};
}

}  // namespace

void BatchPlanner::run() {
  LaneState& lane = session_.lanes[batch_.lane];
  check_envelope(lane);
  next_output_ = batch_.first_output;
  for (protocol::KindDefinition& definition : batch_.kinds)
    session_.kinds.define(definition.id, std::move(definition.kind));
  InstructionReader reader(InstructionForm::client, batch_.words,
                           [&](KindId id) -> const ResolvedKind* {
                             const PlannedKind* kind = session_.kinds.find(id);
                             return kind == nullptr ? nullptr : &kind->resolved;
                           });
  std::uint64_t count = 0;
  for (; const std::optional<Instruction> instruction = reader.next(); ++count) plan(*instruction);
  session_.counters.instructions += count;
  if (used_payloads_ != batch_.payloads.size())
    violation("an inline payload belongs to no upload of its batch");
  lane.next_output = next_output_;
  flush();
}

void BatchPlanner::check_envelope(const LaneState& lane) const {
  if (batch_.first_output < lane.next_output)
    violation("lane " + std::to_string(batch_.lane) + " uses output number " +
              std::to_string(batch_.first_output) + " again; the next is " +
              std::to_string(lane.next_output));
  if (batch_.first_output >= kMaxOutputNumber) violation("an output number beyond 47 bits");
}

void BatchPlanner::fail(const Instruction& instruction, const std::string& why) const {
  violation("instruction " + std::string(instruction.row().name) + " for output " +
            id_text(make_value_id(batch_.lane, next_output_)) + ": " + why);
}

void BatchPlanner::plan(const Instruction& instruction) {
  const Op op = instruction.row().op;
  if (op == Op::send || op == Op::receive) fail(instruction, "only the dispatcher plans these");
  gather(instruction);
  infer_results(instruction);
  if (outbox_.keeps_log())
    outbox_.log(received_line(session_.id, instruction, operands_,
                              make_value_id(batch_.lane, next_output_), inferred_->results));
  if (loss_ != nullptr) {
    lose(instruction);
  } else if (op == Op::release) {
    release(tensors_[0].id, kNoWorker, instruction.site);
  } else {
    const WorkerId worker = tensors_.empty() ? place_source(session_, options_.placement, workers_)
                                             : place_with_operands(values_);
    worker == kNoWorker ? lose(instruction) : execute(instruction, worker);
  }
  next_output_ += inferred_->results.size();
}

void BatchPlanner::gather(const Instruction& instruction) {
  tensors_.clear();
  values_.clear();
  loss_ = nullptr;
  const std::vector<OperandType>& types = instruction.kind->kind.operands;
  operands_.resize(types.size());
  std::size_t word = 0;
  for (std::size_t k = 0; k < types.size(); ++k) {
    operands_[k].form = types[k].form;
    operands_[k].dtype = types[k].dtype;
    operands_[k].shape.clear();
    if (types[k].form == OperandMeta::Form::none) continue;
    const std::uint64_t content = instruction.operand_words[word++];
    if (types[k].form == OperandMeta::Form::scalar) continue;
    const Value* value = session_.values.find(content);
    if (value == nullptr)
      fail(instruction, "operand " + std::to_string(k) + " names value " + id_text(content) +
                            ", which this session does not have");
    if (value->meta.dtype != types[k].dtype || value->meta.shape.size() != types[k].rank)
      fail(instruction, "operand " + std::to_string(k) + " is " +
                            describe(value->meta.dtype, value->meta.shape) +
                            ", its kind says otherwise");
    if (value->loss != nullptr && loss_ == nullptr) loss_ = value->loss;
    operands_[k].shape = value->meta.shape;
    tensors_.push_back({k, content});
    values_.push_back(value);
  }
}

void BatchPlanner::infer_results(const Instruction& instruction) {
  try {
    inferred_ = &session_.kinds.find(instruction.kind_id)
                     ->cache.infer(*instruction.kind, operands_, instruction.binding_words);
  } catch (const CommonError& error) {
    fail(instruction, error.what());
  }
  for (const TensorMeta& result : inferred_->results)
    if (!is_representable(result.shape)) fail(instruction, "a result is too large to exist");
}

void BatchPlanner::execute(const Instruction& instruction, WorkerId worker) {
  const Op op = instruction.row().op;
  move_operands(worker, instruction.site);
  if (op == Op::upload) start_upload(instruction, worker);
  if (op == Op::fetch) start_fetch(instruction, worker);
  const std::size_t header = append(worker, *session_.kinds.find(instruction.kind_id),
                                    instruction.site, make_value_id(batch_.lane, next_output_),
                                    instruction.operand_words, instruction.binding_words);
  InstructionWriter::mark_results_dead(session_.streams[worker].words, header,
                                       instruction.dead_result_bits);
  add_results(instruction, worker);
  bury_dead(instruction, worker, header);
}

void BatchPlanner::move_operands(WorkerId worker, SiteId site) {
  for (const TensorOperand& tensor : tensors_) {
    Value& value = *session_.values.find(tensor.id);
    if (value.is_held_by(worker)) continue;
    const WorkerId holder = value.holders.front();
    const std::uint64_t transfer = protocol::kTransferBit | session_.next_transfer++;
    const std::uint64_t operand = tensor.id;
    append(holder, session_.kinds.send(value.meta), site, 0, {&operand, 1},
           bindings_of(Op::send, make_attributes(Op::send, transfer, std::uint64_t{worker})));
    append(worker, session_.kinds.receive(value.meta), site, tensor.id, {},
           bindings_of(Op::receive,
                       make_attributes(Op::receive, value.meta.dtype, value.meta.shape, transfer)));
    session_.streams[worker].transfers.push_back({transfer, holder});
    value.holders.push_back(worker);
  }
}

void BatchPlanner::start_upload(const Instruction& instruction, WorkerId worker) {
  const auto payload =
      static_cast<protocol::PayloadId>(inferred_->attributes.integer(instruction.row(), 2));
  if ((payload & protocol::kTransferBit) != 0)
    fail(instruction, "payload numbers of clients are below 2^63");
  const std::size_t bytes = inferred_->results[0].byte_count();
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
  ++used_payloads_;
  if (worker != kNoWorker) session_.streams[worker].payloads.push_back(std::move(*inlined));
}

void BatchPlanner::start_fetch(const Instruction& instruction, WorkerId worker) {
  const auto request =
      static_cast<protocol::RequestId>(inferred_->attributes.integer(instruction.row(), 0));
  const Value& value = *values_[0];
  PendingFetch fetch;
  fetch.worker = worker;
  fetch.origin.op = row_of(value.op).name;
  fetch.origin.lane = lane_of(tensors_[0].id);
  fetch.origin.site = value.site;
  fetch.origin.value = tensors_[0].id;
  if (!session_.fetches.try_emplace(request, std::move(fetch)).second)
    fail(instruction, "request " + std::to_string(request) + " is not answered yet");
}

void BatchPlanner::add_results(const Instruction& instruction, WorkerId worker) {
  for (std::size_t k = 0; k < inferred_->results.size(); ++k) {
    if (instruction.result_dies(k)) continue;
    const bool renames = instruction.row().op == Op::recover;  // errors name what made the value
    const Op op = renames ? values_[0]->op : instruction.row().op;
    const SiteId site = renames ? values_[0]->site : instruction.site;
    Value& value = session_.values.make(make_value_id(batch_.lane, next_output_ + k)).first;
    value.meta = inferred_->results[k];
    if (worker != kNoWorker) value.holders.push_back(worker);
    value.op = op;
    value.site = site;
    value.loss = loss_;
  }
}

void BatchPlanner::bury_dead(const Instruction& instruction, WorkerId executor,
                             std::size_t header) {
  if (instruction.dead_bits == 0 && instruction.more_dead_bits.empty()) return;
  for (const TensorOperand& tensor : tensors_) {
    if (!instruction.dies(tensor.index)) continue;
    if (executor != kNoWorker)
      InstructionWriter::mark_dead(session_.streams[executor].words, header, tensor.index);
    release(tensor.id, executor, instruction.site);
  }
}

/// Ends a value: every holder but `except` is told. An operand may be named twice.
void BatchPlanner::release(ValueId id, WorkerId except, SiteId site) {
  const Value* value = session_.values.find(id);
  if (value == nullptr) return;
  for (WorkerId holder : value->holders) {
    if (holder == except) continue;
    const std::uint64_t operand = id;
    const std::size_t header =
        append(holder, session_.kinds.release(value->meta), site, 0, {&operand, 1}, {});
    InstructionWriter::mark_dead(session_.streams[holder].words, header, 0);
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
    record.value = make_value_id(batch_.lane, next_output_);
    loss_ = std::make_shared<const protocol::ErrorRecord>(std::move(record));
  }
  if (op == Op::upload) start_upload(instruction, kNoWorker);
  if (op == Op::fetch) {
    protocol::FetchReply reply;
    reply.request =
        static_cast<protocol::RequestId>(inferred_->attributes.integer(instruction.row(), 0));
    reply.failed = true;
    reply.error = *loss_;
    outbox_.send(session_.peer, std::move(reply));
  }
  if (op == Op::release) release(tensors_[0].id, kNoWorker, instruction.site);
  add_results(instruction, kNoWorker);
  bury_dead(instruction, kNoWorker, 0);
}

std::size_t BatchPlanner::append(WorkerId worker, const PlannedKind& kind, SiteId site,
                                 ValueId first_output, std::span<const std::uint64_t> operand_words,
                                 std::span<const std::uint64_t> binding_words) {
  WorkerStream& stream = session_.streams[worker];
  if (kind.planned_id >= stream.known_kinds.size()) stream.known_kinds.resize(kind.planned_id + 1);
  if (!stream.known_kinds[kind.planned_id]) {
    stream.known_kinds[kind.planned_id] = true;
    stream.kinds.push_back({kind.planned_id, kind.resolved.kind});
  }
  ++stream.instructions;
  InstructionWriter writer(InstructionForm::planned, stream.words);
  return writer.append(kind.planned_id, kind.resolved, site, first_output, operand_words,
                       binding_words);
}

void BatchPlanner::flush() {
  BatchProgress& progress = *session_.lanes[batch_.lane].find(batch_.sequence);
  progress.is_planned = true;
  for (auto& [id, stream] : session_.streams) {
    if (stream.words.empty() && !(batch_.mark && stream.is_unmarked)) continue;
    Worker& worker = workers_.at(id);
    protocol::PlannedBatch planned;
    planned.session = session_.id;
    planned.sequence = stream.next_sequence++;
    planned.mark = batch_.mark;
    planned.epoch = batch_.epoch;
    planned.kinds = std::exchange(stream.kinds, {});
    planned.payloads = std::exchange(stream.payloads, {});
    planned.words = std::exchange(stream.words, {});
    ++worker.batches;
    worker.instructions += std::exchange(stream.instructions, 0);
    stream.is_unmarked = !batch_.mark;
    stream.outstanding.push_back(
        {planned.sequence, batch_.lane, batch_.sequence, std::exchange(stream.transfers, {})});
    ++progress.remaining;
    outbox_.send(worker.peer, std::move(planned));
  }
}

}  // namespace gt::dispatcher

#include "dispatcher/core/batch_planner.h"

#include <algorithm>
#include <string>
#include <unordered_set>
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

}  // namespace

BatchPlanner::Outcome BatchPlanner::run(std::uint32_t& left) {
  LaneState& lane = session_.lanes[batch_.lane];
  if (!pending_.is_started) start(lane);
  const std::span<const std::uint64_t> words(batch_.words);
  InstructionReader reader(InstructionForm::client, words.subspan(pending_.next_word),
                           [&](KindId id) -> const ResolvedKind* {
                             kind_ = session_.kinds.find(id);
                             return kind_ == nullptr ? nullptr : &kind_->resolved;
                           });
  Outcome outcome = Outcome::complete;
  const std::uint32_t before = left;
  Instruction instruction;
  while (outcome == Outcome::complete && reader.next(instruction)) {
    if (left == 0)
      outcome = Outcome::paused;
    else if (!plan(instruction))
      outcome = Outcome::waits;
    else
      --left;
  }
  if (outcome != Outcome::complete) {
    const std::uint64_t* header =
        instruction.operand_words.data() - instruction.more_dead_bits.size() - 1;
    pending_.next_word = static_cast<std::size_t>(header - batch_.words.data());
  } else if (pending_.used_payloads != batch_.payloads.size()) {
    violation("an inline payload belongs to no upload of its batch");
  }
  check_size();
  session_.counters.instructions += before - left;
  lane.next_output = pending_.next_output;
  if (outcome != Outcome::paused) flush(outcome == Outcome::complete);
  if (session_.metas.is_crowded()) forget_unused_metas();
  return outcome;
}

void BatchPlanner::start(const LaneState& lane) {
  check_envelope(lane);
  pending_.is_started = true;
  pending_.next_output = batch_.first_output;
  for (protocol::SignalDefinition& definition : batch_.signals)
    session_.signals.define(std::move(definition));
  for (const protocol::KindDefinition& definition : batch_.kinds)
    session_.signals.require(definition.kind.signal);
  for (protocol::KindDefinition& definition : batch_.kinds)
    session_.kinds.define(definition.id, std::move(definition.kind));
}

void BatchPlanner::check_envelope(const LaneState& lane) const {
  if (batch_.first_output < lane.next_output)
    violation("lane " + std::to_string(batch_.lane) + " uses output number " +
              std::to_string(batch_.first_output) + " again; the next is " +
              std::to_string(lane.next_output));
  if (batch_.first_output >= kMaxOutputNumber) violation("an output number beyond 47 bits");
}

/// What a session may keep is bounded, so that none takes the dispatcher's memory from others.
void BatchPlanner::check_size() const {
  const auto check = [](std::size_t count, std::size_t limit, const char* what) {
    if (count > limit)
      violation("the session has " + std::to_string(count) + " " + what + ", at most " +
                std::to_string(limit) + " are allowed at a time");
  };
  check(session_.values.size(), options_.max_values, "values");
  check(session_.kinds.size(), options_.max_kinds, "kinds");
  check(session_.uploads.open_count(), options_.max_open_uploads, "uploads without their bytes");
}

void BatchPlanner::fail(const Instruction& instruction, const std::string& why) const {
  violation("instruction " + std::string(instruction.row().name) + " for output " +
            id_text(make_value_id(batch_.lane, pending_.next_output)) + ": " + why);
}

bool BatchPlanner::plan(const Instruction& instruction) {
  const Op op = instruction.row().op;
  if (op == Op::send || op == Op::receive) fail(instruction, "only the dispatcher plans these");
  gather(instruction);
  look_up_results(instruction);
  if (!kind_->is_plain && !has_room(instruction)) return false;
  if (outbox_.keeps_log()) log_received(instruction);
  if (loss_ != nullptr) {
    lose(instruction);
  } else if (sole_holder_ != kNoWorker && kind_->is_plain) {
    pass_on(instruction, sole_holder_);
  } else if (op == Op::release) {
    release(instruction.operand_words[0], kNoWorker, instruction.site);
  } else {
    const WorkerId worker = values_.empty() ? place_source(session_, options_.placement, workers_)
                                            : place_with_operands(values_);
    worker == kNoWorker ? lose(instruction) : execute(instruction, worker);
  }
  pending_.next_output += results_->size();
  return true;
}

BatchProgress& BatchPlanner::progress() const {
  return *session_.lanes[batch_.lane].find(batch_.sequence);
}

void BatchPlanner::gather(const Instruction& instruction) {
  values_.clear();
  if (loss_ != nullptr) loss_.reset();
  sole_holder_ = kNoWorker;
  for (const TensorPosition& position : kind_->tensors) {
    const ValueId id = instruction.operand_words[position.word];
    const Value* value = session_.values.find(id);
    if (value == nullptr)
      fail(instruction, "operand " + std::to_string(position.operand) + " names value " +
                            id_text(id) + ", which this session does not have");
    if (value->loss != nullptr && loss_ == nullptr) loss_ = value->loss;
    const bool agrees = values_.empty() || value->sole_holder == sole_holder_;
    sole_holder_ = agrees ? value->sole_holder : kNoWorker;
    values_.push_back(value);
  }
}

void BatchPlanner::look_up_results(const Instruction& instruction) {
  results_ = kind_->cache.find(values_, instruction.binding_words);
  if (results_ == nullptr) results_ = &infer_results(instruction);
}

std::vector<OperandMeta> BatchPlanner::describe_operands(const Instruction& instruction) const {
  const std::vector<OperandType>& types = instruction.kind->kind.operands;
  std::vector<OperandMeta> operands(types.size());
  for (std::size_t k = 0; k < types.size(); ++k) {
    operands[k].form = types[k].form;
    operands[k].dtype = types[k].dtype;
  }
  for (std::size_t k = 0; k < values_.size(); ++k)
    operands[kind_->tensors[k].operand].shape = values_[k]->meta->shape;
  return operands;
}

const PlanCache::Metas& BatchPlanner::infer_results(const Instruction& instruction) {
  for (std::size_t k = 0; k < values_.size(); ++k) {
    const std::size_t operand = kind_->tensors[k].operand;
    const OperandType& type = instruction.kind->kind.operands[operand];
    const TensorMeta& meta = *values_[k]->meta;
    if (meta.dtype != type.dtype || meta.shape.size() != type.rank)
      fail(instruction, "operand " + std::to_string(operand) + " is " +
                            describe(meta.dtype, meta.shape) + ", its kind says otherwise");
  }
  std::vector<TensorMeta> results(instruction.row().results);
  try {
    infer(instruction.row(), describe_operands(instruction),
          merge_attributes(*instruction.kind, instruction.binding_words), results);
  } catch (const CommonError& error) {
    fail(instruction, error.what());
  }
  PlanCache::Metas metas;
  for (const TensorMeta& result : results) {
    if (!is_representable(result.shape)) fail(instruction, "a result is too large to exist");
    metas.push_back(session_.metas.intern(result));
  }
  return kind_->cache.add(values_, instruction.binding_words, std::move(metas));
}

void BatchPlanner::log_received(const Instruction& instruction) {
  std::vector<TensorMeta> results;
  for (const TensorMeta* meta : *results_) results.push_back(*meta);
  outbox_.log(received_line(session_.id, instruction, describe_operands(instruction),
                            make_value_id(batch_.lane, pending_.next_output), results,
                            session_.signals.name_of(instruction.kind->kind.signal),
                            instruction.row().op_class != OpClass::communication &&
                                session_.programs.is_compiled(batch_.lane)));
}

/// The planned form of an instruction whose operands live on one worker alone: its own words behind
/// the number of its first result.
void BatchPlanner::pass_on(const Instruction& instruction, WorkerId worker) {
  WorkerStream& stream = stream_of(worker);
  if (!stream.knows(kind_->planned_id)) define(stream, *kind_);
  ++stream.instructions;
  const std::uint64_t header = std::uint64_t{kind_->planned_id} |
                               (std::uint64_t{instruction.site} << 24) |
                               (std::uint64_t{instruction.dead_result_bits} << 44) |
                               (std::uint64_t{instruction.dead_bits} << 48);
  const std::uint64_t first_output =
      results_->empty() ? 0 : make_value_id(batch_.lane, pending_.next_output);
  const std::span<const std::uint64_t> rest(
      instruction.operand_words.data(),
      instruction.operand_words.size() + instruction.binding_words.size());
  stream.words.push_back(header);
  stream.words.push_back(first_output);
  for (const std::uint64_t word : rest) stream.words.push_back(word);
  add_results(instruction, worker);
  if (instruction.dead_bits == 0) return;
  for (const TensorPosition& position : kind_->tensors)
    if (instruction.dies(position.operand))
      session_.values.erase(instruction.operand_words[position.word]);
}

void BatchPlanner::execute(const Instruction& instruction, WorkerId worker) {
  const Op op = instruction.row().op;
  move_operands(instruction, worker);
  if (op == Op::upload) start_upload(instruction, worker);
  if (op == Op::fetch) start_fetch(instruction, worker);
  const std::size_t header =
      append(worker, *kind_, instruction.site, make_value_id(batch_.lane, pending_.next_output),
             instruction.operand_words, instruction.binding_words);
  InstructionWriter::mark_results_dead(stream_of(worker).words, header,
                                       instruction.dead_result_bits);
  add_results(instruction, worker);
  bury_dead(instruction, worker, header);
}

void BatchPlanner::add_results(const Instruction& instruction, WorkerId worker) {
  if ((instruction.dead_result_bits + 1u) >> results_->size() != 0) return;  // all are dead
  const bool renames = instruction.row().op == Op::recover;  // errors name what made the value
  const Op op = renames ? values_[0]->op : instruction.row().op;
  const SiteId site = renames ? values_[0]->site : instruction.site;
  for (std::size_t k = 0; k < results_->size(); ++k) {
    if (instruction.result_dies(k)) continue;
    Value& value = session_.values.make(make_value_id(batch_.lane, pending_.next_output + k)).first;
    value.meta = (*results_)[k];
    if (worker != kNoWorker) value.add_holder(worker);
    value.op = op;
    value.site = site;
    if (loss_ != nullptr) value.loss = loss_;
  }
}

void BatchPlanner::bury_dead(const Instruction& instruction, WorkerId executor,
                             std::size_t header) {
  if (instruction.dead_bits == 0 && instruction.more_dead_bits.empty()) return;
  for (const TensorPosition& position : kind_->tensors) {
    if (!instruction.dies(position.operand)) continue;
    if (executor != kNoWorker)
      InstructionWriter::mark_dead(stream_of(executor).words, header, position.operand);
    release(instruction.operand_words[position.word], executor, instruction.site);
  }
}

/// What is being put together for the worker.
WorkerStream& BatchPlanner::open_stream(WorkerId worker) {
  last_worker_ = worker;
  last_stream_ = &session_.streams[worker];
  // In the planned form an instruction has a word more; its shortest client form has two.
  if (last_stream_->words.empty())
    last_stream_->words.reserve(batch_.words.size() + batch_.words.size() / 2);
  return *last_stream_;
}

/// Defines the kind, and the signal that it names, to the worker before its first use there.
void BatchPlanner::define(WorkerStream& stream, const PlannedKind& kind) {
  if (kind.planned_id >= stream.known_kinds.size()) stream.known_kinds.resize(kind.planned_id + 1);
  stream.known_kinds[kind.planned_id] = true;
  stream.kinds.push_back({kind.planned_id, kind.resolved.kind});
  const std::uint16_t signal = kind.resolved.kind.signal;
  if (signal != 0 && stream.known_signals.insert(signal).second)
    stream.signals.push_back(session_.signals.definition_for_workers(signal));
}

std::size_t BatchPlanner::append(WorkerId worker, const PlannedKind& kind, SiteId site,
                                 ValueId first_output, std::span<const std::uint64_t> operand_words,
                                 std::span<const std::uint64_t> binding_words) {
  WorkerStream& stream = stream_of(worker);
  if (!stream.knows(kind.planned_id)) define(stream, kind);
  ++stream.instructions;
  InstructionWriter writer(InstructionForm::planned, stream.words);
  return writer.append(kind.planned_id, kind.resolved, site, first_output, operand_words,
                       binding_words);
}

void BatchPlanner::flush(bool is_complete) {
  // Whoever fills a window waits: nothing may be held back behind it.
  const bool mark = batch_.mark || !is_complete;
  progress().is_planned = is_complete;
  for (auto& [id, stream] : session_.streams) {
    if (stream.words.empty() && !(mark && stream.is_unmarked)) continue;
    Worker& worker = workers_.at(id);
    protocol::PlannedBatch planned;
    planned.session = session_.id;
    planned.sequence = stream.next_sequence++;
    planned.mark = mark;
    planned.epoch = batch_.epoch;
    planned.kinds = std::exchange(stream.kinds, {});
    planned.payloads = std::exchange(stream.payloads, {});
    planned.words = std::exchange(stream.words, {});
    if (planned.sequence == 1) planned.settings = session_.settings;
    planned.signals = std::exchange(stream.signals, {});
    planned.decisions = session_.programs.take_decisions(id);
    ++worker.batches;
    worker.instructions += std::exchange(stream.instructions, 0);
    stream.is_unmarked = !mark;
    stream.outstanding.push_back({planned.sequence, batch_.lane, batch_.sequence,
                                  std::exchange(stream.upload_bytes, 0),
                                  std::exchange(stream.transfers, {})});
    ++progress().remaining;
    outbox_.send(worker.peer, std::move(planned));
  }
}

/// Values come and go with metas of their own; those of values that are gone are given back.
void BatchPlanner::forget_unused_metas() {
  session_.kinds.clear_caches();
  std::unordered_set<const TensorMeta*> used;
  session_.values.for_each([&](ValueId, const Value& value) { used.insert(value.meta); });
  session_.metas.collect(used);
}

}  // namespace gt::dispatcher

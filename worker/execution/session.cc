#include "worker/execution/session.h"

#include <fmt/format.h>

#include <new>
#include <utility>

#include "common/config/environment.h"
#include "common/log/logging.h"
#include "worker/engine/integer_of.h"
#include "worker/execution/guard.h"

namespace gt::worker {
namespace {

/// Beyond this many operands nothing is computed in place; looking for the same value twice would
/// cost more than the buffer.
constexpr std::size_t kMostOperandsInPlace = 16;

}  // namespace

Session::Session(protocol::SessionId id, Engine& engine, Outbox& outbox, SharedMemory& memory,
                 hotpath::Workshop& workshop)
    : id_(id),
      engine_(engine),
      outbox_(outbox),
      pool_(memory.account),
      lender_(pool_, memory, engine.allocator()),
      payloads_(pool_, memory.adopted),
      workshop_(workshop) {}

void Session::enqueue(protocol::PlannedBatch batch) {
  for (protocol::InlinePayload& payload : batch.payloads)
    payloads_.add(payload.id, std::move(payload.bytes));
  batch.payloads.clear();
  read_wishes(batch);
  define_kinds(batch.kinds);
  if (hot_path_ != nullptr) quiet_since_ = std::chrono::steady_clock::now();
  batches_.push_back(std::move(batch));
}

void Session::add_payload(payload::ReceivedFrame frame) {
  payloads_.add(std::move(frame), engine_.allocator().limit());
}

void Session::fail_payload(protocol::PayloadFailed failed) {
  payloads_.fail(failed.payload,
                 std::make_shared<const protocol::ErrorRecord>(std::move(failed.error)));
}

void Session::read_wishes(const protocol::PlannedBatch& batch) {
  if (batch.settings.empty() && batch.signals.empty()) return;
  try {
    if (!batch.settings.empty()) wishes_.set(config::compile_settings(batch.settings));
  } catch (const CommonError& error) {
    report_broken_stream(error.what());
  }
  wishes_.add(batch.signals);
  if (hot_path_ != nullptr || !engine_.takes_kernels() || !wishes_.compile_anything()) return;
  hotpath::Host& host = *this;
  hot_path_ = std::make_unique<hotpath::HotPath>(
      wishes_, workshop_, host,
      config::Environment::process().text(config::Variable::save_compiled_code));
  kinds_.for_each(
      [this](KindId id, const KindTable::Entry& entry) { hot_path_->define(id, entry.resolved); });
}

bool Session::is_runnable() const {
  if (has_work()) return true;
  return !batches_.empty() && !(is_pending_ && waits(instruction_));
}

std::optional<std::uint64_t> Session::run_batch(Turn& turn) {
  if (!reader_ && !batches_.empty()) start_batch();
  while (true) {
    if (has_work()) {
      hot_path_->work();
    } else if (!reader_) {
      return std::nullopt;
    } else if (is_pending_ || (!is_marked_ && read_instruction())) {
      is_pending_ = waits(instruction_);
      if (is_pending_) return std::nullopt;
      hot_path_ != nullptr ? hot_path_->take(instruction_) : execute(instruction_);
    } else if (!is_marked_ && batches_.front().mark && hot_path_ != nullptr) {
      is_marked_ = true;
      hot_path_->mark();
      continue;
    } else {
      break;
    }
    if (turn.is_over()) return std::nullopt;
  }
  const std::uint64_t sequence = batches_.front().sequence;
  end_batch();
  return sequence;
}

void Session::start_batch() {
  lender_.settle();
  reader_.emplace(InstructionForm::planned, batches_.front().words, KindLookup{&kinds_});
  if (hot_path_ == nullptr) return;
  hot_path_->collect();
  for (const protocol::ProgramDecision& decision : batches_.front().decisions)
    hot_path_->decide(decision);
}

void Session::end_batch() {
  if (hot_path_ != nullptr) quiet_since_ = std::chrono::steady_clock::now();
  reader_.reset();
  is_marked_ = false;
  batches_.pop_front();
}

void Session::define_kinds(std::vector<protocol::KindDefinition>& kinds) {
  for (protocol::KindDefinition& definition : kinds) {
    try {
      kinds_.define(definition.id, std::move(definition.kind));
      if (hot_path_ != nullptr)
        hot_path_->define(definition.id, kinds_.find(definition.id)->resolved);
    } catch (const CommonError& error) {
      report_broken_stream(fmt::format("kind {}: {}", definition.id, error.what()));
    }
  }
}

/// Reads the next instruction of the batch. A batch that cannot be read further is reported and
/// ends here.
bool Session::read_instruction() {
  try {
    return reader_->next(instruction_);
  } catch (const CommonError& error) {
    report_broken_stream(error.what());
    return false;
  }
}

bool Session::waits(const Instruction& instruction) const {
  return kinds_.find(instruction.kind_id)->action == KindTable::Action::receive &&
         !payloads_.is_decided(payload_of(instruction));
}

void Session::execute(const Instruction& instruction) {
  KindTable::Entry& kind = *kinds_.find(instruction.kind_id);
  switch (kind.action) {
    case KindTable::Action::compute:
      compute(instruction, kind);
      break;
    case KindTable::Action::release:
      values_.erase(instruction.operand_words[0]);
      return;
    case KindTable::Action::receive:
    case KindTable::Action::communicate:
      communicate(instruction);
      break;
  }
  consume(instruction);
}

void Session::compute(const Instruction& instruction, KindTable::Entry& kind) {
  Poison poison = gather(instruction);
  const bool ends_early = !poison && kind.changes_elements && may_change_first_operand(instruction);
  if (ends_early) operands_[0].reusable = true;
  if (!poison) poison = guard(instruction, [&] { run_call(instruction, kind.calls); });
  if (poison)
    poison_results(instruction, poison);
  else if (ends_early)
    values_.erase(instruction.operand_words[0]);
}

void Session::run_call(const Instruction& instruction, CallCache& calls) {
  const CachedCall& call =
      calls.find(*instruction.kind, operands_, instruction.binding_words, engine_);
  if (call.prepared != nullptr) {
    Value result = call.prepared->run(operands_);
    if (!instruction.result_dies(0)) make_entry(instruction.first_output).value = std::move(result);
    return;
  }
  Results results = engine_.execute(
      {instruction.row(), operands_, call.inferred.attributes, call.inferred.results});
  if (results.size() != instruction.row().results)
    throw CommonError(ErrorKind::kInternal, fmt::format("the engine made {} of {} results",
                                                        results.size(), instruction.row().results));
  for (std::size_t k = 0; k < results.size(); ++k)
    if (!instruction.result_dies(k))
      make_entry(instruction.first_output + k).value = std::move(results[k]);
}

/// Fills `operands_`; gives the poison of the first operand that has one.
Poison Session::gather(const Instruction& instruction) {
  const auto& types = instruction.kind->kind.operands;
  operands_.resize(types.size());
  Poison poison;
  std::optional<std::size_t> missing;
  auto word = instruction.operand_words.begin();
  for (std::size_t k = 0; k < types.size(); ++k) {
    EngineOperand& operand = operands_[k] = {};
    if (types[k].form == OperandMeta::Form::none) continue;
    const std::uint64_t bits = *word++;
    if (types[k].form == OperandMeta::Form::scalar) {
      operand.scalar = ScalarValue::from_bits(types[k].dtype, bits);
      operand.is_scalar = true;
      continue;
    }
    const TableEntry* entry = values_.find(bits);
    if (entry != nullptr && !entry->poison)
      operand.value = &entry->value;
    else if (entry == nullptr && !poison && !missing)
      missing = k;
    else if (entry != nullptr && !poison && !missing)
      poison = entry->poison;
  }
  if (missing)
    return fail(instruction, ErrorKind::kInternal,
                fmt::format("operand {} is not on this worker", *missing));
  if (poison) return poison;
  if (instruction.dead_bits != 0 || !instruction.more_dead_bits.empty())
    for (std::size_t k = 0; k < types.size(); ++k)
      operands_[k].reusable = is_reusable(instruction, k);
  return nullptr;
}

bool Session::is_reusable(const Instruction& instruction, std::size_t operand) const {
  const Value* value = operands_[operand].value;
  if (value == nullptr || operands_.size() > kMostOperandsInPlace) return false;
  if (!instruction.dies(operand) || !value->buffer.may_be_overwritten()) return false;
  for (std::size_t k = 0; k < operands_.size(); ++k)
    if (k != operand && operands_[k].value == value) return false;
  return true;
}

void Session::poison_results(const Instruction& instruction, const Poison& poison) {
  for (std::size_t k = 0; k < instruction.row().results; ++k)
    store(instruction.first_output + k, poisoned_result(instruction, poison, k));
}

TableEntry& Session::make_entry(ValueId id) {
  const auto [entry, is_new] = values_.make(id);
  if (!is_new) logging::error(fmt::format("session {}: value {:#x} was made twice", id_, id));
  return entry;
}

void Session::store(ValueId id, TableEntry&& entry) { make_entry(id) = std::move(entry); }

/// Ends the life of the operands and results that die here, whether or not the instruction
/// succeeded.
void Session::consume(const Instruction& instruction) {
  if (!instruction.may_end_values()) return;
  for (std::size_t k = 0; k < instruction.row().results; ++k)
    if (instruction.result_dies(k)) values_.erase(instruction.first_output + k);
  const auto& types = instruction.kind->kind.operands;
  std::size_t word = 0;
  for (std::size_t k = 0; k < types.size(); ++k) {
    if (types[k].form == OperandMeta::Form::none) continue;
    const std::uint64_t id = instruction.operand_words[word++];
    if (types[k].form == OperandMeta::Form::tensor && instruction.dies(k)) values_.erase(id);
  }
}

/// Makes the record of a failure that begins here, and reports it.
Poison Session::fail(const Instruction& instruction, ErrorKind kind, std::string message) {
  protocol::ErrorRecord record;
  record.kind = kind;
  record.op = instruction.row().name;
  record.message = std::move(message);
  for (const EngineOperand& operand : operands_) record.operands.push_back(describe(operand));
  const bool has_result = instruction.row().results != 0;
  record.value = has_result || instruction.operand_words.empty() ? instruction.first_output
                                                                 : instruction.operand_words[0];
  record.lane = lane_of(record.value);
  record.site = instruction.site;
  outbox_.to_dispatcher(protocol::WorkerErrorReport{id_, record});
  return std::make_shared<const protocol::ErrorRecord>(std::move(record));
}

Poison Session::fail(const Instruction& instruction, const std::exception& error) {
  operands_.clear();
  return guard(instruction, [&error] {
    if (const auto* known = dynamic_cast<const CommonError*>(&error)) throw *known;
    if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) throw std::bad_alloc();
    throw CommonError(ErrorKind::kInternal, error.what());
  });
}

void Session::report(protocol::SequenceReport report) {
  report.session = id_;
  outbox_.to_dispatcher(std::move(report));
}

/// The dispatcher's stream is trusted; what does not fit it is our own mistake, but no reason to
/// take other sessions down.
void Session::report_broken_stream(const std::string& message) {
  logging::error(fmt::format("session {}: broken stream: {}", id_, message));
  protocol::ErrorRecord record;
  record.kind = ErrorKind::kProtocol;
  record.op = "stream";
  record.message = message;
  outbox_.to_dispatcher(protocol::WorkerErrorReport{id_, std::move(record)});
}

std::string describe(const EngineOperand& operand) {
  if (operand.value != nullptr)
    return fmt::format("{}{}", short_name(operand.value->dtype), to_string(operand.value->shape));
  if (!operand.is_scalar) return "none";
  switch (category_of(operand.scalar.dtype())) {
    case DTypeCategory::kBool:
      return operand.scalar.to_bool() ? "true" : "false";
    case DTypeCategory::kInteger:
      return std::to_string(integer_of(operand.scalar));
    case DTypeCategory::kFloating:
      return fmt::format("{}", operand.scalar.to_double());
  }
  return "none";
}

}  // namespace gt::worker

#include "tests/unit/dispatcher/core_testing.h"

#include <algorithm>
#include <utility>

namespace gt::dispatcher::testing {
namespace {

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

struct TextOf {
  std::string operator()(const SendMessage& action) const {
    return "send " + std::to_string(action.peer) + " " + text_of(protocol::encode(action.message));
  }
  std::string operator()(const ForwardFrame& action) const {
    return "forward " + std::to_string(action.peer) + " " + text_of(action.bytes);
  }
  std::string operator()(const DropPeer& action) const {
    return "drop " + std::to_string(action.peer);
  }
  std::string operator()(const CleanUpAddress& action) const {
    return "clean up " + action.address;
  }
  std::string operator()(const LogLine& action) const {
    return "log " + std::string(action.event) + std::string(action.command) + action.details;
  }
};

}  // namespace

std::string text_of(const Action& action) { return std::visit(TextOf{}, action); }

std::vector<ValueId> LaneWriter::call(Op op, const std::vector<ValueId>& operands,
                                      const Attributes& attributes,
                                      const std::vector<std::size_t>& dead) {
  const OpRow& row = row_of(op);
  Kind kind;
  kind.op = op;
  std::vector<OperandMeta> metas;
  for (ValueId id : operands) {
    const TensorMeta& meta = metas_.at(id);
    metas.push_back(OperandMeta::of(meta));
    kind.operands.push_back(
        {OperandMeta::Form::tensor, meta.dtype, static_cast<std::uint8_t>(meta.shape.size())});
  }
  Attributes::Words bindings;
  split_attributes(row, attributes, kind.statics, bindings);
  auto known = std::find_if(kinds_.begin(), kinds_.end(),
                            [&](const ResolvedKind& candidate) { return candidate.kind == kind; });
  if (known == kinds_.end()) {
    batch_.kinds.push_back({static_cast<KindId>(kinds_.size()), kind});
    known = kinds_.insert(kinds_.end(), resolve(kind));
  }
  InstructionWriter writer(InstructionForm::client, batch_.words);
  const std::size_t header =
      writer.append(static_cast<KindId>(known - kinds_.begin()), *known, 5, 0, operands, bindings);
  for (std::size_t k : dead) InstructionWriter::mark_dead(batch_.words, header, k);
  last_header_ = header;
  std::vector<TensorMeta> results(row.results);
  infer(row, metas, attributes, results);
  std::vector<ValueId> ids;
  for (const TensorMeta& meta : results) {
    ids.push_back(make_value_id(lane_, next_output_++));
    metas_[ids.back()] = meta;
  }
  return ids;
}

void LaneWriter::drop_results(std::uint64_t results) {
  InstructionWriter::mark_results_dead(batch_.words, last_header_, results);
}

ValueId LaneWriter::upload_inline(const Shape& shape) {
  const protocol::PayloadId payload = next_inline_++;
  const ValueId id = upload(shape, payload);
  batch_.payloads.push_back({payload, std::vector<std::byte>(metas_.at(id).byte_count())});
  return id;
}

ValueId LaneWriter::upload(const Shape& shape, protocol::PayloadId payload) {
  return call(Op::upload, {}, make_attributes(Op::upload, DType::kFloat32, shape, payload))[0];
}

ValueId LaneWriter::add(ValueId a, ValueId b, const std::vector<std::size_t>& dead) {
  return call(Op::add, {a, b}, make_attributes(Op::add, ScalarValue(1)), dead)[0];
}

ValueId LaneWriter::relu(ValueId a, const std::vector<std::size_t>& dead) {
  return call(Op::relu, {a}, {}, dead)[0];
}

void LaneWriter::fetch(ValueId value, protocol::RequestId request) {
  call(Op::fetch, {value}, make_attributes(Op::fetch, request));
}

void LaneWriter::release(ValueId value) { call(Op::release, {value}, {}, {0}); }

protocol::ClientBatch LaneWriter::take(bool mark) {
  protocol::ClientBatch batch = std::exchange(batch_, {});
  batch.lane = lane_;
  batch.sequence = sequence_++;
  batch.mark = mark;
  batch_.first_output = next_output_;
  return batch;
}

void Cluster::apply(Event event) {
  apply_one(std::move(event));
  while (core_.has_more()) apply_one(Proceed{});
}

void Cluster::apply_one(Event event) {
  events_.push_back(event);
  for (Action& action : core_.apply(std::move(event))) {
    actions_.push_back(testing::text_of(action));
    if (auto* sent = std::get_if<SendMessage>(&action))
      inboxes_[sent->peer].messages.push_back(std::move(sent->message));
    if (auto* frame = std::get_if<ForwardFrame>(&action))
      inboxes_[frame->peer].frames.push_back(std::move(frame->bytes));
    if (const auto* drop = std::get_if<DropPeer>(&action)) inboxes_[drop->peer].is_dropped = true;
    if (const auto* line = std::get_if<LogLine>(&action)) log_.push_back(*line);
  }
}

void Cluster::send_frame(PeerId peer, protocol::SessionId session, protocol::PayloadId payload,
                         std::uint64_t offset, std::uint64_t total, std::size_t size) {
  std::vector<std::byte> bytes =
      protocol::encode_frame(session, payload, offset, total, std::vector<std::byte>(size));
  const protocol::FrameHeader header = protocol::view_frame(bytes).header;
  apply(FrameReceived{peer, header, std::move(bytes)});
}

protocol::SessionId Cluster::connect_client(PeerId peer, protocol::Settings settings) {
  protocol::ClientHello hello;
  hello.settings = std::move(settings);
  send(peer, std::move(hello));
  const auto welcome = inbox(peer).last<protocol::ClientWelcome>();
  return welcome ? welcome->session : 0;
}

protocol::WorkerId Cluster::connect_worker(PeerId peer) {
  protocol::WorkerHello hello;
  hello.name = "host:" + std::to_string(peer);
  hello.device = "cpu";
  hello.peer_address = "ipc:///worker-" + std::to_string(peer);
  send(peer, hello);
  const auto welcome = inbox(peer).last<protocol::WorkerWelcome>();
  return welcome ? welcome->worker : kNoWorker;
}

void Cluster::acknowledge_all(PeerId worker) {
  std::map<protocol::SessionId, std::uint64_t> executed;
  for (const auto& batch : inbox(worker).all<protocol::PlannedBatch>())
    executed[batch.session] = batch.sequence;
  protocol::WorkerAcknowledgement acknowledgement;
  for (const auto& [session, sequence] : executed)
    acknowledgement.sessions.push_back({session, sequence});
  send(worker, std::move(acknowledgement));
}

std::vector<Planned> Cluster::planned(PeerId worker, protocol::SessionId session) {
  std::map<KindId, ResolvedKind> kinds;
  std::vector<Planned> result;
  for (const protocol::PlannedBatch& batch : inbox(worker).all<protocol::PlannedBatch>()) {
    if (batch.session != session) continue;
    for (const protocol::KindDefinition& definition : batch.kinds)
      kinds[definition.id] = resolve(definition.kind);
    InstructionReader reader(InstructionForm::planned, batch.words,
                             [&](KindId id) -> const ResolvedKind* {
                               const auto found = kinds.find(id);
                               return found == kinds.end() ? nullptr : &found->second;
                             });
    while (const auto instruction = reader.next()) {
      Planned planned{instruction->row().op,
                      instruction->first_output,
                      {instruction->operand_words.begin(), instruction->operand_words.end()},
                      {instruction->binding_words.begin(), instruction->binding_words.end()},
                      {},
                      {}};
      for (std::size_t k = 0; k < instruction->kind->kind.operands.size(); ++k)
        planned.dies.push_back(instruction->dies(k));
      for (std::size_t k = 0; k < instruction->row().results; ++k)
        planned.results_die.push_back(instruction->result_dies(k));
      result.push_back(std::move(planned));
    }
  }
  return result;
}

std::vector<Op> Cluster::planned_ops(PeerId worker, protocol::SessionId session) {
  std::vector<Op> ops;
  for (const Planned& instruction : planned(worker, session)) ops.push_back(instruction.op);
  return ops;
}

}  // namespace gt::dispatcher::testing

#include <cstring>
#include <optional>
#include <span>
#include <type_traits>

#include "common/protocol/envelope.h"
#include "common/protocol/messages.h"
#include "schemas/envelope_generated.h"

namespace gt::protocol {
namespace {

using Builder = flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

/// Room that most messages do with, but for their words.
constexpr std::size_t kFirstBytes = 512;

Offset<flatbuffers::Vector<std::uint8_t>> bytes_of(Builder& b, const std::vector<std::byte>& v) {
  return b.CreateVector(reinterpret_cast<const std::uint8_t*>(v.data()), v.size());
}

Offset<wire::TensorMeta> table_of(Builder& b, const TensorMeta& meta) {
  std::vector<wire::LayoutAxis> axes;
  for (const LayoutAxis& axis : meta.layout.axes)
    axes.emplace_back(static_cast<std::uint8_t>(axis.form), axis.dimension,
                      static_cast<std::uint8_t>(axis.reduction));
  const auto shape = b.CreateVector(meta.shape.data(), meta.shape.size());
  const auto axis_vector = b.CreateVectorOfStructs(axes);
  return wire::CreateTensorMeta(b, static_cast<std::int8_t>(meta.dtype), shape, meta.layout.mesh,
                                axis_vector);
}

Offset<wire::ErrorRecord> table_of(Builder& b, const ErrorRecord& error) {
  const auto op = b.CreateString(error.op);
  const auto message = b.CreateString(error.message);
  const auto operands = b.CreateVectorOfStrings(error.operands);
  return wire::CreateErrorRecord(b, static_cast<std::uint8_t>(error.kind), op, message, operands,
                                 error.lane, error.site, error.value);
}

Offset<wire::KindDefinition> table_of(Builder& b, const KindDefinition& definition) {
  std::vector<wire::OperandType> operands;
  operands.reserve(definition.kind.operands.size());
  for (const OperandType& type : definition.kind.operands)
    operands.emplace_back(static_cast<std::uint8_t>(type.form),
                          static_cast<std::int8_t>(type.dtype), type.rank);
  const auto operand_vector = b.CreateVectorOfStructs(operands);
  const auto statics = b.CreateVector(definition.kind.statics);
  const auto kind = wire::CreateKind(b, static_cast<std::uint16_t>(definition.kind.op),
                                     definition.kind.signal, operand_vector, statics);
  return wire::CreateKindDefinition(b, definition.id, kind);
}

/// A yes or no that may not have been said: 0, or 1 and 2.
std::uint8_t number_of(std::optional<bool> flag) {
  if (!flag) return 0;
  return *flag ? 2 : 1;
}

Offset<wire::SignalDefinition> table_of(Builder& b, const SignalDefinition& definition) {
  const config::Signal& signal = definition.signal;
  const auto name = b.CreateString(signal.name);
  const auto backward = b.CreateString(signal.backward);
  Offset<wire::ShardOptions> shard;
  if (signal.shard)
    shard = wire::CreateShardOptions(b, signal.shard->axis.has_value(),
                                     static_cast<std::int8_t>(signal.shard->axis.value_or(0)),
                                     b.CreateVector(signal.shard->workers));
  const auto passes = b.CreateVectorOfStrings(signal.compile.disabled_passes);
  const auto ops = b.CreateVectorOfStrings(signal.compile.excluded_ops);
  const auto compile = wire::CreateCompileOptions(b, number_of(signal.compile.enabled),
                                                  static_cast<std::uint8_t>(signal.compile.mode),
                                                  passes, ops, number_of(signal.compile.dynamic));
  return wire::CreateSignalDefinition(b, definition.id, name, shard, compile, backward);
}

Offset<wire::InlinePayload> table_of(Builder& b, const InlinePayload& payload) {
  const auto bytes = bytes_of(b, payload.bytes);
  return wire::CreateInlinePayload(b, payload.id, bytes);
}

Offset<wire::SessionStatistics> table_of(Builder& b, const SessionStatistics& m) {
  return wire::CreateSessionStatistics(
      b, m.session, m.process, m.home, m.lanes, m.instructions, m.batches, m.in_flight, m.waiting,
      m.values, m.value_bytes, m.uploaded_bytes, m.fetched_bytes, m.errors, m.sequences, m.compiled,
      m.dropped, m.compiled_executions, m.eager_seconds, m.compiled_seconds, m.bytes_saved);
}

Offset<wire::WorkerStatistics> table_of(Builder& b, const WorkerStatistics& m) {
  const auto name = b.CreateString(m.name);
  const auto device = b.CreateString(m.device);
  const auto backend = b.CreateString(m.backend);
  return wire::CreateWorkerStatistics(b, m.worker, name, device, backend, m.sessions,
                                      m.instructions, m.batches, m.in_flight, m.memory_used,
                                      m.memory_limit);
}

Offset<wire::Setting> table_of(Builder& b, const std::pair<std::string, std::string>& setting) {
  const auto name = b.CreateString(setting.first);
  const auto value = b.CreateString(setting.second);
  return wire::CreateSetting(b, name, value);
}

template <class T>
auto tables_of(Builder& b, const std::vector<T>& items) {
  std::vector<decltype(table_of(b, items[0]))> tables;
  tables.reserve(items.size());
  for (const T& item : items) tables.push_back(table_of(b, item));
  return b.CreateVector(tables);
}

Offset<wire::ClientHello> table_of(Builder& b, const ClientHello& m) {
  const auto library = b.CreateString(m.library_version);
  const auto settings = tables_of(b, m.settings);
  return wire::CreateClientHello(b, m.version, library, m.process, settings);
}

/// Of a batch; to be made first, so that it lies at the end of the message. The words are appended
/// to what has been built (`with_words`).
Offset<flatbuffers::Vector<std::uint64_t>> words_at_end(Builder& b) {
  b.Align(sizeof(std::uint64_t));
  return b.CreateVector(std::vector<std::uint64_t>());
}

Offset<wire::ClientBatch> table_of(Builder& b, const ClientBatch& m) {
  const auto words = words_at_end(b);
  const auto kinds = tables_of(b, m.kinds);
  const auto payloads = tables_of(b, m.payloads);
  const auto signals = tables_of(b, m.signals);
  return wire::CreateClientBatch(b, m.lane, m.sequence, m.first_output, m.mark, m.epoch, kinds,
                                 payloads, words, signals);
}

Offset<wire::Goodbye> table_of(Builder& b, const Goodbye&) { return wire::CreateGoodbye(b); }

Offset<wire::ClientWelcome> table_of(Builder& b, const ClientWelcome& m) {
  return wire::CreateClientWelcome(b, m.session, m.workers, m.credits, m.heartbeat_ms);
}

Offset<wire::ClusterState> table_of(Builder& b, const ClusterState& m) {
  return wire::CreateClusterState(b, m.workers, m.gpu_workers);
}

Offset<wire::RepliesReceived> table_of(Builder& b, const RepliesReceived& m) {
  return wire::CreateRepliesReceived(b, m.bytes);
}

Offset<wire::Refusal> table_of(Builder& b, const Refusal& m) {
  const auto message = b.CreateString(m.message);
  return wire::CreateRefusal(b, static_cast<std::uint8_t>(m.kind), message);
}

Offset<wire::Acknowledgement> table_of(Builder& b, const Acknowledgement& m) {
  return wire::CreateAcknowledgement(b, m.lane, m.executed, m.durable);
}

Offset<wire::FetchReply> table_of(Builder& b, const FetchReply& m) {
  const auto error = m.failed ? table_of(b, m.error) : Offset<wire::ErrorRecord>();
  const auto meta = m.failed ? Offset<wire::TensorMeta>() : table_of(b, m.meta);
  const auto bytes = bytes_of(b, m.bytes);
  return wire::CreateFetchReply(b, m.request, m.failed, error, meta, m.payload, m.is_inline, bytes);
}

Offset<wire::ErrorReport> table_of(Builder& b, const ErrorReport& m) {
  const auto error = table_of(b, m.error);
  return wire::CreateErrorReport(b, error);
}

Offset<wire::WorkerHello> table_of(Builder& b, const WorkerHello& m) {
  const auto library = b.CreateString(m.library_version);
  const auto name = b.CreateString(m.name);
  const auto device = b.CreateString(m.device);
  const auto backend = b.CreateString(m.backend);
  const auto address = b.CreateString(m.peer_address);
  return wire::CreateWorkerHello(b, m.version, library, name, device, backend, m.memory_limit,
                                 address);
}

Offset<wire::WorkerAcknowledgement> table_of(Builder& b, const WorkerAcknowledgement& m) {
  std::vector<wire::SessionProgress> progress;
  progress.reserve(m.sessions.size());
  for (const SessionProgress& session : m.sessions)
    progress.emplace_back(session.session, session.executed);
  const auto sessions = b.CreateVectorOfStructs(progress);
  return wire::CreateWorkerAcknowledgement(b, sessions, m.memory_used);
}

Offset<wire::WorkerFetchReply> table_of(Builder& b, const WorkerFetchReply& m) {
  const auto reply = table_of(b, m.reply);
  return wire::CreateWorkerFetchReply(b, m.session, reply);
}

Offset<wire::WorkerErrorReport> table_of(Builder& b, const WorkerErrorReport& m) {
  const auto error = table_of(b, m.error);
  return wire::CreateWorkerErrorReport(b, m.session, error);
}

Offset<wire::WorkerWelcome> table_of(Builder& b, const WorkerWelcome& m) {
  return wire::CreateWorkerWelcome(b, m.worker, m.heartbeat_ms);
}

Offset<wire::PlannedBatch> table_of(Builder& b, const PlannedBatch& m) {
  const auto words = words_at_end(b);
  const auto kinds = tables_of(b, m.kinds);
  const auto payloads = tables_of(b, m.payloads);
  const auto settings = tables_of(b, m.settings);
  const auto signals = tables_of(b, m.signals);
  std::vector<wire::ProgramDecision> decisions;
  decisions.reserve(m.decisions.size());
  for (const ProgramDecision& decision : m.decisions)
    decisions.emplace_back(wire::SequenceId(decision.sequence.high, decision.sequence.low),
                           static_cast<std::uint8_t>(decision.action));
  const auto decision_vector = b.CreateVectorOfStructs(decisions);
  return wire::CreatePlannedBatch(b, m.session, m.sequence, m.mark, m.epoch, kinds, payloads, words,
                                  settings, signals, decision_vector);
}

Offset<wire::SequenceReport> table_of(Builder& b, const SequenceReport& m) {
  const auto text = b.CreateString(m.text);
  const wire::SequenceId sequence(m.sequence.high, m.sequence.low);
  return wire::CreateSequenceReport(
      b, m.session, m.lane, &sequence, static_cast<std::uint8_t>(m.event), m.executions,
      m.instructions, m.seconds, m.compiled_seconds, m.bytes_saved, text);
}

Offset<wire::Notice> table_of(Builder& b, const Notice& m) {
  const auto text = b.CreateString(m.text);
  return wire::CreateNotice(b, text);
}

Offset<wire::SessionClosed> table_of(Builder& b, const SessionClosed& m) {
  return wire::CreateSessionClosed(b, m.session);
}

Offset<wire::WorkerAddress> table_of(Builder& b, const WorkerAddress& m) {
  const auto address = b.CreateString(m.address);
  return wire::CreateWorkerAddress(b, m.worker, address);
}

Offset<wire::Heartbeat> table_of(Builder& b, const Heartbeat&) { return wire::CreateHeartbeat(b); }

Offset<wire::PayloadFailed> table_of(Builder& b, const PayloadFailed& m) {
  const auto error = table_of(b, m.error);
  return wire::CreatePayloadFailed(b, m.session, m.payload, error);
}

Offset<wire::StatisticsRequest> table_of(Builder& b, const StatisticsRequest&) {
  return wire::CreateStatisticsRequest(b);
}

Offset<wire::Statistics> table_of(Builder& b, const Statistics& m) {
  const auto library = b.CreateString(m.library_version);
  const auto sessions = tables_of(b, m.sessions);
  const auto workers = tables_of(b, m.workers);
  const auto ended = table_of(b, m.ended);
  return wire::CreateStatistics(b, library, m.uptime_ms, m.events, sessions, workers,
                                m.ended_sessions, ended);
}

template <class Table>
void finish(Builder& b, Offset<Table> body) {
  const auto envelope =
      wire::CreateEnvelope(b, kProtocolVersion, wire::BodyTraits<Table>::enum_value, body.Union());
  wire::FinishEnvelopeBuffer(b, envelope);
}

std::span<const std::uint64_t> words_of(const Message& message) {
  if (const auto* batch = std::get_if<ClientBatch>(&message)) return batch->words;
  if (const auto* batch = std::get_if<PlannedBatch>(&message)) return batch->words;
  return {};
}

/// What was built, and behind it the words for which its last four bytes are the count: they are
/// most of a batch, and copied once.
std::vector<std::byte> with_words(std::span<const std::byte> built,
                                  std::span<const std::uint64_t> words) {
  std::vector<std::byte> bytes;
  bytes.reserve(built.size() + words.size_bytes());
  bytes.insert(bytes.end(), built.begin(), built.end());
  if (words.empty()) return bytes;
  const auto count = static_cast<std::uint32_t>(words.size());
  std::memcpy(bytes.data() + bytes.size() - sizeof(count), &count, sizeof(count));
  const auto appended = std::as_bytes(words);
  bytes.insert(bytes.end(), appended.begin(), appended.end());
  return bytes;
}

}  // namespace

std::vector<std::byte> encode(const Message& message) {
  if (const auto* frame = std::get_if<PayloadFrame>(&message))
    return encode_frame(frame->session, frame->payload, frame->offset, frame->total, frame->bytes);
  Builder builder(kFirstBytes);
  std::visit(
      [&](const auto& content) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(content)>, PayloadFrame>)
          finish(builder, table_of(builder, content));
      },
      message);
  return with_words(std::as_bytes(std::span(builder.GetBufferPointer(), builder.GetSize())),
                    words_of(message));
}

}  // namespace gt::protocol

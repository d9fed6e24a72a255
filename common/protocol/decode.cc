#include <cmath>
#include <cstring>
#include <type_traits>

#include "common/protocol/envelope.h"
#include "common/protocol/messages.h"
#include "schemas/envelope_generated.h"

namespace gt::protocol {
namespace {

constexpr std::size_t kMaxSettings = 256;
constexpr std::size_t kMaxNames = 4096;
constexpr flatbuffers::uoffset_t kMaxDepth = 16;
constexpr flatbuffers::uoffset_t kMaxTables = 1u << 17;
constexpr std::size_t kMaxTextBytes = std::size_t{64} << 10;

template <class T>
std::size_t size_of_vector(const flatbuffers::Vector<T>* vector) {
  return vector == nullptr ? 0 : vector->size();
}

std::string text_of(const flatbuffers::String* text) {
  if (text == nullptr) return {};
  if (text->size() > kMaxTextBytes) fail_decoding("a text of more than 64 KiB");
  return text->str();
}

std::vector<std::byte> bytes_of(const flatbuffers::Vector<std::uint8_t>* vector) {
  if (vector == nullptr) return {};
  const auto* begin = reinterpret_cast<const std::byte*>(vector->data());
  return {begin, begin + vector->size()};
}

/// The verifier checks where a vector lies, but not that its elements are aligned.
template <class Number>
std::vector<Number> numbers_of(const flatbuffers::Vector<Number>* vector) {
  const std::size_t size = size_of_vector(vector);
  if (size == 0) return {};
  if (reinterpret_cast<std::uintptr_t>(vector->Data()) % alignof(Number) == 0) {
    const auto* first = reinterpret_cast<const Number*>(vector->Data());
    return {first, first + size};
  }
  std::vector<Number> numbers(size);
  std::memcpy(numbers.data(), vector->Data(), size * sizeof(Number));
  return numbers;
}

/// Parts of a message may point to the same bytes: what is copied out of it is counted.
class CopyBudget {
 public:
  void spend(std::size_t bytes) {
    if (bytes > left_) fail_decoding("its parts overlap");
    left_ -= bytes;
  }

 private:
  std::size_t left_ = kMaxMessageBytes;
};

std::size_t footprint(const KindDefinition& definition) {
  return definition.kind.operands.size() * sizeof(OperandType) +
         definition.kind.statics.size() * sizeof(std::uint64_t);
}
std::size_t footprint(const SignalDefinition& definition) {
  const config::Signal& signal = definition.signal;
  std::size_t bytes = signal.name.size() + signal.backward.size();
  if (signal.shard) bytes += signal.shard->workers.size() * sizeof(std::uint32_t);
  for (const auto* list : {&signal.compile.disabled_passes, &signal.compile.excluded_ops})
    for (const std::string& name : *list) bytes += name.size();
  return bytes;
}
std::size_t footprint(const InlinePayload& payload) { return payload.bytes.size(); }
std::size_t footprint(const SessionStatistics& session) { return sizeof(session); }
std::size_t footprint(const WorkerStatistics& worker) {
  return worker.name.size() + worker.device.size() + worker.backend.size();
}

DType dtype_of(std::int64_t number) {
  if (!is_valid_dtype(number)) fail_decoding("unknown dtype " + std::to_string(number));
  return static_cast<DType>(number);
}

ErrorKind error_kind_of(std::uint8_t number) {
  if (number > static_cast<std::uint8_t>(ErrorKind::kInternal))
    fail_decoding("unknown error kind " + std::to_string(number));
  return static_cast<ErrorKind>(number);
}

LayoutAxis axis_of(const wire::LayoutAxis& axis) {
  if (axis.form() > 2 || axis.reduction() > 3 || axis.dimension() >= kMaxDimensions)
    fail_decoding("a layout axis is out of range");
  return {static_cast<LayoutAxis::Form>(axis.form()), axis.dimension(),
          static_cast<PartialReduction>(axis.reduction())};
}

TensorMeta value_of(const wire::TensorMeta& table) {
  TensorMeta meta;
  meta.dtype = dtype_of(table.dtype());
  if (size_of_vector(table.shape()) > kMaxDimensions) fail_decoding("more than 8 dimensions");
  if (size_of_vector(table.axes()) > kMaxMeshAxes) fail_decoding("more than 4 mesh axes");
  std::uint64_t elements = 1;
  for (const std::int64_t size : numbers_of(table.shape())) {
    if (size < 0) fail_decoding("a negative size");
    const auto factor = static_cast<std::uint64_t>(size);
    if (factor != 0 && elements > (std::uint64_t{1} << 58) / factor)
      fail_decoding("more elements than memory can hold");
    elements *= factor;
    meta.shape.push_back(size);
  }
  meta.layout.mesh = table.mesh();
  for (std::size_t i = 0; i < size_of_vector(table.axes()); ++i)
    meta.layout.axes.push_back(axis_of(*table.axes()->Get(static_cast<flatbuffers::uoffset_t>(i))));
  return meta;
}

ErrorRecord value_of(const wire::ErrorRecord& table) {
  ErrorRecord error;
  error.kind = error_kind_of(table.kind());
  error.op = text_of(table.op());
  error.message = text_of(table.message());
  if (size_of_vector(table.operands()) > kMaxOperands)
    fail_decoding("an error of too many operands");
  CopyBudget budget;
  if (table.operands() != nullptr)
    for (const flatbuffers::String* operand : *table.operands()) {
      error.operands.push_back(text_of(operand));
      budget.spend(error.operands.back().size());
    }
  error.lane = table.lane();
  error.site = table.site();
  error.value = table.value();
  return error;
}

OperandType operand_type_of(const wire::OperandType& type) {
  if (type.form() > static_cast<std::uint8_t>(OperandMeta::Form::tensor))
    fail_decoding("an operand of unknown form");
  if (type.rank() > kMaxDimensions) fail_decoding("an operand of more than 8 dimensions");
  return {static_cast<OperandMeta::Form>(type.form()), dtype_of(type.dtype()), type.rank()};
}

KindDefinition value_of(const wire::KindDefinition& table) {
  if (table.id() >= kMaxKinds) fail_decoding("a kind number beyond 24 bits");
  const wire::Kind& kind = *table.kind();
  if (size_of_vector(kind.operands()) > kMaxOperands) fail_decoding("a kind of too many operands");
  if (size_of_vector(kind.statics()) > kMaxAttributeWords)
    fail_decoding("a kind of too many static words");
  KindDefinition definition{table.id(), {}};
  definition.kind.op = static_cast<Op>(kind.op());
  definition.kind.signal = kind.signal();
  if (kind.operands() != nullptr)
    for (const wire::OperandType* type : *kind.operands())
      definition.kind.operands.push_back(operand_type_of(*type));
  definition.kind.statics = numbers_of(kind.statics());
  return definition;
}

std::optional<bool> flag_of(std::uint8_t number) {
  if (number > 2) fail_decoding("a yes or no that is neither");
  return number == 0 ? std::nullopt : std::optional(number == 2);
}

std::vector<std::string> names_of(
    const flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>* names) {
  if (size_of_vector(names) > kMaxNames) fail_decoding("too many names in a signal");
  std::vector<std::string> result;
  if (names != nullptr)
    for (const flatbuffers::String* name : *names) {
      if (name->size() > config::kMaxSignalName) fail_decoding("a long name in a signal");
      result.push_back(name->str());
    }
  return result;
}

SignalDefinition value_of(const wire::SignalDefinition& table) {
  SignalDefinition definition{table.id(), {}};
  if (definition.id == 0) fail_decoding("a signal of number 0");
  config::Signal& signal = definition.signal;
  signal.name = text_of(table.name());
  signal.backward = text_of(table.backward());
  if (const wire::ShardOptions* shard = table.shard(); shard != nullptr) {
    signal.shard.emplace();
    if (shard->has_axis()) signal.shard->axis = shard->axis();
    signal.shard->workers = numbers_of(shard->workers());
  }
  if (const wire::CompileOptions* compile = table.compile(); compile != nullptr) {
    if (compile->mode() > static_cast<std::uint8_t>(config::CompileMode::max_autotune))
      fail_decoding("an unknown mode of compilation");
    signal.compile = {flag_of(compile->enabled()),
                      static_cast<config::CompileMode>(compile->mode()),
                      names_of(compile->disabled_passes()), names_of(compile->excluded_ops()),
                      flag_of(compile->dynamic())};
  }
  try {
    config::check(signal);
  } catch (const CommonError& error) {
    fail_decoding(error.what());
  }
  return definition;
}

InlinePayload value_of(const wire::InlinePayload& table) {
  if (size_of_vector(table.bytes()) > kInlinePayloadBytes)
    fail_decoding("an inline payload of more than " + std::to_string(kInlinePayloadBytes) +
                  " bytes");
  return {table.id(), bytes_of(table.bytes())};
}

SessionStatistics value_of(const wire::SessionStatistics& table) {
  return {table.session(),
          table.process(),
          table.home(),
          table.lanes(),
          table.instructions(),
          table.batches(),
          table.in_flight(),
          table.waiting(),
          table.values(),
          table.value_bytes(),
          table.uploaded_bytes(),
          table.fetched_bytes(),
          table.errors(),
          table.sequences(),
          table.compiled(),
          table.dropped(),
          table.compiled_executions(),
          table.eager_seconds(),
          table.compiled_seconds(),
          table.bytes_saved()};
}

WorkerStatistics value_of(const wire::WorkerStatistics& table) {
  return {table.worker(),           text_of(table.name()), text_of(table.device()),
          text_of(table.backend()), table.sessions(),      table.instructions(),
          table.batches(),          table.in_flight(),     table.memory_used(),
          table.memory_limit()};
}

template <class Table>
auto values_of(const flatbuffers::Vector<flatbuffers::Offset<Table>>* tables) {
  std::vector<decltype(value_of(*tables->Get(0)))> values;
  values.reserve(size_of_vector(tables));
  CopyBudget budget;
  if (tables != nullptr)
    for (const Table* table : *tables) {
      values.push_back(value_of(*table));
      budget.spend(footprint(values.back()));
    }
  return values;
}

Settings settings_of(const flatbuffers::Vector<flatbuffers::Offset<wire::Setting>>* tables) {
  if (size_of_vector(tables) > kMaxSettings) fail_decoding("too many settings");
  Settings settings;
  if (tables != nullptr)
    for (const wire::Setting* setting : *tables)
      settings.emplace_back(text_of(setting->name()), text_of(setting->value()));
  return settings;
}

ClientHello value_of(const wire::ClientHello& table) {
  return {table.version(), text_of(table.library_version()), table.process(),
          settings_of(table.settings())};
}

ClientBatch value_of(const wire::ClientBatch& table) {
  return {table.lane(),
          table.sequence(),
          table.first_output(),
          table.mark(),
          table.epoch(),
          values_of(table.kinds()),
          values_of(table.payloads()),
          numbers_of(table.words()),
          values_of(table.signals())};
}

Goodbye value_of(const wire::Goodbye&) { return {}; }

ClientWelcome value_of(const wire::ClientWelcome& table) {
  return {table.session(), table.workers(), table.credits(), table.heartbeat_ms()};
}

Refusal value_of(const wire::Refusal& table) {
  return {error_kind_of(table.kind()), text_of(table.message())};
}

Acknowledgement value_of(const wire::Acknowledgement& table) {
  return {table.lane(), table.executed(), table.durable()};
}

FetchReply value_of(const wire::FetchReply& table) {
  FetchReply reply;
  reply.request = table.request();
  reply.failed = table.failed();
  if (reply.failed) {
    if (table.error() == nullptr) fail_decoding("a failed fetch without its error");
    reply.error = value_of(*table.error());
    return reply;
  }
  if (table.meta() == nullptr) fail_decoding("a fetch reply without its meta");
  reply.meta = value_of(*table.meta());
  reply.payload = table.payload();
  reply.is_inline = table.is_inline();
  reply.bytes = bytes_of(table.bytes());
  if (reply.bytes.size() != (reply.is_inline ? reply.meta.byte_count() : 0))
    fail_decoding("a fetch reply of " + std::to_string(reply.bytes.size()) +
                  " inline bytes for a tensor of " + std::to_string(reply.meta.byte_count()));
  return reply;
}

ErrorReport value_of(const wire::ErrorReport& table) { return {value_of(*table.error())}; }

WorkerHello value_of(const wire::WorkerHello& table) {
  return {table.version(),
          text_of(table.library_version()),
          text_of(table.name()),
          text_of(table.device()),
          text_of(table.backend()),
          table.memory_limit(),
          text_of(table.peer_address())};
}

WorkerAcknowledgement value_of(const wire::WorkerAcknowledgement& table) {
  std::vector<wire::SessionProgress> progress;
  if (const auto* sessions = table.sessions(); sessions != nullptr && sessions->size() != 0) {
    progress.resize(sessions->size());
    std::memcpy(progress.data(), sessions->Data(), progress.size() * sizeof(wire::SessionProgress));
  }
  WorkerAcknowledgement acknowledgement;
  acknowledgement.memory_used = table.memory_used();
  acknowledgement.sessions.reserve(progress.size());
  for (const wire::SessionProgress& session : progress)
    acknowledgement.sessions.push_back({session.session(), session.executed()});
  return acknowledgement;
}

WorkerFetchReply value_of(const wire::WorkerFetchReply& table) {
  return {table.session(), value_of(*table.reply())};
}

WorkerErrorReport value_of(const wire::WorkerErrorReport& table) {
  return {table.session(), value_of(*table.error())};
}

WorkerWelcome value_of(const wire::WorkerWelcome& table) {
  return {table.worker(), table.heartbeat_ms()};
}

std::vector<ProgramDecision> decisions_of(
    const flatbuffers::Vector<const wire::ProgramDecision*>* structs) {
  const std::size_t count = size_of_vector(structs);
  if (count > kMaxDecisions) fail_decoding("too many decisions about programs in a batch");
  if (count == 0) return {};
  std::vector<wire::ProgramDecision> aligned(count);
  std::memcpy(aligned.data(), structs->Data(), count * sizeof(wire::ProgramDecision));
  std::vector<ProgramDecision> decisions;
  decisions.reserve(count);
  for (const wire::ProgramDecision& decision : aligned) {
    if (decision.action() > static_cast<std::uint8_t>(ProgramDecision::Action::drop))
      fail_decoding("an unknown decision about a program");
    decisions.push_back({{decision.sequence().high(), decision.sequence().low()},
                         static_cast<ProgramDecision::Action>(decision.action())});
  }
  return decisions;
}

PlannedBatch value_of(const wire::PlannedBatch& table) {
  return {table.session(),
          table.sequence(),
          table.mark(),
          table.epoch(),
          values_of(table.kinds()),
          values_of(table.payloads()),
          numbers_of(table.words()),
          settings_of(table.settings()),
          values_of(table.signals()),
          decisions_of(table.decisions())};
}

double seconds_of(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) fail_decoding("a duration that is none");
  return seconds;
}

SequenceReport value_of(const wire::SequenceReport& table) {
  if (table.event() > kLastSequenceEvent) fail_decoding("an unknown event of a sequence");
  wire::SequenceId sequence;
  std::memcpy(&sequence, table.sequence(), sizeof(sequence));
  return {table.session(),
          table.lane(),
          {sequence.high(), sequence.low()},
          static_cast<SequenceReport::Event>(table.event()),
          table.executions(),
          table.instructions(),
          seconds_of(table.seconds()),
          seconds_of(table.compiled_seconds()),
          table.bytes_saved(),
          text_of(table.text())};
}

Notice value_of(const wire::Notice& table) { return {text_of(table.text())}; }

SessionClosed value_of(const wire::SessionClosed& table) { return {table.session()}; }

WorkerAddress value_of(const wire::WorkerAddress& table) {
  return {table.worker(), text_of(table.address())};
}

Heartbeat value_of(const wire::Heartbeat&) { return {}; }

PayloadFailed value_of(const wire::PayloadFailed& table) {
  return {table.session(), table.payload(), value_of(*table.error())};
}

ClusterState value_of(const wire::ClusterState& table) {
  return {table.workers(), table.gpu_workers()};
}

Statistics value_of(const wire::Statistics& table) {
  return {text_of(table.library_version()), table.uptime_ms(), table.events(),
          values_of(table.sessions()), values_of(table.workers())};
}

RepliesReceived value_of(const wire::RepliesReceived& table) { return {table.bytes()}; }

Message body_of(const wire::Envelope& envelope) {
  switch (envelope.body_type()) {
    case wire::Body::NONE:
      break;
    case wire::Body::ClientHello:
      return value_of(*envelope.body_as_ClientHello());
    case wire::Body::ClientBatch:
      return value_of(*envelope.body_as_ClientBatch());
    case wire::Body::Goodbye:
      return value_of(*envelope.body_as_Goodbye());
    case wire::Body::ClientWelcome:
      return value_of(*envelope.body_as_ClientWelcome());
    case wire::Body::Refusal:
      return value_of(*envelope.body_as_Refusal());
    case wire::Body::Acknowledgement:
      return value_of(*envelope.body_as_Acknowledgement());
    case wire::Body::FetchReply:
      return value_of(*envelope.body_as_FetchReply());
    case wire::Body::ErrorReport:
      return value_of(*envelope.body_as_ErrorReport());
    case wire::Body::WorkerHello:
      return value_of(*envelope.body_as_WorkerHello());
    case wire::Body::WorkerAcknowledgement:
      return value_of(*envelope.body_as_WorkerAcknowledgement());
    case wire::Body::WorkerFetchReply:
      return value_of(*envelope.body_as_WorkerFetchReply());
    case wire::Body::WorkerErrorReport:
      return value_of(*envelope.body_as_WorkerErrorReport());
    case wire::Body::WorkerWelcome:
      return value_of(*envelope.body_as_WorkerWelcome());
    case wire::Body::PlannedBatch:
      return value_of(*envelope.body_as_PlannedBatch());
    case wire::Body::SessionClosed:
      return value_of(*envelope.body_as_SessionClosed());
    case wire::Body::WorkerAddress:
      return value_of(*envelope.body_as_WorkerAddress());
    case wire::Body::Heartbeat:
      return value_of(*envelope.body_as_Heartbeat());
    case wire::Body::PayloadFailed:
      return value_of(*envelope.body_as_PayloadFailed());
    case wire::Body::ClusterState:
      return value_of(*envelope.body_as_ClusterState());
    case wire::Body::StatisticsRequest:
      return StatisticsRequest{};
    case wire::Body::Statistics:
      return value_of(*envelope.body_as_Statistics());
    case wire::Body::RepliesReceived:
      return value_of(*envelope.body_as_RepliesReceived());
    case wire::Body::SequenceReport:
      return value_of(*envelope.body_as_SequenceReport());
    case wire::Body::Notice:
      return value_of(*envelope.body_as_Notice());
  }
  fail_decoding("unknown message type " +
                std::to_string(static_cast<unsigned>(envelope.body_type())));
}

/// Decodes a control message that lies at an address of eight bytes' alignment.
Message decode_aligned(const std::uint8_t* data, std::size_t size) {
  flatbuffers::Verifier verifier(data, size, kMaxDepth, kMaxTables);
  if (!wire::VerifyEnvelopeBuffer(verifier)) fail_decoding("the envelope is inconsistent");
  const wire::Envelope& envelope = *wire::GetEnvelope(data);
  check_version(envelope.version());
  if (envelope.body() == nullptr) fail_decoding("an envelope without a body");
  return body_of(envelope);
}

}  // namespace

Message decode(std::span<const std::byte> bytes) {
  if (bytes.size() < 8) fail_decoding(std::to_string(bytes.size()) + " bytes are no message");
  if (bytes.size() > kMaxMessageBytes)
    fail_decoding(std::to_string(bytes.size()) + " bytes, at most " +
                  std::to_string(kMaxMessageBytes) + " are allowed");
  std::uint32_t magic = 0;
  std::memcpy(&magic, bytes.data() + 4, sizeof(magic));
  if (magic == kFrameMagic) {
    const FrameView frame = view_frame(bytes);
    return PayloadFrame{frame.header.session,
                        frame.header.payload,
                        frame.header.offset,
                        frame.header.total,
                        {frame.part.begin(), frame.part.end()}};
  }
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  if (reinterpret_cast<std::uintptr_t>(data) % 8 == 0) return decode_aligned(data, bytes.size());
  std::vector<std::uint64_t> aligned((bytes.size() + 7) / 8);
  std::memcpy(aligned.data(), data, bytes.size());
  return decode_aligned(reinterpret_cast<const std::uint8_t*>(aligned.data()), bytes.size());
}

std::string_view name_of(const Message& message) noexcept {
  constexpr std::string_view kNames[] = {"ClientHello",
                                         "ClientBatch",
                                         "Goodbye",
                                         "ClientWelcome",
                                         "Refusal",
                                         "Acknowledgement",
                                         "FetchReply",
                                         "ErrorReport",
                                         "WorkerHello",
                                         "WorkerAcknowledgement",
                                         "WorkerFetchReply",
                                         "WorkerErrorReport",
                                         "WorkerWelcome",
                                         "PlannedBatch",
                                         "SessionClosed",
                                         "WorkerAddress",
                                         "Heartbeat",
                                         "PayloadFrame",
                                         "PayloadFailed",
                                         "ClusterState",
                                         "StatisticsRequest",
                                         "Statistics",
                                         "RepliesReceived",
                                         "SequenceReport",
                                         "Notice"};
  static_assert(std::size(kNames) == std::variant_size_v<Message>);
  return kNames[message.index()];
}

}  // namespace gt::protocol

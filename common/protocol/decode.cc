#include <cmath>
#include <cstring>

#include "common/protocol/decode_parts.h"

namespace gt::protocol {
namespace {

constexpr flatbuffers::uoffset_t kMaxDepth = 16;
constexpr flatbuffers::uoffset_t kMaxTables = 1u << 17;

using protocol::value_of;  // of parts, beside those of messages

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
  return {text_of(table.library_version()),
          table.uptime_ms(),
          table.events(),
          values_of(table.sessions()),
          values_of(table.workers()),
          table.ended_sessions(),
          table.ended() == nullptr ? SessionStatistics() : value_of(*table.ended())};
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

// Any message of the wire, with fields that are sometimes right.
#pragma once

#include "tests/fuzz/source.h"

namespace gt::fuzz {

inline TensorMeta meta(FuzzedDataProvider& input) {
  TensorMeta result;
  result.dtype = dtype(input);
  for (auto rank = input.ConsumeIntegralInRange(0, 3); rank > 0; --rank)
    result.shape.push_back(input.ConsumeIntegralInRange<std::int64_t>(0, 4));
  return result;
}

inline protocol::ErrorRecord error(FuzzedDataProvider& input) {
  protocol::ErrorRecord result;
  result.kind = static_cast<ErrorKind>(
      input.ConsumeIntegralInRange(0, static_cast<int>(ErrorKind::kInternal)));
  result.message = input.ConsumeRandomLengthString(16);
  result.value = word(input);
  return result;
}

inline protocol::FetchReply fetch_reply(FuzzedDataProvider& input) {
  protocol::FetchReply result;
  result.request = word(input);
  result.failed = input.ConsumeBool();
  if (result.failed) {
    result.error = error(input);
    return result;
  }
  result.meta = meta(input);
  result.payload = input.ConsumeBool() ? result.request : word(input);
  result.is_inline = input.ConsumeBool();
  if (result.is_inline) result.bytes.resize(result.meta.byte_count());
  return result;
}

inline protocol::PlannedBatch planned_batch(FuzzedDataProvider& input) {
  protocol::PlannedBatch result;
  result.session = input.ConsumeIntegralInRange<std::uint64_t>(0, 3);
  result.sequence = word(input);
  for (auto count = input.ConsumeIntegralInRange(0, 3); count > 0; --count)
    result.kinds.push_back({static_cast<KindId>(word(input) % kMaxKinds), kind(input)});
  if (input.ConsumeBool()) result.payloads.push_back({word(input), bytes(input, 32)});
  result.words = words(input, 24);
  if (input.ConsumeBool()) result.settings.emplace_back("GT_COMPILE", "1");
  while (input.ConsumeBool() && result.decisions.size() < 4)
    result.decisions.push_back(
        {{input.ConsumeIntegralInRange<std::uint64_t>(0, 3), 0},
         static_cast<protocol::ProgramDecision::Action>(input.ConsumeIntegralInRange(0, 2))});
  return result;
}

inline protocol::SequenceId sequence_id(FuzzedDataProvider& input) {
  return {input.ConsumeIntegralInRange<std::uint64_t>(0, 3), 0};
}

inline protocol::SequenceReport sequence_report(FuzzedDataProvider& input) {
  protocol::SequenceReport result;
  result.session = input.ConsumeIntegralInRange<std::uint64_t>(0, 4);
  result.lane = input.ConsumeIntegralInRange<LaneId>(0, 2);
  result.sequence = sequence_id(input);
  result.event = static_cast<protocol::SequenceReport::Event>(
      input.ConsumeIntegralInRange<int>(0, protocol::kLastSequenceEvent));
  result.executions = word(input);
  result.instructions = word(input);
  result.seconds = input.ConsumeProbability<double>();
  result.compiled_seconds = input.ConsumeProbability<double>();
  result.bytes_saved = word(input);
  result.text = input.ConsumeRandomLengthString(16);
  return result;
}

inline protocol::Message any_message(FuzzedDataProvider& input) {
  using namespace protocol;
  const auto session = [&] { return input.ConsumeIntegralInRange<std::uint64_t>(0, 4); };
  switch (input.ConsumeIntegralInRange<std::size_t>(0, std::variant_size_v<Message> - 1)) {
    case 0: {
      ClientHello hello;
      if (input.ConsumeBool()) hello.version = static_cast<std::uint32_t>(word(input));
      if (input.ConsumeBool())
        hello.settings.emplace_back(
            input.ConsumeBool() ? "GT_CONNECT_TIMEOUT" : input.ConsumeRandomLengthString(12),
            input.ConsumeRandomLengthString(12));
      return hello;
    }
    case 1: {
      ClientBatch batch;
      batch.lane = static_cast<LaneId>(word(input));
      batch.sequence = word(input);
      batch.first_output = word(input);
      batch.mark = input.ConsumeBool();
      if (input.ConsumeBool())
        batch.kinds.push_back({static_cast<KindId>(word(input)), kind(input)});
      if (input.ConsumeBool()) batch.payloads.push_back({word(input), bytes(input, 32)});
      batch.words = words(input, 24);
      return batch;
    }
    case 2:
      return Goodbye{};
    case 3:
      return ClientWelcome{word(input), 1, static_cast<std::uint32_t>(word(input)),
                           static_cast<std::uint32_t>(word(input))};
    case 4:
      return Refusal{ErrorKind::kProtocol, input.ConsumeRandomLengthString(12)};
    case 5:
      return Acknowledgement{static_cast<LaneId>(word(input)), word(input), word(input)};
    case 6:
      return fetch_reply(input);
    case 7:
      return ErrorReport{error(input)};
    case 8: {
      WorkerHello hello;
      if (input.ConsumeBool()) hello.version = static_cast<std::uint32_t>(word(input));
      hello.device = input.ConsumeBool() ? "cpu" : input.ConsumeRandomLengthString(8);
      return hello;
    }
    case 9:
      return WorkerAcknowledgement{{{session(), word(input)}}, word(input)};
    case 10:
      return WorkerFetchReply{session(), fetch_reply(input)};
    case 11:
      return WorkerErrorReport{session(), error(input)};
    case 12:
      return WorkerWelcome{static_cast<std::uint32_t>(word(input)), 500};
    case 13:
      return planned_batch(input);
    case 14:
      return SessionClosed{session()};
    case 15:
      return WorkerAddress{static_cast<std::uint32_t>(word(input)),
                           input.ConsumeRandomLengthString(12)};
    case 16:
      return Heartbeat{};
    case 17:
      return frame(input);
    case 18:
      return PayloadFailed{session(), word(input), error(input)};
    case 19:
      return ClusterState{static_cast<std::uint32_t>(word(input)), 0};
    case 20:
      return StatisticsRequest{};
    case 21:
      return Statistics{};
    case 22:
      return Notice{input.ConsumeRandomLengthString(12)};
    case 23:
      return sequence_report(input);
    default:
      return RepliesReceived{word(input) * (input.ConsumeBool() ? kReplyOverheadBytes : 1)};
  }
}

}  // namespace gt::fuzz

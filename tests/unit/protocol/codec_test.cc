#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <set>

#include "tests/unit/protocol/samples.h"

namespace gt::protocol {
namespace {

using ::testing::HasSubstr;

std::string decoding_error(std::span<const std::byte> bytes) {
  try {
    static_cast<void>(decode(bytes));
  } catch (const CommonError& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kProtocol);
    return error.what();
  }
  return "";
}

template <class T>
T sample_of() {
  for (const Message& message : samples::messages())
    if (const auto* sample = std::get_if<T>(&message)) return *sample;
  ADD_FAILURE() << "no sample";
  return {};
}

TEST(Codec, SamplesCoverEveryMessageType) {
  std::set<std::size_t> indices;
  for (const Message& message : samples::messages()) indices.insert(message.index());
  EXPECT_EQ(indices.size(), std::variant_size_v<Message>);
}

TEST(Codec, EveryMessageKeepsItsTypeAndBytesThroughARoundTrip) {
  for (const Message& message : samples::messages()) {
    const std::vector<std::byte> bytes = encode(message);
    const Message decoded = decode(bytes);
    EXPECT_EQ(decoded.index(), message.index());
    EXPECT_EQ(encode(decoded), bytes) << name_of(message);
  }
}

TEST(Codec, KeepsTheFieldsOfAClientBatch) {
  const Message sample = samples::messages()[1];
  const auto& sent = std::get<ClientBatch>(sample);
  const Message decoded = decode(encode(sample));
  const auto& batch = std::get<ClientBatch>(decoded);
  EXPECT_EQ(batch.lane, 3);
  EXPECT_EQ(batch.sequence, 8u);
  EXPECT_EQ(batch.first_output, 100u);
  EXPECT_TRUE(batch.mark);
  EXPECT_EQ(batch.epoch, 2u);
  ASSERT_EQ(batch.kinds.size(), 1u);
  EXPECT_EQ(batch.kinds[0].id, 7u);
  EXPECT_EQ(batch.kinds[0].kind, sent.kinds[0].kind);
  ASSERT_EQ(batch.payloads.size(), 1u);
  EXPECT_EQ(batch.payloads[0].id, 5u);
  EXPECT_EQ(batch.payloads[0].bytes, sent.payloads[0].bytes);
  EXPECT_EQ(batch.words, sent.words);
}

TEST(Codec, KeepsTheWordsOfABatchWhateverTheirNumber) {
  for (const std::size_t count : {0, 1, 2, 3, 1000, 60'000}) {
    std::vector<std::uint64_t> words(count);
    for (std::size_t k = 0; k < count; ++k) words[k] = ~std::uint64_t{k};
    for (Message message : samples::messages()) {
      auto* client = std::get_if<ClientBatch>(&message);
      auto* planned = std::get_if<PlannedBatch>(&message);
      if (client == nullptr && planned == nullptr) continue;
      (client != nullptr ? client->words : planned->words) = words;
      const Message decoded = decode(encode(message));
      EXPECT_EQ(client != nullptr ? std::get<ClientBatch>(decoded).words
                                  : std::get<PlannedBatch>(decoded).words,
                words);
    }
  }
}

TEST(Codec, KeepsTheFieldsOfAnErrorRecord) {
  const Message decoded = decode(encode(ErrorReport{samples::error_record()}));
  const ErrorRecord& error = std::get<ErrorReport>(decoded).error;
  EXPECT_EQ(error.kind, ErrorKind::kValue);
  EXPECT_EQ(error.op, "embedding");
  EXPECT_EQ(error.message, "index out of range");
  EXPECT_EQ(error.operands, (std::vector<std::string>{"float32[2, 3]", "int64[4]"}));
  EXPECT_EQ(error.lane, 2);
  EXPECT_EQ(error.site, 9u);
  EXPECT_EQ(error.value, 77u);
}

TEST(Codec, KeepsTheFieldsOfASignal) {
  const Message sample = samples::messages()[1];
  const Message decoded = decode(encode(sample));
  const auto& signals = std::get<ClientBatch>(decoded).signals;
  ASSERT_EQ(signals.size(), 1u);
  EXPECT_EQ(signals[0].id, 3);
  EXPECT_EQ(signals[0].signal, std::get<ClientBatch>(sample).signals[0].signal);
}

TEST(Codec, KeepsTheSettingsSignalsAndDecisionsOfAPlannedBatch) {
  const auto sent = sample_of<PlannedBatch>();
  const Message decoded = decode(encode(sent));
  const auto& batch = std::get<PlannedBatch>(decoded);
  EXPECT_EQ(batch.settings, sent.settings);
  ASSERT_EQ(batch.signals.size(), 1u);
  EXPECT_EQ(batch.signals[0].signal, sent.signals[0].signal);
  EXPECT_EQ(batch.decisions, sent.decisions);
}

TEST(Codec, RefusesADecisionThatItDoesNotKnow) {
  auto batch = sample_of<PlannedBatch>();
  batch.decisions[0].action = static_cast<ProgramDecision::Action>(3);
  EXPECT_THAT(decoding_error(encode(batch)), HasSubstr("unknown decision"));
}

TEST(Codec, RefusesMoreDecisionsThanABatchMayHave) {
  auto batch = sample_of<PlannedBatch>();
  batch.decisions.resize(kMaxDecisions);
  EXPECT_EQ(decoding_error(encode(batch)), "");
  batch.decisions.emplace_back();
  EXPECT_THAT(decoding_error(encode(batch)), HasSubstr("too many decisions"));
}

TEST(Codec, KeepsTheFieldsOfASequenceReport) {
  const auto sent = sample_of<SequenceReport>();
  const Message decoded = decode(encode(sent));
  const auto& report = std::get<SequenceReport>(decoded);
  EXPECT_EQ(report.session, 12u);
  EXPECT_EQ(report.lane, 3);
  EXPECT_EQ(report.sequence, (SequenceId{7, 8}));
  EXPECT_EQ(report.event, SequenceReport::Event::counted);
  EXPECT_EQ(report.executions, 90u);
  EXPECT_EQ(report.instructions, 6u);
  EXPECT_EQ(report.seconds, 0.5);
  EXPECT_EQ(report.compiled_seconds, 0.25);
  EXPECT_EQ(report.bytes_saved, 4096u);
  EXPECT_EQ(report.text, "text");
}

TEST(Codec, RefusesAnEventOfASequenceThatItDoesNotKnow) {
  auto report = sample_of<SequenceReport>();
  report.event = static_cast<SequenceReport::Event>(kLastSequenceEvent + 1);
  EXPECT_THAT(decoding_error(encode(report)), HasSubstr("unknown event"));
}

TEST(Codec, RefusesDurationsThatAreNone) {
  for (const double seconds :
       {-1.0, std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    auto report = sample_of<SequenceReport>();
    report.compiled_seconds = seconds;
    EXPECT_THAT(decoding_error(encode(report)), HasSubstr("a duration that is none")) << seconds;
  }
}

TEST(Codec, KeepsTheStatisticsOfASession) {
  const auto sent = sample_of<Statistics>();
  const Message decoded = decode(encode(sent));
  const SessionStatistics& session = std::get<Statistics>(decoded).sessions.at(0);
  EXPECT_EQ(session.sequences, 4u);
  EXPECT_EQ(session.compiled, 2u);
  EXPECT_EQ(session.dropped, 1u);
  EXPECT_EQ(session.compiled_executions, 90u);
  EXPECT_EQ(session.eager_seconds, 0.5);
  EXPECT_EQ(session.compiled_seconds, 0.25);
  EXPECT_EQ(session.bytes_saved, 4096u);
  EXPECT_EQ(std::get<Statistics>(decoded).ended_sessions, 2u);
  EXPECT_EQ(std::get<Statistics>(decoded).ended.instructions, 900u);
  EXPECT_EQ(std::get<Statistics>(decoded).ended.bytes_saved, 8192u);
}

TEST(SequenceIdText, IsTheFirstTwelveHexDigits) {
  EXPECT_EQ(short_text({0xabc123def4567890, 1}), "abc123def456");
}

TEST(Codec, RefusesASignalThatIsNotRight) {
  auto batch = std::get<ClientBatch>(samples::messages()[1]);
  batch.signals[0].signal.shard->workers = {1, 1};
  EXPECT_THAT(decoding_error(encode(batch)), HasSubstr("worker 1 twice"));
}

TEST(Codec, RefusesASignalOfNumberZero) {
  auto batch = std::get<ClientBatch>(samples::messages()[1]);
  batch.signals[0].id = 0;
  EXPECT_THAT(decoding_error(encode(batch)), HasSubstr("number 0"));
}

TEST(Codec, KeepsLayoutAndShapeOfAFetchReply) {
  const Message sample = samples::messages()[6];
  const Message decoded = decode(encode(sample));
  EXPECT_EQ(std::get<FetchReply>(decoded).meta, std::get<FetchReply>(sample).meta);
  EXPECT_EQ(std::get<FetchReply>(decoded).bytes, std::get<FetchReply>(sample).bytes);
}

TEST(Codec, DecodesFromAnyAlignment) {
  const std::vector<std::byte> bytes = encode(samples::messages()[1]);
  std::vector<std::byte> shifted(bytes.size() + 8);
  for (std::size_t shift = 0; shift < 8; ++shift) {
    std::memcpy(shifted.data() + shift, bytes.data(), bytes.size());
    const Message decoded = decode(std::span(shifted).subspan(shift, bytes.size()));
    EXPECT_EQ(encode(decoded), bytes) << "shift " << shift;
  }
}

TEST(Codec, RefusesAnotherProtocolVersionNamingBoth) {
  std::vector<std::byte> bytes = encode_frame(1, 2, 0, 0, {});
  bytes[0] = std::byte{9};
  const std::string error = decoding_error(bytes);
  EXPECT_THAT(error, HasSubstr("version 9"));
  EXPECT_THAT(error, HasSubstr("version " + std::to_string(kProtocolVersion)));
}

TEST(Codec, RefusesEmptyAndTinyMessages) {
  for (std::size_t size = 0; size < 8; ++size)
    EXPECT_NE(decoding_error(std::vector<std::byte>(size)), "") << size;
}

TEST(Codec, RefusesMessagesBeyondTheSizeLimit) {
  EXPECT_THAT(decoding_error(std::vector<std::byte>(kMaxMessageBytes + 1)), HasSubstr("at most"));
}

TEST(Codec, RefusesAnInlineReplyWhoseBytesAreNotTheTensors) {
  auto reply = std::get<FetchReply>(samples::messages()[6]);
  reply.bytes.pop_back();
  EXPECT_THAT(decoding_error(encode(reply)), HasSubstr("inline bytes"));
}

TEST(Codec, RefusesAnErrorOfMoreOperandsThanAKindCanHave) {
  ErrorReport report{samples::error_record()};
  report.error.operands.resize(kMaxOperands);
  EXPECT_EQ(decoding_error(encode(report)), "");
  report.error.operands.emplace_back();
  EXPECT_THAT(decoding_error(encode(report)), HasSubstr("too many operands"));
}

TEST(Codec, RefusesUnknownDTypes) {
  auto reply = std::get<FetchReply>(samples::messages()[6]);
  reply.meta.dtype = static_cast<DType>(99);
  EXPECT_THAT(decoding_error(encode(reply)), HasSubstr("dtype 99"));
}

TEST(Frame, IsSeenInPlace) {
  const std::vector<std::byte> part(100, std::byte{3});
  const std::vector<std::byte> bytes = encode_frame(1, 2, 50, 150, part);
  const FrameView view = view_frame(bytes);
  EXPECT_EQ(view.header.session, 1u);
  EXPECT_EQ(view.header.payload, 2u);
  EXPECT_EQ(view.header.offset, 50u);
  EXPECT_EQ(view.header.total, 150u);
  EXPECT_TRUE(view.header.is_last());
  EXPECT_EQ(view.part.data(), bytes.data() + 40);
  EXPECT_EQ(view.part.size(), 100u);
}

TEST(Frame, MustLieWithinItsPayload) {
  const std::vector<std::byte> part(100);
  EXPECT_THROW(static_cast<void>(view_frame(encode_frame(1, 2, 51, 150, part))), CommonError);
  EXPECT_THROW(static_cast<void>(view_frame(encode_frame(1, 2, ~0ull, 150, part))), CommonError);
}

TEST(Frame, OfAnEmptyPayloadIsTheLast) {
  EXPECT_TRUE(view_frame(encode_frame(1, 2, 0, 0, {})).header.is_last());
}

TEST(Frame, MustNotBeEmptyWithinAPayload) {
  EXPECT_THROW(static_cast<void>(view_frame(encode_frame(1, 2, 0, 5, {}))), CommonError);
}

}  // namespace
}  // namespace gt::protocol

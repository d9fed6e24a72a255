// Bytes on their way: uploads from clients to workers, fetched values back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/dispatcher/core_testing.h"

namespace gt::dispatcher::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr PeerId kWorker = 1;
constexpr PeerId kClient = 10;
constexpr PeerId kOther = 11;
constexpr protocol::PayloadId kPayload = 3;
constexpr protocol::RequestId kRequest = 8;

class Payloads : public ::testing::Test {
 protected:
  Payloads() {
    cluster_.connect_worker(kWorker);
    session_ = cluster_.connect_client(kClient);
  }

  void flush() { cluster_.send(kClient, writer_.take()); }
  std::string refusal() {
    const auto refusal = cluster_.inbox(kClient).last<protocol::Refusal>();
    return refusal ? refusal->message : "";
  }
  /// A frame of a payload of 32 bytes.
  void frame(std::uint64_t offset, std::size_t size) {
    cluster_.send_frame(kClient, session_, kPayload, offset, 32, size);
  }
  void reply(bool is_inline) {
    protocol::FetchReply reply;
    reply.request = kRequest;
    reply.meta = {DType::kFloat32, {8}, {}};
    reply.payload = kRequest;
    reply.is_inline = is_inline;
    if (is_inline) reply.bytes.resize(32);
    cluster_.send(kWorker, protocol::WorkerFetchReply{session_, reply});
  }

  static CoreOptions options() {
    CoreOptions options;
    options.max_early_payload_bytes = 200;
    options.max_values = 6;
    options.max_kinds = 4;
    options.max_open_uploads = 3;
    return options;
  }

  Cluster cluster_{options()};
  protocol::SessionId session_ = 0;
  LaneWriter writer_;
};

TEST_F(Payloads, FramesFollowTheirUploadToItsWorker) {
  writer_.upload({8}, kPayload);
  flush();
  frame(0, 16);
  frame(16, 16);
  EXPECT_THAT(cluster_.inbox(kWorker).frames, SizeIs(2));
}

TEST_F(Payloads, FramesThatComeFirstWaitForTheirUpload) {
  frame(0, 16);
  EXPECT_THAT(cluster_.inbox(kWorker).frames, IsEmpty());
  writer_.upload({8}, kPayload);
  flush();
  frame(16, 16);
  ASSERT_THAT(cluster_.inbox(kWorker).frames, SizeIs(2));
  EXPECT_EQ(protocol::view_frame(cluster_.inbox(kWorker).frames[0]).header.offset, 0u);
  EXPECT_EQ(protocol::view_frame(cluster_.inbox(kWorker).frames[1]).header.offset, 16u);
}

TEST_F(Payloads, AGapBetweenFramesIsAViolation) {
  frame(0, 8);
  frame(16, 16);
  EXPECT_THAT(refusal(), HasSubstr("offset 16"));
}

TEST_F(Payloads, AnUploadHasTheBytesOfItsTensor) {
  frame(0, 32);
  writer_.upload({9}, kPayload);
  flush();
  EXPECT_THAT(refusal(), HasSubstr("32 bytes, its upload 36"));
}

TEST_F(Payloads, AFrameNamesTheSessionOfItsConnection) {
  cluster_.send_frame(kClient, session_ + 1, kPayload, 0, 32, 32);
  EXPECT_THAT(refusal(), HasSubstr("names session"));
}

TEST_F(Payloads, WhatASessionSendsEarlyIsBounded) {
  for (protocol::PayloadId payload = 0; payload < 3; ++payload)
    cluster_.send_frame(kClient, session_, payload, 0, 32, 32);
  EXPECT_THAT(refusal(), HasSubstr("more than 200 bytes"));
}

TEST_F(Payloads, UploadsWithoutBytesAreBounded) {
  for (protocol::PayloadId payload = 1; payload <= 3; ++payload) writer_.upload({8}, payload);
  flush();
  EXPECT_EQ(refusal(), "");
  writer_.upload({8}, 4);
  flush();
  EXPECT_THAT(refusal(), HasSubstr("4 uploads without their bytes, at most 3"));
}

TEST_F(Payloads, FramesOfManyUploadsBeforeTheirBatchAreBounded) {
  for (protocol::PayloadId payload = 1; payload <= 4; ++payload)
    cluster_.send_frame(kClient, session_, payload, 0, 32, 1);
  EXPECT_THAT(refusal(), HasSubstr("more than 3 uploads"));
}

TEST_F(Payloads, TheValuesOfASessionAreBounded) {
  const ValueId value = writer_.upload_inline({1});
  for (int k = 0; k < 5; ++k) writer_.relu(value);
  flush();
  EXPECT_EQ(refusal(), "");
  writer_.relu(value);
  flush();
  EXPECT_THAT(refusal(), HasSubstr("7 values, at most 6"));
}

TEST_F(Payloads, TheKindsOfASessionAreBounded) {
  Shape shape;
  for (int rank = 1; rank <= 3; ++rank) {
    shape.push_back(1);
    writer_.relu(writer_.upload_inline(shape));
  }
  flush();
  EXPECT_THAT(refusal(), HasSubstr("6 kinds, at most 4"));
}

TEST_F(Payloads, AnInlinePayloadWithoutUploadIsAViolation) {
  protocol::ClientBatch batch = writer_.take();
  batch.payloads.push_back({5, {}});
  cluster_.send(kClient, std::move(batch));
  EXPECT_THAT(refusal(), HasSubstr("no upload"));
}

TEST_F(Payloads, AFetchIsAnsweredToItsClient) {
  writer_.fetch(writer_.upload_inline({8}), kRequest);
  flush();
  reply(true);
  const auto answer = cluster_.inbox(kClient).last<protocol::FetchReply>();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->request, kRequest);
  EXPECT_THAT(answer->bytes, SizeIs(32));
}

TEST_F(Payloads, FramesOfAFetchReachTheClientOfTheirSessionOnly) {
  cluster_.connect_client(kOther);
  writer_.fetch(writer_.upload_inline({8}), kRequest);
  flush();
  cluster_.send_frame(kWorker, session_, kRequest, 0, 32, 16);
  reply(false);
  cluster_.send_frame(kWorker, session_, kRequest, 16, 32, 16);
  EXPECT_THAT(cluster_.inbox(kClient).frames, SizeIs(2));
  EXPECT_THAT(cluster_.inbox(kOther).frames, IsEmpty());
}

TEST_F(Payloads, BytesThatNobodyAskedForGoNowhere) {
  cluster_.send_frame(kWorker, session_, kRequest, 0, 32, 32);
  reply(true);
  EXPECT_THAT(cluster_.inbox(kClient).frames, IsEmpty());
  EXPECT_FALSE(cluster_.inbox(kClient).last<protocol::FetchReply>().has_value());
}

TEST_F(Payloads, ARequestNumberIsFreeAgainAfterItsAnswer) {
  const ValueId value = writer_.upload_inline({8});
  for (int i = 0; i < 2; ++i) {
    writer_.fetch(value, kRequest);
    flush();
    reply(true);
  }
  EXPECT_EQ(refusal(), "");
  writer_.fetch(value, kRequest);
  writer_.fetch(value, kRequest);
  flush();
  EXPECT_THAT(refusal(), HasSubstr("not answered yet"));
}

TEST_F(Payloads, AReplyOfAnotherSizeThanTheValueLosesTheWorker) {
  writer_.fetch(writer_.upload_inline({9}), kRequest);
  flush();
  reply(true);
  EXPECT_EQ(cluster_.core().worker_count(), 0u);
  const auto answer = cluster_.inbox(kClient).last<protocol::FetchReply>();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->error.kind, ErrorKind::kWorkerLost);
}

TEST_F(Payloads, FramesOfAFetchThatLeaveAGapLoseTheWorker) {
  writer_.fetch(writer_.upload_inline({8}), kRequest);
  flush();
  cluster_.send_frame(kWorker, session_, kRequest, 16, 32, 16);
  EXPECT_EQ(cluster_.core().worker_count(), 0u);
  EXPECT_THAT(cluster_.inbox(kClient).frames, IsEmpty());
}

TEST_F(Payloads, ASecondReplyToAFetchLosesTheWorker) {
  writer_.fetch(writer_.upload_inline({8}), kRequest);
  flush();
  reply(false);
  EXPECT_EQ(cluster_.core().worker_count(), 1u);
  reply(false);
  EXPECT_EQ(cluster_.core().worker_count(), 0u);
}

TEST_F(Payloads, ErrorsOfAWorkerThatHasNothingOfTheSessionGoNowhere) {
  cluster_.send(kWorker, protocol::WorkerErrorReport{session_, {}});
  EXPECT_FALSE(cluster_.inbox(kClient).last<protocol::ErrorReport>().has_value());
}

TEST_F(Payloads, ErrorsOfAWorkerReachTheClient) {
  writer_.upload_inline({8});
  flush();
  protocol::ErrorRecord error;
  error.kind = ErrorKind::kOutOfMemory;
  error.op = "matmul";
  cluster_.send(kWorker, protocol::WorkerErrorReport{session_, error});
  const auto report = cluster_.inbox(kClient).last<protocol::ErrorReport>();
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->error.kind, ErrorKind::kOutOfMemory);
  EXPECT_EQ(report->error.op, "matmul");
}

}  // namespace
}  // namespace gt::dispatcher::testing

// An executor under test: what it sends is kept, and its streams are written by hand.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "tests/stream_builder.h"
#include "tests/unit/worker/fake_engine.h"
#include "worker/execution/executor.h"

namespace gt::worker::testing {

using gt::testing::Operand;
using gt::testing::StreamBuilder;

/// Keeps what is sent, by type.
class RecordingOutbox final : public Outbox {
 public:
  void to_dispatcher(protocol::Message message) override {
    if (const auto* reply = std::get_if<protocol::WorkerFetchReply>(&message))
      replies.push_back(reply->reply);
    else if (const auto* report = std::get_if<protocol::WorkerErrorReport>(&message))
      reports.push_back(report->error);
    else if (const auto* ack = std::get_if<protocol::WorkerAcknowledgement>(&message))
      acknowledgements.push_back(*ack);
  }
  void to_dispatcher(OutgoingPayload payload) override { payloads.push_back(std::move(payload)); }
  void to_worker(protocol::WorkerId worker, protocol::Message message) override {
    failures.emplace_back(worker, std::get<protocol::PayloadFailed>(message));
  }
  void to_worker(protocol::WorkerId worker, OutgoingPayload payload) override {
    transfers.emplace_back(worker, std::move(payload));
  }

  std::vector<protocol::FetchReply> replies;
  std::vector<protocol::ErrorRecord> reports;
  std::vector<protocol::WorkerAcknowledgement> acknowledgements;
  std::vector<OutgoingPayload> payloads;
  std::vector<std::pair<protocol::WorkerId, protocol::PayloadFailed>> failures;
  std::vector<std::pair<protocol::WorkerId, OutgoingPayload>> transfers;
};

inline std::vector<float> floats(std::span<const std::byte> bytes) {
  std::vector<float> values(bytes.size() / sizeof(float));
  if (!bytes.empty()) std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

inline std::vector<float> floats(const OutgoingPayload& payload) {
  const std::span<const std::byte> bytes = payload.block->bytes();
  return floats(std::vector<std::byte>(bytes.begin(), bytes.end()));
}

/// The frame as it comes over a connection.
inline payload::ReceivedFrame frame_of(const protocol::PayloadFrame& frame) {
  return payload::read_frame({0, transport::Lane::bulk, protocol::encode(frame), nullptr});
}

inline std::vector<std::byte> bytes_of(const std::vector<float>& values) {
  const auto* begin = reinterpret_cast<const std::byte*>(values.data());
  return {begin, begin + values.size() * sizeof(float)};
}

class ExecutorTest : public ::testing::Test {
 protected:
  /// What the builder holds, as the next batch of the session.
  protocol::PlannedBatch next_batch(StreamBuilder& builder, protocol::SessionId session) {
    protocol::PlannedBatch batch;
    batch.session = session;
    batch.sequence = ++sequences_[session];
    batch.kinds = std::exchange(builder.kinds, {});
    batch.words = std::exchange(builder.words, {});
    return batch;
  }
  /// Sends it, without running it.
  void enqueue(StreamBuilder& builder, protocol::SessionId session = 1) {
    executor_.add(next_batch(builder, session));
  }
  void run() {
    while (executor_.step()) {
    }
  }
  /// The last batch of the session that the executor said it has run; 0 for none.
  [[nodiscard]] std::uint64_t acknowledged(protocol::SessionId session = 1) const {
    std::uint64_t executed = 0;
    for (const protocol::WorkerAcknowledgement& acknowledgement : outbox_.acknowledgements)
      for (const protocol::SessionProgress& progress : acknowledgement.sessions)
        if (progress.session == session) executed = progress.executed;
    return executed;
  }
  void send(StreamBuilder& builder, protocol::SessionId session = 1) {
    enqueue(builder, session);
    run();
  }

  FakeEngine engine_;
  RecordingOutbox outbox_;
  /// Turns end with their batch, however slow the machine is.
  Executor executor_{engine_, outbox_, std::chrono::hours(1)};
  StreamBuilder builder_{InstructionForm::planned};
  std::map<protocol::SessionId, std::uint64_t> sequences_;
};

}  // namespace gt::worker::testing

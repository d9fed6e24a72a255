// What a monitor sees of sessions and workers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/dispatcher/core_testing.h"

namespace gt::dispatcher::testing {
namespace {

using ::testing::HasSubstr;

constexpr PeerId kWorkerPeer = 1;
constexpr PeerId kClient = 10;
constexpr PeerId kMonitor = 20;

class Monitors : public ::testing::Test {
 protected:
  Monitors() {
    cluster_.connect_worker(kWorkerPeer);
    session_ = cluster_.connect_client(kClient);
  }
  protocol::Statistics ask() {
    cluster_.send(kMonitor, protocol::StatisticsRequest{});
    return cluster_.inbox(kMonitor).last<protocol::Statistics>().value();
  }
  protocol::SequenceReport counted(std::uint64_t executions) const {
    protocol::SequenceReport report;
    report.session = session_;
    report.event = protocol::SequenceReport::Event::counted;
    report.executions = executions;
    report.seconds = 0.5;
    report.compiled_seconds = 0.25;
    report.bytes_saved = 4096;
    return report;
  }
  /// The session has a sequence that was executed 90 times by its program.
  void run_programs() {
    lane_.upload_inline({2});
    cluster_.send(kClient, lane_.take());
    protocol::SequenceReport detected;
    detected.session = session_;
    cluster_.send(kWorkerPeer, detected);
    cluster_.send(kWorkerPeer, counted(90));
  }

  Cluster cluster_;
  protocol::SessionId session_ = 0;
  LaneWriter lane_;
};

TEST_F(Monitors, OfAnIdleClusterNameItsMembers) {
  const protocol::Statistics statistics = ask();
  ASSERT_EQ(statistics.workers.size(), 1u);
  ASSERT_EQ(statistics.sessions.size(), 1u);
  EXPECT_EQ(statistics.sessions[0].session, session_);
  EXPECT_EQ(statistics.sessions[0].home, statistics.workers[0].worker);
  EXPECT_EQ(statistics.workers[0].sessions, 1u);
}

TEST_F(Monitors, CountInstructionsAndLiveValues) {
  const ValueId a = lane_.upload_inline({2, 3});
  const ValueId b = lane_.relu(a);
  lane_.release(lane_.add(a, b));
  cluster_.send(kClient, lane_.take());
  const protocol::Statistics statistics = ask();
  EXPECT_EQ(statistics.sessions[0].instructions, 4u);
  EXPECT_EQ(statistics.sessions[0].values, 2u);
  EXPECT_EQ(statistics.sessions[0].value_bytes, 2u * 2 * 3 * 4);
  EXPECT_EQ(statistics.sessions[0].uploaded_bytes, 2u * 3 * 4);
}

TEST_F(Monitors, BatchesAreInFlightUntilTheWorkerAcknowledges) {
  lane_.upload_inline({2});
  cluster_.send(kClient, lane_.take());
  EXPECT_EQ(ask().sessions[0].in_flight, 1u);
  EXPECT_EQ(ask().workers[0].in_flight, 1u);
  cluster_.acknowledge_all(kWorkerPeer);
  EXPECT_EQ(ask().sessions[0].in_flight, 0u);
  EXPECT_EQ(ask().workers[0].in_flight, 0u);
}

TEST_F(Monitors, FailedInstructionsAreCounted) {
  lane_.upload_inline({2});
  cluster_.send(kClient, lane_.take());
  cluster_.send(kWorkerPeer, protocol::WorkerErrorReport{session_, {}});
  EXPECT_EQ(ask().sessions[0].errors, 1u);
}

TEST_F(Monitors, SeeWhatProgramsHaveDone) {
  run_programs();
  const protocol::SessionStatistics session = ask().sessions.at(0);
  EXPECT_EQ(session.sequences, 1u);
  EXPECT_EQ(session.compiled, 0u);
  EXPECT_EQ(session.dropped, 0u);
  EXPECT_EQ(session.compiled_executions, 90u);
  EXPECT_EQ(session.eager_seconds, 0.5);
  EXPECT_EQ(session.compiled_seconds, 0.25);
  EXPECT_EQ(session.bytes_saved, 4096u);
}

TEST_F(Monitors, KeepTheTotalsOfSessionsThatLeft) {
  run_programs();
  cluster_.send(kClient, protocol::Goodbye{});
  cluster_.send(kWorkerPeer, counted(10));  // until it hears of the end
  const protocol::Statistics statistics = ask();
  EXPECT_TRUE(statistics.sessions.empty());
  EXPECT_EQ(statistics.ended_sessions, 1u);
  const protocol::SessionStatistics& ended = statistics.ended;
  EXPECT_EQ(ended.session, 0u);
  EXPECT_EQ(ended.instructions, 1u);
  EXPECT_EQ(ended.values, 0u);
  EXPECT_EQ(ended.uploaded_bytes, 2u * 4);
  EXPECT_EQ(ended.sequences, 1u);
  EXPECT_EQ(ended.compiled_executions, 100u);
  EXPECT_EQ(ended.eager_seconds, 1.0);
  EXPECT_EQ(ended.compiled_seconds, 0.5);
  EXPECT_EQ(ended.bytes_saved, 8192u);
}

TEST_F(Monitors, CountNothingOfSessionsThatNeverWere) {
  protocol::SequenceReport report = counted(10);
  report.session = session_ + 1;
  cluster_.send(kWorkerPeer, report);
  EXPECT_EQ(ask().ended.compiled_executions, 0u);
}

TEST_F(Monitors, AMonitorMayNotSendBatches) {
  static_cast<void>(ask());
  cluster_.send(kMonitor, lane_.take());
  const auto refusal = cluster_.inbox(kMonitor).last<protocol::Refusal>();
  ASSERT_TRUE(refusal.has_value());
  EXPECT_THAT(refusal->message, HasSubstr("monitor"));
  EXPECT_EQ(cluster_.core().session_count(), 1u);
}

TEST_F(Monitors, ASilentMonitorIsForgotten) {
  static_cast<void>(ask());
  cluster_.tick(1);
  for (std::uint64_t now = 500; now <= 4000; now += 500) {
    cluster_.send(kClient, protocol::Heartbeat{});
    cluster_.send(kWorkerPeer, protocol::Heartbeat{});
    cluster_.tick(now);
  }
  EXPECT_TRUE(cluster_.inbox(kMonitor).is_dropped);
  EXPECT_EQ(cluster_.core().session_count(), 1u);
}

}  // namespace
}  // namespace gt::dispatcher::testing

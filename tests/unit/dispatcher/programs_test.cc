// What reports about hot sequences lead to: decisions in the streams, lines for user and log.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dispatcher/core/program_lines.h"
#include "dispatcher/core/signal_table.h"
#include "tests/unit/dispatcher/core_testing.h"

namespace gt::dispatcher::testing {
namespace {

using protocol::PlannedBatch;
using protocol::ProgramDecision;
using protocol::SequenceReport;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Action = ProgramDecision::Action;
using Event = SequenceReport::Event;

constexpr PeerId kWorker0 = 1;
constexpr PeerId kWorker1 = 2;
constexpr PeerId kClient = 10;
constexpr protocol::SequenceId kSequence{0xabc123def4560000, 8};

class ProgramsInCore : public ::testing::Test {
 protected:
  void start(const protocol::Settings& settings, int workers = 1) {
    CoreOptions options;
    options.placement = Placement::spread;
    options.log_instructions = true;
    cluster_ = Cluster(options);
    for (int k = 0; k < workers; ++k) cluster_.connect_worker(kWorker0 + static_cast<PeerId>(k));
    session_ = cluster_.connect_client(kClient, settings);
    values_.clear();
    run(workers);
  }
  /// A batch that gives each worker an instruction.
  void run(int workers = 1) {
    for (int k = 0; k < workers; ++k) values_.push_back(lane_.upload_inline({2}));
    cluster_.send(kClient, lane_.take());
    for (int k = 0; k < workers; ++k) cluster_.acknowledge_all(kWorker0 + static_cast<PeerId>(k));
  }
  SequenceReport report(Event event, std::string text = "") const {
    SequenceReport report;
    report.session = session_;
    report.sequence = kSequence;
    report.event = event;
    report.text = std::move(text);
    return report;
  }
  /// So many sequences for the same reason.
  void fail(std::uint64_t count, const std::string& reason) {
    for (std::uint64_t k = 0; k < count; ++k) {
      SequenceReport failed =
          report(Event::failed, reason + "\nwhile loading " + std::to_string(k));
      failed.sequence.low = k;
      cluster_.send(kWorker0, failed);
    }
  }
  void tell(PeerId worker, std::initializer_list<Event> events) {
    for (const Event event : events) cluster_.send(worker, report(event));
  }
  /// How many of so many batches are planned before any is acknowledged.
  std::size_t planned_at_once(std::size_t count) {
    const auto planned = [this] { return cluster_.inbox(kWorker0).all<PlannedBatch>().size(); };
    const std::size_t before = planned();
    for (std::size_t k = 0; k < count; ++k) {
      lane_.relu(values_[0]);
      cluster_.send(kClient, lane_.take());
    }
    const std::size_t at_once = planned() - before;
    while (planned() - before < count) cluster_.acknowledge_all(kWorker0);
    cluster_.acknowledge_all(kWorker0);
    return at_once;
  }
  std::vector<std::string> notices() {
    std::vector<std::string> lines;
    for (const auto& notice : cluster_.inbox(kClient).all<protocol::Notice>())
      lines.push_back(notice.text);
    return lines;
  }
  PlannedBatch last_batch(PeerId worker) {
    return cluster_.inbox(worker).last<PlannedBatch>().value();
  }
  /// How many decisions the worker has got.
  std::size_t decisions(PeerId worker) {
    std::size_t count = 0;
    for (const auto& batch : cluster_.inbox(worker).all<PlannedBatch>())
      count += batch.decisions.size();
    return count;
  }
  /// `command details` of the log's COMPILE lines.
  std::vector<std::string> compile_lines() {
    std::vector<std::string> lines;
    for (const LogLine& line : cluster_.log())
      if (line.event == "COMPILE") lines.push_back(std::string(line.command) + " " + line.details);
    return lines;
  }

  Cluster cluster_;
  protocol::SessionId session_ = 0;
  LaneWriter lane_;
  std::vector<ValueId> values_;
};

const protocol::Settings kDebug = {{"GT_AUTO_COMPILE", "1"}, {"GT_DEBUG_COMPILE", "1"}};

TEST_F(ProgramsInCore, DecisionsStandAtTheHeadOfTheNextBatchOfEveryMember) {
  start({}, 2);
  for (const PeerId worker : {kWorker0, kWorker1})
    tell(worker, {Event::detected, Event::compiling, Event::ready});
  EXPECT_THAT(last_batch(kWorker0).decisions, IsEmpty());
  run(2);
  const ProgramDecision validate{kSequence, Action::validate};
  EXPECT_THAT(last_batch(kWorker0).decisions, ElementsAre(validate));
  EXPECT_THAT(last_batch(kWorker1).decisions, ElementsAre(validate));
  run(2);
  EXPECT_THAT(last_batch(kWorker0).decisions, IsEmpty());
}

TEST_F(ProgramsInCore, DecisionsWaitForTheNextBatchOfAWorker) {
  start({}, 2);
  for (const PeerId worker : {kWorker0, kWorker1})
    tell(worker, {Event::detected, Event::compiling, Event::ready});
  for (std::size_t k = 0; k < 2; ++k) {
    lane_.relu(values_[k]);
    cluster_.send(kClient, lane_.take());
    EXPECT_EQ(decisions(kWorker0) + decisions(kWorker1), k + 1);
  }
}

/// What a program waits for goes behind what was planned: little is, as long as it waits.
TEST_F(ProgramsInCore, FewBatchesAreOnTheirWayWhileAProgramWaitsForDecisions) {
  start({{"GT_AUTO_COMPILE", "1"}});
  const CoreOptions options;
  tell(kWorker0, {Event::detected});
  EXPECT_EQ(planned_at_once(20), options.worker_credits);
  for (const Event event : {Event::compiling, Event::ready, Event::validated}) {
    tell(kWorker0, {event});
    EXPECT_EQ(planned_at_once(20), event == Event::validated ? options.worker_credits
                                                             : options.worker_credits_before_use);
  }
  tell(kWorker0, {Event::recompiling});
  EXPECT_EQ(planned_at_once(20), options.worker_credits_before_use);
  tell(kWorker0, {Event::failed});
  EXPECT_EQ(planned_at_once(20), options.worker_credits);
}

/// Else all that a client is ahead by would run eagerly before the first program is used.
TEST_F(ProgramsInCore, FewBatchesAreOnTheirWayWhereProgramsAreExpected) {
  start({{"GT_AUTO_COMPILE", "1"}});
  EXPECT_EQ(planned_at_once(20), CoreOptions().worker_credits_before_use);
  for (int k = 0; k < 4; ++k) static_cast<void>(planned_at_once(20));
  EXPECT_EQ(planned_at_once(20), CoreOptions().worker_credits);
}

TEST_F(ProgramsInCore, AllBatchesGoOnTheirWayWhereNothingIsCompiled) {
  start({});
  EXPECT_EQ(planned_at_once(20), CoreOptions().worker_credits);
}

TEST_F(ProgramsInCore, AProgramThatWaitsForTooLongHoldsNothingBack) {
  start({{"GT_AUTO_COMPILE", "1"}});
  tell(kWorker0, {Event::detected});
  tell(kWorker0, {Event::compiling});
  tell(kWorker0, {Event::ready});
  EXPECT_EQ(planned_at_once(20), CoreOptions().worker_credits_before_use);
  for (int k = 0; k < 4; ++k) static_cast<void>(planned_at_once(20));
  EXPECT_EQ(planned_at_once(20), CoreOptions().worker_credits);
}

TEST_F(ProgramsInCore, AMismatchIsDroppedAndAlwaysTold) {
  start({{"GT_AUTO_COMPILE", "1"}});
  tell(kWorker0, {Event::detected, Event::compiling, Event::ready});
  cluster_.send(kWorker0, report(Event::mismatched, "element 3 is 1 and was 2"));
  EXPECT_THAT(notices(), ElementsAre("gt: the program of abc123def456 gave other results than its "
                                     "instructions: element 3 is 1 and was 2; the sequence stays "
                                     "eager"));
  run();
  EXPECT_THAT(last_batch(kWorker0).decisions,
              ElementsAre(ProgramDecision{kSequence, Action::drop}));
}

TEST_F(ProgramsInCore, G47AFailedCompilationIsOneLine) {
  start({{"GT_AUTO_COMPILE", "1"}});
  tell(kWorker0, {Event::detected, Event::compiling});
  cluster_.send(kWorker0, report(Event::failed, "no lowering of sort\nat a\nat b"));
  EXPECT_THAT(notices(), ElementsAre("gt: compilation of abc123def456 failed: no lowering of sort; "
                                     "the sequence stays eager"));
}

TEST_F(ProgramsInCore, WhatMakesEveryCompilationFailIsOneLine) {
  start({{"GT_COMPILE", "1"}});
  fail(3, "no compiler");
  EXPECT_THAT(notices(), ElementsAre(HasSubstr("no compiler; the sequence stays eager")));
  cluster_.send(kWorker0, report(Event::failed, "no lowering of sort"));
  EXPECT_THAT(notices(), ElementsAre(HasSubstr("no compiler"), HasSubstr("no lowering of sort")));
}

TEST_F(ProgramsInCore, G6WithLogsOfRecompilesEveryFailureIsTold) {
  start({{"GT_COMPILE", "1"}, {"GT_LOGS", "recompiles"}});
  fail(2, "no compiler");
  EXPECT_THAT(notices(), ElementsAre(HasSubstr("no compiler"), "while loading 0",
                                     HasSubstr("no compiler"), "while loading 1"));
}

TEST_F(ProgramsInCore, G6WithLogsOfRecompilesAFailureIsToldInFull) {
  start({{"GT_AUTO_COMPILE", "1"}, {"GT_LOGS", "recompiles"}});
  cluster_.send(kWorker0, report(Event::failed, "no lowering of sort\nat a\nat b"));
  EXPECT_THAT(notices(), ElementsAre(HasSubstr("no lowering of sort; the"), "at a", "at b"));
}

TEST_F(ProgramsInCore, G20ADetectionIsToldWithHashAndCount) {
  start(kDebug, 2);
  SequenceReport detected = report(Event::detected, "matmul -> relu -> sum");
  detected.executions = 15;
  cluster_.send(kWorker0, detected);
  cluster_.send(kWorker1, detected);
  EXPECT_THAT(
      notices(),
      ElementsAre("[COMPILE] Detected hot sequence: matmul -> relu -> sum (executed 15 "
                  "times)",
                  "Sequence hash: abc123def456", "Execution count: 15", "Status: HOT PATH ✓"));
}

TEST_F(ProgramsInCore, G21ToG23ACompilationIsToldFromItsBeginningToItsSpeedup) {
  start(kDebug, 2);
  for (const PeerId worker : {kWorker0, kWorker1}) tell(worker, {Event::compiling});
  for (const PeerId worker : {kWorker0, kWorker1}) {
    SequenceReport ready = report(Event::ready);
    ready.seconds = worker == kWorker0 ? 2.3 : 1.1;
    cluster_.send(worker, ready);
  }
  SequenceReport measured = report(Event::measured);
  measured.seconds = 3.2;
  measured.compiled_seconds = 1;
  for (const PeerId worker : {kWorker0, kWorker1}) cluster_.send(worker, measured);
  EXPECT_THAT(notices(), ElementsAre("[COMPILE] Compiling sequence...",
                                     "[COMPILE] Compilation complete (2.3s)",
                                     "[COMPILE] Speedup: 3.2x on subsequent executions"));
}

TEST_F(ProgramsInCore, G24ARecompilationIsToldWithItsReason) {
  for (const protocol::Settings& settings :
       {kDebug, protocol::Settings{{"GT_AUTO_COMPILE", "1"}, {"GT_LOGS", "recompiles"}}}) {
    start(settings);
    lane_ = LaneWriter();
    tell(kWorker0, {Event::detected});
    cluster_.send(kWorker0, report(Event::recompiling, "dimension 0 of operand 0 was 64, is 128"));
    EXPECT_EQ(notices().back(),
              "[COMPILE] Recompiling sequence abc123def456: dimension 0 of operand 0 was 64, is "
              "128");
  }
}

TEST_F(ProgramsInCore, ADropIsToldWithWhatWasMeasuredNowAndBefore) {
  for (const auto& [before, shown] :
       {std::pair("", "(0.95x)"),
        std::pair("0.90x at an earlier start", "(0.95x, 0.90x at an earlier start)")}) {
    start(kDebug);
    lane_ = LaneWriter();
    tell(kWorker0, {Event::detected});
    SequenceReport slow = report(Event::slow, before);
    slow.seconds = 0.95;
    slow.compiled_seconds = 1;
    cluster_.send(kWorker0, slow);
    EXPECT_EQ(notices().back(), "[COMPILE] Dropped abc123def456: its program is no faster " +
                                    std::string(shown) + "; the sequence stays eager");
  }
}

TEST_F(ProgramsInCore, NothingIsToldWithoutDebugging) {
  start({{"GT_AUTO_COMPILE", "1"}});
  tell(kWorker0, {Event::detected, Event::compiling, Event::ready, Event::validated, Event::entered,
                  Event::measured, Event::recompiling, Event::left, Event::slow});
  EXPECT_THAT(notices(), IsEmpty());
}

TEST_F(ProgramsInCore, TheLossOfAMemberIsTold) {
  start(kDebug, 2);
  for (const PeerId worker : {kWorker0, kWorker1})
    tell(worker, {Event::detected, Event::compiling, Event::ready});
  cluster_.apply(PeerLost{kWorker1, "killed"});
  EXPECT_THAT(notices().back(), HasSubstr("Dropped abc123def456: worker 1"));
  EXPECT_THAT(compile_lines().back(), HasSubstr("Dropped sequence=abc123def456"));
}

TEST_F(ProgramsInCore, G63AndG64TheLogShowsBeginningAndEndUnderOneHash) {
  start({});
  tell(kWorker0, {Event::compiling});
  SequenceReport ready = report(Event::ready);
  ready.seconds = 2.3;
  cluster_.send(kWorker0, ready);
  EXPECT_THAT(compile_lines(),
              ElementsAre("Starting sequence=abc123def456 session=1 worker=0",
                          "Complete sequence=abc123def456 session=1 worker=0 seconds=2.300"));
}

TEST_F(ProgramsInCore, TheLogShowsWhyASequenceIsDropped) {
  start({});
  tell(kWorker0, {Event::detected, Event::slow});
  EXPECT_EQ(compile_lines().back(),
            "Dropped sequence=abc123def456 session=1 worker=0 reason=its program is no faster");
}

TEST_F(ProgramsInCore, TheLogShowsTheReasonOfARecompilation) {
  start({});
  tell(kWorker0, {Event::detected});
  cluster_.send(kWorker0, report(Event::recompiling, "dtype of operand 1 changed"));
  EXPECT_EQ(compile_lines().back(),
            "Recompiling sequence=abc123def456 session=1 worker=0 reason=dtype of operand 1 "
            "changed");
}

TEST_F(ProgramsInCore, G65OpsOfALaneThatRunsCompiledSaySo) {
  start({});
  tell(kWorker0, {Event::detected, Event::compiling, Event::ready, Event::validated});
  const auto relu = [this] {
    lane_.relu(values_[0]);
    cluster_.send(kClient, lane_.take());
    return cluster_.log().back().details;
  };
  EXPECT_THAT(relu(), HasSubstr("op=relu session=1"));
  tell(kWorker0, {Event::entered});
  EXPECT_THAT(relu(), HasSubstr("op=relu (COMPILED) session=1"));
  tell(kWorker0, {Event::left});
  EXPECT_THAT(relu(), HasSubstr("op=relu session=1"));
}

TEST_F(ProgramsInCore, TransfersAreNotCompiled) {
  start({});
  tell(kWorker0, {Event::detected, Event::entered});
  run();
  EXPECT_THAT(cluster_.log().back().details, HasSubstr("op=upload session=1"));
}

TEST_F(ProgramsInCore, TextsOfWorkersAreCutAndKeptToTheirLine) {
  start({});
  cluster_.send(kWorker0, report(Event::failed, "a\rb" + std::string(100'000, 'x')));
  ASSERT_EQ(notices().size(), 1u);
  EXPECT_THAT(notices()[0], HasSubstr("a bx"));
  EXPECT_LT(notices()[0].size(), kMaxReportText + 200);
}

TEST(TidyText, DoesNotCutWithinACharacter) {
  std::string text(kMaxReportText - 1, 'x');
  text += "✓";
  EXPECT_EQ(tidy_text(text), std::string(kMaxReportText - 1, 'x'));
}

TEST_F(ProgramsInCore, ReportsForASessionThatTheWorkerDoesNotServeAreIgnored) {
  start(kDebug);
  cluster_.connect_worker(kWorker1);
  tell(kWorker1, {Event::detected});
  SequenceReport elsewhere = report(Event::detected);
  elsewhere.session = 99;
  cluster_.send(kWorker0, elsewhere);
  EXPECT_THAT(notices(), IsEmpty());
}

TEST_F(ProgramsInCore, AReportOfALaneThatIsNotThereIsAViolation) {
  start({});
  SequenceReport elsewhere = report(Event::entered);
  elsewhere.lane = 7;
  cluster_.send(kWorker0, elsewhere);
  EXPECT_THAT(cluster_.inbox(kWorker0).last<protocol::Refusal>().value().message,
              HasSubstr("lane 7"));
}

TEST_F(ProgramsInCore, AClientMayNotReport) {
  start({});
  cluster_.send(kClient, report(Event::detected));
  EXPECT_TRUE(cluster_.inbox(kClient).is_dropped);
}

TEST_F(ProgramsInCore, TheFirstBatchToAWorkerCarriesTheSettings) {
  start(kDebug);
  EXPECT_EQ(last_batch(kWorker0).settings, kDebug);
  run();
  EXPECT_THAT(last_batch(kWorker0).settings, IsEmpty());
}

TEST_F(ProgramsInCore, SettingsGoOnOnceEachAndInSessionScopeOnly) {
  start({{"GT_COMPILE", "0"}, {"GT_COMPILE", "1"}, {"GT_ADDRESS", "tcp://127.0.0.1:1"}});
  EXPECT_EQ(last_batch(kWorker0).settings, (protocol::Settings{{"GT_COMPILE", "1"}}));
}

class SignalsForWorkers : public ProgramsInCore {
 protected:
  static config::Signal signal() {
    config::Signal signal;
    signal.name = "training_loop";
    signal.shard = config::ShardOptions{0, {1, 2}};
    signal.compile.enabled = true;
    return signal;
  }
  /// A batch of one upload under the signal, which it defines.
  void upload_under(std::uint16_t number) {
    lane_.upload_inline({2, 2});
    protocol::ClientBatch batch = lane_.take();
    batch.signals.push_back({number, signal()});
    for (protocol::KindDefinition& definition : batch.kinds) definition.kind.signal = number;
    cluster_.send(kClient, std::move(batch));
  }
};

TEST_F(SignalsForWorkers, ComeWithTheFirstKindThatNamesThem) {
  start({});
  upload_under(4);
  const PlannedBatch batch = last_batch(kWorker0);
  ASSERT_EQ(batch.signals.size(), 1u);
  EXPECT_EQ(batch.signals[0].id, 4);
  EXPECT_EQ(batch.signals[0].signal.name, "training_loop");
  EXPECT_EQ(batch.signals[0].signal.compile, signal().compile);
}

TEST_F(SignalsForWorkers, SayNothingOfSharding) {
  start({});
  upload_under(4);
  EXPECT_FALSE(last_batch(kWorker0).signals.at(0).signal.shard.has_value());
}

TEST_F(SignalsForWorkers, MayNotSayMoreThanABatchCanCarry) {
  start({});
  for (std::uint16_t round = 0; round < 8; ++round) {
    protocol::ClientBatch batch = lane_.take();
    for (std::uint16_t k = 0; k < 1000; ++k) {
      config::Signal large = signal();
      large.name = std::string(config::kMaxSignalName, 'x');
      batch.signals.push_back({static_cast<std::uint16_t>(1 + round * 1000 + k), large});
    }
    cluster_.send(kClient, std::move(batch));
  }
  EXPECT_THAT(cluster_.inbox(kClient).all<protocol::Refusal>().at(0).message,
              HasSubstr(std::to_string(SignalTable::kMaxBytes)));
}

}  // namespace
}  // namespace gt::dispatcher::testing

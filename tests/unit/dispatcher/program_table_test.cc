// What becomes of programs, report by report.
#include "dispatcher/core/program_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <random>

namespace gt::dispatcher {
namespace {

using protocol::ProgramDecision;
using protocol::SequenceId;
using protocol::SequenceReport;
using protocol::WorkerId;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Action = ProgramDecision::Action;
using Event = SequenceReport::Event;

constexpr SequenceId kSequence{7, 8};
constexpr SequenceId kOther{9, 10};

SequenceReport report_of(Event event, const SequenceId& sequence = kSequence) {
  SequenceReport report;
  report.sequence = sequence;
  report.event = event;
  return report;
}

class Programs : public ::testing::Test {
 protected:
  ProgramTable::Outcome tell(WorkerId worker, Event event, const SequenceId& sequence = kSequence) {
    return table_.apply(worker, report_of(event, sequence));
  }
  void tell_all(WorkerId worker, std::initializer_list<Event> events) {
    for (const Event event : events) tell(worker, event);
  }
  /// Brings the sequence into use at the workers.
  void bring_into_use(std::initializer_list<WorkerId> workers) {
    for (const WorkerId worker : workers) tell_all(worker, {Event::detected, Event::compiling});
    for (const WorkerId worker : workers) tell(worker, Event::ready);
    for (const WorkerId worker : workers) tell(worker, Event::validated);
    for (const WorkerId worker : workers) EXPECT_THAT(actions(worker), ElementsAre(Action::use));
  }
  /// What the worker is told about the sequence now.
  std::vector<Action> actions(WorkerId worker) {
    std::vector<Action> actions;
    for (const ProgramDecision& decision : table_.take_decisions(worker)) {
      EXPECT_EQ(decision.sequence, kSequence);
      actions.push_back(decision.action);
    }
    return actions;
  }

  ProgramTable table_;
};

TEST_F(Programs, AreValidatedWhenTheyAreReady) {
  tell_all(0, {Event::detected, Event::compiling});
  EXPECT_THAT(actions(0), IsEmpty());
  tell(0, Event::ready);
  EXPECT_THAT(actions(0), ElementsAre(Action::validate));
}

TEST_F(Programs, AreUsedWhenTheyAreValidated) {
  tell_all(0, {Event::detected, Event::compiling, Event::ready});
  static_cast<void>(actions(0));
  tell(0, Event::validated);
  EXPECT_THAT(actions(0), ElementsAre(Action::use));
}

TEST_F(Programs, ThatAreReadyWaitForThoseThatCompile) {
  tell_all(0, {Event::detected, Event::compiling});
  tell_all(1, {Event::detected, Event::compiling, Event::ready});
  EXPECT_THAT(actions(1), IsEmpty());
  tell(0, Event::ready);
  EXPECT_THAT(actions(0), ElementsAre(Action::validate));
  EXPECT_THAT(actions(1), ElementsAre(Action::validate));
}

TEST_F(Programs, ThatAreValidatedWaitForThoseThatAreNot) {
  for (const WorkerId worker : {0u, 1u}) tell_all(worker, {Event::detected, Event::compiling});
  for (const WorkerId worker : {0u, 1u}) tell(worker, Event::ready);
  for (const WorkerId worker : {0u, 1u}) static_cast<void>(actions(worker));
  tell(0, Event::validated);
  EXPECT_THAT(actions(0), IsEmpty());
  tell(1, Event::validated);
  EXPECT_THAT(actions(0), ElementsAre(Action::use));
  EXPECT_THAT(actions(1), ElementsAre(Action::use));
}

TEST_F(Programs, AreNotUsedOnTheWordOfAWorkerThatWasNotAsked) {
  tell_all(0, {Event::detected, Event::compiling, Event::validated});
  EXPECT_THAT(actions(0), IsEmpty());
}

class BadEnd : public Programs, public ::testing::WithParamInterface<Event> {};

TEST_P(BadEnd, OfOneIsTheEndForAll) {
  bring_into_use({0, 1});
  EXPECT_TRUE(tell(1, GetParam()).is_drop);
  EXPECT_THAT(actions(0), ElementsAre(Action::drop));
  EXPECT_THAT(actions(1), ElementsAre(Action::drop));
  EXPECT_EQ(table_.counts().dropped, 1u);
  EXPECT_EQ(table_.counts().compiled, 0u);
}

INSTANTIATE_TEST_SUITE_P(Events, BadEnd,
                         ::testing::Values(Event::failed, Event::mismatched, Event::slow));

TEST_F(Programs, ThatWereDroppedAreNotTriedAgain) {
  bring_into_use({0});
  tell(0, Event::slow);
  static_cast<void>(actions(0));
  tell_all(0, {Event::detected, Event::compiling, Event::ready, Event::validated});
  EXPECT_THAT(actions(0), ElementsAre(Action::drop));
}

TEST_F(Programs, ThatWereDroppedAreDroppedAtAWorkerThatComesLater) {
  tell_all(0, {Event::detected, Event::failed});
  EXPECT_FALSE(tell(1, Event::detected).is_drop);
  EXPECT_THAT(actions(1), ElementsAre(Action::drop));
}

TEST_F(Programs, OfAWorkerThatComesLaterFollowAlone) {
  bring_into_use({0});
  tell_all(1, {Event::detected, Event::compiling, Event::ready});
  EXPECT_THAT(actions(1), ElementsAre(Action::validate));
  tell(1, Event::validated);
  EXPECT_THAT(actions(1), ElementsAre(Action::use));
  EXPECT_THAT(actions(0), IsEmpty());
}

TEST_F(Programs, OfAMemberThatIsLostAreDroppedAtTheOthers) {
  bring_into_use({0, 1});
  EXPECT_THAT(table_.lose(1), ElementsAre(kSequence));
  EXPECT_THAT(actions(0), ElementsAre(Action::drop));
}

TEST_F(Programs, OfTheOnlyMemberAreForgottenWithIt) {
  bring_into_use({0});
  EXPECT_THAT(table_.lose(0), IsEmpty());
  EXPECT_EQ(table_.counts().sequences, 0u);
  EXPECT_TRUE(tell(1, Event::detected).is_news);
}

TEST_F(Programs, DoNotMindTheLossOfAWorkerThatNeverReportedThem) {
  bring_into_use({0});
  EXPECT_THAT(table_.lose(1), IsEmpty());
  EXPECT_THAT(actions(0), IsEmpty());
  EXPECT_EQ(table_.counts().compiled, 1u);
}

TEST_F(Programs, ThatAreMadeAgainAreValidatedAgain) {
  bring_into_use({0});
  tell_all(0, {Event::recompiling, Event::compiling, Event::ready});
  EXPECT_THAT(actions(0), ElementsAre(Action::validate));
  tell(0, Event::validated);
  EXPECT_THAT(actions(0), ElementsAre(Action::use));
}

TEST_F(Programs, ThatAreMadeAgainAreNotUsedOnAnEarlierWord) {
  tell_all(0, {Event::detected, Event::compiling, Event::ready, Event::validated});
  tell(0, Event::recompiling);
  EXPECT_THAT(actions(0), IsEmpty());
}

TEST_F(Programs, ThatWereValidatedAreNotToBeValidatedBeforeTheyAreUsed) {
  for (const WorkerId worker : {0u, 1u}) tell_all(worker, {Event::detected, Event::compiling});
  for (const WorkerId worker : {0u, 1u}) tell(worker, Event::ready);
  for (const WorkerId worker : {0u, 1u})
    EXPECT_THAT(actions(worker), ElementsAre(Action::validate));
  // It is made again before the worker has heard the first decision, which serves the second too.
  tell_all(0, {Event::recompiling, Event::compiling, Event::ready, Event::validated});
  EXPECT_THAT(actions(0), IsEmpty());
  tell(1, Event::validated);
  EXPECT_THAT(actions(0), ElementsAre(Action::use));
}

TEST_F(Programs, OfNewSizesMayBeginWithTheReason) {
  EXPECT_TRUE(tell(0, Event::recompiling, kOther).is_news);
  EXPECT_TRUE(tell(0, Event::compiling, kOther).is_news);
  tell(0, Event::ready, kOther);
  EXPECT_THAT(table_.take_decisions(0), ElementsAre(ProgramDecision{kOther, Action::validate}));
}

TEST_F(Programs, AreDecidedUponOnceABatch) {
  tell_all(0, {Event::detected, Event::compiling, Event::ready, Event::failed});
  EXPECT_THAT(actions(0), ElementsAre(Action::drop));
  EXPECT_THAT(actions(0), IsEmpty());
}

TEST_F(Programs, BeyondTheBoundAreLeftAlone) {
  for (std::uint64_t k = 0; k < ProgramTable::kMaxSequences; ++k)
    EXPECT_NE(tell(0, Event::ready, {k, 0}).program, nullptr);
  EXPECT_EQ(tell(0, Event::ready, {ProgramTable::kMaxSequences, 0}).program, nullptr);
  EXPECT_EQ(table_.take_decisions(0).size(), ProgramTable::kMaxSequences);
}

TEST_F(Programs, AreNotKnownFromReportsThatDoNotBeginThem) {
  for (const Event event : {Event::validated, Event::mismatched, Event::entered, Event::left,
                            Event::measured, Event::slow, Event::counted})
    EXPECT_EQ(tell(0, event).program, nullptr);
  EXPECT_EQ(table_.counts().sequences, 0u);
}

TEST_F(Programs, MakeALaneCompiledFromEnteringToLeaving) {
  bring_into_use({0});
  SequenceReport report = report_of(Event::entered);
  report.lane = 3;
  table_.apply(0, report);
  EXPECT_TRUE(table_.is_compiled(3));
  EXPECT_FALSE(table_.is_compiled(0));
  report.event = Event::left;
  table_.apply(0, report);
  EXPECT_FALSE(table_.is_compiled(3));
}

TEST_F(Programs, ThatOthersReplaceInALaneHaveLeftIt) {
  bring_into_use({0});
  tell(0, Event::entered);
  tell(0, Event::recompiling, kOther);
  tell(0, Event::entered, kOther);
  tell(0, Event::left, kOther);
  EXPECT_FALSE(table_.is_compiled(0));
}

TEST_F(Programs, ThatWereReplacedInALaneDoNotLeaveItForOthers) {
  bring_into_use({0});
  tell(0, Event::detected, kOther);
  tell(0, Event::entered);
  tell(0, Event::entered, kOther);
  tell(0, Event::left);
  EXPECT_TRUE(table_.is_compiled(0));
}

TEST_F(Programs, ThatAreDroppedLeaveTheirLanes) {
  bring_into_use({0, 1});
  tell(0, Event::entered);
  tell(1, Event::mismatched);
  EXPECT_FALSE(table_.is_compiled(0));
}

TEST_F(Programs, OfALostWorkerLeaveTheirLanes) {
  bring_into_use({0});
  tell(0, Event::entered);
  table_.lose(0);
  EXPECT_FALSE(table_.is_compiled(0));
}

TEST_F(Programs, AreNewsOnceWhateverTheNumberOfWorkers) {
  const auto is_news = [this](Event event) {
    return std::vector<bool>{tell(0, event).is_news, tell(1, event).is_news};
  };
  EXPECT_THAT(is_news(Event::detected), ElementsAre(true, false));
  EXPECT_THAT(is_news(Event::compiling), ElementsAre(true, false));
  EXPECT_THAT(is_news(Event::ready), ElementsAre(false, true));
  EXPECT_THAT(is_news(Event::validated), ElementsAre(false, false));
  EXPECT_THAT(is_news(Event::measured), ElementsAre(true, false));
  EXPECT_THAT(is_news(Event::recompiling), ElementsAre(true, true)) << "no reason is compared";
  EXPECT_THAT(is_news(Event::mismatched), ElementsAre(true, false));
}

TEST_F(Programs, ThatAreMadeAgainForOneReasonAreNewsOnceARound) {
  bring_into_use({0, 1});
  SequenceReport report = report_of(Event::recompiling);
  report.text = "dimension 0 of operand 0 was 64 and is 128";
  EXPECT_TRUE(table_.apply(0, report).is_news);
  EXPECT_FALSE(table_.apply(1, report).is_news);
  EXPECT_TRUE(tell(0, Event::compiling).is_news);
  EXPECT_TRUE(table_.apply(0, report).is_news);
}

TEST_F(Programs, TakeAsLongToCompileAsTheSlowestMember) {
  tell_all(0, {Event::detected, Event::compiling});
  tell_all(1, {Event::detected, Event::compiling});
  SequenceReport ready = report_of(Event::ready);
  ready.seconds = 2.5;
  table_.apply(0, ready);
  ready.seconds = 1.5;
  EXPECT_EQ(table_.apply(1, ready).program->compile_seconds, 2.5);
}

TEST_F(Programs, AreCounted) {
  bring_into_use({0});
  tell(0, Event::detected, kOther);
  tell(0, Event::failed, {11, 12});
  EXPECT_EQ(table_.counts().sequences, 3u);
  EXPECT_EQ(table_.counts().compiled, 1u);
  EXPECT_EQ(table_.counts().dropped, 1u);
}

TEST_F(Programs, CountTheirExecutionsAlsoAfterTheyWereDropped) {
  bring_into_use({0});
  tell(0, Event::slow);
  SequenceReport report = report_of(Event::counted);
  report.executions = 5;
  report.seconds = 2;
  report.compiled_seconds = 0.5;
  report.bytes_saved = 100;
  table_.apply(0, report);
  table_.apply(0, report);
  EXPECT_EQ(table_.totals().executions, 10u);
  EXPECT_EQ(table_.totals().eager_seconds, 4);
  EXPECT_EQ(table_.totals().compiled_seconds, 1);
  EXPECT_EQ(table_.totals().bytes_saved, 200u);
}

/// Whatever workers report: nobody uses what it has not validated since it was last told to, and
/// what was dropped stays so.
TEST(RandomReports, NeverLeadToAProgramThatWasNotValidated) {
  const std::uint64_t seed = std::random_device{}();
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  std::mt19937_64 random(seed);
  constexpr WorkerId kWorkers = 3;
  ProgramTable table;
  struct Told {
    bool may_use = false;
    bool is_asked = false;
    bool is_dropped = false;
  };
  std::map<std::pair<WorkerId, std::uint64_t>, Told> told;
  for (int step = 0; step < 20'000; ++step) {
    const auto worker = static_cast<WorkerId>(random() % kWorkers);
    if (random() % 500 == 0) {
      static_cast<void>(table.lose(worker));
      std::erase_if(told, [&](const auto& entry) { return entry.first.first == worker; });
      continue;
    }
    if (random() % 4 == 0) {
      for (const ProgramDecision& decision : table.take_decisions(worker)) {
        Told& state = told[{worker, decision.sequence.high}];
        ASSERT_TRUE(decision.action == Action::drop || !state.is_dropped) << "step " << step;
        ASSERT_TRUE(decision.action != Action::use || state.may_use) << "step " << step;
        state.is_asked = decision.action == Action::validate;
        state.may_use = false;
        state.is_dropped = decision.action == Action::drop;
      }
      continue;
    }
    // Sequences end badly for good, so there are many.
    const std::uint64_t sequence = random() % 16 + 16 * (static_cast<std::uint64_t>(step) / 2000);
    auto event = static_cast<Event>(random() % (protocol::kLastSequenceEvent + 1));
    const bool ends = event == Event::failed || event == Event::mismatched || event == Event::slow;
    if (ends && random() % 8 != 0) event = Event::ready;
    // A worker that was not asked does not say so; whatever it makes anew is not validated.
    Told& state = told[{worker, sequence}];
    if (event == Event::validated && !state.is_asked) continue;
    if (event == Event::validated) state.may_use = true;
    static_cast<void>(table.apply(worker, report_of(event, {sequence, 0})));
  }
}

}  // namespace
}  // namespace gt::dispatcher

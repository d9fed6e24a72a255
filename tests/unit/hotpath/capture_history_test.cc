// What is captured, when, and how long it stands.
#include "worker/hotpath/capture_history.h"

#include <gmock/gmock.h>

namespace gt::worker::hotpath {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Way = CaptureHistory::Way;

constexpr std::size_t kMost = 1000;

/// Decides, and says that what is to be captured was.
Way decide(CaptureHistory& history, std::vector<std::uint64_t> words, bool is_ready = true) {
  const Way way = history.decide(words, is_ready);
  if (way == Way::capture) history.captured();
  return way;
}

void expect(CaptureHistory& history, const std::vector<std::uint64_t>& words,
            std::initializer_list<Way> ways) {
  for (const Way way : ways) EXPECT_EQ(decide(history, words), way);
}

TEST(CaptureHistories, CaptureAfterTwoExecutionsAndReplayWhileNothingMoves) {
  CaptureHistory history({0, 100}, kMost);
  expect(history, {1, 2}, {Way::by_calls, Way::by_calls, Way::capture, Way::replay, Way::replay});
  EXPECT_THAT(history.copied(), ElementsAre(false, false));
}

TEST(CaptureHistories, CopyWhatHasMovedIfItMayBeCopied) {
  CaptureHistory history({0, 100}, kMost);
  expect(history, {1, 2}, {Way::by_calls});
  expect(history, {1, 3}, {Way::by_calls});
  expect(history, {1, 2}, {Way::capture});
  EXPECT_THAT(history.copied(), ElementsAre(false, true));
  expect(history, {1, 77}, {Way::replay});
  expect(history, {9, 77}, {Way::by_calls});
}

TEST(CaptureHistories, CaptureAgainWhatHasMovedForGood) {
  CaptureHistory history({0}, kMost);
  expect(history, {1}, {Way::by_calls, Way::by_calls, Way::capture, Way::replay});
  expect(history, {2}, {Way::by_calls, Way::by_calls, Way::capture, Way::replay});
  expect(history, {1}, {Way::by_calls});
  expect(history, {2}, {Way::replay});
}

TEST(CaptureHistories, RunByCallsWhatIsNotReady) {
  CaptureHistory history({0}, kMost);
  for (int k = 0; k < 3; ++k) EXPECT_EQ(decide(history, {1}, false), Way::by_calls);
  expect(history, {1}, {Way::capture, Way::replay});
  EXPECT_EQ(decide(history, {1}, false), Way::by_calls);
  expect(history, {1}, {Way::replay});
}

TEST(CaptureHistories, GiveUpWhatMovesAtEveryExecution) {
  CaptureHistory history({0}, kMost);
  for (std::uint64_t k = 0; k < 40; ++k) EXPECT_EQ(decide(history, {k}), Way::by_calls);
  EXPECT_THAT(history.refusal(), HasSubstr("at every execution"));
}

TEST(CaptureHistories, GiveUpWhatMovesAgainAndAgain) {
  CaptureHistory history({0}, kMost);
  int captured = 0;
  for (std::uint64_t k = 0; k < 400; ++k)
    captured += decide(history, {k / 8}) == Way::capture ? 1 : 0;
  EXPECT_EQ(captured, 4);
  EXPECT_THAT(history.refusal(), HasSubstr("again and again"));
}

TEST(CaptureHistories, GiveUpWhereTooMuchWouldBeCopied) {
  CaptureHistory history({kMost, 1}, kMost);
  for (std::uint64_t k = 0; k < 5; ++k) EXPECT_EQ(decide(history, {k, k}), Way::by_calls);
  EXPECT_THAT(history.refusal(), HasSubstr("1001 bytes"));
}

TEST(CaptureHistories, KeepTheReasonOfAFailure) {
  CaptureHistory history({0}, kMost);
  expect(history, {1}, {Way::by_calls, Way::by_calls});
  EXPECT_EQ(history.decide(std::vector<std::uint64_t>{1}, true), Way::capture);
  history.failed("the device refuses");
  expect(history, {1}, {Way::by_calls});
  EXPECT_EQ(history.refusal(), "the device refuses");
}

}  // namespace
}  // namespace gt::worker::hotpath

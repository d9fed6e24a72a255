// Everything that waits: credit, upload room, fetches, losses.
#include <gmock/gmock.h>
#include <gt/error.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <future>

#include "common/process/time_slice.h"
#include "tests/unit/client_session/fake_dispatcher.h"

namespace gt::client::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

bool is_ready(const std::future<void>& future) {
  return future.wait_for(50ms) == std::future_status::ready;
}

template <class Exception, class Call>
std::string message_of(Call call) {
  try {
    call();
  } catch (const Exception& error) {
    return error.what();
  }
  ADD_FAILURE() << "nothing of the expected type was thrown";
  return {};
}

TEST(SessionCredit, BlocksWhenAllIsUsedAndGoesOnWithAnAcknowledgement) {
  FakeDispatcher dispatcher({.credits = 2, .acknowledges = false});
  const auto session = dispatcher.open();
  std::vector<ValueRef> values;
  auto emitting = std::async(std::launch::async, [&] {
    for (int k = 0; k < 5 * 4096; ++k) values.push_back(make_source(*session));
  });
  dispatcher.wait_for_batches(2);
  EXPECT_FALSE(is_ready(emitting));
  EXPECT_EQ(dispatcher.batches().size(), 2u);
  dispatcher.set_acknowledges(true);
  dispatcher.acknowledge(0, 2);
  emitting.get();
}

TEST(SessionCredit, HurriesTheWorkersWithAMarkBeforeTheLastCreditIsUsed) {
  FakeDispatcher dispatcher({.credits = 3, .acknowledges = false});
  const auto session = dispatcher.open();
  std::vector<ValueRef> values;
  auto emitting = std::async(std::launch::async, [&] {
    for (int k = 0; k < 5 * 4096; ++k) values.push_back(make_source(*session));
  });
  std::vector<bool> marks;
  for (const auto& batch : dispatcher.wait_for_batches(3)) marks.push_back(batch.mark);
  EXPECT_THAT(marks, ElementsAre(false, false, true));
  dispatcher.set_acknowledges(true);
  dispatcher.acknowledge(0, 3);
  emitting.get();
}

TEST(SessionCredit, AThreadHasAShortTimeSliceOnceItHasRead) {
  FakeDispatcher dispatcher({.credits = 3, .acknowledges = false});
  const auto session = dispatcher.open();
  bool has_slices = false;
  std::chrono::nanoseconds before_read{}, after_read{};
  auto working = std::async(std::launch::async, [&] {
    process::set_time_slice(300us);
    has_slices = process::set_time_slice(300us) == 300us;
    const ValueRef value = make_source(*session);
    before_read = process::set_time_slice(300us);
    static_cast<void>(session->fetch(value));
    after_read = process::set_time_slice(300us);
  });
  working.get();
  if (!has_slices) GTEST_SKIP() << "this kernel has no time slices of threads";
  EXPECT_EQ(before_read, 300us);
  EXPECT_EQ(after_read, process::kShortSlice);
}

TEST(SessionCredit, AThreadThatEmitsManyInstructionsInARowHasAShortTimeSlice) {
  FakeDispatcher dispatcher({.credits = 3, .acknowledges = false});
  const auto session = dispatcher.open();
  bool has_slices = false;
  std::chrono::nanoseconds after_flood{};
  auto working = std::async(std::launch::async, [&] {
    process::set_time_slice(300us);
    has_slices = process::set_time_slice(300us) == 300us;
    std::vector<ValueRef> values;
    for (int k = 0; k < 1000; ++k) values.push_back(make_source(*session));
    after_flood = process::set_time_slice(300us);
  });
  working.get();
  if (!has_slices) GTEST_SKIP() << "this kernel has no time slices of threads";
  EXPECT_EQ(after_flood, process::kShortSlice);
}

TEST(SessionCredit, UploadsWaitForRoomAndOneLargerAlonePasses) {
  FakeDispatcher dispatcher({.acknowledges = false});
  auto options = dispatcher.session_options();
  options.upload_window = 4;
  const auto session = Session::open(options);
  const float numbers[] = {1, 2};
  const auto bytes = std::as_bytes(std::span(numbers));
  const ValueRef first = session->upload(pair_meta(), bytes);
  auto second = std::async(std::launch::async,
                           [&] { static_cast<void>(session->upload(pair_meta(), bytes)); });
  EXPECT_FALSE(is_ready(second));
  dispatcher.acknowledge(0, 1);
  second.get();
}

TEST(SessionFetch, GivesTheBytesOfAnInlineReply) {
  FakeDispatcher dispatcher;
  const auto session = dispatcher.open();
  const ValueRef a = make_source(*session);
  protocol::FetchReply reply;
  reply.meta = pair_meta();
  reply.is_inline = true;
  reply.bytes.assign(8, std::byte{42});
  dispatcher.answer_fetch(a->id, reply);
  EXPECT_EQ(session->fetch(a), reply.bytes);
  EXPECT_TRUE(dispatcher.batches().back().mark);
}

TEST(SessionFetch, JoinsPayloadFramesThatComeBeforeTheReply) {
  FakeDispatcher dispatcher({.answers_fetches = false});
  const auto session = dispatcher.open();
  const ValueRef a = make_source(*session);
  auto fetching = std::async(std::launch::async, [&] { return session->fetch(a); });
  dispatcher.wait_for_count(2);
  dispatcher.send(protocol::PayloadFrame{7, 1, 0, 8, std::vector<std::byte>(5, std::byte{1})},
                  transport::Lane::bulk);
  dispatcher.send(protocol::PayloadFrame{7, 1, 5, 8, std::vector<std::byte>(3, std::byte{2})},
                  transport::Lane::bulk);
  std::this_thread::sleep_for(20ms);
  protocol::FetchReply reply;
  reply.request = 1;
  reply.meta = pair_meta();
  reply.payload = 1;
  dispatcher.send(reply);
  auto expected = std::vector<std::byte>(5, std::byte{1});
  expected.resize(8, std::byte{2});
  EXPECT_EQ(fetching.get(), expected);
}

TEST(SessionFetch, AReplyOfAnotherSizeThanTheValueIsAProtocolError) {
  FakeDispatcher dispatcher;
  const auto session = dispatcher.open();
  const ValueRef a = make_source(*session);
  protocol::FetchReply reply;
  reply.meta = {DType::kFloat32, {0}, {}};
  reply.is_inline = true;
  dispatcher.answer_fetch(a->id, reply);
  EXPECT_THAT(message_of<ProtocolError>([&] { static_cast<void>(session->fetch(a)); }),
              HasSubstr("has 0 bytes, its dtype and shape say 8"));
}

TEST(SessionFetch, APayloadThatFailsBeforeItsReplyFailsTheRead) {
  FakeDispatcher dispatcher({.answers_fetches = false});
  const auto session = dispatcher.open();
  const ValueRef a = make_source(*session);
  auto fetching = std::async(std::launch::async, [&] { return session->fetch(a); });
  dispatcher.wait_for_count(2);
  dispatcher.send(protocol::PayloadFailed{7, 1, failure(ErrorKind::kWorkerLost, a->id)});
  EXPECT_THROW(static_cast<void>(fetching.get()), WorkerLostError);
}

TEST(SessionFetch, AnAnswerToNoFetchIsAProtocolError) {
  FakeDispatcher dispatcher({.answers_fetches = false});
  const auto session = dispatcher.open();
  const ValueRef a = make_source(*session);
  auto fetching = std::async(std::launch::async, [&] { return session->fetch(a); });
  dispatcher.wait_for_count(2);
  dispatcher.send(protocol::PayloadFrame{7, 2, 0, 8, std::vector<std::byte>(8)},
                  transport::Lane::bulk);
  EXPECT_THROW(static_cast<void>(fetching.get()), ProtocolError);
}

TEST(SessionFetch, ThrowsTheRootFailureEveryTime) {
  FakeDispatcher dispatcher;
  const auto session = dispatcher.open();
  const ValueRef a = make_source(*session);
  protocol::FetchReply reply;
  reply.failed = true;
  reply.error = failure(ErrorKind::kIndex, a->id, "index 7 is out of bounds");
  dispatcher.answer_fetch(a->id, reply);
  for (int k = 0; k < 3; ++k) {
    const auto message = message_of<IndexError>([&] { static_cast<void>(session->fetch(a)); });
    EXPECT_THAT(message, HasSubstr("[gather] index 7 is out of bounds"));
    EXPECT_THAT(message, HasSubstr("float32[2, 3], int64[4]"));
  }
}

TEST(SessionFetch, ThrowsTheTypeOfTheFailure) {
  FakeDispatcher dispatcher;
  const auto session = dispatcher.open();
  const auto fetch_failing = [&](ErrorKind kind) {
    const ValueRef a = make_source(*session);
    protocol::FetchReply reply;
    reply.failed = true;
    reply.error = failure(kind, a->id);
    dispatcher.answer_fetch(a->id, reply);
    static_cast<void>(session->fetch(a));
  };
  EXPECT_THROW(fetch_failing(ErrorKind::kOutOfMemory), OutOfMemoryError);
  EXPECT_THROW(fetch_failing(ErrorKind::kWorkerLost), WorkerLostError);
  EXPECT_THROW(fetch_failing(ErrorKind::kValue), ValueError);
  EXPECT_THROW(fetch_failing(ErrorKind::kTimeout), TimeoutError);
}

TEST(SessionFetch, GoesOnAfterAFailedRead) {
  FakeDispatcher dispatcher;
  const auto session = dispatcher.open();
  const ValueRef bad = make_source(*session);
  const ValueRef good = make_source(*session);
  protocol::FetchReply reply;
  reply.failed = true;
  reply.error = failure(ErrorKind::kValue, bad->id);
  dispatcher.answer_fetch(bad->id, reply);
  EXPECT_THROW(static_cast<void>(session->fetch(bad)), ValueError);
  EXPECT_EQ(session->fetch(good).size(), 8u);
}

TEST(SessionErrors, SynchronizeThrowsTheOldestUnreadOneOnce) {
  FakeDispatcher dispatcher;
  const auto session = dispatcher.open();
  const ValueRef a = make_source(*session);
  dispatcher.send(protocol::ErrorReport{failure(ErrorKind::kValue, a->id, "first")});
  dispatcher.send(protocol::ErrorReport{failure(ErrorKind::kValue, a->id, "first")});
  dispatcher.send(protocol::ErrorReport{failure(ErrorKind::kIndex, a->id + 1, "second")});
  EXPECT_EQ(session->fetch(a).size(), 8u);
  EXPECT_THAT(message_of<ValueError>([&] { session->synchronize(); }), HasSubstr("first"));
  EXPECT_THAT(message_of<IndexError>([&] { session->synchronize(); }), HasSubstr("second"));
  session->synchronize();
}

TEST(SessionErrors, AFailureThatAReadThrewIsNotReportedAgain) {
  FakeDispatcher dispatcher;
  const auto session = dispatcher.open();
  const ValueRef a = make_source(*session);
  protocol::FetchReply reply;
  reply.failed = true;
  reply.error = failure(ErrorKind::kValue, a->id);
  dispatcher.answer_fetch(a->id, reply);
  dispatcher.send(protocol::ErrorReport{reply.error});
  EXPECT_THROW(static_cast<void>(session->fetch(a)), ValueError);
  dispatcher.send(protocol::ErrorReport{reply.error});
  session->synchronize();
}

TEST(SessionErrors, TheEndOfTheSessionPrintsWhatNobodyRead) {
  FakeDispatcher dispatcher;
  const auto session = dispatcher.open();
  const ValueRef a = make_source(*session);
  dispatcher.send(protocol::ErrorReport{failure(ErrorKind::kValue, a->id, "unread mistake")});
  static_cast<void>(session->fetch(a));
  ::testing::internal::CaptureStderr();
  session->close();
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "gt: 1 error was never read; the oldest: [gather] unread mistake\n");
}

TEST(SessionSynchronize, WaitsForTheAcknowledgementOfAllBatches) {
  FakeDispatcher dispatcher({.acknowledges = false});
  const auto session = dispatcher.open();
  const ValueRef a = make_source(*session);
  auto waiting = std::async(std::launch::async, [&] { session->synchronize(); });
  dispatcher.wait_for_batches(1);
  EXPECT_FALSE(is_ready(waiting));
  dispatcher.acknowledge(0, dispatcher.batches().back().sequence);
  waiting.get();
}

TEST(SessionLoss, ASilentDispatcherUnblocksAllWaitersInTime) {
  FakeDispatcher dispatcher(
      {.credits = 2, .heartbeat_ms = 200, .acknowledges = false, .answers_fetches = false});
  const auto session = dispatcher.open();
  const ValueRef a = make_source(*session);
  auto fetching = std::async(std::launch::async, [&] { static_cast<void>(session->fetch(a)); });
  dispatcher.wait_for_count(2);  // a batch that came before it could take the credit that it needs
  auto synchronizing = std::async(std::launch::async, [&] { session->synchronize(); });
  dispatcher.fall_silent();
  const auto start = FakeDispatcher::Clock::now();
  EXPECT_THAT(message_of<ConnectionError>([&] { fetching.get(); }),
              HasSubstr(dispatcher.address()));
  EXPECT_THROW(synchronizing.get(), ConnectionError);
  EXPECT_LT(FakeDispatcher::Clock::now() - start, 6 * 200ms + 2s);
  EXPECT_THROW(static_cast<void>(make_source(*session)), ConnectionError);
}

TEST(SessionLoss, AQuietConnectionIsKeptAliveByHeartbeats) {
  FakeDispatcher dispatcher({.heartbeat_ms = 200});
  const auto session = dispatcher.open();
  std::this_thread::sleep_for(1500ms);
  session->synchronize();
}

TEST(SessionLoss, ARefusalIsThrownWithItsKindAndText) {
  FakeDispatcher dispatcher({.welcomes = false});
  dispatcher.send(protocol::Refusal{ErrorKind::kProtocol, "version 9 is not spoken here"});
  EXPECT_THAT(message_of<ProtocolError>([&] { static_cast<void>(dispatcher.open()); }),
              HasSubstr("version 9 is not spoken here"));
}

TEST(SessionLoss, NoDispatcherIsAnErrorThatNamesTheAddress) {
  SessionOptions options;
  options.address = "inproc-twin://nobody-listens-here";
  options.connect_timeout = 50ms;
  EXPECT_THAT(message_of<ConnectionError>([&] { static_cast<void>(Session::open(options)); }),
              HasSubstr(options.address));
}

TEST(SessionLoss, WhatIsNotForClientsEndsTheSessionWithAProtocolError) {
  FakeDispatcher dispatcher({.answers_fetches = false});
  const auto session = dispatcher.open();
  const ValueRef a = make_source(*session);
  dispatcher.send(protocol::WorkerWelcome{1, 1000});
  EXPECT_THROW(static_cast<void>(session->fetch(a)), ProtocolError);
}

TEST(SessionLoss, AnAcknowledgementOfWhatWasNeverSentIsAProtocolError) {
  FakeDispatcher dispatcher({.answers_fetches = false});
  const auto session = dispatcher.open();
  const ValueRef a = make_source(*session);
  dispatcher.acknowledge(0, 99);
  EXPECT_THROW(static_cast<void>(session->fetch(a)), ProtocolError);
}

TEST(SessionLoss, TheHealthCheckEndsAllWaits) {
  FakeDispatcher dispatcher({.answers_fetches = false});
  std::atomic<bool> is_ill{false};
  auto options = dispatcher.session_options();
  options.health = [&]() -> std::optional<Loss> {
    if (!is_ill) return std::nullopt;
    return Loss{ErrorKind::kWorkerLost, "the only worker has ended"};
  };
  const auto session = Session::open(options);
  const ValueRef a = make_source(*session);
  is_ill = true;
  EXPECT_THROW(static_cast<void>(session->fetch(a)), WorkerLostError);
}

TEST(SessionEnd, SaysGoodbyeAndRefusesLaterUse) {
  FakeDispatcher dispatcher;
  const auto session = dispatcher.open();
  ValueRef a = make_source(*session);
  session->close();
  const auto deadline = FakeDispatcher::Clock::now() + 5s;
  while (!dispatcher.said_goodbye() && FakeDispatcher::Clock::now() < deadline)
    std::this_thread::sleep_for(1ms);
  EXPECT_TRUE(dispatcher.said_goodbye());
  EXPECT_THROW(static_cast<void>(make_source(*session)), ConnectionError);
  EXPECT_THROW(static_cast<void>(session->fetch(a)), ConnectionError);
  a.reset();
}

TEST(SessionEnd, AValueOfAnotherSessionIsRefused) {
  FakeDispatcher dispatcher;
  FakeDispatcher other;
  const auto session = dispatcher.open();
  const auto stranger = other.open();
  const ValueRef a = make_source(*stranger);
  EXPECT_THROW(static_cast<void>(emit_op(*session, Op::relu, {a})), Error);
}

TEST(SessionEnd, AForkedChildGetsAnErrorAndDoesNotHang) {
  FakeDispatcher dispatcher;
  const auto session = dispatcher.open();
  const pid_t child = fork();
  if (child == 0) {
    try {
      static_cast<void>(make_source(*session));
    } catch (const ConnectionError&) {
      session->close();
      _exit(42);
    }
    _exit(1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 42);
}

}  // namespace
}  // namespace gt::client::testing

// Who receives: threads that wait, and the link's own while nobody does.
#include <gmock/gmock.h>
#include <gt/error.h>
#include <gtest/gtest.h>

#include <future>

#include "tests/unit/client_session/fake_dispatcher.h"

namespace gt::client::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

protocol::FetchReply reply_with(std::uint8_t number) {
  protocol::FetchReply reply;
  reply.meta = pair_meta();
  reply.is_inline = true;
  reply.bytes.assign(reply.meta.byte_count(), std::byte{number});
  return reply;
}

TEST(SessionReceiving, ThreadsThatReadAtOnceEachGetTheirOwnValue) {
  constexpr int kThreads = 4, kReads = 50;
  FakeDispatcher dispatcher;
  const auto session = dispatcher.open();
  std::vector<ValueRef> values;
  for (std::uint8_t k = 0; k < kThreads; ++k) {
    values.push_back(make_source(*session));
    dispatcher.answer_fetch(values.back()->id, reply_with(k));
  }
  std::vector<std::future<int>> readers;
  for (std::uint8_t k = 0; k < kThreads; ++k)
    readers.push_back(std::async(std::launch::async, [&, k] {
      int right = 0;
      for (int read = 0; read < kReads; ++read)
        right += session->fetch(values[k]) == reply_with(k).bytes;
      return right;
    }));
  for (auto& reader : readers) EXPECT_EQ(reader.get(), kReads);
}

TEST(SessionReceiving, AReaderGoesOnWhenTheOneThatReceivedIsDone) {
  FakeDispatcher dispatcher({.answers_fetches = false});
  const auto session = dispatcher.open();
  const ValueRef a = make_source(*session);
  const auto read = [&] { return session->fetch(a); };
  auto first = std::async(std::launch::async, read);
  dispatcher.wait_for_count(2);
  auto second = std::async(std::launch::async, read);
  dispatcher.wait_for_count(3);
  for (std::uint8_t request = 1; request <= 2; ++request) {
    protocol::FetchReply reply = reply_with(request);
    reply.request = request;
    dispatcher.send(reply);
    EXPECT_EQ((request == 1 ? first : second).get(), reply.bytes);
  }
}

TEST(SessionReceiving, WhatComesWhileNobodyWaitsIsHandled) {
  FakeDispatcher dispatcher;
  const auto session = dispatcher.open();
  const ValueRef a = make_source(*session);
  static_cast<void>(session->fetch(a));
  dispatcher.send(protocol::ErrorReport{failure(ErrorKind::kValue, a->id, "told late")});
  std::this_thread::sleep_for(400ms);
  ::testing::internal::CaptureStderr();
  session->close();
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("told late"));
}

TEST(SessionReceiving, NoticesGoToStandardErrorLineByLine) {
  FakeDispatcher dispatcher;
  const auto session = dispatcher.open();
  const ValueRef a = make_source(*session);
  ::testing::internal::CaptureStderr();
  dispatcher.send(protocol::Notice{"[COMPILE] Compiling sequence..."});
  dispatcher.send(protocol::Notice{"Status: HOT PATH ✓"});
  static_cast<void>(session->fetch(a));
  EXPECT_EQ(::testing::internal::GetCapturedStderr(),
            "[COMPILE] Compiling sequence...\nStatus: HOT PATH ✓\n");
}

TEST(SessionReceiving, NoticesDoNotGoToStandardOutput) {
  FakeDispatcher dispatcher;
  const auto session = dispatcher.open();
  const ValueRef a = make_source(*session);
  ::testing::internal::CaptureStderr();
  ::testing::internal::CaptureStdout();
  dispatcher.send(protocol::Notice{"[COMPILE] Compiling sequence..."});
  static_cast<void>(session->fetch(a));
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "");
  EXPECT_NE(::testing::internal::GetCapturedStderr(), "");
}

TEST(SessionReceiving, AThreadThatNeverWaitsLearnsOfALoss) {
  FakeDispatcher dispatcher;
  const auto session = dispatcher.open();
  dispatcher.send(protocol::Refusal{ErrorKind::kProtocol, "go away"});
  const auto deadline = FakeDispatcher::Clock::now() + 5s;
  EXPECT_THROW(
      while (FakeDispatcher::Clock::now() < deadline) static_cast<void>(make_source(*session)),
      ProtocolError);
}

TEST(SessionReceiving, TheEndOfTheSessionEndsTheWaitsOfOtherThreads) {
  FakeDispatcher dispatcher({.answers_fetches = false});
  const auto session = dispatcher.open();
  const ValueRef a = make_source(*session);
  std::vector<std::future<void>> readers;
  for (int k = 0; k < 2; ++k)
    readers.push_back(
        std::async(std::launch::async, [&] { static_cast<void>(session->fetch(a)); }));
  dispatcher.wait_for_count(3);
  session->close();
  for (auto& reader : readers) EXPECT_THROW(reader.get(), ConnectionError);
}

}  // namespace
}  // namespace gt::client::testing

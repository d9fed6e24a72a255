// The signals that instructions carry: contexts, and what the dispatcher is told of them.
#include <gmock/gmock.h>
#include <gt/gt.h>
#include <gtest/gtest.h>

#include <thread>

#include "client/src/signals/context.h"
#include "client/src/signals/registry.h"
#include "tests/unit/client_session/fake_dispatcher.h"

namespace gt::client::testing {
namespace {

using ::testing::HasSubstr;

/// The text of the gt::Error that `body` throws.
template <class Body>
std::string error_of(Body&& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.msg();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

class Signals : public ::testing::Test {
 protected:
  void SetUp() override {
    signal::SignalConfig configured;
    configured.compile.enabled = true;
    signal::register_config("configured", configured);
    configured.backward = "gradients";
    signal::register_config("with_gradients", configured);
    signal::register_config("gradients", {});
  }
  static std::string name_of(const config::Signal* signal) {
    return signal == nullptr ? "" : signal->name;
  }
};

TEST_F(Signals, AContextHoldsUntilTheEndOfItsScope) {
  EXPECT_EQ(current_signal(), nullptr);
  {
    const signal::context context("configured");
    EXPECT_EQ(name_of(current_signal()), "configured");
    EXPECT_EQ(signal::current(), "configured");
  }
  EXPECT_EQ(current_signal(), nullptr);
  EXPECT_EQ(signal::current(), "");
}

TEST_F(Signals, TheInnermostContextCounts) {
  const signal::context outer("configured");
  {
    const signal::context inner("gradients");
    EXPECT_EQ(name_of(current_signal()), "gradients");
  }
  EXPECT_EQ(name_of(current_signal()), "configured");
}

TEST_F(Signals, ANameThatNobodyKnowsChangesNothing) {
  const signal::context context("unknown");
  EXPECT_EQ(signal::current(), "unknown");
  EXPECT_EQ(current_signal(), nullptr);
}

TEST_F(Signals, EnterAndExitBelongTogether) {
  signal::enter("configured");
  EXPECT_EQ(name_of(current_signal()), "configured");
  EXPECT_THAT(error_of([] { signal::exit("gradients"); }), HasSubstr("'configured'"));
  signal::exit("configured");
  EXPECT_EQ(current_signal(), nullptr);
  EXPECT_THAT(error_of([] { signal::exit("configured"); }), HasSubstr("no context is open"));
}

TEST_F(Signals, AContextEndsWhatWasEnteredWithinIt) {
  {
    const signal::context context("configured");
    signal::enter("gradients");
  }
  EXPECT_EQ(signal::current(), "");
  EXPECT_EQ(current_signal(), nullptr);
}

TEST_F(Signals, AContextBelongsToItsThread) {
  const signal::context context("configured");
  std::string other = "not asked";
  std::thread([&other] { other = signal::current(); }).join();
  EXPECT_EQ(other, "");
}

TEST_F(Signals, AnEmptyNameIsRefused) {
  EXPECT_THAT(error_of([] { signal::enter(""); }), HasSubstr("name of a signal"));
}

TEST_F(Signals, AWrongConfigurationIsRefusedByName) {
  signal::SignalConfig config;
  config.compile.exclude = {"rellu"};
  EXPECT_THROW(signal::register_config("wrong", config), ValueError);
  EXPECT_THAT(error_of([&] { signal::register_config("wrong", config); }), HasSubstr("'relu'"));
  EXPECT_FALSE(signal::config_of("wrong"));
}

TEST_F(Signals, WhatWasRegisteredIsGivenBack) {
  signal::SignalConfig config;
  config.shard = signal::ShardConfig{0, {1, 2}};
  config.compile.mode = signal::CompileMode::ReduceOverhead;
  signal::register_config("given_back", config);
  const auto found = signal::config_of("given_back");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->shard->workers, (std::vector<std::uint32_t>{1, 2}));
  EXPECT_EQ(found->compile.mode, signal::CompileMode::ReduceOverhead);
}

TEST_F(Signals, G18GradientsWithinAContextBelongToIt) {
  const signal::context context("configured");
  EXPECT_EQ(name_of(backward_signal()), "configured");
}

TEST_F(Signals, GradientsTakeTheSignalThatTheContextNames) {
  const signal::context context("with_gradients");
  EXPECT_EQ(name_of(backward_signal()), "gradients");
}

TEST_F(Signals, WhatIsRecordedKeepsASignalThatNamesItsGradients) {
  const signal::context outer("configured");
  EXPECT_EQ(recorded_signal(), nullptr);
  const signal::context inner("with_gradients");
  ASSERT_NE(recorded_signal(), nullptr);
  EXPECT_EQ(name_of(backward_of(*recorded_signal())), "gradients");
}

TEST_F(Signals, G19GradientsOutsideOfContextsTakeTheSignalBackward) {
  signal::register_config("backward", {});
  EXPECT_EQ(name_of(backward_signal()), "backward");
  const signal::context context("unknown");
  EXPECT_EQ(backward_signal(), nullptr);
}

TEST_F(Signals, KindsNameTheSignalAndTheDispatcherIsToldOnce) {
  FakeDispatcher dispatcher;
  const auto session = dispatcher.open();
  const ValueRef plain = make_source(*session);
  ValueRef marked, again;
  {
    const signal::context context("configured");
    marked = make_source(*session);
    session->synchronize();
    again = make_source(*session);
    session->synchronize();
  }
  const auto batches = dispatcher.batches();
  ASSERT_EQ(batches.size(), 2u);
  ASSERT_EQ(batches[0].kinds.size(), 2u);
  EXPECT_EQ(batches[0].kinds[0].kind.signal, 0);
  EXPECT_EQ(batches[0].kinds[1].kind.signal, 1);
  ASSERT_EQ(batches[0].signals.size(), 1u);
  EXPECT_EQ(batches[0].signals[0].id, 1);
  EXPECT_EQ(batches[0].signals[0].signal.name, "configured");
  EXPECT_TRUE(batches[1].signals.empty());
}

}  // namespace
}  // namespace gt::client::testing

// A program without GT_ADDRESS starts a cluster of its own, which ends with it.
#include <gmock/gmock.h>
#include <gt/gt.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <thread>

#include "tests/integration/client_processes.h"

namespace gt::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

float sum_of_ones() { return ones({2, 3}).sum().item<float>(); }

TEST(ClientEmbedded, ComputesWithoutAnyPreparation) { EXPECT_EQ(sum_of_ones(), 6.0f); }

TEST(ClientEmbedded, StartsOneDispatcherAndOneWorker) {
  static_cast<void>(sum_of_ones());
  EXPECT_EQ(children_of(getpid(), "server").size(), 1u);
  EXPECT_EQ(children_of(getpid(), "worker").size(), 1u);
}

TEST(ClientEmbedded, ShutdownLeavesNeitherProcessNorDirectory) {
  static_cast<void>(sum_of_ones());
  const auto directory = cluster_directory_of(getpid());
  ASSERT_TRUE(directory && std::filesystem::exists(*directory));
  shutdown();
  EXPECT_TRUE(children_of(getpid(), "lifeline").empty());
  EXPECT_FALSE(std::filesystem::exists(*directory));
}

TEST(ClientEmbedded, StartsAgainAfterShutdown) {
  static_cast<void>(sum_of_ones());
  shutdown();
  EXPECT_EQ(sum_of_ones(), 6.0f);
}

TEST(ClientEmbedded, ATensorOfAnEndedSessionIsRefused) {
  const Tensor old = ones({2});
  shutdown();
  EXPECT_THROW(static_cast<void>(old.sum().item<float>()), Error);
}

TEST(ClientEmbedded, StartsAsManyWorkersAsAsked) {
  ClusterOptions options;
  options.workers = 2;
  connect(options);
  EXPECT_TRUE(becomes_true([] { return children_of(getpid(), "worker").size() == 2; }));
  EXPECT_EQ(sum_of_ones(), 6.0f);
  shutdown();
}

TEST(ClientEmbedded, RefusesAnImpossibleNumberOfWorkers) {
  ClusterOptions options;
  options.workers = 0;
  EXPECT_THROW(connect(options), Error);
}

TEST(ClientEmbedded, DISABLED_RoleComputesOnce) { EXPECT_EQ(sum_of_ones(), 6.0f); }

TEST(ClientEmbedded, DISABLED_RoleEndsWithAnErrorThatNobodyRead) {
  const Tensor table = ones({4, 2});
  EXPECT_THROW(static_cast<void>(table.index_select(0, tensor({9})).sum().item<float>()), Error);
  static_cast<void>(table.index_select(0, tensor({8})));
}

TEST(ClientEmbedded, ProcessExitTellsOfAnErrorThatNobodyRead) {
  Role role("ClientEmbedded.DISABLED_RoleEndsWithAnErrorThatNobodyRead", {});
  EXPECT_EQ(role.wait(), 0) << role.output();
  EXPECT_THAT(role.output(), HasSubstr("gt: 1 error was never read"));
}

TEST(ClientEmbedded, ProcessExitEndsTheCluster) {
  Role role("ClientEmbedded.DISABLED_RoleComputesOnce", {});
  std::vector<pid_t> children;
  std::optional<std::filesystem::path> directory;
  EXPECT_TRUE(becomes_true([&] {
    if (!directory) directory = cluster_directory_of(role.pid());
    if (const auto now = children_of(role.pid(), "lifeline"); now.size() == 2) children = now;
    return children.size() == 2 || !is_alive(role.pid());
  }));
  EXPECT_EQ(role.wait(), 0) << role.output();
  for (const pid_t child : children) EXPECT_FALSE(is_alive(child));
  EXPECT_FALSE(directory && std::filesystem::exists(*directory));
}

TEST(ClientEmbedded, DISABLED_RoleComputesUntilKilled) {
  while (true) {
    static_cast<void>(sum_of_ones());
    std::this_thread::sleep_for(1ms);
  }
}

TEST(ClientEmbedded, AKilledClientLeavesNoProcess) {
  const Role role("ClientEmbedded.DISABLED_RoleComputesUntilKilled", {});
  std::vector<pid_t> children;
  ASSERT_TRUE(becomes_true([&] {
    children = children_of(role.pid(), "lifeline");
    return children.size() == 2;
  })) << role.output();
  std::this_thread::sleep_for(200ms);
  role.signal(SIGKILL);
  for (const pid_t child : children)
    EXPECT_TRUE(becomes_true([&] { return !is_alive(child); })) << "process " << child;
}

TEST(ClientEmbedded, AnInterruptOfTheTerminalDoesNotReachTheChildren) {
  static_cast<void>(sum_of_ones());
  for (const pid_t child : children_of(getpid(), "lifeline")) EXPECT_NE(getpgid(child), getpgrp());
}

TEST(ClientEmbedded, DISABLED_RoleExpectsAnError) {
  try {
    static_cast<void>(sum_of_ones());
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    printf("thrown: %s\n", error.what());
  }
}

TEST(ClientEmbedded, AWrongExecutableIsAnErrorThatNamesIt) {
  Role role("ClientEmbedded.DISABLED_RoleExpectsAnError", {{"GT_EXECUTABLE", "/no/such/gt"}});
  EXPECT_EQ(role.wait(), 0);
  EXPECT_THAT(role.output(), HasSubstr("thrown: GT_EXECUTABLE=/no/such/gt"));
}

TEST(ClientEmbedded, AChildThatDiesAtOnceIsAnErrorWithItsExitStatus) {
  Role role("ClientEmbedded.DISABLED_RoleExpectsAnError", {{"GT_EXECUTABLE", "/bin/false"}});
  EXPECT_EQ(role.wait(), 0) << role.output();
  EXPECT_THAT(role.output(), HasSubstr("exit status 1"));
}

TEST(G7_Variables, AMalformedValueIsAnErrorThatNamesTheVariable) {
  Role role("ClientEmbedded.DISABLED_RoleExpectsAnError", {{"GT_WORKERS", "many"}});
  EXPECT_EQ(role.wait(), 0);
  EXPECT_THAT(role.output(), HasSubstr("GT_WORKERS"));
  EXPECT_THAT(role.output(), HasSubstr("many"));
}

}  // namespace
}  // namespace gt::testing

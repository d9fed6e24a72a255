// A program with an address uses a cluster that runs already.
#include <gmock/gmock.h>
#include <gt/gt.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "tests/integration/client_processes.h"

namespace gt::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(ClientConnectRole, DISABLED_OwnsAClusterUntilKilled) {
  static_cast<void>(ones({1}).sum().item<float>());
  while (true) pause();
}

/// A running cluster: the embedded one of another process.
class ClientConnect : public ::testing::Test {
 protected:
  void SetUp() override {
    role_ = std::make_unique<Role>("ClientConnectRole.DISABLED_OwnsAClusterUntilKilled",
                                   Role::Environment{});
    ASSERT_TRUE(becomes_true([&] {
      if (const auto directory = cluster_directory_of(role_->pid()))
        address_ = "ipc://" + (*directory / "d").string();
      return !address_.empty();
    }));
  }
  void TearDown() override { shutdown(); }

  std::unique_ptr<Role> role_;
  std::string address_;
};

TEST_F(ClientConnect, UsesTheClusterAtTheAddress) {
  connect(address_);
  EXPECT_EQ(ones({2, 3}).sum().item<float>(), 6.0f);
  EXPECT_TRUE(children_of(getpid(), "lifeline").empty());
}

TEST_F(ClientConnect, LeavesTheClusterRunning) {
  connect(address_);
  static_cast<void>(ones({2}).sum().item<float>());
  shutdown();
  connect(address_);
  EXPECT_EQ(ones({2, 3}).sum().item<float>(), 6.0f);
}

TEST_F(ClientConnect, OptionsForStartedProcessesAreRefusedWithAnAddress) {
  ClusterOptions options;
  options.address = address_;
  options.workers = 2;
  EXPECT_THROW(connect(options), Error);
}

TEST(ClientAddress, AMalformedOneIsAnErrorThatNamesTheForms) {
  try {
    connect("nonsense://x");
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("nonsense://x"));
    EXPECT_THAT(error.what(), HasSubstr("tcp://"));
  }
}

TEST(ClientAddress, AnotherMachineNeedsAnExplicitPermission) {
  EXPECT_THROW(connect("tcp://192.0.2.1:7070"), Error);
}

TEST(ClientAddress, DISABLED_RoleConnectsToNobody) {
  try {
    connect("ipc:///tmp/gt-test-nobody-is-here");
    FAIL() << "nothing was thrown";
  } catch (const ConnectionError& error) {
    printf("thrown: %s\n", error.what());
  }
}

TEST(ClientAddress, NobodyThereIsAnErrorWithinTheTimeThatNamesTheAddress) {
  Role role("ClientAddress.DISABLED_RoleConnectsToNobody", {{"GT_CONNECT_TIMEOUT", "0.5"}});
  EXPECT_EQ(role.wait(10s), 0) << role.output();
  EXPECT_THAT(role.output(), HasSubstr("ipc:///tmp/gt-test-nobody-is-here within 0.5 seconds"));
}

}  // namespace
}  // namespace gt::testing

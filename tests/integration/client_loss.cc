// What a program sees when a process of its cluster dies.
#include <gmock/gmock.h>
#include <gt/gt.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>

#include "tests/integration/client_processes.h"

namespace gt::testing {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// Generous for a loaded machine; a dead child is noticed within a second.
constexpr auto kBound = 10s;

class ClientLoss : public ::testing::Test {
 protected:
  void SetUp() override { connect(ClusterOptions{}); }
  void TearDown() override { shutdown(); }

  void kill_children(const char* part) {
    const auto children = children_of(getpid(), part);
    ASSERT_EQ(children.size(), 1u);
    kill(children.front(), SIGKILL);
  }
};

template <class Exception>
void read_until_it_throws(const Tensor& tensor) {
  const auto start = Clock::now();
  EXPECT_THROW(while (Clock::now() - start < kBound) static_cast<void>(tensor.sum().item<float>()),
               Exception);
  EXPECT_LT(Clock::now() - start, kBound);
}

TEST_F(ClientLoss, ADeadWorkerIsAWorkerLostError) {
  const Tensor tensor = ones({4});
  EXPECT_EQ(tensor.sum().item<float>(), 4.0f);
  kill_children("worker");
  read_until_it_throws<WorkerLostError>(tensor);
}

TEST_F(ClientLoss, ADeadDispatcherIsAConnectionError) {
  const Tensor tensor = ones({4});
  EXPECT_EQ(tensor.sum().item<float>(), 4.0f);
  kill_children("server");
  read_until_it_throws<ConnectionError>(tensor);
}

TEST_F(ClientLoss, SynchronizeAfterALossThrowsToo) {
  const Tensor tensor = ones({4});
  kill_children("server");
  read_until_it_throws<ConnectionError>(tensor);
  EXPECT_THROW(synchronize(), ConnectionError);
}

TEST_F(ClientLoss, ANewClusterCanBeStartedAfterALoss) {
  kill_children("server");
  connect(ClusterOptions{});
  EXPECT_EQ(ones({4}).sum().item<float>(), 4.0f);
}

}  // namespace
}  // namespace gt::testing

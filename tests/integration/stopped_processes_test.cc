// Processes that live but do nothing (SIGSTOP), and go on later (SIGCONT).
#include <gmock/gmock.h>
#include <gt/gt.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cstdio>
#include <future>
#include <thread>

#include "tests/integration/client_processes.h"
#include "tests/integration/living_cluster.h"

namespace gt::testing {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr auto kPatience = 60s;
/// Six heartbeats of 500 ms, and as much again for a loaded machine.
constexpr auto kHeartbeatBound = 8s;

TEST(StoppedRole, DISABLED_ComputesWithoutEnd) {
  try {
    Tensor state = ones({8});
    for (int step = 0;; ++step) {
      state = state * 0.5 + 1;
      if (step % 100 == 0) static_cast<void>(state.sum().item<float>());
      if (step == 100) std::puts("computing"), std::fflush(stdout);
    }
  } catch (const WorkerLostError& error) {
    std::printf("worker lost: %s\n", error.what());
  } catch (const ConnectionError& error) {
    std::printf("connection lost: %s\n", error.what());
  }
}

class StoppedProcesses : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(cluster_.revive()); }

  std::unique_ptr<Role> start_program() const {
    auto role = std::make_unique<Role>("StoppedRole.DISABLED_ComputesWithoutEnd",
                                       Role::Environment{{"GT_ADDRESS", cluster_.address()}});
    EXPECT_TRUE(becomes_true([&] { return role->output().find("computing") != std::string::npos; },
                             kPatience));
    return role;
  }
  /// Whether a new client's sum is computed, and right.
  bool gives_right_numbers() const {
    RawClient client(cluster_.address());
    if (!client.wait_for<protocol::ClientWelcome>(kPatience)) return false;
    StreamBuilder builder(InstructionForm::client);
    builder.full(0, {2}, 1.0).add_tensors(0, Operand::tensor(0, 1), Operand::scalar(2.0));
    client.send(builder.fetch(Operand::tensor(1, 1), 70), 2);
    const auto reply = client.wait_for<protocol::FetchReply>(kPatience);
    return reply && !reply->failed &&
           ::testing::Matches(ElementsAre(3.0F, 3.0F))(client.values_of(*reply));
  }
  void expect_right_numbers() const { EXPECT_TRUE(gives_right_numbers()); }

  LivingCluster cluster_{2, "home"};
};

/// A session of its own, with one value on its home worker.
class Holder {
 public:
  explicit Holder(const std::string& address) : client_(address) {
    EXPECT_TRUE(client_.wait_for<protocol::ClientWelcome>(kPatience));
    client_.send(builder_.full(0, {1}, 4.0).fetch(Operand::tensor(0, 1), 1), 1);
    EXPECT_TRUE(client_.wait_for<protocol::FetchReply>(kPatience));
  }
  /// Reads the value again and again; the last reply within the heartbeats, which may be sound.
  protocol::FetchReply fetch_until_it_fails() {
    protocol::FetchReply last;
    const auto deadline = Clock::now() + kHeartbeatBound;
    for (protocol::RequestId request = 2; Clock::now() < deadline && !last.failed; ++request) {
      client_.send(builder_.fetch(Operand::tensor(0, 1), request), 0);
      const auto reply = client_.wait_for<protocol::FetchReply>(kHeartbeatBound);
      if (!reply) ADD_FAILURE() << "no reply within the heartbeats";
      if (!reply) break;
      last = *reply;
      std::this_thread::sleep_for(20ms);
    }
    return last;
  }

 private:
  RawClient client_;
  StreamBuilder builder_{InstructionForm::client};
};

class StoppedWorker : public StoppedProcesses, public ::testing::WithParamInterface<int> {};

INSTANTIATE_TEST_SUITE_P(Workers, StoppedWorker, ::testing::Values(0, 1), [](const auto& number) {
  return number.param == 0 ? "by_hand" : "with_a_lifeline";
});

TEST_P(StoppedWorker, IsATypedErrorWithinItsHeartbeatsAndNoOtherSessionNotices) {
  Holder first(cluster_.address());
  Holder second(cluster_.address());
  auto one_reply = std::async(std::launch::async, [&] { return first.fetch_until_it_fails(); });
  auto other_reply = std::async(std::launch::async, [&] { return second.fetch_until_it_fails(); });
  GtProcess& worker = cluster_.worker(static_cast<std::size_t>(GetParam()));
  worker.signal(SIGSTOP);
  const auto one = one_reply.get();
  const auto other = other_reply.get();
  ASSERT_NE(one.failed, other.failed) << "each worker holds one of the values";
  EXPECT_EQ((one.failed ? one : other).error.kind, ErrorKind::kWorkerLost);
  worker.signal(SIGCONT);
  if (GetParam() == 0)
    EXPECT_TRUE(RawClient::wait_for_workers(cluster_.address(), 2)) << "it joins again";
  else
    EXPECT_EQ(worker.wait(kPatience), 1) << worker.output();
  ASSERT_TRUE(cluster_.revive());
  expect_right_numbers();
}

TEST_F(StoppedProcesses, ADispatcherIsAConnectionErrorWithinItsHeartbeatsAndServesTheNextProgram) {
  const auto program = start_program();
  cluster_.server().signal(SIGSTOP);
  EXPECT_EQ(program->wait(kHeartbeatBound), 0) << program->output();
  EXPECT_THAT(program->output(), HasSubstr("connection lost: "));
  cluster_.server().signal(SIGCONT);
  ASSERT_TRUE(cluster_.revive());
  // Workers whose messages waited with it may be lost and join again meanwhile.
  EXPECT_TRUE(becomes_true([this] { return gives_right_numbers(); }, kPatience));
  EXPECT_EQ(cluster_.leftovers(kPatience), "");
}

TEST_F(StoppedProcesses, ADispatcherThatGoesOnSoonCostsNothing) {
  const auto program = start_program();
  cluster_.server().signal(SIGSTOP);
  std::this_thread::sleep_for(1s);
  cluster_.server().signal(SIGCONT);
  expect_right_numbers();
  EXPECT_TRUE(is_alive(program->pid())) << program->output();
}

TEST_F(StoppedProcesses, AClientIsLetGoOfAndTellsItWhenItGoesOn) {
  const auto program = start_program();
  program->signal(SIGSTOP);
  EXPECT_EQ(cluster_.leftovers(kPatience), "") << "its session ends";
  expect_right_numbers();
  program->signal(SIGCONT);
  EXPECT_EQ(program->wait(kPatience), 0) << program->output();
  EXPECT_THAT(program->output(), HasSubstr("connection lost: "));
  EXPECT_THAT(cluster_.end(), IsEmpty());
}

}  // namespace
}  // namespace gt::testing

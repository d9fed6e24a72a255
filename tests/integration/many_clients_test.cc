// Many programs on one cluster: each gets right results, whatever its neighbours do.
#include <gt/gt.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/client_processes.h"
#include "tests/integration/process_harness.h"

namespace gt::testing {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 150s;  // ThreadSanitizer on a slow machine
constexpr int kSteps = 300;

// ---- what the processes of other programs do ----

/// The number that tells programs apart.
float own_number() { return std::strtof(std::getenv("GT_TEST_NUMBER"), nullptr); }

TEST(ManyClientsRole, DISABLED_ComputesAndChecks) {
  const float number = own_number();
  Tensor state = full({64}, number);
  float expected = number;
  for (int step = 1; step <= kSteps; ++step) {
    const Tensor upload = full({64}, 0.25) * number;
    state = state * 0.5 + upload;
    expected = expected * 0.5F + 0.25F * number;
    if (step % 20 != 0) continue;
    ASSERT_EQ(state.sum().item<float>(), 64 * expected) << "step " << step;
  }
  const float* elements = state.const_data_ptr<float>();
  for (int k = 0; k < 64; ++k) ASSERT_EQ(elements[k], expected);
}

void say(const char* word) {
  std::puts(word);
  std::fflush(stdout);
}

TEST(ManyClientsRole, DISABLED_Floods) {
  const Tensor a = ones({8}), b = ones({8});
  ASSERT_EQ(add(a, b).sum().item<float>(), 16);
  say("flooding");
  for (Tensor sum;;) sum = add(a, b);
}

TEST(ManyClientsRole, DISABLED_Leaks) {
  std::vector<Tensor> kept{ones({16})};
  ASSERT_EQ(kept[0].sum().item<float>(), 16);
  say("leaking");
  while (kept.size() < 200'000) kept.push_back(kept.back() + 1);
  while (true) pause();
}

TEST(ManyClientsRole, DISABLED_FetchesWithoutEnd) {
  const Tensor large = ones({1 << 20});
  say("fetching");
  for (float count = 0;; ++count) {
    const Tensor next = large + count;
    ASSERT_EQ(next.const_data_ptr<float>()[1 << 19], 1 + count);
  }
}

// ---- the cluster ----

class ManyClients : public ::testing::TestWithParam<int> {
 protected:
  ManyClients() {
    server_ = std::make_unique<GtProcess>(std::vector<std::string>{"server", "--address", address_},
                                          GtProcess::Settings{}, true);
    for (int k = 0; k < GetParam(); ++k)
      workers_.push_back(std::make_unique<GtProcess>(
          std::vector<std::string>{"worker", "--connect", address_, "--threads", "1"},
          GtProcess::Settings{}, true));
  }
  void SetUp() override {
    ASSERT_TRUE(RawClient::wait_for_workers(address_, static_cast<std::uint32_t>(GetParam())));
  }

  std::unique_ptr<Role> start(const std::string& role, int number = 1) const {
    return std::make_unique<Role>(
        "ManyClientsRole.DISABLED_" + role,
        Role::Environment{{"GT_ADDRESS", address_}, {"GT_TEST_NUMBER", std::to_string(number)}});
  }
  std::unique_ptr<Role> start_until_it_says(const std::string& role,
                                            const std::string& word) const {
    auto process = start(role);
    EXPECT_TRUE(
        becomes_true([&] { return process->output().find(word) != std::string::npos; }, kPatience))
        << process->output();
    return process;
  }
  void expect_right_results(int clients) const {
    std::vector<std::unique_ptr<Role>> roles;
    for (int k = 1; k <= clients; ++k) roles.push_back(start("ComputesAndChecks", k));
    for (const auto& role : roles) EXPECT_EQ(role->wait(kPatience), 0) << role->output();
  }

  TemporaryFolder folder_;
  std::string address_ = "ipc://" + folder_.path("server");
  std::unique_ptr<GtProcess> server_;
  std::vector<std::unique_ptr<GtProcess>> workers_;
};

INSTANTIATE_TEST_SUITE_P(Workers, ManyClients, ::testing::Values(1, 2),
                         [](const auto& count) { return std::to_string(count.param); });

TEST_P(ManyClients, EightAtOnceGetTheirOwnResults) { expect_right_results(8); }

TEST_P(ManyClients, OneThatFloodsSpoilsNoResult) {
  const auto flood = start_until_it_says("Floods", "flooding");
  expect_right_results(3);
  EXPECT_TRUE(is_alive(flood->pid())) << flood->output();
}

TEST_P(ManyClients, OneThatLeaksSpoilsNoResult) {
  const auto leak = start_until_it_says("Leaks", "leaking");
  expect_right_results(3);
}

TEST_P(ManyClients, OneThatFetchesMoreThanTheWindowSpoilsNoResult) {
  const auto fetches = start_until_it_says("FetchesWithoutEnd", "fetching");
  expect_right_results(3);
  EXPECT_TRUE(is_alive(fetches->pid())) << fetches->output();
}

TEST_P(ManyClients, OneThatStopsReadingSpoilsNoResult) {
  const auto fetches = start_until_it_says("FetchesWithoutEnd", "fetching");
  fetches->signal(SIGSTOP);
  expect_right_results(3);
}

TEST_P(ManyClients, OnesThatDieSpoilNoResult) {
  std::vector<std::unique_ptr<Role>> dying;
  for (const char* role : {"Floods", "FetchesWithoutEnd"})
    dying.push_back(start_until_it_says(role, "ing"));
  std::thread killer([&] {
    for (const auto& role : dying) {
      std::this_thread::sleep_for(100ms);
      role->signal(SIGKILL);
    }
  });
  expect_right_results(3);
  killer.join();
}

TEST_P(ManyClients, OnesThatSendRubbishSpoilNoResult) {
  std::atomic<bool> ends = false;
  std::thread vandal([&] {
    for (int round = 0; round < 50 && !ends; ++round) {
      const auto endpoint = transport::connect(address_);
      std::vector<std::byte> rubbish(1 << 12, std::byte(round));
      static_cast<void>(endpoint->send(transport::kServer, transport::Lane::control, rubbish));
      static_cast<void>(endpoint->send(transport::kServer, transport::Lane::bulk, rubbish));
      static_cast<void>(endpoint->receive(20ms));
    }
  });
  expect_right_results(3);
  ends = true;
  vandal.join();
}

}  // namespace
}  // namespace gt::testing

// A whole cluster whose messages are dropped, delayed, repeated, overtaken, changed and cut off:
// programs end in right numbers or typed errors, in time, and the cluster serves the next one.
// GT_TEST_CASES sets the number of programs for each kind of fault, GT_TEST_SEED the first seed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <future>
#include <random>

#include "client/src/session/sink.h"
#include "common/transport/twin_faults.h"
#include "tests/unit/cluster/random_program.h"
#include "tests/unit/cluster/twin_cluster.h"

namespace gt::testing {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using ::testing::AnyOf;
using ::testing::Eq;

/// Far above what silence, a repeated hello and a slow machine take together.
constexpr auto kBound = 100s;
constexpr auto kConnectTime = 3s;
constexpr int kWorkers = 2;
constexpr int kSteps = 60;

struct FaultCase {
  const char* name;
  transport::TwinFaults faults;
};

class FaultyNetwork : public ::testing::TestWithParam<FaultCase> {
 protected:
  static unsigned number_of(const char* variable, unsigned standard) {
    const char* text = std::getenv(variable);
    return text != nullptr ? static_cast<unsigned>(std::strtoul(text, nullptr, 10)) : standard;
  }

  /// How a program ends that connects within `timeout` and runs; a session ends with it.
  std::string end_of_program(unsigned seed, std::chrono::milliseconds timeout) {
    try {
      const auto session = cluster_.open(timeout);
      client::set_current_sink(session);
      const std::string end = end_in(seed, *session);
      client::set_current_sink(nullptr);
      session->close();
      return end;
    } catch (const ConnectionError&) {
      return "connection lost";
    }
  }
  static std::string end_in(unsigned seed, client::Session& session) {
    try {
      if (session.count_workers().all == 0) return "no worker";
      RandomProgram(seed).run(kSteps);
      return "right";
    } catch (const WorkerLostError&) {
      return "worker lost";
    } catch (const TimeoutError&) {
      return "no worker";
    } catch (const ConnectionError&) {
      return "connection lost";
    } catch (const std::exception& error) {
      return std::string("wrong: ") + error.what();
    }
  }

  /// The same; a program that hangs ends the test, for nothing could end it.
  std::string end_in_time(unsigned seed, std::chrono::milliseconds timeout) {
    auto end = std::async(std::launch::async, [&] { return end_of_program(seed, timeout); });
    if (end.wait_for(kBound) == std::future_status::ready) return end.get();
    std::fprintf(stderr, "the program of %s with GT_TEST_SEED=%u hangs\n", GetParam().name, seed);
    std::abort();
  }

  void suffer(transport::TwinFaults faults, unsigned seed) const {
    faults.seed = seed;
    transport::set_twin_faults(cluster_.address(), faults);
  }

  /// Lost workers take some time to come back.
  void expect_service(unsigned seed) {
    std::string end;
    for (const auto deadline = Clock::now() + kBound; Clock::now() < deadline;)
      if ((end = end_in_time(seed, 30s)) == "right") return;
    ADD_FAILURE() << "after the faults a program ends in: " << end;
  }

  TwinCluster cluster_{kWorkers, dispatcher::Placement::spread};
};

INSTANTIATE_TEST_SUITE_P(
    Faults, FaultyNetwork,
    ::testing::Values(FaultCase{"drop", {.drop = 0.01}},
                      FaultCase{"duplicate", {.duplicate = 0.01}},
                      FaultCase{"reorder", {.reorder = 0.01}},
                      FaultCase{"corrupt", {.corrupt = 0.01}}, FaultCase{"cut", {.cut = 0.003}},
                      FaultCase{"delay", {.delay = 0.1, .longest_delay = 20ms}},
                      FaultCase{"all",
                                {.drop = 0.002,
                                 .duplicate = 0.002,
                                 .reorder = 0.002,
                                 .corrupt = 0.002,
                                 .cut = 0.001,
                                 .delay = 0.02,
                                 .longest_delay = 10ms}}),
    [](const auto& fault) { return fault.param.name; });

TEST_P(FaultyNetwork, LeavesRightNumbersOrTypedErrorsAndServesTheNextProgram) {
  const unsigned seed = number_of("GT_TEST_SEED", std::random_device{}());
  const unsigned programs = number_of("GT_TEST_CASES", 2);
  std::printf("GT_TEST_SEED=%u\n", seed);
  expect_service(seed);
  std::map<std::string, int> ends;
  for (unsigned k = 0; k < programs && !HasFailure(); ++k) {
    SCOPED_TRACE("GT_TEST_CASES=1 GT_TEST_SEED=" + std::to_string(seed + k));
    suffer(GetParam().faults, seed + k);
    const std::string end = end_in_time(seed + k, kConnectTime);
    EXPECT_THAT(end, AnyOf(Eq("right"), Eq("worker lost"), Eq("connection lost"), Eq("no worker")));
    ++ends[end];
    suffer({}, seed + k);
    expect_service(seed + k);
  }
  for (const auto& [end, count] : ends) std::printf("%s: %d\n", end.c_str(), count);
}

TEST(TwinCluster, ComputesWithoutFaults) {
  TwinCluster cluster(2, dispatcher::Placement::spread);
  const auto session = cluster.open(30s);
  client::set_current_sink(session);
  EXPECT_NO_THROW(RandomProgram(1).run(200));
  client::set_current_sink(nullptr);
  session->close();
}

}  // namespace
}  // namespace gt::testing

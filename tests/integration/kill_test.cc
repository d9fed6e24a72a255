// Processes that are killed at any moment while programs run: every program ends in right numbers
// or a typed error, and nothing is left behind. GT_TEST_KILLS sets the number of runs of each test,
// GT_TEST_SEED the first seed.
#include <gmock/gmock.h>
#include <gt/gt.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/integration/client_processes.h"
#include "tests/integration/living_cluster.h"

namespace gt::testing {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using ::testing::IsEmpty;
using ::testing::StartsWith;

/// From a kill to the end of every program: heartbeats, and a machine with much else to do.
constexpr auto kBound = 60s;
constexpr int kWorkers = 2;

// ---- the programs ----

/// The loss after some steps; the same wherever it runs.
double train() {
  manual_seed(3);
  auto model = nn::Sequential(nn::Linear(24, 32), nn::ReLU(), nn::Linear(32, 5));
  optim::AdamW optimizer(model->parameters(), optim::AdamWOptions(1e-2));
  const Tensor inputs = randn({64, 24}), labels = randint(5, {64});
  double value = 0;
  for (int step = 0; step < 100; ++step) {
    optimizer.zero_grad();
    Tensor loss = nn::functional::cross_entropy(model->forward(inputs), labels);
    loss.backward();
    optimizer.step();
    if (step % 10 == 9) value = loss.item<double>();
  }
  return value;
}

/// Uploads several frames again and again, and fetches as many.
double move_payloads() {
  constexpr std::int64_t kElements = 700'001;
  std::vector<float> values(kElements);
  double total = 0;
  for (int round = 1; round <= 6; ++round) {
    for (std::int64_t k = 0; k < kElements; ++k)
      values[static_cast<std::size_t>(k)] = static_cast<float>(k % 1000 + round);
    const Tensor result = tensor(ArrayRef<float>(values)) * 2;
    const float* elements = result.const_data_ptr<float>();
    for (std::int64_t k = 0; k < kElements; ++k)
      if (elements[k] != 2 * values[static_cast<std::size_t>(k)])
        throw std::runtime_error("element " + std::to_string(k) + " is wrong");
    total += elements[kElements - 1];
  }
  return total;
}

/// A long chain of small instructions, with a read now and then.
double compute() {
  Tensor state = full({64}, 3);
  double sum = 0;
  for (int step = 1; step <= 600; ++step) {
    state = state * 0.5 + full({64}, 0.25) * 3;
    if (step % 50 == 0) sum += state.sum().item<double>();
  }
  return sum;
}

struct Program {
  const char* name;
  double (*run)();
};
constexpr std::array kPrograms{Program{"Trains", train}, Program{"MovesPayloads", move_payloads},
                               Program{"Computes", compute}};

/// Says how the program ended, as the last thing of its output.
void tell_the_end_of(double (*program)()) {
  try {
    std::printf("right %a\n", program());
  } catch (const WorkerLostError& error) {
    std::printf("worker lost: %s\n", error.what());
  } catch (const ConnectionError& error) {
    std::printf("connection lost: %s\n", error.what());
  }
}

TEST(KillRole, DISABLED_Trains) { tell_the_end_of(train); }
TEST(KillRole, DISABLED_MovesPayloads) { tell_the_end_of(move_payloads); }
TEST(KillRole, DISABLED_Computes) { tell_the_end_of(compute); }

std::string end_of(const std::string& output) {
  for (const char* word : {"\nright ", "\nworker lost: ", "\nconnection lost: "})
    if (const std::size_t begin = output.find(word); begin != std::string::npos)
      return output.substr(begin + 1, output.find('\n', begin + 1) - begin - 1);
  return "neither a result nor a typed error: " + output;
}

// ---- the kills ----

int run_count(int standard) {
  const char* text = std::getenv("GT_TEST_KILLS");
  return text != nullptr ? std::atoi(text) : standard;
}

unsigned first_seed() {
  const char* text = std::getenv("GT_TEST_SEED");
  return text != nullptr ? static_cast<unsigned>(std::strtoul(text, nullptr, 10))
                         : std::random_device{}();
}

class Kills : public ::testing::TestWithParam<const char*> {
 protected:
  using Roles = std::vector<std::unique_ptr<Role>>;

  void SetUp() override {
    ASSERT_TRUE(cluster_.revive());
    const Roles roles = start_programs();
    for (const auto& role : roles) {
      ASSERT_EQ(role->wait(kBound), 0) << role->output();
      right_.push_back(end_of(role->output()));
      ASSERT_THAT(right_.back(), StartsWith("right "));
    }
  }

  Roles start_programs() const {
    Roles roles;
    for (const Program& program : kPrograms)
      roles.push_back(std::make_unique<Role>(
          std::string("KillRole.DISABLED_") + program.name,
          Role::Environment{{"GT_ADDRESS", cluster_.address()}, {"GT_CONNECT_TIMEOUT", "10"}}));
    return roles;
  }

  /// Whom a run kills, in this order; a number of all processes.
  struct Plan {
    std::vector<std::size_t> victims;
    std::vector<std::chrono::milliseconds> pauses;
    bool kills_worker = false;
    bool kills_server = false;
  };
  Plan draw(std::mt19937& generator) const {
    const std::size_t processes = kPrograms.size() + kWorkers + 1;
    Plan plan;
    for (std::size_t count = 1 + generator() % 2; count > 0; --count) {
      const std::size_t victim = generator() % processes;
      plan.victims.push_back(victim);
      plan.pauses.emplace_back(generator() % 500);
      plan.kills_server |= victim == processes - 1;
      plan.kills_worker |= victim >= kPrograms.size() && victim != processes - 1;
    }
    return plan;
  }

  static void kill(GtProcess& process) {
    process.signal(SIGKILL);
    EXPECT_TRUE(process.wait(kBound));
  }

  void carry_out(const Plan& plan, const Roles& roles) {
    for (std::size_t k = 0; k < plan.victims.size(); ++k) {
      std::this_thread::sleep_for(plan.pauses[k]);
      const std::size_t victim = plan.victims[k];
      if (victim < roles.size())
        roles[victim]->signal(SIGKILL);
      else if (victim < roles.size() + kWorkers)
        kill(cluster_.worker(victim - roles.size()));
      else
        kill(cluster_.server());
    }
  }

  /// A program that was not killed has ended in time, in a way that the kills explain.
  void expect_a_good_end(const Role& role, const std::string& right, const Plan& plan) {
    const std::string end = end_of(role.output());
    if (end == right) return;
    const bool is_explained = (plan.kills_worker && end.starts_with("worker lost: ")) ||
                              (plan.kills_server && end.starts_with("connection lost: "));
    EXPECT_TRUE(is_explained) << "right would be '" << right << "', but the end was '" << end
                              << "'";
  }

  void run(unsigned seed) {
    std::mt19937 generator(seed);
    const Plan plan = draw(generator);
    const Roles roles = start_programs();
    carry_out(plan, roles);
    const auto killed = Clock::now();
    for (std::size_t k = 0; k < roles.size(); ++k) {
      const auto status = roles[k]->wait(kBound);
      ASSERT_TRUE(status) << kPrograms[k].name << " hangs: " << roles[k]->output();
      if (*status != -SIGKILL) {
        EXPECT_EQ(*status, 0) << kPrograms[k].name << ": " << roles[k]->output();
        expect_a_good_end(*roles[k], right_[k], plan);
      }
    }
    slowest_ = std::max(slowest_, Clock::now() - killed);
    ASSERT_TRUE(cluster_.revive());
    EXPECT_EQ(cluster_.leftovers(kBound), "");
  }

  LivingCluster cluster_{kWorkers, GetParam()};
  std::vector<std::string> right_;
  Clock::duration slowest_{};
};

INSTANTIATE_TEST_SUITE_P(Placements, Kills, ::testing::Values("home", "spread"),
                         [](const auto& placement) { return std::string(placement.param); });

TEST_P(Kills, AtAnyMomentLeaveRightNumbersOrTypedErrorsAndNothingElse) {
  const unsigned seed = first_seed();
  const int runs = run_count(3);
  for (int k = 0; k < runs && !HasFailure(); ++k) {
    SCOPED_TRACE("GT_TEST_KILLS=1 GT_TEST_SEED=" + std::to_string(seed + k));
    run(seed + static_cast<unsigned>(k));
  }
  std::printf("%d runs from seed %u; the slowest end came %.1f s after the kill\n", runs, seed,
              std::chrono::duration<double>(slowest_).count());
  EXPECT_THAT(cluster_.end(), IsEmpty());
}

// ---- clusters that a program started itself ----

TEST(EmbeddedKills, OfTheProgramLeaveNeitherProcessNorFile) {
  const unsigned seed = first_seed();
  std::mt19937 generator(seed);
  for (int k = 0; k < run_count(3) && !::testing::Test::HasFailure(); ++k) {
    SCOPED_TRACE("run " + std::to_string(k) + " from GT_TEST_SEED=" + std::to_string(seed));
    const Role role("KillRole.DISABLED_Trains", {});
    std::optional<std::filesystem::path> directory;
    ASSERT_TRUE(becomes_true([&] {
      directory = cluster_directory_of(role.pid());
      return directory.has_value();
    })) << role.output();
    const std::vector<pid_t> children = children_of(role.pid());
    std::this_thread::sleep_for(std::chrono::milliseconds(generator() % 300));
    role.signal(SIGKILL);
    for (const pid_t child : children)
      EXPECT_TRUE(becomes_true([&] { return !is_alive(child); }, kBound)) << "process " << child;
    EXPECT_TRUE(becomes_true([&] { return !std::filesystem::exists(*directory); }, kBound))
        << *directory;
  }
}

}  // namespace
}  // namespace gt::testing

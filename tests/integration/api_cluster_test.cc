// The same program on every kind of cluster: embedded, by hand over ipc and tcp, with one worker
// and with two whose tensors move, on both engines; many threads and many processes at once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <regex>
#include <thread>

#include "tests/integration/api_testing.h"
#include "tests/integration/client_processes.h"
#include "tests/integration/process_harness.h"

namespace gt::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

/// A cluster by hand.
class Cluster {
 public:
  Cluster(const std::string& scheme, std::uint32_t workers, GtProcess::Settings settings = {}) {
    if (scheme == "tcp")
      address_ = "tcp://127.0.0.1:" + std::to_string(20000 + getpid() % 20000 + next_port_++ % 100);
    else
      address_ = "ipc://" + folder_.path("d");
    settings.emplace_back("GT_WORKER_THREADS", "1");
    processes_.emplace_back(std::vector<std::string>{"server", "--address", address_}, settings,
                            true);
    for (std::uint32_t k = 0; k < workers; ++k)
      processes_.emplace_back(std::vector<std::string>{"worker", "--connect", address_}, settings,
                              true);
    is_ready_ = RawClient::wait_for_workers(address_, workers);
  }
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;
  ~Cluster() { shutdown(); }

  [[nodiscard]] bool is_ready() const noexcept { return is_ready_; }
  [[nodiscard]] const std::string& address() const noexcept { return address_; }
  [[nodiscard]] std::string output() {
    std::string all;
    for (GtProcess& process : processes_) all += process.output();
    return all;
  }
  GtProcess& process(std::size_t k) { return processes_[k]; }

 private:
  inline static int next_port_ = 0;
  TemporaryFolder folder_;
  std::string address_;
  std::vector<GtProcess> processes_;
  bool is_ready_ = false;
};

/// A bit of everything: views, writes, indexing, random numbers, gradients, a training loop.
Values program() {
  manual_seed(11);
  Values results;
  const auto keep = [&](const Tensor& tensor) {
    for (const double value : values_of(tensor)) results.push_back(value);
  };
  Tensor x = randn({6, 5});
  x[0] = arange(5);
  x.index({x > 1}) = 1;
  x.t()[2].mul_(3);
  keep(x);
  keep(x.index({tensor({5, 0}), indexing::Slice()}).softmax(1));
  keep(randperm(7));
  nn::Sequential model(nn::Linear(5, 8), nn::GELU(), nn::LayerNorm(nn::LayerNormOptions({8})),
                       nn::Dropout(0.25), nn::Linear(8, 3));
  optim::AdamW optimizer(model->parameters(), optim::AdamWOptions(1e-2));
  const Tensor labels = randint(3, {6});
  for (int step = 0; step < 5; ++step) {
    optimizer.zero_grad();
    const Tensor loss = nn::functional::cross_entropy(model->forward(x), labels);
    loss.backward();
    optimizer.step();
    keep(loss.detach());
  }
  for (const Tensor& parameter : model->parameters()) keep(parameter.detach());
  keep(scaled_dot_product_attention(x.view({1, 6, 5}), x.view({1, 6, 5}), x.view({1, 6, 5})));
  return results;
}

Values program_on(const std::string& scheme, std::uint32_t workers,
                  const GtProcess::Settings& settings = {}) {
  Cluster cluster(scheme, workers, settings);
  EXPECT_TRUE(cluster.is_ready()) << cluster.output();
  connect(cluster.address());
  return program();
}

void expect_near(const Values& values, const Values& expected, double relative) {
  ASSERT_EQ(values.size(), expected.size());
  for (std::size_t k = 0; k < values.size(); ++k)
    ASSERT_NEAR(values[k], expected[k], relative * std::max(1.0, std::abs(expected[k])))
        << "value " << k << " of " << values.size();
}

void expect_same(const Values& values, const Values& expected) { expect_near(values, expected, 0); }

class SameProgram : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    shutdown();
    expected_ = program();
    shutdown();
  }
  void TearDown() override { shutdown(); }
  inline static Values expected_;
};

TEST_F(SameProgram, C37_gives_the_same_bits_with_two_embedded_workers) {
  ClusterOptions options;
  options.workers = 2;
  connect(options);
  expect_same(program(), expected_);
}

TEST_F(SameProgram, GivesTheSameBitsOverIpc) { expect_same(program_on("ipc", 1), expected_); }

TEST_F(SameProgram, GivesTheSameBitsOverTcp) { expect_same(program_on("tcp", 1), expected_); }

// A tensor that moved is contiguous, and a matrix product of another layout may round otherwise.
TEST_F(SameProgram, GivesTheSameNumbersWhenTensorsMoveBetweenTwoWorkersOverIpc) {
  expect_near(program_on("ipc", 2, {{"GT_PLACEMENT", "spread"}}), expected_, 1e-5);
}

TEST_F(SameProgram, GivesTheSameNumbersWhenTensorsMoveBetweenThreeWorkersOverTcp) {
  expect_near(program_on("tcp", 3, {{"GT_PLACEMENT", "spread"}}), expected_, 1e-5);
}

Values random_numbers() {
  manual_seed(5);
  Values results;
  const auto keep = [&](const Tensor& tensor) {
    for (const double value : values_of(tensor)) results.push_back(value);
  };
  Tensor x = empty({7});
  for (const Tensor& drawn : {rand({3, 4}), randn({50}), randint(-3, 9, {11}), randperm(13),
                              bernoulli(full({9}, 0.5)), multinomial(arange(6).to(kFloat), 4)})
    keep(drawn);
  keep(x.uniform_(-1, 1));
  keep(x.normal_());
  keep(dropout(ones({30}), 0.5, true));
  return results;
}

TEST_F(SameProgram, C37_draws_the_same_numbers_for_any_number_of_workers) {
  const Values expected = random_numbers();
  for (const std::uint32_t workers : {1u, 2u, 3u}) {
    Cluster cluster("ipc", workers, {{"GT_PLACEMENT", "spread"}});
    ASSERT_TRUE(cluster.is_ready()) << cluster.output();
    connect(cluster.address());
    expect_same(random_numbers(), expected);
  }
}

TEST_F(SameProgram, GivesTheSameNumbersOnTheReferenceEngine) {
  ClusterOptions options;
  options.backend = "reference";
  connect(options);
  expect_near(program(), expected_, 1e-5);
}

TEST_F(SameProgram, GivesTheSameBitsTwiceInOneProcess) {
  expect_same(program(), expected_);
  shutdown();
  expect_same(program(), expected_);
}

// ---- Threads

Values thread_program(int seed) {
  Values results;
  Tensor x = full({8, 8}, double(seed), requires_grad());
  for (int step = 0; step < 20; ++step) {
    const Tensor loss = (x.matmul(x) * 0.01).relu().sum();
    loss.backward();
    NoGradGuard no_grad;
    x.sub_(x.grad(), 0.001);
    x.mutable_grad() = Tensor();
    results.push_back(loss.item<double>());
  }
  return results;
}

TEST(Threads, OfOneProgramComputeSideBySide) {
  shutdown();
  std::vector<Values> expected;
  for (int k = 0; k < 6; ++k) expected.push_back(thread_program(k));
  std::vector<Values> results(6);
  std::vector<std::thread> threads;
  for (int k = 0; k < 6; ++k)
    threads.emplace_back([&results, k] { results[std::size_t(k)] = thread_program(k); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(results, expected);
}

TEST(Threads, C37_ShareTensors) {
  const Tensor shared = arange(1000).to(kFloat);
  std::atomic<int> right = 0;
  std::vector<std::thread> threads;
  for (int k = 0; k < 4; ++k)
    threads.emplace_back([&, k] {
      for (int round = 0; round < 20; ++round)
        if ((shared + k).sum().item<double>() == 499500 + 1000.0 * k) ++right;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 80);
}

TEST(Threads, C43_HaveAGradModeOfTheirOwn) {
  NoGradGuard no_grad;
  bool other = false;
  std::thread([&] { other = GradMode::is_enabled(); }).join();
  EXPECT_TRUE(other);
  EXPECT_FALSE(GradMode::is_enabled());
}

TEST(Threads, AnErrorOfOneIsNoErrorOfAnother) {
  std::thread wrong([] {
    const Tensor bad = ones({2}).index_select(0, tensor({5}));
    EXPECT_THROW(static_cast<void>(bad.sum().item<float>()), Error);
  });
  for (int k = 0; k < 20; ++k) EXPECT_EQ(ones({3}).sum().item<float>(), 3);
  wrong.join();
}

// ---- Processes

TEST(ClusterRole, DISABLED_RunsTheProgram) {
  double sum = 0;
  for (int k = 0; k < 3; ++k)
    for (const double value : program()) sum += std::abs(value);
  std::printf("sum %.17g\n", sum);
}

std::string sum_line(const std::string& output) {
  const std::size_t start = output.find("sum ");
  return start == std::string::npos ? "none in: " + output
                                    : output.substr(start, output.find('\n', start) - start);
}

TEST(Processes, ManyProgramsShareAClusterAndDoNotDisturbEachOther) {
  Cluster cluster("ipc", 2, {{"GT_PLACEMENT", "spread"}});
  ASSERT_TRUE(cluster.is_ready()) << cluster.output();
  std::vector<std::unique_ptr<Role>> roles;
  for (int k = 0; k < 5; ++k)
    roles.push_back(std::make_unique<Role>("ClusterRole.DISABLED_RunsTheProgram",
                                           Role::Environment{{"GT_ADDRESS", cluster.address()}}));
  std::vector<std::string> lines;
  for (const auto& role : roles) {
    EXPECT_EQ(role->wait(60s), 0) << role->output();
    lines.push_back(sum_line(role->output()));
  }
  for (const std::string& line : lines) EXPECT_EQ(line, lines.front());
  EXPECT_THAT(lines.front(), ::testing::StartsWith("sum "));
}

TEST(ClusterRole, DISABLED_ComputesUntilKilled) {
  while (true) static_cast<void>(program());
}

TEST(Processes, AProgramThatIsKilledDoesNotDisturbAnother) {
  Cluster cluster("tcp", 2, {{"GT_PLACEMENT", "spread"}});
  ASSERT_TRUE(cluster.is_ready()) << cluster.output();
  connect(cluster.address());
  const Values expected = program();
  Role doomed("ClusterRole.DISABLED_ComputesUntilKilled", {{"GT_ADDRESS", cluster.address()}});
  std::this_thread::sleep_for(300ms);
  doomed.signal(SIGKILL);
  EXPECT_EQ(program(), expected);
  EXPECT_EQ(program(), expected);
}

TEST(Processes, AWorkerMayJoinARunningProgram) {
  Cluster cluster("ipc", 1);
  ASSERT_TRUE(cluster.is_ready()) << cluster.output();
  connect(cluster.address());
  const Values expected = program();
  GtProcess another({"worker", "--connect", cluster.address()});
  ASSERT_TRUE(RawClient::wait_for_workers(cluster.address(), 2)) << another.output();
  EXPECT_EQ(program(), expected);
}

TEST(Processes, ASessionOutlivesAWorkerThatIsLost) {
  Cluster cluster("ipc", 2, {{"GT_PLACEMENT", "spread"}});
  ASSERT_TRUE(cluster.is_ready()) << cluster.output();
  connect(cluster.address());
  const Values expected = program();
  cluster.process(2).signal(SIGKILL);
  ASSERT_TRUE(becomes_true([&] {
    try {
      expect_near(program(), expected, 1e-5);
      return true;
    } catch (const WorkerLostError&) {
      return false;
    }
  }));
}

// ---- Connecting

TEST(Connect, MayBeCalledAgainAndAgain) {
  Cluster cluster("ipc", 1);
  ASSERT_TRUE(cluster.is_ready()) << cluster.output();
  for (int k = 0; k < 5; ++k) {
    connect(cluster.address());
    EXPECT_EQ(ones({2, 3}).sum().item<float>(), 6);
    if (k % 2 == 1) shutdown();
  }
}

TEST(Connect, SwitchesBetweenClusters) {
  Cluster first("ipc", 1), second("tcp", 1);
  ASSERT_TRUE(first.is_ready() && second.is_ready());
  connect(first.address());
  const Tensor old = ones(3);
  connect(second.address());
  EXPECT_EQ(ones(3).sum().item<float>(), 3);
  EXPECT_THROW(static_cast<void>((old + ones(3)).sum().item<float>()), Error);
  connect(first.address());
  EXPECT_EQ(ones(3).sum().item<float>(), 3);
}

TEST(Connect, TensorsThatOutliveTheirSessionMayBeDestroyed) {
  shutdown();
  std::vector<Tensor> tensors;
  for (int k = 0; k < 100; ++k) tensors.push_back(ones(k));
  shutdown();
  EXPECT_EQ(ones(2).sum().item<float>(), 2);
  tensors.clear();
  EXPECT_EQ(ones(2).sum().item<float>(), 2);
}

// ---- Memory

TEST(Memory, C5_TooMuchOfItIsAnErrorAndTheSessionLivesOn) {
  shutdown();
  ClusterOptions options;
  options.memory_limit = "64MiB";
  connect(options);
  const Tensor small = ones({4});
  const int line = __LINE__ + 1;
  const Tensor large = ones({64, 1024, 1024});
  std::string text;
  try {
    static_cast<void>(large.sum().item<float>());
  } catch (const OutOfMemoryError& error) {
    text = error.what();
  }
  EXPECT_THAT(text, HasSubstr("api_cluster_test.cc:" + std::to_string(line)));
  EXPECT_THAT(text, HasSubstr("memory"));
  EXPECT_EQ(small.sum().item<float>(), 4);
  EXPECT_EQ(ones({1024, 1024}).sum().item<float>(), 1024 * 1024);
  shutdown();
}

TEST(Memory, IsFreedAsTensorsGo) {
  shutdown();
  ClusterOptions options;
  options.memory_limit = "64MiB";
  connect(options);
  Tensor x = ones({1024, 1024});
  for (int k = 0; k < 200; ++k) x = x * 1.0 + 0.0;
  EXPECT_EQ(x.sum().item<float>(), 1024 * 1024);
  for (int k = 0; k < 50; ++k) {
    const Tensor w = ones({1024, 512}, requires_grad());
    (x.narrow(0, 0, 512).matmul(w)).sum().backward();
    ASSERT_EQ(w.grad()[0][0].item<float>(), 512);
  }
  shutdown();
}

// ---- The instruction log and the switches

std::vector<std::string> lines_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

TEST(ClusterRole, DISABLED_MultipliesAndActivates) {
  std::printf("sum %g\n", ones({2, 3}).matmul(ones({3, 2})).relu().sum().item<double>());
}

TEST(G5_InstructionLog, HasItsColumnsAndARisingNumber) {
  TemporaryFolder folder;
  Role role("ClusterRole.DISABLED_MultipliesAndActivates",
            {{"GT_INSTRUCTION_LOG", folder.path("log")}});
  ASSERT_EQ(role.wait(), 0) << role.output();
  const auto lines = lines_of(folder.path("log"));
  ASSERT_GT(lines.size(), 4u);
  // G61: %7.3fs | #%04d | EVENT | SOURCE | COMMAND | details
  const std::regex form(R"( *\d+\.\d{3}s \| #(\d{4,}) \| \w+ *\| \w+ *\| \w* *\| .*)");
  long last = -1;
  for (const std::string& line : lines) {
    std::smatch parts;
    ASSERT_TRUE(std::regex_match(line, parts, form)) << line;
    EXPECT_GT(std::stol(parts[1]), last) << line;
    last = std::stol(parts[1]);
  }
}

TEST(G62_InstructionLog, NamesKindsAndOperations) {
  TemporaryFolder folder;
  Role role("ClusterRole.DISABLED_MultipliesAndActivates",
            {{"GT_INSTRUCTION_LOG", folder.path("log")}});
  ASSERT_EQ(role.wait(), 0) << role.output();
  std::string all;
  for (const std::string& line : lines_of(folder.path("log"))) all += line + "\n";
  EXPECT_TRUE(std::regex_search(all, std::regex(R"(RECV *\| CLIENT *\| BinaryOp *\| op=matmul)")))
      << all;
  EXPECT_TRUE(std::regex_search(all, std::regex(R"(RECV *\| CLIENT *\| UnaryOp *\| op=relu)")))
      << all;
}

TEST(G8_Switches, NothingIsPrintedWithoutThem) {
  Role role("ClusterRole.DISABLED_MultipliesAndActivates", {{"GTEST_BRIEF", "1"}});
  ASSERT_EQ(role.wait(), 0) << role.output();
  EXPECT_THAT(role.output(), HasSubstr("sum 12\n"));
  EXPECT_THAT(role.output(), ::testing::Not(HasSubstr("gt:")));
}

TEST(G8_Switches, AreAcceptedTogether) {
  TemporaryFolder folder;
  Role role("ClusterRole.DISABLED_MultipliesAndActivates",
            {{"GT_VERBOSE", "1"},
             {"GT_DEBUG_CLIENT", "1"},
             {"GT_DEBUG_DISPATCHER", "1"},
             {"GT_DEBUG_WORKER", "1"},
             {"GT_WORKER_BATCH_SIZE", "4"},
             {"GT_WORKERS", "2"},
             {"GT_BACKEND", "reference"},
             {"GT_INSTRUCTION_LOG", folder.path("log")}});
  EXPECT_EQ(role.wait(), 0) << role.output();
  EXPECT_THAT(role.output(), HasSubstr("sum 12\n"));
}

class BadVariable : public ::testing::TestWithParam<std::array<const char*, 3>> {};

TEST_P(BadVariable, G7_is_an_error_that_names_it_its_value_and_what_would_be_right) {
  const auto [name, value, right] = GetParam();
  Role role("ClusterRole.DISABLED_MultipliesAndActivates", {{name, value}});
  const auto status = role.wait();
  ASSERT_TRUE(status.has_value());
  EXPECT_NE(*status, 0);
  EXPECT_THAT(role.output(), HasSubstr(std::string(name) + "=" + value));
  EXPECT_THAT(role.output(), HasSubstr(right));
}

TEST(G7_Device, ThatThereIsNotIsAnErrorThatSaysWhatWouldBeRight) {
  Role role("ClusterRole.DISABLED_MultipliesAndActivates", {{"GT_DEVICE", "tpu"}});
  const auto status = role.wait();
  ASSERT_TRUE(status.has_value());
  EXPECT_NE(*status, 0);
  EXPECT_THAT(role.output(), HasSubstr("unknown device 'tpu': expected 'cpu' or 'cuda:N'"));
}

INSTANTIATE_TEST_SUITE_P(
    Each, BadVariable,
    ::testing::Values(std::array{"GT_WORKER", "2", "GT_WORKERS"},
                      std::array{"GT_BACKEND", "cuda", "default|reference"},
                      std::array{"GT_WORKERS", "0", "a whole number, 1 or more"},
                      std::array{"GT_MEMORY_LIMIT", "lots", "8GiB"},
                      std::array{"GT_VERBOSE", "yes", "0|1"},
                      std::array{"GT_PLACEMENT", "anywhere", "home|spread"},
                      std::array{"GT_CONNECT_TIMEOUT", "-1", "seconds above 0"}));

// ---- The command

TEST(GtCommand, NamesAnUnknownSubcommand) {
  const auto [status, output] = run_gt({"frobnicate"});
  EXPECT_EQ(status, 2);
  EXPECT_THAT(output, HasSubstr("frobnicate"));
}

TEST(GtCommand, WithoutSubcommandPointsToItsHelp) {
  const auto [status, output] = run_gt({});
  EXPECT_EQ(status, 2);
  EXPECT_THAT(output, HasSubstr("gt --help"));
}

}  // namespace
}  // namespace gt::testing

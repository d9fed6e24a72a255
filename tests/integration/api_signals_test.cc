// G4, G13-G19: signals from a YAML file and from code, seen in the instruction log.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <sstream>

#include "tests/integration/api_testing.h"
#include "tests/integration/client_processes.h"
#include "tests/integration/process_harness.h"

namespace gt::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kRole = "SignalRole.DISABLED_TrainsAStep";

/// A step whose forward is in one context and whose gradients are computed outside.
TEST(SignalRole, DISABLED_TrainsAStep) {
  manual_seed(3);
  const Tensor weight = randn({4, 2}, TensorOptions().requires_grad(true));
  const Tensor input = signal::tensor(ones({3, 4}), "forward");
  Tensor loss;
  {
    const signal::context forward("forward");
    loss = input.matmul(weight).tanh().sum();
  }
  loss.backward();
  std::printf("gradient %.9g\n", weight.grad().sum().item<double>());
}

class SignalFiles : public ::testing::Test {
 protected:
  /// The output of the role with a file of signals; empty for none.
  std::string run(const std::string& yaml) {
    Role::Environment environment{{"GT_INSTRUCTION_LOG", folder_.path("log")}};
    if (!yaml.empty()) {
      std::ofstream(folder_.path("signals.yaml")) << yaml;
      environment.emplace_back("GT_CONFIG", folder_.path("signals.yaml"));
    }
    Role role(kRole, environment);
    EXPECT_TRUE(role.wait().has_value());
    return role.output();
  }
  [[nodiscard]] std::string log() const {
    std::ifstream file(folder_.path("log"));
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  /// The first line of the log with this text.
  [[nodiscard]] std::string log_line(const std::string& part) const {
    std::istringstream lines(log());
    for (std::string line; std::getline(lines, line);)
      if (line.find(part) != std::string::npos) return line;
    return {};
  }
  static std::string gradient_of(const std::string& output) {
    const std::size_t begin = output.find("gradient ");
    return begin == std::string::npos ? output
                                      : output.substr(begin, output.find('\n', begin) - begin);
  }

  TemporaryFolder folder_;
};

TEST_F(SignalFiles, G18InstructionsOfAContextCarryItsSignal) {
  run("forward: {compile: true}\n");
  EXPECT_THAT(log_line("op=tanh "), HasSubstr("signal=forward"));
}

TEST_F(SignalFiles, G19GradientsOutsideOfAContextCarryTheSignalBackward) {
  run("forward: {compile: true}\nbackward: {compile: true}\n");
  EXPECT_THAT(log_line("op=tanh_backward "), HasSubstr("signal=backward"));
}

TEST_F(SignalFiles, GradientsOutsideOfAContextCarryTheSignalThatItsOwnNames) {
  run("forward: {compile: true, backward: mine}\nmine: {compile: true}\nbackward: {}\n");
  EXPECT_THAT(log_line("op=tanh_backward "), HasSubstr("signal=mine"));
}

TEST_F(SignalFiles, InstructionsOutsideOfContextsCarryNone) {
  run("forward: {compile: true}\n");
  EXPECT_THAT(log_line("op=tanh_backward "), Not(HasSubstr("signal=")));
}

TEST_F(SignalFiles, AMarkedTensorCarriesItsSignal) {
  run("forward: {shard: {axis: 0}}\n");
  EXPECT_THAT(log_line("op=reshape "), HasSubstr("signal=forward"));
}

TEST_F(SignalFiles, WithoutAFileNothingCarriesASignal) {
  run("");
  EXPECT_THAT(log(), Not(HasSubstr("signal=")));
}

TEST_F(SignalFiles, AnnotationsDoNotChangeTheNumbers) {
  const std::string without = gradient_of(run(""));
  const std::string with =
      gradient_of(run("forward: {compile: true, shard: {axis: 0, workers: [0, 1]}}\n"));
  EXPECT_THAT(without, HasSubstr("gradient "));
  EXPECT_EQ(with, without);
}

TEST_F(SignalFiles, AMistakeInTheFileIsNamedAtTheFirstTensor) {
  EXPECT_THAT(run("forward:\n  compil: true\n"),
              AllOf(HasSubstr("signals.yaml:2:3: "), HasSubstr("did you mean 'compile'?")));
}

TEST_F(SignalFiles, AFileThatIsNotThereIsNamed) {
  Role role(kRole, {{"GT_CONFIG", folder_.path("missing.yaml")}});
  EXPECT_NE(role.wait().value_or(0), 0);
  EXPECT_THAT(role.output(), HasSubstr("GT_CONFIG=" + folder_.path("missing.yaml")));
}

}  // namespace
}  // namespace gt::testing

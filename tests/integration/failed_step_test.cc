// A training step that fails: the error is told, and training goes on with the weights as they
// were.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>

#include "tests/integration/api_testing.h"

namespace gt::testing {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;

constexpr int kSteps = 12;
constexpr int kBadStep = 5;
constexpr std::int64_t kClasses = 3;

struct Classifier : nn::Module {
  Classifier()
      : hidden(register_module("hidden", nn::Linear(4, 8))),
        output(register_module("output", nn::Linear(8, kClasses))) {}
  Tensor forward(const Tensor& x) { return output(relu(hidden(x))); }
  nn::Linear hidden;
  nn::Linear output;
};

using MakeOptimizer =
    std::function<std::unique_ptr<optim::Optimizer>(const std::vector<Tensor>& parameters)>;

struct Batch {
  Tensor input;
  Tensor target;
};

Batch batch_of(int step) {
  std::vector<float> input;
  std::vector<std::int64_t> target;
  for (int row = 0; row < 6; ++row) {
    target.push_back((row + step) % kClasses);
    for (int column = 0; column < 4; ++column)
      input.push_back(static_cast<float>((row * 7 + column * 3 + step * 5) % 11) / 11.0f);
  }
  return {tensor(input).reshape({6, 4}), tensor(target)};
}

/// What a failed step shall do to the run.
enum class BadStep { none, skipped, fails };

struct TrainingRun {
  std::vector<double> losses;  ///< of the steps that did not fail
  std::vector<double> weights;
  std::string error;
  int line = 0;  ///< of the loss
};

TrainingRun train(const MakeOptimizer& make_optimizer, BadStep bad, int bad_step = kBadStep) {
  manual_seed(7);
  Classifier model;
  const auto optimizer = make_optimizer(model.parameters());
  TrainingRun run;
  for (int step = 0; step < kSteps; ++step) {
    if (bad == BadStep::skipped && step == bad_step) continue;
    Batch batch = batch_of(step);
    if (bad == BadStep::fails && step == bad_step) batch.target.select(0, 2).fill_(kClasses);
    optimizer->zero_grad();
    run.line = __LINE__ + 1;
    const Tensor loss = nn::functional::cross_entropy(model.forward(batch.input), batch.target);
    loss.backward();
    optimizer->step();
    try {
      run.losses.push_back(loss.item<double>());
    } catch (const Error& error) {
      run.error = error.what();
    }
  }
  for (const Tensor& parameter : model.parameters())
    for (const double weight : values_of(parameter)) run.weights.push_back(weight);
  return run;
}

std::unique_ptr<optim::Optimizer> sgd(const std::vector<Tensor>& parameters) {
  return std::make_unique<optim::SGD>(parameters, optim::SGDOptions(0.1));
}

std::unique_ptr<optim::Optimizer> adamw(const std::vector<Tensor>& parameters) {
  return std::make_unique<optim::AdamW>(parameters, optim::AdamWOptions(0.01));
}

TEST(FailedStep, ItsErrorNamesTheOperationAndTheUsersLine) {
  const TrainingRun run = train(sgd, BadStep::fails);
  EXPECT_THAT(run.error, AllOf(HasSubstr("[cross_entropy] Target 3 is out of bounds"),
                               HasSubstr("failed_step_test.cc:" + std::to_string(run.line))));
}

TEST(FailedStep, SgdGoesOnAsIfTheBatchHadBeenSkipped) {
  const TrainingRun failed = train(sgd, BadStep::fails);
  const TrainingRun skipped = train(sgd, BadStep::skipped);
  EXPECT_EQ(failed.losses, skipped.losses);
  EXPECT_EQ(failed.weights, skipped.weights);
  EXPECT_NE(failed.weights, train(sgd, BadStep::none).weights);
}

TEST(FailedStep, MomentumBeginsWithTheFirstStepThatDoesNotFail) {
  const auto with_momentum = [](const std::vector<Tensor>& parameters) {
    return std::make_unique<optim::SGD>(parameters, optim::SGDOptions(0.1).momentum(0.9));
  };
  const TrainingRun failed = train(with_momentum, BadStep::fails, 0);
  const TrainingRun skipped = train(with_momentum, BadStep::skipped, 0);
  EXPECT_EQ(failed.losses, skipped.losses);
  EXPECT_EQ(failed.weights, skipped.weights);
}

TEST(FailedStep, AdamWGoesOnFromTheLastSoundWeights) {
  const TrainingRun failed = train(adamw, BadStep::fails);
  const TrainingRun skipped = train(adamw, BadStep::skipped);
  EXPECT_THAT(failed.error, HasSubstr("Target 3 is out of bounds"));
  ASSERT_EQ(failed.losses.size(), skipped.losses.size());
  // The decay of the weights and moments, which needs no gradient, has been done in the failed
  // step.
  for (std::size_t k = 0; k < failed.losses.size(); ++k)
    EXPECT_NEAR(failed.losses[k], skipped.losses[k], 0.02) << "loss " << k;
}

TEST(FailedStep, SeveralFailedStepsAreUndoneTogether) {
  manual_seed(7);
  Classifier model;
  const auto optimizer = sgd(model.parameters());
  const std::vector<double> before = values_of(model.hidden->weight);
  std::optional<Tensor> loss;
  for (int step = 0; step < 3; ++step) {
    Batch batch = batch_of(step);
    batch.target.fill_(kClasses);
    optimizer->zero_grad();
    loss = nn::functional::cross_entropy(model.forward(batch.input), batch.target);
    loss->backward();
    optimizer->step();
  }
  EXPECT_THROW(static_cast<void>(loss->item<float>()), Error);
  EXPECT_EQ(values_of(model.hidden->weight), before);
}

TEST(FailedStep, SynchronizeThrowsAndRecoversToo) {
  const Tensor weights = ones({4});
  const Tensor bad = ones({4}).index_select(0, tensor({0, 1, 2, 9}));
  weights.add_(1);
  weights.add_(bad);
  EXPECT_THAT(error_of([] { synchronize(); }), HasSubstr("index_select"));
  EXPECT_THAT(values_of(weights), Each(2.0));
}

TEST(FailedStep, AFailedWriteThroughATransposedViewIsUndone) {
  const Tensor weights = arange(6, TensorOptions(kFloat)).reshape({2, 3}).clone();
  const std::vector<double> before = values_of(weights);
  const Tensor bad = ones({3}).index_select(0, tensor({7}));
  weights.t().mul_(bad);
  EXPECT_THROW(static_cast<void>(values_of(weights)), Error);
  EXPECT_EQ(values_of(weights), before);
}

TEST(FailedStep, ACopyOfABadTensorIsNotReplacedByAnUnrelatedValue) {
  const Tensor target = zeros({2});
  const Tensor bad = ones({3}).index_select(0, tensor({7, 7}));
  target.copy_(full({2}, 5.0).add(bad));
  EXPECT_THROW(static_cast<void>(values_of(target)), Error);
  EXPECT_THROW(static_cast<void>(values_of(target)), Error);
  target.zero_();
  EXPECT_THAT(values_of(target), Each(0.0));
}

}  // namespace
}  // namespace gt::testing

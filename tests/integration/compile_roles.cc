// What the processes of compile_test.cc do: training, and other work that repeats.
#include <gt/gt.h>
#include <gt/signal.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <utility>
#include <vector>

namespace gt::testing {
namespace {

/// Whether the test has seen what it waited for; it says so by a file. Without one there is nothing
/// to wait for.
bool is_over() {
  static const auto begin = std::chrono::steady_clock::now();
  const char* file = std::getenv("GT_TEST_STOP");
  return file == nullptr || std::filesystem::exists(file) ||
         std::chrono::steady_clock::now() - begin > std::chrono::seconds(90);
}

/// Prints losses bit for bit.
template <class Step>
void train(int steps, const Step& step) {
  for (int k = 1; k <= steps; ++k) {
    const Tensor loss = step();
    if (k % 10 == 0) std::printf("loss %a\n", loss.item<double>());
  }
  std::fflush(stdout);
}

/// Trains again and again, with rests in which compilation can get on, until the test has seen
/// enough.
template <class Rounds>
void repeat(const Rounds& rounds) {
  do {
    rounds();
    if (std::getenv("GT_TEST_STOP") != nullptr)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
  } while (!is_over());
}

TEST(CompileRole, DISABLED_TrainsAPerceptron) {
  manual_seed(1);
  const Tensor x = randn({32, 64});
  const Tensor y = randn({32, 3});
  // The update of so many weights is shared by the worker's threads.
  nn::Sequential model(nn::Linear(64, 512), nn::ReLU(), nn::Linear(512, 3));
  optim::SGD optimizer(model->parameters(), 0.05);
  const auto step = [&] {
    const Tensor loss = (model->forward(x) - y).pow(2).mean();
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    return loss;
  };
  repeat([&] { train(100, step); });
}

TEST(CompileRole, DISABLED_TrainsForAHundredEpochs) {
  manual_seed(1);
  const Tensor x = randn({128, 784}), y = randn({128, 10});
  nn::Sequential model(nn::Linear(784, 256), nn::ReLU(), nn::Linear(256, 10));
  optim::SGD optimizer(model->parameters(), 0.01);
  Tensor loss;
  for (int epoch = 0; epoch < 100; ++epoch) {
    for (int batch = 0; batch < 10; ++batch) {
      optimizer.zero_grad();
      loss = (model->forward(x) - y).pow(2).mean();
      loss.backward();
      optimizer.step();
    }
    std::printf("loss %a\n", loss.item<double>());
  }
}

TEST(CompileRole, DISABLED_TrainsANormalisedNetwork) {
  manual_seed(2);
  const Tensor x = randn({16, 12});
  const Tensor targets = randint(0, 5, {16}, TensorOptions().dtype(kLong));
  nn::Linear first(12, 24);
  nn::LayerNorm norm(nn::LayerNormOptions({24}));
  nn::Linear last(24, 5);
  std::vector<Tensor> parameters;
  for (const std::vector<Tensor>& part :
       {first->parameters(), norm->parameters(), last->parameters()})
    parameters.insert(parameters.end(), part.begin(), part.end());
  optim::AdamW optimizer(parameters, optim::AdamWOptions(1e-2));
  const auto step = [&] {
    const Tensor hidden = dropout(gelu(norm(first(x))), 0.1, true);
    const Tensor loss = nn::functional::cross_entropy(last(hidden), targets);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    return loss;
  };
  repeat([&] { train(100, step); });
}

void classify(nn::Sequential& model, const Tensor& images, const Tensor& targets, double rate,
              int steps) {
  optim::SGD optimizer(model->parameters(), rate);
  const auto step = [&] {
    const Tensor loss = nn::functional::cross_entropy(model->forward(images), targets);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    return loss;
  };
  repeat([&] { train(steps, step); });
}

TEST(CompileRole, DISABLED_TrainsAConvolutionalNetwork) {
  manual_seed(5);
  const Tensor images = randn({8, 2, 12, 12});
  const Tensor targets = randint(0, 4, {8}, TensorOptions().dtype(kLong));
  nn::Sequential model(nn::Conv2d(nn::Conv2dOptions(2, 6, 3).padding(1)), nn::BatchNorm2d(6),
                       nn::ReLU(), nn::MaxPool2d(2), nn::Dropout(0.2), nn::Flatten(),
                       nn::Linear(6 * 6 * 6, 4));
  classify(model, images, targets, 0.05, 100);
}

/// Planes so large that kernels pool them.
TEST(CompileRole, DISABLED_PoolsLargePlanes) {
  manual_seed(7);
  const Tensor images = randn({32, 24, 28, 28});
  const Tensor targets = randint(0, 4, {32}, TensorOptions().dtype(kLong));
  nn::Sequential model(nn::BatchNorm2d(24), nn::ReLU(), nn::MaxPool2d(2), nn::Flatten(),
                       nn::Linear(24 * 14 * 14, 4));
  classify(model, images, targets, 0.01, 40);
}

TEST(CompileRole, DISABLED_ChainsElements) {
  Tensor x = linspace(-2, 2, 1 << 17);
  const auto step = [&] {
    x = (tanh(x * 1.5) + sigmoid(x) * 0.25 - 0.1).clamp(-3, 3);
    return x.mean();
  };
  repeat([&] { train(40, step); });
}

TEST(CompileRole, DISABLED_TrainsWithBatchesOfThreeSizes) {
  manual_seed(3);
  Tensor scale = full({512}, 0.5, requires_grad());
  optim::SGD optimizer(std::vector<Tensor>{scale}, 0.01);
  const std::vector<Tensor> batches = {randn({64, 512}), randn({128, 512}), randn({256, 512})};
  repeat([&] {
    for (const Tensor& x : batches)
      train(60, [&] {
        const Tensor loss = (tanh(x * scale) + sigmoid(x) * 0.25).pow(2).mean();
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        return loss;
      });
  });
}

/// Tokens in, classes out: embedding, batch norm, cross entropy with class indices.
TEST(CompileRole, DISABLED_ClassifiesBatchesOfThreeSizes) {
  manual_seed(6);
  nn::Embedding embedding(30, 8);
  nn::Sequential model(nn::Flatten(), nn::Linear(32, 24), nn::BatchNorm1d(24), nn::ReLU(),
                       nn::Linear(24, 10));
  std::vector<Tensor> parameters = model->parameters();
  for (const Tensor& parameter : embedding->parameters()) parameters.push_back(parameter);
  optim::SGD optimizer(parameters, 0.1);
  const auto integers = [](std::int64_t end, const std::vector<std::int64_t>& shape) {
    return randint(0, end, shape, TensorOptions().dtype(kLong));
  };
  std::vector<std::pair<Tensor, Tensor>> batches;
  for (std::int64_t size : {64, 128, 256})
    batches.emplace_back(integers(30, {size, 4}), integers(10, {size}));
  repeat([&] {
    for (const auto& [tokens, classes] : batches)
      train(60, [&, x = tokens, y = classes] {
        const Tensor loss = nn::functional::cross_entropy(model->forward(embedding(x)), y);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        return loss;
      });
  });
}

/// With a `config` the perceptron in the middle is compiled, alone.
void train_in_parts(const signal::CompileConfig* config) {
  manual_seed(4);
  const Tensor x = randn({32, 20});
  const Tensor y = randn({32, 3});
  nn::Linear first(20, 16);
  nn::Sequential middle(nn::Linear(16, 16), nn::Tanh(), nn::Linear(16, 16), nn::Sigmoid());
  nn::Linear last(16, 3);
  nn::Sequential model =
      config != nullptr
          ? nn::Sequential(first, nn::Softmax(1), nn::compile(middle, *config), last)
          : nn::Sequential(
                first, nn::Softmax(1),
                nn::Functional([&](const Tensor& input) { return middle->forward(input); }), last);
  std::vector<Tensor> parameters;
  for (const std::vector<Tensor>& part :
       {first->parameters(), middle->parameters(), last->parameters()})
    parameters.insert(parameters.end(), part.begin(), part.end());
  optim::SGD optimizer(parameters, 0.05);
  const auto step = [&] {
    const Tensor loss = (model->forward(x) - y).pow(2).mean();
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    return loss;
  };
  repeat([&] { train(100, step); });
  for (const auto& item : model->named_parameters()) std::printf("name %s\n", item.key().c_str());
}

TEST(CompileRole, DISABLED_TrainsInParts) { train_in_parts(nullptr); }
TEST(CompileRole, DISABLED_TrainsInPartsOfWhichOneIsCompiled) {
  const signal::CompileConfig config;
  train_in_parts(&config);
}
TEST(CompileRole, DISABLED_TrainsInPartsOfWhichOneIsTuned) {
  signal::CompileConfig config;
  config.mode = signal::CompileMode::MaxAutotune;
  train_in_parts(&config);
}

}  // namespace
}  // namespace gt::testing

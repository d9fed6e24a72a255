// The smallest training loop: a 784-256-10 network, mean squared error, SGD.
//
//   mlp [iterations]
//
// Prints the average time of an iteration after a warm-up.
#include <gt/gt.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace {

struct MLP : gt::nn::Module {
  MLP()
      : fc1(register_module("fc1", gt::nn::Linear(784, 256))),
        fc2(register_module("fc2", gt::nn::Linear(256, 10))) {}

  gt::Tensor forward(const gt::Tensor& x) { return fc2(gt::relu(fc1(x))); }

  gt::nn::Linear fc1;
  gt::nn::Linear fc2;
};

double milliseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
      .count();
}

void run(int iterations) {
  gt::manual_seed(0);
  MLP model;
  gt::optim::SGD optimizer(model.parameters(), /*lr=*/0.01);
  const gt::Tensor X = gt::randn({128, 784});
  const gt::Tensor y = gt::randn({128, 10});

  gt::Tensor loss;
  const auto step = [&] {
    const gt::Tensor prediction = model.forward(X);
    loss = (prediction - y).pow(2).mean();
    loss.backward();
    optimizer.step();
    optimizer.zero_grad();
  };

  for (int i = 0; i < 20; ++i) step();
  const double first_loss = loss.item<double>();
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < iterations; ++i) step();
  const double last_loss = loss.item<double>();
  std::printf("loss %.4f -> %.4f\n", first_loss, last_loss);
  std::printf("Average iteration: %.1fms\n", milliseconds_since(start) / iterations);
}

}  // namespace

int main(int argc, char** argv) {
  const int iterations = argc > 1 ? std::atoi(argv[1]) : 3000;
  if (argc > 2 || iterations < 1) {
    std::fprintf(stderr, "usage: mlp [iterations]\n");
    return 2;
  }
  try {
    run(iterations);
  } catch (const gt::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

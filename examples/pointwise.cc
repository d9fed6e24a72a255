// Measures the training of a network without products: what compilation is best at.
//
//   pointwise [rows]
//
// Prints the average time of 100 iterations after 20 to warm up. Compare GT_AUTO_COMPILE=1 with
// nothing: by the end of the warm-up hot sequences are compiled.
#include <gt/gt.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace {

using Clock = std::chrono::steady_clock;
namespace nn = gt::nn;

constexpr std::int64_t kWidth = 1024;
constexpr int kWarmUp = 20;
constexpr int kIterations = 100;

/// Scales and shifts each feature, and bends it as GELU does.
struct Bend : nn::Module {
  Bend()
      : scale(register_parameter("scale", gt::ones({kWidth}))),
        shift(register_parameter("shift", gt::zeros({kWidth}))) {}

  gt::Tensor forward(const gt::Tensor& x) {
    const gt::Tensor moved = x * scale + shift;
    return moved * gt::sigmoid(moved * 1.702);
  }

  gt::Tensor scale, shift;
};

void run(std::int64_t rows) {
  gt::manual_seed(0);
  nn::Sequential model{Bend(), Bend(), Bend(), Bend()};
  gt::optim::SGD optimizer(model->parameters(), /*lr=*/0.1);
  const gt::Tensor input = gt::randn({rows, kWidth});
  const auto iterate = [&] {
    optimizer.zero_grad();
    model->forward(input).pow(2).mean().backward();
    optimizer.step();
  };

  // Operations return at once: the clock starts where all is done. And a program that has not run
  // ahead has its compiled code at hand as soon as there is some.
  for (int k = 0; k < kWarmUp; ++k) {
    iterate();
    gt::synchronize();
  }
  const auto start = Clock::now();
  for (int k = 0; k < kIterations; ++k) iterate();
  gt::synchronize();
  const std::chrono::duration<double, std::milli> taken = Clock::now() - start;
  std::printf("Average: %.1fms\n", taken.count() / kIterations);
}

}  // namespace

int main(int argc, char** argv) {
  const int rows = argc > 1 ? std::atoi(argv[1]) : 4096;
  if (argc > 2 || rows < 1) {
    std::fprintf(stderr, "usage: pointwise [rows]\n");
    return 2;
  }
  try {
    run(rows);
  } catch (const gt::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

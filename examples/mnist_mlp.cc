// Trains the network 784-256-10 on handwritten digits and measures it on digits it has not seen.
//
//   mnist_mlp [folder with IDX files] [epochs]
//
// With GT_DEVICE=cuda:0 on a GPU.
#include <gt/gt.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kBatchSize = 128;

struct MLP : gt::nn::Module {
  MLP()
      : fc1(register_module("fc1", gt::nn::Linear(784, 256))),
        fc2(register_module("fc2", gt::nn::Linear(256, 10))) {}

  gt::Tensor forward(const gt::Tensor& images) { return fc2(gt::relu(fc1(images.flatten(1)))); }

  gt::nn::Linear fc1;
  gt::nn::Linear fc2;
};

/// One line that is drawn over itself; only where somebody looks at it.
void draw_progress(int epoch, int epochs, double fraction, double loss) {
  if (isatty(STDOUT_FILENO) == 0) return;
  constexpr int kWidth = 32;
  std::string bar(kWidth, '.');
  for (int i = 0; i < static_cast<int>(fraction * kWidth); ++i)
    bar[static_cast<std::size_t>(i)] = '#';
  std::printf("\repoch %2d/%d [%s] loss %.4f ", epoch, epochs, bar.c_str(), loss);
  std::fflush(stdout);
}

double accuracy(MLP& model, const gt::data::datasets::MNIST& digits) {
  gt::NoGradGuard no_grad;
  model.eval();
  const gt::Tensor predicted = model.forward(digits.images()).argmax(1);
  return predicted.eq(digits.targets()).to(gt::kFloat).mean().item<double>();
}

/// Returns the number of steps.
int train(MLP& model, const gt::data::datasets::MNIST& digits, int epochs) {
  gt::optim::AdamW optimizer(model.parameters(), gt::optim::AdamWOptions(1e-3));
  auto loader = gt::data::make_data_loader(
      gt::data::datasets::MNIST(digits).map(gt::data::transforms::Stack<>()), kBatchSize);
  const std::size_t batch_count = (*digits.size() + kBatchSize - 1) / kBatchSize;
  const auto batches = static_cast<double>(batch_count);
  int steps = 0;
  for (int epoch = 1; epoch <= epochs; ++epoch) {
    model.train();
    gt::Tensor loss;
    double done = 0;
    for (auto& batch : *loader) {
      optimizer.zero_grad();
      loss = gt::nn::functional::cross_entropy(model.forward(batch.data), batch.target);
      loss.backward();
      optimizer.step();
      ++steps;
      done += 1;
      if (static_cast<int>(done) % 8 == 0)
        draw_progress(epoch, epochs, done / batches, loss.item<double>());
    }
    const double last_loss = loss.item<double>();
    draw_progress(epoch, epochs, 1, last_loss);
    if (isatty(STDOUT_FILENO) == 0)
      std::printf("epoch %2d/%d loss %.4f\n", epoch, epochs, last_loss);
  }
  if (isatty(STDOUT_FILENO) != 0) std::printf("\n");
  return steps;
}

void run(const std::string& folder, int epochs) {
  gt::manual_seed(6);
  using gt::data::datasets::MNIST;
  const MNIST training(folder, MNIST::Mode::kTrain);
  const MNIST held_out(folder, MNIST::Mode::kTest);
  MLP model;

  const auto start = Clock::now();
  const int steps = train(model, training, epochs);
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  std::printf("test accuracy: %.1f %%\n", 100 * accuracy(model, held_out));
  std::printf("time a step: %.2f ms (%d steps of %d digits)\n", 1000 * seconds / steps, steps,
              static_cast<int>(kBatchSize));
  if (const char* log = std::getenv("GT_INSTRUCTION_LOG"); log != nullptr)
    std::printf("instruction log: %s\n", log);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : "examples/data/mnist-5k";
  const int epochs = argc > 2 ? std::atoi(argv[2]) : 15;
  if (argc > 3 || folder.starts_with('-') || epochs < 1) {
    std::fprintf(stderr, "usage: mnist_mlp [folder with IDX files] [epochs]\n");
    return 2;
  }
  try {
    run(folder, epochs);
  } catch (const gt::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

// Trains a small convolutional network on handwritten digits and measures it on digits it has not
// seen.
//
//   mnist_cnn [folder with IDX files] [epochs]
#include <gt/gt.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

using Clock = std::chrono::steady_clock;
namespace nn = gt::nn;

constexpr std::int64_t kBatchSize = 128;

/// Two blocks of convolution, batch norm, ReLU and pooling, and a linear map on top: 28 x 28 pixels
/// become 16 planes of 7 x 7.
nn::Sequential make_model() {
  return nn::Sequential(
      nn::Conv2d(nn::Conv2dOptions(1, 8, 3).padding(1).bias(false)), nn::BatchNorm2d(8), nn::ReLU(),
      nn::MaxPool2d(2), nn::Conv2d(nn::Conv2dOptions(8, 16, 3).padding(1).bias(false)),
      nn::BatchNorm2d(16), nn::ReLU(), nn::MaxPool2d(2), nn::Flatten(), nn::Linear(16 * 7 * 7, 10));
}

double accuracy(nn::Sequential& model, const gt::data::datasets::MNIST& digits) {
  gt::NoGradGuard no_grad;
  model->eval();
  const gt::Tensor predicted = model->forward(digits.images()).argmax(1);
  return predicted.eq(digits.targets()).to(gt::kFloat).mean().item<double>();
}

/// Returns the number of steps.
int train(nn::Sequential& model, const gt::data::datasets::MNIST& digits, int epochs) {
  gt::optim::Adam optimizer(model->parameters(), gt::optim::AdamOptions(2e-3));
  auto loader = gt::data::make_data_loader(
      gt::data::datasets::MNIST(digits).map(gt::data::transforms::Stack<>()), kBatchSize);
  int steps = 0;
  for (int epoch = 1; epoch <= epochs; ++epoch) {
    model->train();
    gt::Tensor loss;
    for (auto& batch : *loader) {
      optimizer.zero_grad();
      loss = nn::functional::cross_entropy(model->forward(batch.data), batch.target);
      loss.backward();
      optimizer.step();
      ++steps;
    }
    std::printf("epoch %2d/%d loss %.4f\n", epoch, epochs, loss.item<double>());
    std::fflush(stdout);
  }
  return steps;
}

void run(const std::string& folder, int epochs) {
  gt::manual_seed(6);
  using gt::data::datasets::MNIST;
  const MNIST training(folder, MNIST::Mode::kTrain);
  const MNIST held_out(folder, MNIST::Mode::kTest);
  nn::Sequential model = make_model();

  const auto start = Clock::now();
  const int steps = train(model, training, epochs);
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  std::printf("test accuracy: %.1f %%\n", 100 * accuracy(model, held_out));
  std::printf("time a step: %.2f ms (%d steps of %d digits)\n", 1000 * seconds / steps, steps,
              static_cast<int>(kBatchSize));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string folder = argc > 1 ? argv[1] : "examples/data/mnist-5k";
  const int epochs = argc > 2 ? std::atoi(argv[2]) : 6;
  if (argc > 3 || folder.starts_with('-') || epochs < 1) {
    std::fprintf(stderr, "usage: mnist_cnn [folder with IDX files] [epochs]\n");
    return 2;
  }
  try {
    run(folder, epochs);
  } catch (const gt::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

// A network of LibTorch that is trained. Only for sources with LibTorch.
#pragma once

#include <torch/torch.h>

#include <utility>

#include "tests/bench/tensor_file_libtorch.h"
#include "tests/bench/trainings_libtorch.h"

namespace gt::bench {

/// `Network` is a module with `torch::Tensor loss(inputs, targets)`.
template <class Network>
class NetworkTraining : public LibtorchTraining {
 public:
  NetworkTraining(std::unique_ptr<Network> network,
                  std::unique_ptr<torch::optim::Optimizer> optimizer, torch::Tensor inputs,
                  torch::Tensor targets)
      : network_(std::move(network)),
        optimizer_(std::move(optimizer)),
        inputs_(std::move(inputs)),
        targets_(std::move(targets)) {}

  void step() override {
    loss_ = network_->loss(inputs_, targets_);
    loss_.backward();
    optimizer_->step();
    optimizer_->zero_grad();
  }
  double loss() const override { return loss_.template item<double>(); }
  void write(const std::string& path) const override {
    std::vector<torch::Tensor> tensors = network_->parameters();
    tensors.insert(tensors.end(), {inputs_, targets_});
    write_tensors(path, tensors);
  }

 private:
  std::unique_ptr<Network> network_;
  std::unique_ptr<torch::optim::Optimizer> optimizer_;
  torch::Tensor inputs_, targets_, loss_;
};

/// By torch::optim::SGD.
template <class Network>
[[nodiscard]] std::unique_ptr<LibtorchTraining> train_by_sgd(std::unique_ptr<Network> network,
                                                             double learning_rate,
                                                             torch::Tensor inputs,
                                                             torch::Tensor targets) {
  auto optimizer = std::make_unique<torch::optim::SGD>(network->parameters(), learning_rate);
  return std::make_unique<NetworkTraining<Network>>(std::move(network), std::move(optimizer),
                                                    std::move(inputs), std::move(targets));
}

}  // namespace gt::bench

#include "tests/bench/network_training_libtorch.h"
#include "tests/bench/operations_libtorch.h"

namespace gt::bench {
namespace {

using Problem = TransformerProblem;
namespace nn = torch::nn;

struct Block : nn::Module {
  Block()
      : norm1(register_module("norm1", nn::LayerNorm(nn::LayerNormOptions({Problem::kWidth})))),
        qkv(register_module("qkv", nn::Linear(Problem::kWidth, 3 * Problem::kWidth))),
        joined(register_module("joined", nn::Linear(Problem::kWidth, Problem::kWidth))),
        norm2(register_module("norm2", nn::LayerNorm(nn::LayerNormOptions({Problem::kWidth})))),
        wide(register_module("wide", nn::Linear(Problem::kWidth, 4 * Problem::kWidth))),
        narrow(register_module("narrow", nn::Linear(4 * Problem::kWidth, Problem::kWidth))) {}

  torch::Tensor attend(const torch::Tensor& x) {
    const std::vector<torch::Tensor> parts = qkv(x).chunk(3, -1);
    const auto heads = [](const torch::Tensor& part) {
      return part
          .view({Problem::kBatch, Problem::kContext, Problem::kHeads,
                 Problem::kWidth / Problem::kHeads})
          .transpose(1, 2);
    };
    const torch::Tensor heads_out = torch::scaled_dot_product_attention(
        heads(parts[0]), heads(parts[1]), heads(parts[2]), {}, 0.0, true);
    return joined(
        heads_out.transpose(1, 2).reshape({Problem::kBatch, Problem::kContext, Problem::kWidth}));
  }

  torch::Tensor forward(const torch::Tensor& x) {
    const torch::Tensor attended = x + attend(norm1(x));
    return attended + narrow(torch::gelu(wide(norm2(attended))));
  }

  nn::LayerNorm norm1;
  nn::Linear qkv, joined;
  nn::LayerNorm norm2;
  nn::Linear wide, narrow;
};

struct Network : nn::Module {
  explicit Network(Problem& problem)
      : tokens(register_module("tokens", nn::Embedding(Problem::kVocabulary, Problem::kWidth))),
        positions(register_module("positions", nn::Embedding(Problem::kContext, Problem::kWidth))) {
    for (std::int64_t k = 0; k < Problem::kBlocks; ++k)
      blocks.push_back(register_module("block" + std::to_string(k), std::make_shared<Block>()));
    norm = register_module("norm", nn::LayerNorm(nn::LayerNormOptions({Problem::kWidth})));
    head = register_module("head", nn::Linear(Problem::kWidth, Problem::kVocabulary));
    const torch::NoGradGuard no_grad;
    for (auto& item : named_parameters()) {
      torch::Tensor parameter = item.value();
      const std::vector<float> values = problem.first_values(
          item.key(), parameter.numel(), parameter.dim() == 2 ? parameter.size(1) : 0);
      parameter.copy_(torch::from_blob(const_cast<float*>(values.data()), parameter.sizes()));
    }
  }

  torch::Tensor loss(const torch::Tensor& text, const torch::Tensor& targets) {
    torch::Tensor x = tokens(text) + positions(torch::arange(Problem::kContext, text.options()));
    for (const auto& block : blocks) x = block->forward(x);
    return nn::functional::cross_entropy(head(norm(x)).view({-1, Problem::kVocabulary}), targets);
  }

  nn::Embedding tokens, positions;
  std::vector<std::shared_ptr<Block>> blocks;
  nn::LayerNorm norm = nullptr;
  nn::Linear head = nullptr;
};

torch::Tensor copy_of(const std::vector<std::int64_t>& values) {
  return torch::from_blob(const_cast<std::int64_t*>(values.data()),
                          {Problem::kBatch, Problem::kContext}, torch::kLong)
      .clone();
}

std::unique_ptr<torch::optim::Optimizer> make_optimizer(
    const std::vector<torch::Tensor>& parameters, TransformerOptimizer optimizer) {
  if (optimizer == TransformerOptimizer::sgd)
    return std::make_unique<torch::optim::SGD>(parameters, Problem::kLearningRate);
  return std::make_unique<torch::optim::AdamW>(parameters,
                                               torch::optim::AdamWOptions(Problem::kLearningRate));
}

}  // namespace

std::unique_ptr<LibtorchTraining> libtorch_transformer(TransformerOptimizer optimizer,
                                                       const char* device) {
  prepare_libtorch();
  Problem problem;
  auto network = std::make_unique<Network>(problem);
  network->to(torch::Device(device));
  auto update = make_optimizer(network->parameters(), optimizer);
  return std::make_unique<NetworkTraining<Network>>(std::move(network), std::move(update),
                                                    copy_of(problem.inputs).to(device),
                                                    copy_of(problem.targets).view({-1}).to(device));
}

}  // namespace gt::bench

#include "tests/bench/transformer_training.h"

#include <gt/gt.h>

namespace gt::bench {
namespace {

using Problem = TransformerProblem;

struct Block : nn::Module {
  Block()
      : norm1(register_module("norm1", nn::LayerNorm(nn::LayerNormOptions({Problem::kWidth})))),
        qkv(register_module("qkv", nn::Linear(Problem::kWidth, 3 * Problem::kWidth))),
        joined(register_module("joined", nn::Linear(Problem::kWidth, Problem::kWidth))),
        norm2(register_module("norm2", nn::LayerNorm(nn::LayerNormOptions({Problem::kWidth})))),
        wide(register_module("wide", nn::Linear(Problem::kWidth, 4 * Problem::kWidth))),
        narrow(register_module("narrow", nn::Linear(4 * Problem::kWidth, Problem::kWidth))) {}

  Tensor attend(const Tensor& x) {
    const std::vector<Tensor> parts = qkv(x).chunk(3, -1);
    const auto heads = [](const Tensor& part) {
      return part
          .view({Problem::kBatch, Problem::kContext, Problem::kHeads,
                 Problem::kWidth / Problem::kHeads})
          .transpose(1, 2);
    };
    const Tensor heads_out = scaled_dot_product_attention(heads(parts[0]), heads(parts[1]),
                                                          heads(parts[2]), {}, 0.0, true);
    return joined(
        heads_out.transpose(1, 2).reshape({Problem::kBatch, Problem::kContext, Problem::kWidth}));
  }

  Tensor forward(const Tensor& x) {
    const Tensor attended = x + attend(norm1(x));
    return attended + narrow(gelu(wide(norm2(attended))));
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
    const NoGradGuard no_grad;
    for (auto& item : named_parameters()) {
      const Tensor& parameter = item.value();
      const std::vector<float> values = problem.first_values(
          item.key(), parameter.numel(), parameter.dim() == 2 ? parameter.size(1) : 0);
      parameter.copy_(from_blob(values.data(), parameter.sizes(), kFloat));
    }
  }

  Tensor forward(const Tensor& text) {
    Tensor x = tokens(text) + positions(arange(Problem::kContext));
    for (const auto& block : blocks) x = block->forward(x);
    return head(norm(x));
  }

  nn::Embedding tokens, positions;
  std::vector<std::shared_ptr<Block>> blocks;
  nn::LayerNorm norm = nullptr;
  nn::Linear head = nullptr;
};

Tensor upload(const std::vector<std::int64_t>& values) {
  return from_blob(values.data(), {Problem::kBatch, Problem::kContext}, kLong);
}

std::unique_ptr<optim::Optimizer> make_optimizer(const std::vector<Tensor>& parameters,
                                                 TransformerOptimizer optimizer) {
  if (optimizer == TransformerOptimizer::sgd)
    return std::make_unique<optim::SGD>(parameters, Problem::kLearningRate);
  return std::make_unique<optim::AdamW>(parameters, optim::AdamWOptions(Problem::kLearningRate));
}

}  // namespace

struct TransformerTraining::State {
  State(Problem problem, TransformerOptimizer chosen)
      : network(problem),
        optimizer(make_optimizer(network.parameters(), chosen)),
        inputs(upload(problem.inputs)),
        targets(upload(problem.targets).view({-1})) {}

  Network network;
  std::unique_ptr<optim::Optimizer> optimizer;
  Tensor inputs, targets, loss;
};

TransformerTraining::TransformerTraining(TransformerOptimizer optimizer)
    : state_(std::make_unique<State>(TransformerProblem(), optimizer)) {}

TransformerTraining::~TransformerTraining() = default;

void TransformerTraining::step() {
  const Tensor logits = state_->network.forward(state_->inputs).view({-1, Problem::kVocabulary});
  state_->loss = nn::functional::cross_entropy(logits, state_->targets);
  state_->loss.backward();
  state_->optimizer->step();
  state_->optimizer->zero_grad();
}

double TransformerTraining::loss() const { return state_->loss.item<double>(); }

}  // namespace gt::bench

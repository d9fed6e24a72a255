#include <torch/torch.h>

#include "tests/bench/operations_libtorch.h"
#include "tests/bench/trainings_libtorch.h"
#include "worker/engine/torch/aten/products.h"

namespace gt::bench {
namespace {

using Problem = TransformerProblem;

constexpr std::int64_t kRows = Problem::kBatch * Problem::kContext;

/// Forward, gradient of the input and gradient of the weight of a linear map.
class LinearProducts {
 public:
  LinearProducts(std::int64_t in, std::int64_t out)
      : input_(torch::randn({kRows, in})),
        weight_(torch::randn({out, in})),
        output_(torch::randn({kRows, out})),
        input_gradient_(torch::zeros({kRows, in})),
        weight_gradient_(torch::zeros({out, in})) {}
  void forward() { aten::multiply(output_, input_, weight_.t()); }
  void backward() {
    aten::multiply(input_gradient_, output_, weight_);
    aten::multiply(weight_gradient_, output_.t(), input_);
  }

 private:
  torch::Tensor input_, weight_, output_, input_gradient_, weight_gradient_;
};

/// Scores and mixtures of all heads, and the gradients of queries, keys, values and weights.
class AttentionProducts {
 public:
  AttentionProducts()
      : queries_(torch::randn({kHeads, Problem::kContext, kWidth})),
        keys_(torch::randn({kHeads, Problem::kContext, kWidth})),
        mixed_(torch::zeros({kHeads, Problem::kContext, kWidth})),
        scores_(torch::randn({kHeads, Problem::kContext, Problem::kContext})) {}
  void forward() {
    aten::multiply(scores_, queries_, keys_.transpose(1, 2));
    aten::multiply(mixed_, scores_, keys_);
  }
  void backward() {
    aten::multiply(mixed_, scores_.transpose(1, 2), queries_);
    aten::multiply(scores_, queries_, keys_.transpose(1, 2));
    aten::multiply(mixed_, scores_, keys_);
    aten::multiply(mixed_, scores_.transpose(1, 2), queries_);
  }

 private:
  static constexpr std::int64_t kHeads = Problem::kBatch * Problem::kHeads;
  static constexpr std::int64_t kWidth = Problem::kWidth / Problem::kHeads;
  torch::Tensor queries_, keys_, mixed_, scores_;
};

struct Block {
  LinearProducts qkv{Problem::kWidth, 3 * Problem::kWidth};
  AttentionProducts attention;
  LinearProducts joined{Problem::kWidth, Problem::kWidth};
  LinearProducts wide{Problem::kWidth, 4 * Problem::kWidth};
  LinearProducts narrow{4 * Problem::kWidth, Problem::kWidth};

  void forward() {
    qkv.forward();
    attention.forward();
    joined.forward();
    wide.forward();
    narrow.forward();
  }
  void backward() {
    narrow.backward();
    wide.backward();
    joined.backward();
    attention.backward();
    qkv.backward();
  }
};

class Floor : public LibtorchFloor {
 public:
  void step() override {
    const torch::InferenceMode no_autograd;
    for (Block& block : blocks_) block.forward();
    head_.forward();
    head_.backward();
    for (auto block = blocks_.rbegin(); block != blocks_.rend(); ++block) block->backward();
  }

 private:
  std::vector<Block> blocks_{Problem::kBlocks};
  LinearProducts head_{Problem::kWidth, Problem::kVocabulary};
};

}  // namespace

std::unique_ptr<LibtorchFloor> libtorch_transformer_floor() {
  prepare_libtorch();
  return std::make_unique<Floor>();
}

}  // namespace gt::bench

// Gradients, modules and optimizers of the public interface against a real cluster.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/integration/api_testing.h"

namespace gt::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// ---- Gradients

TEST(C39_Autograd, KnowsLeavesNodesAndGradients) {
  const Tensor w = ones(3, requires_grad());
  EXPECT_TRUE(w.is_leaf());
  EXPECT_FALSE(w.grad().defined());
  const Tensor sum = w + w, loss = sum.mean();
  EXPECT_EQ(sum.grad_fn()->name(), "AddBackward0");
  EXPECT_EQ(loss.grad_fn()->name(), "MeanBackward0");
  EXPECT_FALSE(loss.is_leaf());
  sum.retain_grad();
  loss.backward();
  EXPECT_FLOAT_EQ(w.grad()[0].item<float>(), 2.0f / 3);
  EXPECT_FLOAT_EQ(sum.grad()[0].item<float>(), 1.0f / 3);
  EXPECT_FALSE(w.detach().requires_grad());
}

TEST(C40_Backward, TakesAGradientAndARetainedGraph) {
  const Tensor w = ones(2, requires_grad());
  const Tensor y = w * 3;
  y.backward(tensor({1.0, 2.0}), true);
  y.backward(tensor({1.0, 2.0}));
  EXPECT_EQ(values_of(w.grad()), (Values{6, 12}));
  const Tensor a = ones(1, requires_grad()), b = ones(1, requires_grad());
  autograd::backward({(a * b).sum()}, {}, nullopt, false, {a});
  EXPECT_TRUE(a.grad().defined());
  EXPECT_FALSE(b.grad().defined());
}

TEST(C41_Gradients, AreAddedIntoTheFirst) {
  const Tensor w = ones(2, requires_grad());
  w.sum().backward();
  const Tensor first = w.grad();
  (w * 2).sum().backward();
  EXPECT_EQ(values_of(first), (Values{3, 3}));
  const Tensor half = ones(2, TensorOptions().dtype(kHalf).requires_grad(true));
  (half * ones({3, 2})).sum().backward();
  EXPECT_EQ(half.grad().scalar_type(), kHalf);
  EXPECT_EQ(values_of(half.grad()), (Values{3, 3}));
}

TEST(C41_Gradients, OfPartsOfATensorAreThoseOfTheWhole) {
  const Tensor weights = tensor({1.0, 2.0, 3.0, 4.0, 5.0, 6.0});
  Tensor chunks = ones({2, 3}, requires_grad()), rows = ones({2, 3}, requires_grad());
  const std::vector<Tensor> columns = chunks.chunk(3, 1);
  const Tensor w = weights.view({2, 3});
  Tensor sum = chunks.sum();
  for (std::int64_t k = 0; k < 3; ++k)
    sum = sum + (columns[static_cast<std::size_t>(k)] * w.narrow(1, k, 1)).sum();
  sum.backward();
  EXPECT_EQ(values_of(chunks.grad()), (Values{2, 3, 4, 5, 6, 7}));
  ((rows[1] * w[1]).sum() + (rows[0] * w[0]).sum()).backward();
  EXPECT_EQ(values_of(rows.grad()), (Values{1, 2, 3, 4, 5, 6}));
}

TEST(C42_Texts, AreThoseOfLibTorch) {
  const Tensor w = ones(2, requires_grad());
  EXPECT_THAT(error_of([&] { (w * 2).backward(); }),
              HasSubstr("grad can be implicitly created only for scalar outputs"));
  EXPECT_THAT(
      error_of([&] { (w * 2).backward(ones(3)); }),
      HasSubstr("invalid gradient at index 0 - got [3] but expected shape compatible with [2]"));
  EXPECT_THAT(error_of([] { ones({}).backward(); }),
              HasSubstr("element 0 of tensors does not require grad and does not have a grad_fn"));
  const Tensor loss = (w * w).sum();
  loss.backward();
  EXPECT_THAT(error_of([&] { loss.backward(); }),
              HasSubstr("Trying to backward through the graph a second time"));
  EXPECT_THAT(
      error_of([&] { w.add_(1); }),
      HasSubstr("a leaf Variable that requires grad is being used in an in-place operation."));
  EXPECT_THAT(
      error_of([&] { w[0].add_(1); }),
      HasSubstr(
          "a view of a leaf Variable that requires grad is being used in an in-place operation."));
  EXPECT_THAT(error_of([] { ones(1, kLong).requires_grad_(); }),
              HasSubstr("Only Tensors of floating point and complex dtype can require gradients"));
  EXPECT_THAT(error_of([&] { (w * 2).requires_grad_(false); }),
              HasSubstr("you can only change requires_grad flags of leaf variables."));
  NoGradGuard no_grad;
  w.add_(1);
  w[0].add_(1);
  EXPECT_EQ(values_of(w), (Values{3, 2}));
}

TEST(C43_Modes, NestAndSpareFactories) {
  const Tensor w = ones(1, requires_grad());
  {
    NoGradGuard no_grad;
    EXPECT_FALSE(GradMode::is_enabled());
    EXPECT_FALSE((w * 2).requires_grad());
    EXPECT_TRUE(ones(1, requires_grad()).requires_grad());
    AutoGradMode on(true);
    EXPECT_TRUE((w * 2).requires_grad());
  }
  EXPECT_TRUE(GradMode::is_enabled());
}

TEST(C40_Backward, WhatIsNotThereYetSaysSo) {
  const Tensor w = ones(1, requires_grad());
  EXPECT_THROW((w * w).sum().backward({}, nullopt, /*create_graph=*/true), NotImplementedError);
}

// ---- Modules

struct NetImpl : nn::Module {
  explicit NetImpl(std::int64_t hidden = 4)
      : fc1(register_module("fc1", nn::Linear(3, hidden))),
        fc2(register_module("fc2", nn::Linear(nn::LinearOptions(hidden, 2).bias(false)))) {
    scale = register_parameter("scale", ones(2));
    steps = register_buffer("steps", zeros({1}, kLong));
  }
  Tensor forward(const Tensor& x) { return fc2(relu(fc1(x))) * scale; }
  nn::Linear fc1, fc2;
  Tensor scale, steps;
};
TORCH_MODULE(Net);

std::vector<std::string> keys_of(const OrderedDict<std::string, Tensor>& tensors) {
  return tensors.keys();
}

TEST(C45_Module, ListsItsOwnParametersFirst) {
  Net net;
  EXPECT_THAT(keys_of(net->named_parameters()),
              ElementsAre("scale", "fc1.weight", "fc1.bias", "fc2.weight"));
  EXPECT_EQ(net->parameters().size(), 4u);
  EXPECT_EQ(net->parameters(false).size(), 1u);
  EXPECT_THAT(keys_of(net->named_buffers()), ElementsAre("steps"));
  EXPECT_EQ(net->modules().size(), 3u);
  EXPECT_EQ(net->children().size(), 2u);
  EXPECT_EQ(net->named_children()[0].key(), "fc1");
  std::vector<std::string> order;
  net->apply([&](nn::Module& module) { order.push_back(module.name()); });
  EXPECT_THAT(order.front(), HasSubstr("NetImpl"));
  EXPECT_EQ(order.size(), 3u);
}

TEST(C45_Module, SwitchesTrainingAndDtype) {
  Net net;
  net->eval();
  EXPECT_FALSE(net->fc1->is_training());
  net->train();
  EXPECT_TRUE(net->fc1->is_training());
  const Tensor member = net->fc1->weight;
  net->to(kDouble);
  EXPECT_EQ(net->fc1->weight.scalar_type(), kDouble);
  EXPECT_TRUE(net->fc1->weight.is_same(member)) << "the handle stays bound";
  EXPECT_EQ(net->steps.scalar_type(), kDouble) << "integer buffers are converted too";
  EXPECT_EQ(net(ones({2, 3}, kDouble)).scalar_type(), kDouble);
}

TEST(C45_Module, RefusesBadNamesAndClones) {
  Net net;
  EXPECT_THAT(error_of([&] { net->register_parameter("a.b", ones(1)); }),
              HasSubstr("Parameter name must not contain a dot (got 'a.b')"));
  EXPECT_THAT(error_of([&] { net->register_parameter("scale", ones(1)); }),
              HasSubstr("Parameter 'scale' already defined"));
  EXPECT_THAT(error_of([&] { static_cast<void>(net->clone()); }),
              HasSubstr("clone() has not been implemented for"));
  const auto copy = std::dynamic_pointer_cast<nn::LinearImpl>(net->fc1->clone());
  ASSERT_NE(copy, nullptr);
  {
    NoGradGuard no_grad;
    copy->weight.zero_();
  }
  EXPECT_NE(net->fc1->weight.abs().sum().item<float>(), 0);
  EXPECT_NE(net->fc1->as<nn::Linear>(), nullptr);
  EXPECT_EQ(net->fc1->as<nn::Dropout>(), nullptr);
}

TEST(C47_ModuleHolder, HoldsSharesAndForwards) {
  Net empty{nullptr};
  EXPECT_TRUE(empty.is_empty());
  EXPECT_THAT(error_of([&] { static_cast<void>(empty->parameters()); }),
              HasSubstr("Accessing empty ModuleHolder"));
  Net net(8);
  const Net same = net;
  EXPECT_EQ(same.get(), net.get());
  EXPECT_EQ(net(ones({5, 3})).sizes().vec(), (Sizes{5, 2}));
  const std::string text = printed(net);
  EXPECT_THAT(text,
              HasSubstr("(fc1): torch::nn::Linear(in_features=3, out_features=8, bias=true)"));
  EXPECT_THAT(text, HasSubstr("bias=false"));
}

TEST(C48_Sequential, TakesEveryKindOfModule) {
  nn::Sequential model(
      nn::Linear(3, 4), nn::Functional(gt::relu), nn::LinearImpl(4, 4),
      std::make_shared<nn::TanhImpl>(), [](Tensor x) { return x * 2; },
      nn::Functional(gt::log_softmax, 1, nullopt));
  EXPECT_EQ(model->size(), 6u);
  EXPECT_EQ(model->forward(ones({2, 3})).sizes().vec(), (Sizes{2, 4}));
  EXPECT_NEAR(model->forward(ones({2, 3})).exp().sum().item<double>(), 2, 1e-5);
  EXPECT_EQ(model->at<nn::LinearImpl>(0).options.out_features(), 4);
  EXPECT_EQ(model[0]->name(), "gt::nn::LinearImpl");
  nn::Sequential named({{"fc", nn::Linear(2, 3)}, {"act", nn::ReLU()}});
  EXPECT_THAT(keys_of(named->named_parameters()), ElementsAre("fc.weight", "fc.bias"));
  EXPECT_THAT(error_of([] { static_cast<void>(nn::Sequential()->forward(ones(1))); }),
              HasSubstr("Cannot call forward() on an empty Sequential"));
  nn::ModuleList list(nn::Linear(2, 2), nn::Linear(2, 2));
  std::size_t found = 0;
  for (const auto& module : *list) found += module->parameters().size();
  EXPECT_EQ(found, 4u);
}

TEST(C50_Initialisation, IsThatOfLibTorch) {
  manual_seed(1);
  const nn::Linear linear(64, 256);
  EXPECT_LE(linear->weight.abs().max().item<double>(), 0.125);
  EXPECT_NEAR(linear->weight.std().item<double>(), 0.125 / std::sqrt(3.0), 2e-3);
  EXPECT_LE(linear->bias.abs().max().item<double>(), 0.125);
  const nn::Embedding embedding(nn::EmbeddingOptions(100, 50).padding_idx(3));
  EXPECT_NEAR(embedding->weight.std().item<double>(), 1, 0.05);
  EXPECT_EQ(embedding->weight[3].abs().sum().item<double>(), 0);
}

TEST(C47_Attention, ReturnsATuple) {
  nn::MultiheadAttention attention(8, 2);
  const Tensor x = randn({5, 3, 8});
  const auto [out, weights] = attention(x, x, x);
  EXPECT_EQ(out.sizes().vec(), (Sizes{5, 3, 8}));
  EXPECT_EQ(weights.sizes().vec(), (Sizes{3, 5, 5}));
  EXPECT_NEAR(weights.sum().item<double>(), 15, 1e-4);
}

TEST(C52_Dropout, ScalesInTrainingOnly) {
  manual_seed(2);
  nn::Dropout dropout(0.25);
  const Tensor kept = dropout(ones({10000}));
  EXPECT_NEAR(kept.mean().item<double>(), 1, 0.05);
  EXPECT_NEAR(kept.max().item<double>(), 1 / 0.75, 1e-6);
  dropout->eval();
  EXPECT_EQ(dropout(ones({4})).sum().item<double>(), 4);
  EXPECT_THAT(error_of([] { nn::Dropout(1.5); }),
              HasSubstr("dropout probability has to be between 0 and 1"));
}

// ---- Optimizers

TEST(C58_Optimizer, HasGroupsOptionsAndClosures) {
  const Tensor a = ones(1, requires_grad()), b = ones(1, requires_grad()),
               unused = ones(1, requires_grad());
  std::vector<optim::OptimizerParamGroup> groups;
  groups.emplace_back(std::vector<Tensor>{a, unused});
  groups.emplace_back(std::vector<Tensor>{b}, std::make_unique<optim::SGDOptions>(1.0));
  optim::SGD optimizer(groups, optim::SGDOptions(0.1));
  const Tensor loss = optimizer.step([&] {
    optimizer.zero_grad();
    const Tensor sum = (a + b).sum();
    sum.backward();
    return sum;
  });
  EXPECT_EQ(loss.item<double>(), 2);
  EXPECT_FLOAT_EQ(a.item<float>(), 0.9f);
  EXPECT_FLOAT_EQ(b.item<float>(), 0.0f);
  EXPECT_EQ(unused.item<float>(), 1);
  EXPECT_TRUE(optimizer.param_groups()[1].has_options());
  static_cast<optim::SGDOptions&>(optimizer.param_groups()[0].options()).lr(0.5);
  EXPECT_EQ(optimizer.param_groups()[0].options().get_lr(), 0.5);
  optimizer.zero_grad();
  EXPECT_FALSE(a.grad().defined());
}

TEST(C58_Optimizer, RefusesNonLeavesAndBadOptions) {
  const Tensor w = ones(1, requires_grad());
  EXPECT_THAT(error_of([&] { optim::SGD({w * 2}, 0.1); }),
              HasSubstr("can't optimize a non-leaf Tensor"));
  EXPECT_THAT(error_of([&] { optim::SGD({w}, -1); }), HasSubstr("Invalid learning rate: -1"));
  EXPECT_THAT(error_of([&] { optim::AdamW({w}, optim::AdamWOptions(-1)); }),
              HasSubstr("Invalid learning rate: -1"));
}

TEST(C59_Sgd, JoinsDecayAndKeepsTheFirstMomentumUndampened) {
  const Tensor w = ones(1, requires_grad());
  optim::SGD optimizer({w}, optim::SGDOptions(0.1).momentum(0.9).dampening(0.5).weight_decay(0.1));
  double p = 1, v = 0;
  for (int step = 0; step < 4; ++step) {
    optimizer.zero_grad();
    (w * w).sum().backward();
    optimizer.step();
    const double g = 2 * p + 0.1 * p;
    v = step == 0 ? g : 0.9 * v + 0.5 * g;
    p -= 0.1 * v;
    EXPECT_NEAR(w.item<double>(), p, 1e-6) << step;
  }
}

TEST(C59_AdamW, DecaysApartFromTheGradient) {
  const Tensor w = ones(1, requires_grad());
  optim::AdamW optimizer({w}, optim::AdamWOptions(0.1).weight_decay(0.5));
  double p = 1, m = 0, v = 0;
  for (int t = 1; t <= 4; ++t) {
    optimizer.zero_grad();
    (w * w).sum().backward();
    optimizer.step();
    const double g = 2 * p;
    p *= 1 - 0.1 * 0.5;
    m = 0.9 * m + 0.1 * g;
    v = 0.999 * v + 0.001 * g * g;
    p -= 0.1 / (1 - std::pow(0.9, t)) * m /
         (std::sqrt(v) / std::sqrt(1 - std::pow(0.999, t)) + 1e-8);
    EXPECT_NEAR(w.item<double>(), p, 1e-5) << t;
  }
}

TEST(C46_Registry, OptimizersTiesAndMembersSeeOneTensor) {
  nn::Embedding embedding(5, 3);
  nn::Linear out(nn::LinearOptions(3, 5).bias(false));
  out->weight = embedding->weight;
  optim::SGD optimizer(embedding->parameters(), 1.0);
  const Values before = values_of(out->weight);
  embedding(tensor({1})).sum().backward();
  optimizer.step();
  Values expected = before;
  for (std::size_t k = 3; k < 6; ++k) expected[k] = float(before[k]) - 1.0f;
  EXPECT_EQ(values_of(out->weight), expected);
}

}  // namespace
}  // namespace gt::testing

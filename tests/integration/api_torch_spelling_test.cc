// A LibTorch program, unchanged, with LibTorch's header paths and namespaces.
#include <gtest/gtest.h>

#include "client/compat/torch/torch.h"

namespace {

struct NetImpl : torch::nn::Module {
  NetImpl() : fc(register_module("fc", torch::nn::Linear(4, 2))) {}
  torch::Tensor forward(torch::Tensor x) { return torch::relu(fc->forward(x)); }
  torch::nn::Linear fc{nullptr};
};
TORCH_MODULE(Net);

TEST(C1_TorchHeader, CompilesALibTorchProgram) {
  namespace F = torch::nn::functional;
  using namespace torch::indexing;
  torch::manual_seed(0);
  Net net;
  torch::optim::Adam optimizer(net->parameters(), torch::optim::AdamOptions(1e-2));
  const auto options = torch::TensorOptions().dtype(torch::kFloat32).device(torch::kCPU);
  const at::Tensor x = torch::randn({8, 4}, options);
  const torch::Tensor y = torch::randint(2, {8}, torch::dtype(torch::kLong));
  double first = 0, last = 0;
  for (int step = 0; step < 20; ++step) {
    optimizer.zero_grad();
    torch::Tensor loss = F::cross_entropy(net(x), y);
    loss.backward();
    optimizer.step();
    (step == 0 ? first : last) = loss.item<double>();
  }
  EXPECT_LT(last, first);
  const c10::optional<torch::Scalar> none = c10::nullopt;
  EXPECT_FALSE(none.has_value());
  EXPECT_EQ(x.index({Slice(0, 2), "..."}).sizes(), at::IntArrayRef({2, 4}));
  EXPECT_THROW(static_cast<void>(x.view({3})), c10::Error);
  EXPECT_EQ(torch::str("a", 1), "a1");
  EXPECT_THROW(TORCH_CHECK(false, "never ", 1), c10::Error);
}

}  // namespace

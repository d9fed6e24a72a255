// A LibTorch program that adds to `namespace torch`, compiled as with -Dtorch=gt.
#define torch gt
#include <gt/gt.h>
#include <gt/torch.h>
#include <gtest/gtest.h>

namespace torch {
namespace nn {

struct DoublingImpl : Cloneable<DoublingImpl> {
  void reset() override {}
  Tensor forward(const Tensor& x) { return x * 2; }
};
TORCH_MODULE(Doubling);

}  // namespace nn
}  // namespace torch

TEST(C1_TorchMacro, ProgramsMayAddToTheNamespace) {
  torch::nn::Sequential model((torch::nn::Doubling()), torch::nn::Functional(torch::relu));
  EXPECT_EQ(model->forward(torch::ones({2})).sum().item<float>(), 4);
  EXPECT_EQ(at::ones({2}).sum().item<float>(), 2);
}

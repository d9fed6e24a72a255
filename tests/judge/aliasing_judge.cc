#include "tests/judge/aliasing_judge.h"

#include <ATen/ATen.h>
#include <ATen/TensorIndexing.h>
#include <c10/core/GradMode.h>

namespace gt::testing {
namespace {

struct LibTorchApi {
  using Tensor = at::Tensor;
  using Slice = at::indexing::Slice;
  static auto none() { return at::indexing::None; }
  /// LibTorch refuses a source that overlaps its destination in part.
  static Tensor handed_over(const Tensor& source) { return source.clone(); }
  static Tensor positions(const std::vector<std::int64_t>& list) {
    return at::tensor(at::ArrayRef<std::int64_t>(list));
  }
  static at::Scalar number(double value) { return value; }
  /// LibTorch writes to the copy here; the statement means index_put_.
  static void assign_masked(Tensor x, const Tensor& mask, double value) {
    x.index_put_({mask}, at::Scalar(value));
  }
};

std::vector<float> values_of(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.detach().contiguous();
  return {flat.const_data_ptr<float>(), flat.const_data_ptr<float>() + flat.numel()};
}

}  // namespace

struct AliasingJudge::Tensors {
  AliasingMachine<LibTorchApi> machine;
  std::vector<at::Tensor> leaves;
};

AliasingJudge::AliasingJudge() : tensors_(std::make_unique<Tensors>()) {}
AliasingJudge::~AliasingJudge() = default;

void AliasingJudge::add(const std::vector<float>& values, const std::vector<std::int64_t>& sizes,
                        bool requires_grad) {
  at::Tensor tensor = at::tensor(at::ArrayRef<float>(values)).view(sizes);
  if (requires_grad) {
    tensors_->leaves.push_back(tensor.requires_grad_());
    tensor = tensor * 1;
  }
  tensors_->machine.tensors.push_back(tensor);
}

std::optional<std::string> AliasingJudge::run(const AliasingStep& step) {
  try {
    tensors_->machine.run(step);
    return std::nullopt;
  } catch (const c10::Error& error) {
    return error.what_without_backtrace();
  }
}

AliasingState AliasingJudge::state(std::size_t k) const {
  const at::Tensor& tensor = tensors_->machine.tensors[k];
  return {tensor.sizes().vec(), tensor.strides().vec(), tensor.storage_offset(),
          tensor.requires_grad(), values_of(tensor)};
}

bool AliasingJudge::aliases(std::size_t a, std::size_t b) const {
  return tensors_->machine.tensors[a].is_alias_of(tensors_->machine.tensors[b]);
}

std::vector<std::vector<float>> AliasingJudge::gradients() const {
  at::Tensor loss = at::zeros({});
  float weight = 1;
  for (const at::Tensor& tensor : tensors_->machine.tensors)
    loss = loss + (tensor * weight++).sum();
  for (const at::Tensor& leaf : tensors_->leaves) leaf.mutable_grad() = at::Tensor();
  if (loss.requires_grad()) loss.backward({}, true);
  std::vector<std::vector<float>> gradients;
  for (const at::Tensor& leaf : tensors_->leaves)
    gradients.push_back(leaf.grad().defined() ? values_of(leaf.grad()) : std::vector<float>());
  return gradients;
}

}  // namespace gt::testing

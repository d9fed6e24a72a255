#include <gt/autograd.h>
#include <gt/optim/optimizer.h>

#include <unordered_set>

namespace gt::optim {

OptimizerParamGroup& OptimizerParamGroup::operator=(const OptimizerParamGroup& other) {
  if (this == &other) return *this;
  params_ = other.params_;
  options_ = other.has_options() ? other.options_->clone() : nullptr;
  return *this;
}

OptimizerOptions& OptimizerParamGroup::options() {
  TORCH_CHECK(has_options(), "this parameter group has no options of its own");
  return *options_;
}

const OptimizerOptions& OptimizerParamGroup::options() const {
  TORCH_CHECK(has_options(), "this parameter group has no options of its own");
  return *options_;
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): LibTorch's interface.
Optimizer::Optimizer(std::vector<OptimizerParamGroup> groups,
                     std::unique_ptr<OptimizerOptions> defaults)
    : defaults_(std::move(defaults)) {
  for (const OptimizerParamGroup& group : groups) add_param_group(group);
}

void Optimizer::add_param_group(const OptimizerParamGroup& group) {
  std::unordered_set<const void*> known;
  for (const OptimizerParamGroup& existing : groups_)
    for (const Tensor& parameter : existing.params()) known.insert(parameter.impl().get());
  for (const Tensor& parameter : group.params()) {
    TORCH_CHECK(parameter.is_leaf(), "can't optimize a non-leaf Tensor");
    TORCH_CHECK(known.insert(parameter.impl().get()).second,
                "some parameters appear in more than one parameter group");
  }
  OptimizerParamGroup added(group);
  if (!added.has_options()) added.set_options(defaults_->clone());
  groups_.push_back(std::move(added));
}

void Optimizer::zero_grad(bool set_to_none) {
  for (OptimizerParamGroup& group : groups_)
    for (Tensor& parameter : group.params()) {
      if (!parameter.mutable_grad().defined()) continue;
      if (set_to_none) {
        parameter.mutable_grad().reset();
      } else {
        parameter.mutable_grad().detach_();
        parameter.mutable_grad().zero_();
      }
    }
}

std::size_t Optimizer::size() const noexcept {
  std::size_t count = 0;
  for (const OptimizerParamGroup& group : groups_) count += group.params().size();
  return count;
}

Tensor Optimizer::run_closure(const LossClosure& closure) {
  if (closure == nullptr) return {};
  AutoGradMode with_gradients(true);
  return closure();
}

}  // namespace gt::optim

#include <gt/autograd.h>
#include <gt/functions.h>
#include <gt/optim/adam.h>

#include <cmath>

#include "client/src/tensor/call.h"

namespace gt::optim {
namespace {

template <class Options>
void check(const Options& options) {
  const auto [beta1, beta2] = options.betas();
  TORCH_CHECK(options.lr() >= 0, "Invalid learning rate: ", options.lr());
  TORCH_CHECK(options.eps() >= 0, "Invalid epsilon value: ", options.eps());
  TORCH_CHECK(0 <= beta1 && beta1 < 1.0, "Invalid beta parameter at index 0: ", beta1);
  TORCH_CHECK(0 <= beta2 && beta2 < 1.0, "Invalid beta parameter at index 1: ", beta2);
  TORCH_CHECK(options.weight_decay() >= 0, "Invalid weight_decay value: ", options.weight_decay());
}

template <class Options>
void make_state(const Tensor& parameter, const Options& options, AdamParamState& state) {
  state.exp_avg(zeros_like(parameter));
  state.exp_avg_sq(zeros_like(parameter));
  if (options.amsgrad()) state.max_exp_avg_sq(zeros_like(parameter));
}

/// The step composed of rows, each of which rounds to the dtype as LibTorch's does.
template <class Options>
void composed_step(Tensor& parameter, Tensor gradient, const Options& options,
                   AdamParamState& state, bool decoupled) {
  const double weight_decay = options.weight_decay();
  if (weight_decay != 0 && decoupled) parameter.mul_(1 - options.lr() * weight_decay);
  if (weight_decay != 0 && !decoupled) gradient = gradient.add(parameter, weight_decay);
  const auto [beta1, beta2] = options.betas();
  const auto step = static_cast<double>(state.step());
  const double correction1 = 1 - std::pow(beta1, step);
  const double correction2 = 1 - std::pow(beta2, step);

  state.exp_avg().mul_(beta1).add_(gradient, 1 - beta1);
  state.exp_avg_sq().mul_(beta2).addcmul_(gradient, gradient, 1 - beta2);
  Tensor second = state.exp_avg_sq();
  if (options.amsgrad()) {
    state.max_exp_avg_sq().clamp_(second);
    second = state.max_exp_avg_sq();
  }
  const Tensor denominator = second.sqrt().div_(std::sqrt(correction2)).add_(options.eps());
  parameter.addcdiv_(state.exp_avg(), denominator, -options.lr() / correction1);
}

/// One step of Adam, or of AdamW where the weight decay is decoupled from the gradient.
template <class Options>
void update(Tensor& parameter, const Options& options, AdamParamState& state, bool decoupled) {
  if (!state.exp_avg().defined()) make_state(parameter, options, state);
  state.step(state.step() + 1);
  const Tensor& gradient = parameter.grad();
  const ScalarType dtype = parameter.scalar_type();
  const bool in_one_pass = (dtype == kFloat || dtype == kDouble) && !options.amsgrad() &&
                           gradient.scalar_type() == dtype && gradient.sizes() == parameter.sizes();
  if (!in_one_pass) return composed_step(parameter, gradient, options, state, decoupled);
  const auto [beta1, beta2] = options.betas();
  detail::update_in_place(
      Op::adam_update, {parameter, state.exp_avg(), state.exp_avg_sq(), gradient},
      make_attributes(Op::adam_update, options.lr(), beta1, beta2, options.eps(),
                      options.weight_decay(), state.step(), decoupled));
}

}  // namespace

AdamOptions::AdamOptions(double lr) : lr_(lr) {}
AdamWOptions::AdamWOptions(double lr) : lr_(lr) {}

Adam::Adam(std::vector<OptimizerParamGroup> groups, AdamOptions defaults)
    : Optimizer(std::move(groups), std::make_unique<AdamOptions>(defaults)) {
  check(defaults);
}

Tensor Adam::step(LossClosure closure) {
  GT_ENTRY();
  NoGradGuard no_grad;
  Tensor loss = run_closure(closure);
  for (OptimizerParamGroup& group : param_groups()) {
    const auto& options = static_cast<const AdamOptions&>(group.options());
    for (Tensor& parameter : group.params()) {
      if (!parameter.grad().defined()) continue;
      update(parameter, options, state_of<AdamParamState>(parameter), /*decoupled=*/false);
    }
  }
  return loss;
}

AdamW::AdamW(std::vector<OptimizerParamGroup> groups, AdamWOptions defaults)
    : Optimizer(std::move(groups), std::make_unique<AdamWOptions>(defaults)) {
  check(defaults);
}

Tensor AdamW::step(LossClosure closure) {
  GT_ENTRY();
  NoGradGuard no_grad;
  Tensor loss = run_closure(closure);
  for (OptimizerParamGroup& group : param_groups()) {
    const auto& options = static_cast<const AdamWOptions&>(group.options());
    for (Tensor& parameter : group.params()) {
      if (!parameter.grad().defined()) continue;
      update(parameter, options, state_of<AdamParamState>(parameter), /*decoupled=*/true);
    }
  }
  return loss;
}

}  // namespace gt::optim

#include <gt/autograd.h>
#include <gt/functions.h>
#include <gt/optim/sgd.h>

#include "client/src/session/site.h"

namespace gt::optim {

SGDOptions::SGDOptions(double lr) : lr_(lr) {}

SGD::SGD(std::vector<OptimizerParamGroup> groups, SGDOptions defaults)
    : Optimizer(std::move(groups), std::make_unique<SGDOptions>(defaults)) {
  TORCH_CHECK(defaults.lr() >= 0, "Invalid learning rate: ", defaults.lr());
  TORCH_CHECK(defaults.momentum() >= 0, "Invalid momentum value: ", defaults.momentum());
  TORCH_CHECK(defaults.weight_decay() >= 0,
              "Invalid weight_decay value: ", defaults.weight_decay());
  TORCH_CHECK(!defaults.nesterov() || (defaults.momentum() > 0 && defaults.dampening() == 0),
              "Nesterov momentum requires a momentum and zero dampening");
}

namespace {

/// The direction of the step: the gradient, or the momentum built from it.
Tensor with_momentum(const SGDOptions& options, const Tensor& gradient, SGDParamState& state) {
  if (!state.momentum_buffer().defined()) {
    // Written in place even the first time, so that a failed first step leaves zeros.
    state.momentum_buffer(zeros_like(gradient));
    state.momentum_buffer().add_(gradient);
  } else {
    state.momentum_buffer().mul_(options.momentum()).add_(gradient, 1 - options.dampening());
  }
  return options.nesterov() ? gradient.add(state.momentum_buffer(), options.momentum())
                            : state.momentum_buffer();
}

}  // namespace

Tensor SGD::step(LossClosure closure) {
  GT_ENTRY();
  NoGradGuard no_grad;
  Tensor loss = run_closure(closure);
  for (OptimizerParamGroup& group : param_groups()) {
    const auto& options = static_cast<const SGDOptions&>(group.options());
    for (Tensor& parameter : group.params()) {
      if (!parameter.grad().defined()) continue;
      Tensor direction = parameter.grad();
      if (options.weight_decay() != 0) direction = direction.add(parameter, options.weight_decay());
      if (options.momentum() != 0)
        direction = with_momentum(options, direction, state_of<SGDParamState>(parameter));
      parameter.add_(direction, -options.lr());
    }
  }
  return loss;
}

}  // namespace gt::optim

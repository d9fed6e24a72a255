// Stochastic gradient descent.
#pragma once

#include <gt/optim/optimizer.h>

namespace gt::optim {

struct GT_API SGDOptions : public OptimizerCloneableOptions<SGDOptions> {
  SGDOptions(double lr);
  TORCH_ARG(double, lr);
  TORCH_ARG(double, momentum) = 0;
  TORCH_ARG(double, dampening) = 0;
  TORCH_ARG(double, weight_decay) = 0;
  TORCH_ARG(bool, nesterov) = false;
};

struct GT_API SGDParamState : public OptimizerParamState {
  /// Undefined before the first step with momentum.
  TORCH_ARG(Tensor, momentum_buffer);
};

/// p -= lr * v with v = momentum * v + (1 - dampening) * (g + weight_decay * p); the first v is the
/// gradient itself. Nesterov uses g + momentum * v (Sutskever et al. 2013).
class GT_API SGD : public Optimizer {
 public:
  SGD(std::vector<OptimizerParamGroup> groups, SGDOptions defaults);
  SGD(std::vector<Tensor> params, SGDOptions defaults)
      : SGD(std::vector<OptimizerParamGroup>{OptimizerParamGroup(std::move(params))},
            std::move(defaults)) {}
  Tensor step(LossClosure closure = nullptr) override;
};

}  // namespace gt::optim

// Adam and AdamW.
#pragma once

#include <gt/optim/optimizer.h>

#include <tuple>
#include <utility>

namespace gt::optim {

using AdamBetas = std::tuple<double, double>;

struct GT_API AdamOptions : public OptimizerCloneableOptions<AdamOptions> {
  AdamOptions(double lr = 1e-3);
  TORCH_ARG(double, lr) = 1e-3;
  TORCH_ARG(AdamBetas, betas) = AdamBetas(0.9, 0.999);
  TORCH_ARG(double, eps) = 1e-8;
  TORCH_ARG(double, weight_decay) = 0;
  TORCH_ARG(bool, amsgrad) = false;
};

struct GT_API AdamWOptions : public OptimizerCloneableOptions<AdamWOptions> {
  AdamWOptions(double lr = 1e-3);
  TORCH_ARG(double, lr) = 1e-3;
  TORCH_ARG(AdamBetas, betas) = AdamBetas(0.9, 0.999);
  TORCH_ARG(double, eps) = 1e-8;
  TORCH_ARG(double, weight_decay) = 1e-2;
  TORCH_ARG(bool, amsgrad) = false;
};

struct GT_API AdamParamState : public OptimizerParamState {
  TORCH_ARG(std::int64_t, step) = 0;
  TORCH_ARG(Tensor, exp_avg);
  TORCH_ARG(Tensor, exp_avg_sq);
  TORCH_ARG(Tensor, max_exp_avg_sq);
};
using AdamWParamState = AdamParamState;

/// Kingma and Ba 2015: p -= lr/(1-b1^t) * m / (sqrt(v)/sqrt(1-b2^t) + eps); weight decay joins the
/// gradient.
class GT_API Adam : public Optimizer {
 public:
  explicit Adam(std::vector<OptimizerParamGroup> groups, AdamOptions defaults = {});
  explicit Adam(std::vector<Tensor> params, AdamOptions defaults = {})
      : Adam(std::vector<OptimizerParamGroup>{OptimizerParamGroup(std::move(params))},
             std::move(defaults)) {}
  Tensor step(LossClosure closure = nullptr) override;
};

/// Loshchilov and Hutter 2019: as Adam, with p *= 1 - lr * weight_decay first, apart from the
/// gradient.
class GT_API AdamW : public Optimizer {
 public:
  explicit AdamW(std::vector<OptimizerParamGroup> groups, AdamWOptions defaults = {});
  explicit AdamW(std::vector<Tensor> params, AdamWOptions defaults = {})
      : AdamW(std::vector<OptimizerParamGroup>{OptimizerParamGroup(std::move(params))},
              std::move(defaults)) {}
  Tensor step(LossClosure closure = nullptr) override;
};

}  // namespace gt::optim

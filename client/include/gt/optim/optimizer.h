// The base of all optimizers: parameter groups, options and per-parameter state.
#pragma once

#include <gt/macros.h>
#include <gt/tensor.h>

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace gt::optim {

/// Options of one parameter group. Concrete optimizers derive from OptimizerCloneableOptions.
class GT_API OptimizerOptions {
 public:
  virtual ~OptimizerOptions() = default;
  [[nodiscard]] virtual std::unique_ptr<OptimizerOptions> clone() const = 0;
  [[nodiscard]] virtual double get_lr() const = 0;
  virtual void set_lr(double lr) = 0;
};

template <class Derived>
class OptimizerCloneableOptions : public OptimizerOptions {
 public:
  [[nodiscard]] std::unique_ptr<OptimizerOptions> clone() const override {
    return std::make_unique<Derived>(static_cast<const Derived&>(*this));
  }
  [[nodiscard]] double get_lr() const override { return static_cast<const Derived&>(*this).lr(); }
  void set_lr(double lr) override { static_cast<Derived&>(*this).lr(lr); }
};

/// State of one parameter, made at its first step.
class GT_API OptimizerParamState {
 public:
  virtual ~OptimizerParamState() = default;
};

/// Parameters with options of their own; without, the optimizer's defaults apply.
class GT_API OptimizerParamGroup {
 public:
  OptimizerParamGroup(std::vector<Tensor> params) : params_(std::move(params)) {}
  OptimizerParamGroup(std::vector<Tensor> params, std::unique_ptr<OptimizerOptions> options)
      : params_(std::move(params)), options_(std::move(options)) {}
  OptimizerParamGroup(const OptimizerParamGroup& other)
      : params_(other.params_), options_(other.has_options() ? other.options_->clone() : nullptr) {}
  OptimizerParamGroup& operator=(const OptimizerParamGroup& other);
  OptimizerParamGroup(OptimizerParamGroup&&) noexcept = default;
  OptimizerParamGroup& operator=(OptimizerParamGroup&&) noexcept = default;

  [[nodiscard]] bool has_options() const noexcept { return options_ != nullptr; }
  [[nodiscard]] OptimizerOptions& options();
  [[nodiscard]] const OptimizerOptions& options() const;
  void set_options(std::unique_ptr<OptimizerOptions> options) { options_ = std::move(options); }
  [[nodiscard]] std::vector<Tensor>& params() noexcept { return params_; }
  [[nodiscard]] const std::vector<Tensor>& params() const noexcept { return params_; }

 private:
  std::vector<Tensor> params_;
  std::unique_ptr<OptimizerOptions> options_;
};

/// Updates parameters in place from their gradients. Parameters without a gradient are skipped.
/// Numbers that change between steps are operands of the instructions, so that one step is the
/// same sequence as the next.
class GT_API Optimizer {
 public:
  using LossClosure = std::function<Tensor()>;
  using State = std::unordered_map<const void*, std::unique_ptr<OptimizerParamState>>;

  Optimizer(std::vector<OptimizerParamGroup> groups, std::unique_ptr<OptimizerOptions> defaults);
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;
  virtual ~Optimizer() = default;

  /// One update. The closure, if given, runs with gradients on; its loss is returned.
  virtual Tensor step(LossClosure closure = nullptr) = 0;

  /// Undefines the gradients of all parameters (or fills them with zeros).
  void zero_grad(bool set_to_none = true);
  /// Throws `can't optimize a non-leaf Tensor`, and for a parameter that stands in two groups.
  void add_param_group(const OptimizerParamGroup& group);

  [[nodiscard]] std::vector<OptimizerParamGroup>& param_groups() noexcept { return groups_; }
  [[nodiscard]] const std::vector<OptimizerParamGroup>& param_groups() const noexcept {
    return groups_;
  }
  [[nodiscard]] OptimizerOptions& defaults() noexcept { return *defaults_; }
  [[nodiscard]] const OptimizerOptions& defaults() const noexcept { return *defaults_; }
  /// By the address of the tensor: `parameter.impl().get()`.
  [[nodiscard]] State& state() noexcept { return state_; }
  [[nodiscard]] const State& state() const noexcept { return state_; }
  /// Number of parameters over all groups.
  [[nodiscard]] std::size_t size() const noexcept;

 protected:
  /// Runs the closure with gradients on; an undefined tensor without one.
  [[nodiscard]] static Tensor run_closure(const LossClosure& closure);
  /// The state of a parameter, made by default at its first step.
  template <class ParamState>
  [[nodiscard]] ParamState& state_of(const Tensor& parameter) {
    std::unique_ptr<OptimizerParamState>& slot = state_[parameter.impl().get()];
    if (slot == nullptr) slot = std::make_unique<ParamState>();
    return static_cast<ParamState&>(*slot);
  }

 private:
  std::vector<OptimizerParamGroup> groups_;
  std::unique_ptr<OptimizerOptions> defaults_;
  State state_;
};

}  // namespace gt::optim

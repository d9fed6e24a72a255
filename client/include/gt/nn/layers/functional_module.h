// A function as a module.
#pragma once

#include <gt/nn/module.h>

#include <functional>
#include <iosfwd>
#include <utility>

namespace gt::nn {

/// Wraps a function of one tensor; further arguments are bound: `Functional(relu)`,
/// `Functional(log_softmax, 1, nullopt)`.
class GT_API FunctionalImpl : public Cloneable<FunctionalImpl> {
 public:
  using Function = std::function<Tensor(Tensor)>;

  explicit FunctionalImpl(Function function);
  template <class SomeFunction, class... Arguments,
            class = std::enable_if_t<(sizeof...(Arguments) > 0)>>
  explicit FunctionalImpl(SomeFunction function, Arguments&&... arguments)
      : function_(
            std::bind(function, std::placeholders::_1, std::forward<Arguments>(arguments)...)) {}

  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  [[nodiscard]] Tensor forward(Tensor input);
  [[nodiscard]] Tensor operator()(Tensor input);

 private:
  Function function_;
};
TORCH_MODULE(Functional);

}  // namespace gt::nn

// Compiles one module of a program; everything around it stays as it is.
//
//   auto encoder = register_module("encoder", gt::nn::compile(Encoder()));
#pragma once

#include <gt/nn/layers/sequential.h>
#include <gt/nn/module.h>
#include <gt/nn/module_holder.h>
#include <gt/signal.h>

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace gt::nn {

namespace detail {

/// Registers a signal of its own for a module of this class, and returns its name. Throws
/// ValueError naming what is wrong with the options.
[[nodiscard]] GT_API std::string register_compiled_module(std::string_view module,
                                                          const signal::CompileConfig& options);

/// The type of `&ModuleType::forward`; of a Sequential, which has many, that of one tensor.
template <class ModuleType>
struct ForwardOf {
  using type = decltype(&ModuleType::forward);
};
template <>
struct ForwardOf<SequentialImpl> {
  using type = Tensor (SequentialImpl::*)(Tensor);
};

/// A ModuleType whose `forward` runs in a signal context.
template <class ModuleType, class Forward = typename ForwardOf<ModuleType>::type>
class CompiledForward;

template <class ModuleType, class Return, class Class, class... Arguments>
class CompiledForward<ModuleType, Return (Class::*)(Arguments...)> : public ModuleType {
 public:
  CompiledForward(const ModuleType& module, std::string signal)
      : ModuleType(module), compile_signal_(std::move(signal)) {}
  Return forward(Arguments... arguments) {
    const signal::context context(compile_signal_);
    return ModuleType::forward(std::forward<Arguments>(arguments)...);
  }

 protected:
  std::string compile_signal_;
};

template <class ModuleType, class Return, class Class, class... Arguments>
class CompiledForward<ModuleType, Return (Class::*)(Arguments...) const> : public ModuleType {
 public:
  CompiledForward(const ModuleType& module, std::string signal)
      : ModuleType(module), compile_signal_(std::move(signal)) {}
  Return forward(Arguments... arguments) const {
    const signal::context context(compile_signal_);
    return ModuleType::forward(std::forward<Arguments>(arguments)...);
  }

 protected:
  std::string compile_signal_;
};

}  // namespace detail

/// A ModuleType whose instructions, and those of its gradients, are compiled. Its `forward` takes
/// the arguments of ModuleType's, none left out.
template <class ModuleType>
class CompiledImpl final : public detail::CompiledForward<ModuleType> {
 public:
  using detail::CompiledForward<ModuleType>::CompiledForward;

  /// The signal of the instructions; no other module has it.
  [[nodiscard]] const std::string& compile_signal() const noexcept { return this->compile_signal_; }

  /// Compiled too, under the same signal.
  [[nodiscard]] std::shared_ptr<Module> clone(
      const optional<Device>& device = nullopt) const override {
    const auto copy = std::dynamic_pointer_cast<ModuleType>(ModuleType::clone(device));
    TORCH_CHECK(copy != nullptr, "clone() of ", this->name(), " gave a module of another class");
    return std::make_shared<CompiledImpl>(*copy, compile_signal());
  }
};

template <class ModuleType>
class Compiled : public ModuleHolder<CompiledImpl<ModuleType>> {
 public:
  using ModuleHolder<CompiledImpl<ModuleType>>::ModuleHolder;
  using Impl = CompiledImpl<ModuleType>;
};

/// The module with its `forward`, and the gradients of what that makes, compiled by the workers
/// once they repeat, with or without GT_AUTO_COMPILE; `options.enabled = false` keeps them eager
/// even there. Parameters, buffers and children are the given module's own under the same names; to
/// be used in its place, for other members are copied. Throws ValueError naming what is wrong with
/// the options.
template <class ModuleType, class = std::enable_if_t<std::is_base_of_v<Module, ModuleType>>>
[[nodiscard]] Compiled<ModuleType> compile(const ModuleType& module,
                                           const signal::CompileConfig& options = {}) {
  return std::make_shared<CompiledImpl<ModuleType>>(
      module, detail::register_compiled_module(module.name(), options));
}
template <class ModuleType>
[[nodiscard]] Compiled<ModuleType> compile(const std::shared_ptr<ModuleType>& module,
                                           const signal::CompileConfig& options = {}) {
  return compile(*module, options);
}
template <class ModuleType>
[[nodiscard]] Compiled<ModuleType> compile(const ModuleHolder<ModuleType>& module,
                                           const signal::CompileConfig& options = {}) {
  return compile(*module.ptr(), options);
}

}  // namespace gt::nn

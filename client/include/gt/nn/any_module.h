// A module whose type is forgotten but for the signature of its `forward`.
#pragma once

#include <gt/nn/module.h>

#include <memory>
#include <tuple>
#include <typeinfo>
#include <utility>
#include <vector>

namespace gt::nn {

namespace detail {

/// Calls `forward` of a known module type with type-erased arguments.
class AnyModulePlaceholder {
 public:
  virtual ~AnyModulePlaceholder() = default;
  [[nodiscard]] virtual AnyValue forward(std::vector<AnyValue>&& arguments) = 0;
  [[nodiscard]] virtual std::shared_ptr<Module> pointer() const = 0;
  [[nodiscard]] virtual const std::type_info& type() const = 0;
  [[nodiscard]] virtual std::unique_ptr<AnyModulePlaceholder> copy() const = 0;
  [[nodiscard]] virtual std::unique_ptr<AnyModulePlaceholder> clone_module(
      const optional<Device>& device) const = 0;
};

template <class ModuleType, class Return, class... Arguments>
class AnyModuleHolder final : public AnyModulePlaceholder {
 public:
  explicit AnyModuleHolder(std::shared_ptr<ModuleType> module) : module_(std::move(module)) {}

  AnyValue forward(std::vector<AnyValue>&& arguments) override {
    return call(std::move(arguments), std::index_sequence_for<Arguments...>{});
  }
  std::shared_ptr<Module> pointer() const override { return module_; }
  const std::type_info& type() const override { return typeid(ModuleType); }
  std::unique_ptr<AnyModulePlaceholder> copy() const override {
    return std::make_unique<AnyModuleHolder>(*this);
  }
  std::unique_ptr<AnyModulePlaceholder> clone_module(
      const optional<Device>& device) const override {
    return std::make_unique<AnyModuleHolder>(
        std::dynamic_pointer_cast<ModuleType>(module_->clone(device)));
  }

 private:
  template <std::size_t... Indices>
  AnyValue call(std::vector<AnyValue>&& arguments, std::index_sequence<Indices...>) {
    TORCH_CHECK(arguments.size() == sizeof...(Arguments), module_->name(),
                "'s forward() method expects ", sizeof...(Arguments), " argument(s), but received ",
                arguments.size(), ". If ", module_->name(),
                "'s forward() method has default arguments, please make "
                "sure the forward() method is declared with a corresponding "
                "`FORWARD_HAS_DEFAULT_ARGS` macro.");
    return AnyValue(module_->forward(take<Arguments>(arguments[Indices], Indices)...));
  }
  template <class T>
  std::decay_t<T> take(AnyValue& value, std::size_t position) {
    if (auto* typed = value.try_get<std::decay_t<T>>()) return std::move(*typed);
    throw Error(str("Expected argument #", position, " to be of type ", typeid(T).name(),
                    ", but received value of type ", value.type_info().name()));
  }

  std::shared_ptr<ModuleType> module_;
};

template <class ModuleType, class Return, class Class, class... Arguments>
std::unique_ptr<AnyModulePlaceholder> make_any_holder(std::shared_ptr<ModuleType> module,
                                                      Return (Class::*)(Arguments...)) {
  return std::make_unique<AnyModuleHolder<ModuleType, Return, Arguments...>>(std::move(module));
}
template <class ModuleType, class Return, class Class, class... Arguments>
std::unique_ptr<AnyModulePlaceholder> make_any_holder(std::shared_ptr<ModuleType> module,
                                                      Return (Class::*)(Arguments...) const) {
  return std::make_unique<AnyModuleHolder<ModuleType, Return, Arguments...>>(std::move(module));
}

}  // namespace detail

/// Holds any module that has one (not overloaded, not templated) `forward`.
class GT_API AnyModule {
 public:
  AnyModule() = default;
  template <class ModuleType, class = decltype(&ModuleType::forward)>
  explicit AnyModule(std::shared_ptr<ModuleType> module)
      : content_(detail::make_any_holder(std::move(module), &ModuleType::forward)) {}
  template <class ModuleType, class = std::enable_if_t<std::is_base_of_v<Module, ModuleType>>>
  explicit AnyModule(ModuleType&& module)
      : AnyModule(std::make_shared<std::decay_t<ModuleType>>(std::forward<ModuleType>(module))) {}
  template <class ModuleType>
  explicit AnyModule(const ModuleHolder<ModuleType>& holder) : AnyModule(holder.ptr()) {}
  AnyModule(AnyModule&&) noexcept = default;
  AnyModule& operator=(AnyModule&&) noexcept = default;
  AnyModule(const AnyModule& other);
  AnyModule& operator=(const AnyModule& other);

  [[nodiscard]] AnyModule clone(const optional<Device>& device = nullopt) const;

  /// Calls `forward`; argument types must match it exactly.
  template <class... Arguments>
  [[nodiscard]] AnyValue any_forward(Arguments&&... arguments) {
    std::vector<AnyValue> values;
    values.reserve(sizeof...(Arguments));
    (values.push_back(AnyValue(std::forward<Arguments>(arguments))), ...);
    return call(std::move(values));
  }
  [[nodiscard]] AnyValue any_forward(AnyValue value);
  template <class Return = Tensor, class... Arguments>
  [[nodiscard]] Return forward(Arguments&&... arguments) {
    return any_forward(std::forward<Arguments>(arguments)...).template get<Return>();
  }

  /// The module as `T` (class or holder); throws if it is another.
  template <class T, class = std::enable_if_t<!is_module_holder_v<T>>>
  [[nodiscard]] T& get() {
    return *std::static_pointer_cast<T>(checked_pointer(typeid(T)));
  }
  template <class T, class Contained = typename T::ContainedType>
  [[nodiscard]] T get() {
    return T(std::static_pointer_cast<Contained>(checked_pointer(typeid(Contained))));
  }
  [[nodiscard]] std::shared_ptr<Module> ptr() const;
  template <class T>
  [[nodiscard]] std::shared_ptr<T> ptr() const {
    return std::static_pointer_cast<T>(checked_pointer(typeid(T)));
  }
  [[nodiscard]] const std::type_info& type_info() const;
  [[nodiscard]] bool is_empty() const noexcept { return content_ == nullptr; }

 private:
  explicit AnyModule(std::unique_ptr<detail::AnyModulePlaceholder> content)
      : content_(std::move(content)) {}
  [[nodiscard]] AnyValue call(std::vector<AnyValue>&& arguments);
  [[nodiscard]] std::shared_ptr<Module> checked_pointer(const std::type_info& type) const;

  std::unique_ptr<detail::AnyModulePlaceholder> content_;
};

}  // namespace gt::nn

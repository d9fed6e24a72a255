// Modules in a row, and modules in a list.
#pragma once

#include <gt/nn/any_module.h>
#include <gt/nn/layers/functional_module.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace gt::nn {

/// A module of any type with the name it gets in a Sequential: `{"fc", Linear(2, 3)}`.
class NamedAnyModule {
 public:
  template <class ModuleType>
  NamedAnyModule(std::string name, ModuleType&& module)
      : name_(std::move(name)), module_(std::forward<ModuleType>(module)) {}
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] AnyModule& module() noexcept { return module_; }
  [[nodiscard]] const AnyModule& module() const noexcept { return module_; }

 private:
  std::string name_;
  AnyModule module_;
};

/// Feeds each module's result to the next. The first may take any arguments, the others one.
class GT_API SequentialImpl : public Cloneable<SequentialImpl> {
 public:
  using Iterator = std::vector<AnyModule>::iterator;
  using ConstIterator = std::vector<AnyModule>::const_iterator;

  SequentialImpl() = default;
  explicit SequentialImpl(OrderedDict<std::string, AnyModule>&& modules);
  SequentialImpl(std::initializer_list<NamedAnyModule> modules);
  template <class First, class... Rest,
            class = std::enable_if_t<
                !std::is_base_of_v<SequentialImpl, std::decay_t<First>> &&
                !std::is_same_v<std::decay_t<First>, OrderedDict<std::string, AnyModule>>>>
  explicit SequentialImpl(First&& first, Rest&&... rest) {
    push_back(std::forward<First>(first));
    (push_back(std::forward<Rest>(rest)), ...);
  }

  [[nodiscard]] std::shared_ptr<Module> clone(
      const optional<Device>& device = nullopt) const override;
  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  /// Throws `Cannot call forward() on an empty Sequential`.
  template <class Return = Tensor, class... Arguments>
  Return forward(Arguments&&... arguments) {
    TORCH_CHECK(!is_empty(), "Cannot call forward() on an empty Sequential");
    AnyValue value = modules_.front().any_forward(std::forward<Arguments>(arguments)...);
    for (std::size_t i = 1; i < modules_.size(); ++i)
      value = modules_[i].any_forward(std::move(value));
    if (Return* result = value.template try_get<Return>()) return std::move(*result);
    throw Error(str("The type of the return value is ", value.type_info().name(),
                    ", but you asked for type ", typeid(Return).name()));
  }

  template <class ModuleType>
  void push_back(std::shared_ptr<ModuleType> module) {
    push_back(std::to_string(modules_.size()), std::move(module));
  }
  template <class ModuleType>
  void push_back(std::string name, std::shared_ptr<ModuleType> module) {
    push_back(std::move(name), AnyModule(std::move(module)));
  }
  template <class ModuleType,
            class = std::enable_if_t<std::is_base_of_v<Module, std::decay_t<ModuleType>>>>
  void push_back(ModuleType&& module) {
    push_back(std::make_shared<std::decay_t<ModuleType>>(std::forward<ModuleType>(module)));
  }
  template <class ModuleType,
            class = std::enable_if_t<std::is_base_of_v<Module, std::decay_t<ModuleType>>>>
  void push_back(std::string name, ModuleType&& module) {
    push_back(std::move(name),
              std::make_shared<std::decay_t<ModuleType>>(std::forward<ModuleType>(module)));
  }
  template <class ModuleType>
  void push_back(const ModuleHolder<ModuleType>& module) {
    push_back(module.ptr());
  }
  template <class ModuleType>
  void push_back(std::string name, const ModuleHolder<ModuleType>& module) {
    push_back(std::move(name), module.ptr());
  }
  /// A function or lambda of one tensor, through Functional.
  template <class Function,
            class = std::enable_if_t<
                std::conjunction_v<std::bool_constant<!is_module_holder_v<Function>>,
                                   std::negation<std::is_base_of<Module, std::decay_t<Function>>>,
                                   std::is_invocable_r<Tensor, Function, Tensor>>>,
            class = void>
  void push_back(Function&& function) {
    push_back(std::make_shared<FunctionalImpl>(
        FunctionalImpl::Function(std::forward<Function>(function))));
  }
  void push_back(AnyModule module);
  void push_back(std::string name, AnyModule module);

  template <class Container>
  void extend(const Container& container) {
    for (const auto& module : container) push_back(module);
  }

  [[nodiscard]] Iterator begin() { return modules_.begin(); }
  [[nodiscard]] Iterator end() { return modules_.end(); }
  [[nodiscard]] ConstIterator begin() const { return modules_.begin(); }
  [[nodiscard]] ConstIterator end() const { return modules_.end(); }
  [[nodiscard]] std::size_t size() const noexcept { return modules_.size(); }
  [[nodiscard]] bool is_empty() const noexcept { return modules_.empty(); }
  template <class T>
  [[nodiscard]] T& at(std::size_t position) {
    TORCH_CHECK(position < size(), "Index out of range");
    return modules_[position].get<T>();
  }
  [[nodiscard]] std::shared_ptr<Module> ptr(std::size_t position) const;
  template <class T>
  [[nodiscard]] std::shared_ptr<T> ptr(std::size_t position) const {
    TORCH_CHECK(position < size(), "Index out of range");
    if constexpr (is_module_holder_v<T>) {
      return modules_[position].ptr<typename T::ContainedType>();
    } else {
      return modules_[position].ptr<T>();
    }
  }
  [[nodiscard]] std::shared_ptr<Module> operator[](std::size_t position) const {
    return ptr(position);
  }

 private:
  std::vector<AnyModule> modules_;
};

class Sequential : public ModuleHolder<SequentialImpl> {
 public:
  using ModuleHolder<SequentialImpl>::ModuleHolder;
  using Impl = SequentialImpl;
  Sequential() : ModuleHolder() {}
  Sequential(std::initializer_list<NamedAnyModule> modules)
      : ModuleHolder(std::make_shared<SequentialImpl>(modules)) {}
};

/// A list of modules that are registered, but called by the program.
class GT_API ModuleListImpl : public Cloneable<ModuleListImpl> {
 public:
  using Iterator = std::vector<std::shared_ptr<Module>>::iterator;
  using ConstIterator = std::vector<std::shared_ptr<Module>>::const_iterator;

  ModuleListImpl() = default;
  template <class First, class... Rest,
            class = std::enable_if_t<!std::is_base_of_v<ModuleListImpl, std::decay_t<First>>>>
  explicit ModuleListImpl(First&& first, Rest&&... rest) {
    push_back(std::forward<First>(first));
    (push_back(std::forward<Rest>(rest)), ...);
  }

  [[nodiscard]] std::shared_ptr<Module> clone(
      const optional<Device>& device = nullopt) const override;
  void reset() override;
  void pretty_print(std::ostream& stream) const override;

  void push_back(std::shared_ptr<Module> module);
  template <class ModuleType,
            class = std::enable_if_t<std::is_base_of_v<Module, std::decay_t<ModuleType>>>>
  void push_back(ModuleType&& module) {
    push_back(std::static_pointer_cast<Module>(
        std::make_shared<std::decay_t<ModuleType>>(std::forward<ModuleType>(module))));
  }
  template <class ModuleType>
  void push_back(const ModuleHolder<ModuleType>& module) {
    push_back(std::static_pointer_cast<Module>(module.ptr()));
  }
  template <class Container>
  void extend(const Container& container) {
    for (const auto& module : container) push_back(module);
  }

  [[nodiscard]] Iterator begin() { return modules_.begin(); }
  [[nodiscard]] Iterator end() { return modules_.end(); }
  [[nodiscard]] ConstIterator begin() const { return modules_.begin(); }
  [[nodiscard]] ConstIterator end() const { return modules_.end(); }
  [[nodiscard]] std::size_t size() const noexcept { return modules_.size(); }
  [[nodiscard]] bool is_empty() const noexcept { return modules_.empty(); }
  template <class T>
  [[nodiscard]] T& at(std::size_t position) {
    auto* module = dynamic_cast<T*>(ptr(position).get());
    TORCH_CHECK(module != nullptr, "Unable to cast the module at position ", position,
                " to the type asked for");
    return *module;
  }
  [[nodiscard]] std::shared_ptr<Module> ptr(std::size_t position) const;
  [[nodiscard]] std::shared_ptr<Module> operator[](std::size_t position) const {
    return ptr(position);
  }

 private:
  std::vector<std::shared_ptr<Module>> modules_;
};
TORCH_MODULE(ModuleList);

}  // namespace gt::nn

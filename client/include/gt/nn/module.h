// The base of all modules: named parameters, buffers and submodules, as in LibTorch's C++ frontend.
#pragma once

#include <gt/autograd.h>
#include <gt/macros.h>
#include <gt/nn/any_value.h>
#include <gt/nn/module_holder.h>
#include <gt/nn/ordered_dict.h>
#include <gt/tensor.h>

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

namespace gt::nn {

/// A module owns handles of its parameters and buffers and shares its children. Registered names
/// must be non-empty and hold no dot. Copying a module object copies handles and shares children.
class GT_API Module : public std::enable_shared_from_this<Module> {
 public:
  using ModuleApplyFunction = std::function<void(Module&)>;
  using ConstModuleApplyFunction = std::function<void(const Module&)>;
  using NamedModuleApplyFunction = std::function<void(const std::string&, Module&)>;
  using ConstNamedModuleApplyFunction = std::function<void(const std::string&, const Module&)>;
  using ModulePointerApplyFunction = std::function<void(const std::shared_ptr<Module>&)>;
  using NamedModulePointerApplyFunction =
      std::function<void(const std::string&, const std::shared_ptr<Module>&)>;

  explicit Module(std::string name);
  Module();
  Module(const Module&) = default;
  Module& operator=(const Module&) = default;
  Module(Module&&) noexcept = default;
  Module& operator=(Module&&) noexcept = default;
  virtual ~Module() = default;

  /// The name given to the constructor, else the full name of the class: `gt::nn::LinearImpl`.
  [[nodiscard]] const std::string& name() const noexcept;

  /// A deep copy of parameters, buffers and children. Only classes derived from Cloneable have
  /// one; others throw `clone() has not been implemented for X`.
  [[nodiscard]] virtual std::shared_ptr<Module> clone(
      const optional<Device>& device = nullopt) const;

  /// Calls the function on this module first, then on its children, depth first. Names are dotted
  /// and begin with `name_prefix`.
  void apply(const ModuleApplyFunction& function);
  void apply(const ConstModuleApplyFunction& function) const;
  void apply(const NamedModuleApplyFunction& function, const std::string& name_prefix = "");
  void apply(const ConstNamedModuleApplyFunction& function,
             const std::string& name_prefix = "") const;
  void apply(const ModulePointerApplyFunction& function) const;
  void apply(const NamedModulePointerApplyFunction& function,
             const std::string& name_prefix = "") const;

  /// Handles, a module's own first in order of registration, then the children's. Undefined
  /// parameters (a bias that is switched off) are left out.
  [[nodiscard]] std::vector<Tensor> parameters(bool recurse = true) const;
  [[nodiscard]] OrderedDict<std::string, Tensor> named_parameters(bool recurse = true) const;
  [[nodiscard]] std::vector<Tensor> buffers(bool recurse = true) const;
  [[nodiscard]] OrderedDict<std::string, Tensor> named_buffers(bool recurse = true) const;
  [[nodiscard]] std::vector<std::shared_ptr<Module>> modules(bool include_self = true) const;
  [[nodiscard]] OrderedDict<std::string, std::shared_ptr<Module>> named_modules(
      const std::string& name_prefix = "", bool include_self = true) const;
  [[nodiscard]] std::vector<std::shared_ptr<Module>> children() const;
  [[nodiscard]] OrderedDict<std::string, std::shared_ptr<Module>> named_children() const;

  virtual void train(bool on = true);
  void eval();
  [[nodiscard]] virtual bool is_training() const noexcept;

  /// Converts every parameter and buffer in place of its handle (integer ones too).
  virtual void to(Device device, Dtype dtype, bool non_blocking = false);
  virtual void to(Dtype dtype, bool non_blocking = false);
  virtual void to(Device device, bool non_blocking = false);

  /// Undefines the gradients (or fills them with zeros).
  virtual void zero_grad(bool set_to_none = true);

  /// The module as another type, by holder or class; nullptr if it is none.
  template <class ModuleType>
  typename ModuleType::ContainedType* as() noexcept {
    return as<typename ModuleType::ContainedType>();
  }
  template <class ModuleType>
  const typename ModuleType::ContainedType* as() const noexcept {
    return as<typename ModuleType::ContainedType>();
  }
  template <class ModuleType, std::enable_if_t<!is_module_holder_v<ModuleType>, int> = 0>
  ModuleType* as() noexcept {
    return dynamic_cast<ModuleType*>(this);
  }
  template <class ModuleType, std::enable_if_t<!is_module_holder_v<ModuleType>, int> = 0>
  const ModuleType* as() const noexcept {
    return dynamic_cast<const ModuleType*>(this);
  }

  /// Prints the module without its children.
  virtual void pretty_print(std::ostream& stream) const;

  /// Registers a parameter under a name and returns it; it requires grad if asked and defined.
  Tensor& register_parameter(std::string name, Tensor tensor, bool requires_grad = true);
  Tensor& register_buffer(std::string name, Tensor tensor);
  /// Registers a child and returns what was given, so that a member can be assigned from it.
  template <class ModuleType>
  std::shared_ptr<ModuleType> register_module(std::string name,
                                              std::shared_ptr<ModuleType> module) {
    add_child(std::move(name), module);
    return module;
  }
  template <class ModuleType>
  std::shared_ptr<ModuleType> register_module(std::string name,
                                              const ModuleHolder<ModuleType>& module_holder) {
    return register_module(std::move(name), module_holder.ptr());
  }
  template <class ModuleType>
  std::shared_ptr<ModuleType> replace_module(const std::string& name,
                                             std::shared_ptr<ModuleType> module) {
    replace_child(name, module);
    return module;
  }
  template <class ModuleType>
  std::shared_ptr<ModuleType> replace_module(const std::string& name,
                                             const ModuleHolder<ModuleType>& module_holder) {
    return replace_module(name, module_holder.ptr());
  }
  void unregister_module(const std::string& name);

 protected:
  friend class AnyModule;
  template <class Derived>
  friend class Cloneable;

  /// For FORWARD_HAS_DEFAULT_ARGS.
  virtual unsigned int _forward_num_required_args();
  virtual std::vector<AnyValue> _forward_populate_default_args(std::vector<AnyValue>&& arguments);

  OrderedDict<std::string, Tensor> parameters_{"Parameter"};
  OrderedDict<std::string, Tensor> buffers_{"Buffer"};
  OrderedDict<std::string, std::shared_ptr<Module>> children_{"Submodule"};

 private:
  friend GT_API std::ostream& operator<<(std::ostream& stream, const Module& module);

  void add_child(std::string name, std::shared_ptr<Module> module);
  void replace_child(const std::string& name, std::shared_ptr<Module> module);
  void copy_from(const Module& source, const optional<Device>& device);
  void visit_children(const std::string& prefix,
                      const NamedModulePointerApplyFunction& function) const;
  [[nodiscard]] std::shared_ptr<Module> shared_self() const;
  void print_nested(std::ostream& stream, const std::string& indentation) const;
  template <class Function>
  void for_each_tensor(const Function& function);

  mutable optional<std::string> name_;
  bool is_training_ = true;
};

/// The nested form: the module's own line, then each child indented under its name.
GT_API std::ostream& operator<<(std::ostream& stream, const Module& module);

/// Gives `clone()` to a module whose `reset()` makes its parameters, buffers and children anew.
template <class Derived>
class Cloneable : public Module {
 public:
  using Module::Module;

  /// Registers everything afresh. Called by the constructor of the module and by `clone`.
  virtual void reset() = 0;

  [[nodiscard]] std::shared_ptr<Module> clone(
      const optional<Device>& device = nullopt) const override {
    NoGradGuard no_grad;
    auto copy = std::make_shared<Derived>(static_cast<const Derived&>(*this));
    copy->parameters_.clear();
    copy->buffers_.clear();
    copy->children_.clear();
    copy->reset();
    static_cast<Module&>(*copy).copy_from(*this, device);
    return copy;
  }
};

}  // namespace gt::nn

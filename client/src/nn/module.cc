#include <cxxabi.h>
#include <gt/nn/module.h>

#include <cstdlib>
#include <ostream>
#include <typeinfo>

#include "client/src/session/site.h"

namespace gt::nn {
namespace {

std::string demangle(const char* mangled) {
  int status = 0;
  std::unique_ptr<char, void (*)(void*)> text(
      abi::__cxa_demangle(mangled, nullptr, nullptr, &status), std::free);
  return status == 0 ? text.get() : mangled;
}

std::string join(const std::string& prefix, const std::string& name) {
  return prefix.empty() ? name : prefix + "." + name;
}

void check_name(const std::string& kind, const std::string& name) {
  TORCH_CHECK(!name.empty(), kind, " name must not be empty");
  TORCH_CHECK(name.find('.') == std::string::npos, kind, " name must not contain a dot (got '",
              name, "')");
}

}  // namespace

Module::Module() = default;
Module::Module(std::string name) : name_(std::move(name)) {}

const std::string& Module::name() const noexcept {
  if (!name_) name_ = demangle(typeid(*this).name());
  return *name_;
}

std::shared_ptr<Module> Module::clone(const optional<Device>&) const {
  throw Error(str("clone() has not been implemented for ", name(), ". Subclass gt::nn::Cloneable<",
                  name(),
                  "> instead of gt::nn::Module to inherit "
                  "the ability to clone."));
}

std::shared_ptr<Module> Module::shared_self() const {
  try {
    return std::const_pointer_cast<Module>(shared_from_this());
  } catch (const std::bad_weak_ptr&) {
    throw Error(
        "It looks like you attempted to retrieve your top-level module as a shared_ptr, "
        "but it is not stored in a shared_ptr. Use std::make_shared<" +
        name() +
        "> instead of creating your module on the stack, or alternatively do not try to "
        "access your top-level module at all by passing /*include_self=*/false to "
        "modules() or named_modules()");
  }
}

void Module::visit_children(const std::string& prefix,
                            const NamedModulePointerApplyFunction& function) const {
  for (const auto& child : children_) {
    const std::string child_name = join(prefix, child.key());
    function(child_name, child.value());
    child.value()->visit_children(child_name, function);
  }
}

void Module::apply(const ModuleApplyFunction& function) {
  function(*this);
  visit_children(
      "", [&](const std::string&, const std::shared_ptr<Module>& module) { function(*module); });
}

void Module::apply(const ConstModuleApplyFunction& function) const {
  function(*this);
  visit_children(
      "", [&](const std::string&, const std::shared_ptr<Module>& module) { function(*module); });
}

void Module::apply(const NamedModuleApplyFunction& function, const std::string& name_prefix) {
  function(name_prefix, *this);
  visit_children(name_prefix, [&](const std::string& name, const std::shared_ptr<Module>& module) {
    function(name, *module);
  });
}

void Module::apply(const ConstNamedModuleApplyFunction& function,
                   const std::string& name_prefix) const {
  function(name_prefix, *this);
  visit_children(name_prefix, [&](const std::string& name, const std::shared_ptr<Module>& module) {
    function(name, *module);
  });
}

void Module::apply(const ModulePointerApplyFunction& function) const {
  function(shared_self());
  visit_children(
      "", [&](const std::string&, const std::shared_ptr<Module>& module) { function(module); });
}

void Module::apply(const NamedModulePointerApplyFunction& function,
                   const std::string& name_prefix) const {
  function(name_prefix, shared_self());
  visit_children(name_prefix, function);
}

OrderedDict<std::string, Tensor> Module::named_parameters(bool recurse) const {
  OrderedDict<std::string, Tensor> result;
  for (const auto& parameter : parameters_)
    if (parameter.value().defined()) result.insert(parameter.key(), parameter.value());
  if (!recurse) return result;
  visit_children("", [&](const std::string& name, const std::shared_ptr<Module>& module) {
    for (const auto& parameter : module->parameters_)
      if (parameter.value().defined())
        result.insert(join(name, parameter.key()), parameter.value());
  });
  return result;
}

std::vector<Tensor> Module::parameters(bool recurse) const {
  return named_parameters(recurse).values();
}

OrderedDict<std::string, Tensor> Module::named_buffers(bool recurse) const {
  OrderedDict<std::string, Tensor> result;
  for (const auto& buffer : buffers_) result.insert(buffer.key(), buffer.value());
  if (!recurse) return result;
  visit_children("", [&](const std::string& name, const std::shared_ptr<Module>& module) {
    for (const auto& buffer : module->buffers_)
      result.insert(join(name, buffer.key()), buffer.value());
  });
  return result;
}

std::vector<Tensor> Module::buffers(bool recurse) const { return named_buffers(recurse).values(); }

OrderedDict<std::string, std::shared_ptr<Module>> Module::named_modules(
    const std::string& name_prefix, bool include_self) const {
  OrderedDict<std::string, std::shared_ptr<Module>> result;
  if (include_self) result.insert(name_prefix, shared_self());
  visit_children(name_prefix, [&](const std::string& name, const std::shared_ptr<Module>& module) {
    result.insert(name, module);
  });
  return result;
}

std::vector<std::shared_ptr<Module>> Module::modules(bool include_self) const {
  return named_modules("", include_self).values();
}

std::vector<std::shared_ptr<Module>> Module::children() const { return children_.values(); }

OrderedDict<std::string, std::shared_ptr<Module>> Module::named_children() const {
  return children_;
}

void Module::train(bool on) {
  for (auto& child : children_) child.value()->train(on);
  is_training_ = on;
}

void Module::eval() { train(false); }

bool Module::is_training() const noexcept { return is_training_; }

template <class Function>
void Module::for_each_tensor(const Function& function) {
  for (auto& child : children_) child.value()->for_each_tensor(function);
  for (auto& parameter : parameters_)
    if (parameter.value().defined()) function(parameter.value());
  for (auto& buffer : buffers_)
    if (buffer.value().defined()) function(buffer.value());
}

void Module::to(Device device, Dtype dtype, bool non_blocking) {
  for_each_tensor(
      [&](Tensor& tensor) { tensor.set_data(tensor.data().to(device, dtype, non_blocking)); });
}

void Module::to(Dtype dtype, bool non_blocking) {
  for_each_tensor([&](Tensor& tensor) { tensor.set_data(tensor.data().to(dtype, non_blocking)); });
}

void Module::to(Device device, bool non_blocking) {
  for_each_tensor([&](Tensor& tensor) {
    tensor.set_data(tensor.data().to(device, tensor.scalar_type(), non_blocking));
  });
}

void Module::zero_grad(bool set_to_none) {
  GT_ENTRY();
  for (Tensor& parameter : parameters()) {
    Tensor& grad = parameter.mutable_grad();
    if (!grad.defined()) continue;
    if (set_to_none) {
      grad.reset();
    } else {
      grad.detach_();
      grad.zero_();
    }
  }
}

void Module::pretty_print(std::ostream& stream) const { stream << name(); }

Tensor& Module::register_parameter(std::string name, Tensor tensor, bool requires_grad) {
  check_name("Parameter", name);
  if (tensor.defined()) {
    tensor.set_requires_grad(requires_grad);
  } else if (requires_grad) {
    TORCH_WARN(
        "An undefined tensor cannot require grad. Ignoring the `requires_grad=true` "
        "function parameter.");
  }
  return parameters_.insert(std::move(name), std::move(tensor));
}

Tensor& Module::register_buffer(std::string name, Tensor tensor) {
  check_name("Buffer", name);
  return buffers_.insert(std::move(name), std::move(tensor));
}

void Module::add_child(std::string name, std::shared_ptr<Module> module) {
  check_name("Submodule", name);
  children_.insert(std::move(name), std::move(module));
}

void Module::replace_child(const std::string& name, std::shared_ptr<Module> module) {
  children_[name] = std::move(module);
}

void Module::unregister_module(const std::string& name) {
  TORCH_CHECK(children_.contains(name), "No Module with name `", name, "` is registered");
  children_.erase(name);
}

void Module::copy_from(const Module& source, const optional<Device>& device) {
  const auto copy_tensor = [&](const Tensor& tensor) {
    return device ? tensor.to(*device).clone() : tensor.clone();
  };
  TORCH_CHECK(parameters_.size() == source.parameters_.size(),
              "The cloned module does not have the same number of parameters as the original "
              "module after calling reset(). Are you sure you called register_parameter() inside "
              "reset() and not the constructor?");
  TORCH_CHECK(buffers_.size() == source.buffers_.size(),
              "The cloned module does not have the same number of buffers as the original module "
              "after calling reset(). Are you sure you called register_buffer() inside reset() and "
              "not the constructor?");
  TORCH_CHECK(children_.size() == source.children_.size(),
              "The cloned module does not have the same number of child modules as the original "
              "module after calling reset(). Are you sure you called register_module() inside "
              "reset() and not the constructor?");
  for (const auto& parameter : source.parameters_)
    if (parameter.value().defined())
      parameters_[parameter.key()].set_data(copy_tensor(parameter.value().data()));
  for (const auto& buffer : source.buffers_)
    if (buffer.value().defined())
      buffers_[buffer.key()].set_data(copy_tensor(buffer.value().data()));
  for (const auto& child : source.children_)
    children_[child.key()]->copy_from(*child.value(), device);
}

void Module::print_nested(std::ostream& stream, const std::string& indentation) const {
  pretty_print(stream);
  if (children_.is_empty()) return;
  stream << "(\n";
  for (const auto& child : children_) {
    stream << indentation << "  (" << child.key() << "): ";
    child.value()->print_nested(stream, indentation + "  ");
    stream << '\n';
  }
  stream << indentation << ')';
}

std::ostream& operator<<(std::ostream& stream, const Module& module) {
  module.print_nested(stream, "");
  return stream;
}

unsigned int Module::_forward_num_required_args() {
  TORCH_CHECK(false, "forward() of ", name(), " has no default arguments");
  return 0;
}

std::vector<AnyValue> Module::_forward_populate_default_args(std::vector<AnyValue>&& arguments) {
  return std::move(arguments);
}

}  // namespace gt::nn

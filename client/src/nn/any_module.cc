#include <gt/nn/any_module.h>

namespace gt::nn {

AnyModule::AnyModule(const AnyModule& other)
    : content_(other.content_ ? other.content_->copy() : nullptr) {}

AnyModule& AnyModule::operator=(const AnyModule& other) {
  if (this != &other) content_ = other.content_ ? other.content_->copy() : nullptr;
  return *this;
}

AnyModule AnyModule::clone(const optional<Device>& device) const {
  return content_ ? AnyModule(content_->clone_module(device)) : AnyModule();
}

AnyValue AnyModule::call(std::vector<AnyValue>&& arguments) {
  TORCH_CHECK(!is_empty(), "Cannot call forward() on an empty AnyModule");
  return content_->forward(
      content_->pointer()->_forward_populate_default_args(std::move(arguments)));
}

AnyValue AnyModule::any_forward(AnyValue value) {
  std::vector<AnyValue> values;
  values.push_back(std::move(value));
  return call(std::move(values));
}

std::shared_ptr<Module> AnyModule::ptr() const {
  TORCH_CHECK(!is_empty(), "Cannot call ptr() on an empty AnyModule");
  return content_->pointer();
}

std::shared_ptr<Module> AnyModule::checked_pointer(const std::type_info& type) const {
  TORCH_CHECK(!is_empty(), "Cannot call get() on an empty AnyModule");
  TORCH_CHECK(content_->type() == type, "Attempted to cast module of type ",
              content_->type().name(), " to type ", type.name());
  return content_->pointer();
}

const std::type_info& AnyModule::type_info() const {
  TORCH_CHECK(!is_empty(), "Cannot call type_info() on an empty AnyModule");
  return content_->type();
}

}  // namespace gt::nn

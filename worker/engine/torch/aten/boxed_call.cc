#include "worker/engine/torch/aten/boxed_call.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>

#include <optional>
#include <string>

#include "common/error.h"
#include "worker/engine/torch/aten/translation.h"
#include "worker/engine/value.h"

namespace gt::aten {
namespace {

[[noreturn]] void fail(const RowCall& call, const std::string& problem) {
  throw CommonError(ErrorKind::kInternal, "row " + std::string(call.row.name) + ", schema " +
                                              std::string(schema_name(call)) + ": " + problem);
}

c10::OperatorHandle find_operator(const RowCall& call) {
  const std::string_view name = schema_name(call);
  const std::size_t dot = name.find('.');
  const std::string overload(dot == name.npos ? std::string_view() : name.substr(dot + 1));
  auto handle = c10::Dispatcher::singleton().findSchema(
      {"aten::" + std::string(name.substr(0, dot)), overload});
  if (!handle) fail(call, "LibTorch does not know it");
  return *handle;
}

c10::TypeKind kind_within_optional(const c10::Argument& argument) {
  c10::TypePtr type = argument.type();
  if (type->kind() == c10::TypeKind::OptionalType)
    type = type->castRaw<c10::OptionalType>()->getElementType();
  return type->kind();
}

c10::TypeKind element_kind(const c10::Argument& argument) {
  c10::TypePtr type = argument.type();
  if (type->kind() == c10::TypeKind::OptionalType)
    type = type->castRaw<c10::OptionalType>()->getElementType();
  return type->castRaw<c10::ListType>()->getElementType()->kind();
}

/// The operands from `first` on as the list that the schema wants.
c10::IValue operand_list(const RowCall& call, std::size_t first, const c10::Argument& argument) {
  if (element_kind(argument) == c10::TypeKind::OptionalType) {
    c10::List<std::optional<at::Tensor>> list;
    for (std::size_t k = first; k < call.operands.size(); ++k)
      list.push_back(call.has_tensor(k) ? std::optional(call.tensor(k)) : std::nullopt);
    return list;
  }
  c10::List<at::Tensor> list;
  for (std::size_t k = first; k < call.operands.size(); ++k) list.push_back(call.tensor(k));
  return list;
}

c10::IValue operand_value(const RowCall& call, std::size_t k, const c10::Argument& argument) {
  if (call.row.operands.specs[k].form == OperandForm::list) return operand_list(call, k, argument);
  if (k >= call.operands.size() || std::holds_alternative<std::monostate>(call.operands[k]))
    return {};
  if (kind_within_optional(argument) == c10::TypeKind::NumberType)
    return std::get<at::Scalar>(call.operands[k]);
  return call.as_tensor(k);
}

/// A number in the form that the schema's argument takes.
c10::IValue number_value(double value, const c10::Argument& argument) {
  return kind_within_optional(argument) == c10::TypeKind::NumberType
             ? c10::IValue(at::Scalar(value))
             : c10::IValue(value);
}

c10::IValue attribute_value(const RowCall& call, std::size_t k, const c10::Argument& argument) {
  const Attributes& attributes = call.attributes;
  switch (call.row.attributes.specs[k].type) {
    case AttributeType::integer:
      return attributes.integer(call.row, k);
    case AttributeType::boolean:
      return attributes.boolean(call.row, k);
    case AttributeType::dtype:
      return attributes.has_dtype(call.row, k) ? c10::IValue(attributes.integer(call.row, k))
                                               : c10::IValue();
    case AttributeType::real:
      return number_value(attributes.real(call.row, k), argument);
    case AttributeType::scalar: {
      const ScalarValue scalar = attributes.scalar(call.row, k);
      if (kind_within_optional(argument) == c10::TypeKind::FloatType) return scalar.to_double();
      return to_scalar(scalar);
    }
    case AttributeType::integers: {
      const auto values = attributes.integers(call.row, k);
      return std::vector<std::int64_t>(values.begin(), values.end());
    }
  }
  return {};
}

c10::IValue argument_value(const RowCall& call, const c10::Argument& argument,
                           const Overrides& given) {
  for (const auto& [name, value] : given)
    if (name == argument.name()) return value;
  for (std::size_t k = 0; k < call.row.operands.count; ++k)
    if (call.row.operands.specs[k].name == argument.name()) return operand_value(call, k, argument);
  for (std::size_t k = 0; k < call.row.attributes.count; ++k)
    if (call.row.attributes.specs[k].name == argument.name())
      return attribute_value(call, k, argument);
  if (argument.name() == "device" && call.operands.empty()) return call.device;
  if (argument.default_value()) return *argument.default_value();
  if (argument.type()->kind() == c10::TypeKind::OptionalType) return {};
  fail(call, "nothing gives its argument " + argument.name());
}

void append_tensors(std::vector<at::Tensor>& results, const c10::IValue& value) {
  if (value.isTensor()) results.push_back(value.toTensor());
  if (value.isTensorList())
    for (const at::Tensor& tensor : value.toTensorVector()) results.push_back(tensor);
}

}  // namespace

at::Scalar to_scalar(ScalarValue value) {
  switch (category_of(value.dtype())) {
    case DTypeCategory::kBool:
      return at::Scalar(value.to_bool());
    case DTypeCategory::kInteger:
      return at::Scalar(value.to_int64());
    case DTypeCategory::kFloating:
      return at::Scalar(value.to_double());
  }
  return {};
}

std::vector<at::Tensor> call_boxed(const RowCall& call) {
  const c10::OperatorHandle handle = find_operator(call);
  const Overrides given = overrides(call);
  torch::jit::Stack stack;
  for (const c10::Argument& argument : handle.schema().arguments())
    stack.push_back(argument_value(call, argument, given));
  handle.callBoxed(stack);
  std::vector<at::Tensor> results;
  for (const c10::IValue& value : stack) append_tensors(results, value);
  return results;
}

void rethrow_as_common_error(const c10::Error& error) {
  const std::string text = error.what_without_backtrace();
  const std::string line = text.substr(0, text.find('\n'));
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr)
    throw worker::OutOfMemory(line);
  ErrorKind kind = ErrorKind::kInvalidArgument;
  if (dynamic_cast<const c10::IndexError*>(&error) != nullptr) kind = ErrorKind::kIndex;
  if (dynamic_cast<const c10::ValueError*>(&error) != nullptr) kind = ErrorKind::kValue;
  if (dynamic_cast<const c10::TypeError*>(&error) != nullptr) kind = ErrorKind::kType;
  if (dynamic_cast<const c10::NotImplementedError*>(&error) != nullptr)
    kind = ErrorKind::kNotImplemented;
  throw CommonError(kind, line);
}

}  // namespace gt::aten

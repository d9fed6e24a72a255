// Names and categories of the public plain types.
#include <gt/error.h>
#include <gt/types.h>

#include <charconv>

#include "client/src/session/errors.h"
#include "client/src/tensor/convert.h"

namespace gt {

const char* toString(ScalarType type) noexcept {
  return type == ScalarType::Undefined ? "Undefined"
                                       : scalar_type_name(detail::to_dtype(type)).data();
}
std::size_t elementSize(ScalarType type) noexcept { return size_of(detail::to_dtype(type)); }
bool isFloatingType(ScalarType type) noexcept {
  return type != ScalarType::Undefined && is_floating(detail::to_dtype(type));
}
bool isIntegralType(ScalarType type, bool include_bool) noexcept {
  return type != ScalarType::Undefined && is_integral(detail::to_dtype(type), include_bool);
}
ScalarType promoteTypes(ScalarType a, ScalarType b) {
  try {
    return detail::to_scalar_type(promote(detail::to_dtype(a), detail::to_dtype(b)));
  } catch (const CommonError& error) {
    client::throw_public(error, "promoteTypes");
  }
}
std::string_view TypeMeta::name() const noexcept {
  return type_ == ScalarType::Undefined ? "nullptr (uninitialized)"
                                        : type_name(detail::to_dtype(type_));
}

namespace detail {
namespace {

const char* host_type_name(ScalarType type) noexcept {
  switch (type) {
    case ScalarType::Byte:
      return "uint8_t";
    case ScalarType::Char:
      return "int8_t";
    case ScalarType::Short:
      return "int16_t";
    case ScalarType::UInt16:
      return "uint16_t";
    case ScalarType::Int:
      return "int";
    case ScalarType::Long:
      return "int64_t";
    case ScalarType::Half:
      return "at::Half";
    case ScalarType::BFloat16:
      return "at::BFloat16";
    case ScalarType::Float:
      return "float";
    case ScalarType::Double:
      return "double";
    case ScalarType::Bool:
      return "bool";
    case ScalarType::Undefined:
      return "undefined";
  }
  return "undefined";
}

}  // namespace

void throw_scalar_overflow(ScalarType target) {
  throw Error(std::string("value cannot be converted to type ") + host_type_name(target) +
              " without overflow");
}
void throw_scalar_too_large() {
  throw Error("unsigned numbers above 9223372036854775807 cannot be a Scalar");
}

}  // namespace detail

namespace {

Device parse_device(const std::string& text) {
  const std::size_t colon = text.find(':');
  const std::string type = text.substr(0, colon);
  const auto invalid = [&] {
    return Error("Invalid device string: '" + text +
                 "'; expected cpu, cuda, mps, or one of these with an index, as in cuda:0");
  };
  DeviceType parsed = kCPU;
  if (type == "cuda")
    parsed = kCUDA;
  else if (type == "mps")
    parsed = kMPS;
  else if (type != "cpu")
    throw invalid();
  if (colon == std::string::npos) return Device(parsed);
  int index = -1;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, index);
  if (error != std::errc() || stop != end || index < 0 || index > 127) throw invalid();
  return Device(parsed, static_cast<DeviceIndex>(index));
}

const char* device_type_name(DeviceType type) noexcept {
  switch (type) {
    case DeviceType::CPU:
      return "cpu";
    case DeviceType::CUDA:
      return "cuda";
    case DeviceType::MPS:
      return "mps";
  }
  return "cpu";
}

}  // namespace

Device::Device(const std::string& text) : Device(parse_device(text)) {}

std::string Device::str() const {
  const std::string name = device_type_name(type_);
  return has_index() ? name + ":" + std::to_string(static_cast<int>(index_)) : name;
}

std::ostream& operator<<(std::ostream& stream, const Device& device) {
  return stream << device.str();
}
std::ostream& operator<<(std::ostream& stream, DeviceType type) {
  return stream << device_type_name(type);
}

}  // namespace gt

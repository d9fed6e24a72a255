// Devices and the options of a tensor; with scalar_type.h, scalar.h and array_ref.h all the plain
// types that tensor functions take.
#pragma once

#include <gt/array_ref.h>
#include <gt/export.h>
#include <gt/scalar.h>
#include <gt/scalar_type.h>

#include <concepts>
#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

namespace gt {

using std::string_view;

/// Kinds of device labels, numbered as in LibTorch.
enum class DeviceType : std::int8_t { CPU = 0, CUDA = 1, MPS = 13 };
inline constexpr DeviceType kCPU = DeviceType::CPU;
inline constexpr DeviceType kCUDA = DeviceType::CUDA;
inline constexpr DeviceType kMPS = DeviceType::MPS;

using DeviceIndex = std::int8_t;

/// A device label. Workers own all memory and signals place data: the label is carried and checked
/// as in LibTorch, and moves nothing.
class GT_API Device {
 public:
  /// Index -1 means the current device of that type.
  constexpr Device(DeviceType type, DeviceIndex index = -1) : type_(type), index_(index) {}
  /// `"cpu"`, `"cuda"`, `"cuda:1"`, `"mps"`; anything else throws gt::Error.
  Device(const std::string& text);
  /// A template, so that the number 0 is no text.
  template <std::same_as<const char*> Text>
  Device(Text text) : Device(std::string(text)) {}

  [[nodiscard]] constexpr DeviceType type() const noexcept { return type_; }
  [[nodiscard]] constexpr DeviceIndex index() const noexcept { return index_; }
  [[nodiscard]] constexpr bool has_index() const noexcept { return index_ >= 0; }
  [[nodiscard]] constexpr bool is_cpu() const noexcept { return type_ == kCPU; }
  [[nodiscard]] constexpr bool is_cuda() const noexcept { return type_ == kCUDA; }
  [[nodiscard]] constexpr bool is_mps() const noexcept { return type_ == kMPS; }
  /// `cpu`, `cuda:0`
  [[nodiscard]] std::string str() const;
  friend constexpr bool operator==(const Device&, const Device&) = default;

 private:
  DeviceType type_;
  DeviceIndex index_;
};
GT_API std::ostream& operator<<(std::ostream& stream, const Device& device);
GT_API std::ostream& operator<<(std::ostream& stream, DeviceType type);

/// How elements are arranged; accepted where LibTorch takes one. Results are contiguous whatever
/// is asked for.
enum class MemoryFormat : std::int8_t { Contiguous, Preserve, ChannelsLast, ChannelsLast3d };

/// Tensors here are strided, never sparse.
enum class StorageLayout : std::int8_t { Strided };
inline constexpr StorageLayout kStrided = StorageLayout::Strided;

/// Dtype, device label and `requires_grad` of a tensor to be made; what is not set takes the
/// default: Float, CPU, false.
class TensorOptions {
 public:
  constexpr TensorOptions() = default;
  constexpr TensorOptions(ScalarType type) : dtype_(type) {}
  constexpr TensorOptions(TypeMeta type) : dtype_(type.toScalarType()) {}
  constexpr TensorOptions(Device device) : device_(device) {}
  constexpr TensorOptions(DeviceType type) : device_(Device(type)) {}
  TensorOptions(const std::string& device) : device_(Device(device)) {}
  template <std::same_as<const char*> Text>
  TensorOptions(Text device) : device_(Device(device)) {}
  constexpr TensorOptions(MemoryFormat) {}

  [[nodiscard]] constexpr TensorOptions dtype(optional<ScalarType> type) const {
    TensorOptions changed = *this;
    changed.dtype_ = type;
    return changed;
  }
  [[nodiscard]] constexpr TensorOptions device(optional<Device> device) const {
    TensorOptions changed = *this;
    changed.device_ = device;
    return changed;
  }
  [[nodiscard]] constexpr TensorOptions device(DeviceType type, DeviceIndex index = -1) const {
    return device(Device(type, index));
  }
  [[nodiscard]] constexpr TensorOptions requires_grad(optional<bool> requires_grad) const {
    TensorOptions changed = *this;
    changed.requires_grad_ = requires_grad;
    return changed;
  }
  [[nodiscard]] constexpr TensorOptions layout(StorageLayout) const { return *this; }
  [[nodiscard]] constexpr TensorOptions pinned_memory(bool) const { return *this; }
  [[nodiscard]] constexpr TensorOptions memory_format(MemoryFormat) const { return *this; }

  [[nodiscard]] constexpr TypeMeta dtype() const { return dtype_.value_or(kFloat); }
  [[nodiscard]] constexpr Device device() const { return device_.value_or(Device(kCPU)); }
  [[nodiscard]] constexpr bool requires_grad() const { return requires_grad_.value_or(false); }
  [[nodiscard]] constexpr StorageLayout layout() const { return kStrided; }
  [[nodiscard]] constexpr bool has_dtype() const noexcept { return dtype_.has_value(); }
  [[nodiscard]] constexpr bool has_device() const noexcept { return device_.has_value(); }
  [[nodiscard]] constexpr bool has_requires_grad() const noexcept {
    return requires_grad_.has_value();
  }
  [[nodiscard]] constexpr optional<ScalarType> dtype_opt() const noexcept { return dtype_; }
  [[nodiscard]] constexpr optional<Device> device_opt() const noexcept { return device_; }
  /// These options, and those of `others` where they are set.
  [[nodiscard]] constexpr TensorOptions merge_in(TensorOptions others) const {
    TensorOptions merged = *this;
    if (others.dtype_) merged.dtype_ = others.dtype_;
    if (others.device_) merged.device_ = others.device_;
    if (others.requires_grad_) merged.requires_grad_ = others.requires_grad_;
    return merged;
  }

 private:
  optional<ScalarType> dtype_;
  optional<Device> device_;
  optional<bool> requires_grad_;
};

[[nodiscard]] constexpr TensorOptions dtype(ScalarType type) { return TensorOptions().dtype(type); }
[[nodiscard]] constexpr TensorOptions device(Device device) { return TensorOptions(device); }
[[nodiscard]] constexpr TensorOptions requires_grad(bool requires_grad = true) {
  return TensorOptions().requires_grad(requires_grad);
}
[[nodiscard]] constexpr TensorOptions layout(StorageLayout) { return TensorOptions(); }

}  // namespace gt

// Kernels of a GPU on copies of the tensors, so that results are compared with the processor's.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "worker/jit/kernel.h"

namespace gt::worker::jit {

/// Bytes on a device.
class DeviceCopy {
 public:
  virtual ~DeviceCopy() = default;
  [[nodiscard]] virtual void* place() = 0;
  /// Waits for the device, and copies them back.
  virtual void fetch(std::span<std::byte> bytes) = 0;
};

/// Memory of a device.
class DeviceRoom {
 public:
  virtual ~DeviceRoom() = default;
  [[nodiscard]] virtual std::unique_ptr<DeviceCopy> copy(std::span<const std::byte> bytes) = 0;
  [[nodiscard]] virtual void* queue() = 0;
};

/// The kernels of `compiler`, each call of which copies what it reads to the room and back.
[[nodiscard]] std::unique_ptr<KernelCompiler> make_staged_compiler(
    std::unique_ptr<KernelCompiler> compiler, std::shared_ptr<DeviceRoom> room);

}  // namespace gt::worker::jit

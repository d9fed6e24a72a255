// A whole engine through ATen: every row on one device, results in LibTorch's own memory.
//
// The CUDA plugin is this engine over CUDA's memory; the tests run the same code over the CPU's.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "worker/engine/engine.h"

namespace c10 {
struct Device;
}

namespace gt::aten {

/// What the engine must know of a device's memory.
class DeviceMemory {
 public:
  virtual ~DeviceMemory() = default;
  /// Bytes that LibTorch's allocator of this device has handed out.
  [[nodiscard]] virtual std::size_t bytes_in_use() const noexcept = 0;
  /// The most that it may hand out.
  [[nodiscard]] virtual std::size_t limit() const noexcept = 0;
  /// Whether compiled kernels can work on it.
  [[nodiscard]] virtual bool takes_kernels() const noexcept { return false; }
  /// LibTorch's current stream of the device; null where it has none.
  [[nodiscard]] virtual void* queue() const { return nullptr; }
  /// As in Engine.
  [[nodiscard]] virtual bool has_graphs() const noexcept { return false; }
  [[nodiscard]] virtual std::unique_ptr<worker::WorkGraph> begin_capture() { return nullptr; }
  /// Waits for everything that was started on the device.
  virtual void synchronize() = 0;
};

/// Makes the engine for `device`. Random rows are drawn by `host` (so that they are the same on
/// every engine) and uploaded.
[[nodiscard]] std::unique_ptr<worker::Engine> make_aten_engine(
    const c10::Device& device, std::unique_ptr<DeviceMemory> memory,
    std::unique_ptr<worker::Engine> host);

}  // namespace gt::aten

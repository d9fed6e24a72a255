// The engine of the CUDA plugin over the CPU's memory.
#pragma once

#include <c10/core/Device.h>

#include <limits>
#include <memory>

#include "worker/engine/torch/aten/aten_engine.h"

namespace gt::conformance {

class UncountedMemory final : public aten::DeviceMemory {
 public:
  explicit UncountedMemory(std::size_t limit) : limit_(limit) {}
  [[nodiscard]] std::size_t bytes_in_use() const noexcept override { return 0; }
  [[nodiscard]] std::size_t limit() const noexcept override { return limit_; }
  [[nodiscard]] bool takes_kernels() const noexcept override { return true; }
  void synchronize() override {}

 private:
  std::size_t limit_;
};

inline std::unique_ptr<worker::Engine> make_engine_over_cpu(
    std::size_t limit = std::numeric_limits<std::size_t>::max()) {
  worker::EngineOptions host;
  host.backend = "reference";
  host.memory_limit = std::size_t{1} << 30;
  return aten::make_aten_engine(c10::Device(c10::kCPU), std::make_unique<UncountedMemory>(limit),
                                worker::make_engine(host));
}

}  // namespace gt::conformance

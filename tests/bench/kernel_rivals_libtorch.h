// LibTorch's best kernels for what the rows kernel_* compute.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "common/tensor/shape.h"

namespace gt::bench {

/// Dense float32 elements that somebody else owns.
struct FloatTensor {
  float* elements = nullptr;
  Shape shape;
};

/// The fewest calls that LibTorch has for it, all of which write into memory that is there. Where
/// one row takes several, an operation is done in place if it can be.
enum class Rival { pointwise, sgd, gelu, gelu_gradient, softmax, layer_norm, cross_entropy };

class LibtorchKernel {
 public:
  /// Copies the inputs, which come as the row's graph has them, to the device; one compute thread.
  LibtorchKernel(Rival rival, std::span<const FloatTensor> inputs, const char* device = "cpu");
  ~LibtorchKernel();
  LibtorchKernel(const LibtorchKernel&) = delete;
  LibtorchKernel& operator=(const LibtorchKernel&) = delete;

  void run();
  /// How far `ours` is from the results of the last run: the largest difference of elements,
  /// relative to 1 + |expected|; infinity if a shape differs.
  [[nodiscard]] double distance(std::span<const FloatTensor> ours) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// a = b + 1.5 c of dense float32 elements on a device: as fast as its memory.
class LibtorchTriad {
 public:
  LibtorchTriad(std::int64_t elements, const char* device);
  ~LibtorchTriad();
  LibtorchTriad(const LibtorchTriad&) = delete;
  LibtorchTriad& operator=(const LibtorchTriad&) = delete;
  void run();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gt::bench

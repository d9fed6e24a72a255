// Which memory a call of a kernel reads and writes, for tests that run it elsewhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "common/graph/fusion/loop.h"
#include "worker/jit/kernel.h"

namespace gt::worker::jit {

struct CallMemory {
  std::vector<std::span<std::byte>> regions;
  std::vector<std::uint64_t> region_of;  ///< by tensor, which begins where its region does
};

/// What KernelArguments do not say of the kernels of a request.
class CallSignature {
 public:
  CallSignature(const graph::Graph& graph, const KernelRequest& request);

  /// Tensors that lie in each other's memory share a region: they begin at the same place.
  [[nodiscard]] CallMemory memory_of(const KernelArguments& arguments) const;

  // Entries of the tables of KernelArguments.
  [[nodiscard]] std::uint64_t stride_count() const noexcept { return strides_; }
  [[nodiscard]] std::uint64_t size_count() const noexcept { return sizes_; }
  [[nodiscard]] std::uint64_t binding_count() const noexcept { return bindings_; }
  [[nodiscard]] std::uint64_t derived_count() const noexcept { return derived_; }

 private:
  struct Tensor {
    DType dtype;
    graph::Extents extents;
  };
  std::vector<Tensor> tensors_;
  std::uint64_t strides_ = 0, sizes_ = 0, bindings_ = 0, derived_ = 0;
};

}  // namespace gt::worker::jit

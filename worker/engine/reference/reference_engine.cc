#include "worker/engine/reference/reference_engine.h"

#include <array>
#include <cstring>
#include <string>

#include "worker/engine/native/pooled_allocator.h"
#include "worker/engine/reference/call.h"

namespace gt::worker {
namespace {

using reference::Kernel;
using reference::KernelEntry;

constexpr std::size_t kOpcodes = 1024;

/// Kernel by opcode; of two for one op the first of its family counts.
std::array<Kernel, kOpcodes> make_kernel_table() {
  std::array<Kernel, kOpcodes> table{};
  const auto add = [&](std::span<const KernelEntry> family) {
    for (const KernelEntry& entry : family) {
      Kernel& slot = table[static_cast<std::size_t>(entry.op)];
      if (slot == nullptr) slot = entry.kernel;
    }
  };
  add(reference::pointwise_kernels());
  add(reference::reduction_kernels());
  add(reference::view_kernels());
  add(reference::arrangement_kernels());
  add(reference::indexing_kernels());
  add(reference::matrix_kernels());
  add(reference::normalization_kernels());
  add(reference::convolution_kernels());
  add(reference::batch_norm_kernels());
  add(reference::pooling_kernels());
  add(reference::loss_kernels());
  add(reference::attention_kernels());
  add(reference::optimizer_kernels());
  add(reference::creation_kernels());
  add(reference::random_kernels());
  return table;
}

class ReferenceEngine final : public Engine {
 public:
  explicit ReferenceEngine(std::size_t memory_limit)
      : allocator_(memory_limit), kernels_(make_kernel_table()) {}

  [[nodiscard]] std::string_view name() const noexcept override { return "reference"; }
  [[nodiscard]] std::string_view device() const noexcept override { return "cpu"; }
  [[nodiscard]] Allocator& allocator() noexcept override { return allocator_; }

  [[nodiscard]] Results execute(const EngineCall& call) override {
    const Kernel kernel = kernels_[static_cast<std::size_t>(call.row.op)];
    GT_INVARIANT(kernel != nullptr, std::string(call.row.name));
    Results results;
    for (Value& value : kernel(reference::Call(call, allocator_)))
      results.push_back(std::move(value));
    return results;
  }

  [[nodiscard]] Value from_host(const TensorMeta& meta, std::span<const std::byte> bytes) override {
    Value value{allocator_.allocate(meta.byte_count()), 0, meta.dtype, meta.shape,
                contiguous_strides(meta.shape)};
    if (!bytes.empty()) std::memcpy(value.bytes(), bytes.data(), bytes.size());
    return value;
  }

  [[nodiscard]] std::vector<std::byte> to_host(const Value& value) override {
    std::vector<std::byte> bytes;
    bytes.reserve(value.meta().byte_count());
    const std::size_t element = size_of(value.dtype);
    reference::for_each_index(value.shape, [&](const Shape& index) {
      const std::byte* source = value.bytes() + reference::position_of(index, value.strides) *
                                                    static_cast<std::int64_t>(element);
      bytes.insert(bytes.end(), source, source + element);
    });
    return bytes;
  }

  void synchronize() override {}

 private:
  PooledAllocator allocator_;
  std::array<Kernel, kOpcodes> kernels_;
};

}  // namespace

std::unique_ptr<Engine> make_reference_engine(const EngineOptions& options) {
  return std::make_unique<ReferenceEngine>(options.memory_limit);
}

}  // namespace gt::worker

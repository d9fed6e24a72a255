#include "worker/engine/torch/aten/aten_engine.h"

#include <ATen/ATen.h>

#include <cstring>

#include "worker/engine/torch/aten/compositions.h"
#include "worker/engine/torch/aten/index_check.h"
#include "worker/engine/torch/aten/value_bridge.h"

namespace gt::aten {
namespace {

using worker::Buffer;
using worker::BufferRef;
using worker::EngineCall;
using worker::EngineOperand;
using worker::Results;
using worker::Value;

/// A block of LibTorch's memory.
class StorageBuffer final : public Buffer {
 public:
  explicit StorageBuffer(at::Storage storage)
      : Buffer(storage.mutable_data(), storage.nbytes()), storage_(std::move(storage)) {}
  [[nodiscard]] const at::Storage& storage() const noexcept { return storage_; }

 private:
  at::Storage storage_;
};

/// Refuses what would pass the limit; LibTorch's allocator hands out the rest.
void expect_room(const worker::Allocator& allocator, std::size_t bytes) {
  const std::size_t used = allocator.bytes_in_use();
  if (bytes <= allocator.limit() && used <= allocator.limit() - bytes) return;
  throw worker::OutOfMemory("out of memory: tried to allocate " + std::to_string(bytes) +
                            " bytes; " + std::to_string(used) +
                            " bytes are in use and the limit is " +
                            std::to_string(allocator.limit()) + " bytes");
}

class StorageAllocator final : public worker::Allocator {
 public:
  StorageAllocator(at::Device device, const DeviceMemory& memory)
      : device_(device), memory_(memory) {}

  [[nodiscard]] BufferRef allocate(std::size_t bytes) override {
    expect_room(*this, bytes);
    return translate_errors([&] {
      const at::Tensor block = at::empty({static_cast<std::int64_t>(bytes)},
                                         at::TensorOptions(at::kByte).device(device_));
      return worker::make_buffer<StorageBuffer>(block.storage());
    });
  }
  void charge(std::size_t bytes) override {
    expect_room(*this, bytes);
    charged_ += bytes;
  }
  void discharge(std::size_t bytes) noexcept override { charged_ -= bytes; }
  [[nodiscard]] std::size_t bytes_in_use() const noexcept override {
    return memory_.bytes_in_use() + charged_;
  }
  [[nodiscard]] std::size_t limit() const noexcept override { return memory_.limit(); }

 private:
  at::Device device_;
  const DeviceMemory& memory_;
  std::size_t charged_ = 0;
};

class AtenEngine final : public worker::Engine {
 public:
  AtenEngine(const at::Device& device, std::unique_ptr<DeviceMemory> memory,
             std::unique_ptr<worker::Engine> host)
      : device_(device),
        device_name_(device.str()),
        memory_(std::move(memory)),
        allocator_(device, *memory_),
        host_(std::move(host)) {}

  [[nodiscard]] std::string_view name() const noexcept override { return "torch"; }
  [[nodiscard]] std::string_view device() const noexcept override { return device_name_; }
  [[nodiscard]] worker::Allocator& allocator() noexcept override { return allocator_; }
  [[nodiscard]] bool takes_kernels() const noexcept override { return memory_->takes_kernels(); }
  [[nodiscard]] bool rows_have_kernel_bits() const noexcept override { return false; }
  [[nodiscard]] void* queue() const override { return memory_->queue(); }
  [[nodiscard]] bool has_graphs() const noexcept override { return memory_->has_graphs(); }
  [[nodiscard]] std::unique_ptr<worker::WorkGraph> begin_capture() override {
    return memory_->begin_capture();
  }
  /// Random numbers are drawn on the host, and indices and sizes looked at there.
  [[nodiscard]] bool captures(const OpRow& row) const override {
    const bool counts = row.op == Op::nonzero || row.op == Op::masked_select;
    return row.op_class != OpClass::random && !counts && !has_indices(row.op);
  }

  [[nodiscard]] Results execute(const EngineCall& call) override {
    return translate_errors([&] {
      if (call.row.op == Op::dropout) return dropout(call);
      return call.row.op_class == OpClass::random ? draw_on_host(call) : compute_row(call);
    });
  }

  [[nodiscard]] Value from_host(const TensorMeta& meta, std::span<const std::byte> bytes) override {
    return translate_errors([&] {
      Value value = allocate_value(allocator_, meta);
      if (!bytes.empty()) to_tensor(value).copy_(host_tensor(meta, bytes));
      return value;
    });
  }

  [[nodiscard]] std::vector<std::byte> to_host(const Value& value) override {
    return translate_errors([&] {
      const at::Tensor dense = to_tensor(value).contiguous().cpu();
      std::vector<std::byte> bytes(value.meta().byte_count());
      if (!bytes.empty()) std::memcpy(bytes.data(), dense.data_ptr(), bytes.size());
      return bytes;
    });
  }

  void synchronize() override {
    translate_errors([&] { memory_->synchronize(); });
  }

 private:
  static at::Tensor host_tensor(const TensorMeta& meta, std::span<const std::byte> bytes) {
    return at::from_blob(const_cast<std::byte*>(bytes.data()),
                         at::IntArrayRef(meta.shape.data(), meta.shape.size()),
                         at::TensorOptions(to_scalar_type(meta.dtype)));
  }

  at::Tensor to_tensor(const Value& value) const {
    const auto& buffer = static_cast<const StorageBuffer&>(*value.buffer);
    return at::empty({0}, at::TensorOptions(to_scalar_type(value.dtype)).device(device_))
        .set_(buffer.storage(), value.offset,
              at::IntArrayRef(value.shape.data(), value.shape.size()),
              at::IntArrayRef(value.strides.data(), value.strides.size()));
  }

  std::vector<Operand> to_operands(std::span<const EngineOperand> operands) const {
    std::vector<Operand> converted;
    for (const EngineOperand& operand : operands) {
      if (operand.value != nullptr)
        converted.emplace_back(to_tensor(*operand.value));
      else if (operand.is_scalar)
        converted.emplace_back(to_scalar(operand.scalar));
      else
        converted.emplace_back();
    }
    return converted;
  }

  /// A view shares the buffer object of the operand whose storage it lies in, so that the owner of
  /// the values can tell that they share memory.
  static Value to_value(const at::Tensor& tensor, std::span<const EngineOperand> operands) {
    Value value{nullptr, tensor.storage_offset(), static_cast<DType>(tensor.scalar_type()),
                Shape(std::span(tensor.sizes().data(), tensor.sizes().size())),
                Strides(std::span(tensor.strides().data(), tensor.strides().size()))};
    for (const EngineOperand& operand : operands) {
      if (operand.value == nullptr) continue;
      const auto& shared = static_cast<const StorageBuffer&>(*operand.value->buffer);
      if (shared.storage().is_alias_of(tensor.storage())) value.buffer = operand.value->buffer;
    }
    if (value.buffer == nullptr)
      value.buffer = worker::make_buffer<StorageBuffer>(tensor.storage());
    return value;
  }

  Results compute_row(const EngineCall& call) {
    const c10::InferenceMode no_autograd;
    expect_room_for_results(call);
    const std::vector<Operand> operands = to_operands(call.operands);
    const RowCall row_call{call.row, operands, call.attributes, device_};
    check_indices(row_call);
    const std::vector<at::Tensor> made = compute(row_call);
    Results results;
    for (std::size_t k = 0; k < call.result_metas.size(); ++k) {
      expect_meta(call.row, made[k], call.result_metas[k]);
      results.push_back(to_value(made[k], call.operands));
    }
    return results;
  }

  void expect_room_for_results(const EngineCall& call) const {
    std::size_t bytes = 0;
    if (call.row.op_class != OpClass::shape)
      for (const TensorMeta& meta : call.result_metas) bytes += meta.byte_count();
    expect_room(allocator_, bytes);
  }

  /// The same draws as on every other engine: operands come to the host, results go back.
  Results draw_on_host(const EngineCall& call) {
    std::vector<Value> values(call.operands.size());
    std::vector<EngineOperand> operands(call.operands.begin(), call.operands.end());
    for (std::size_t k = 0; k < operands.size(); ++k) {
      operands[k].reusable = false;
      if (operands[k].value == nullptr) continue;
      values[k] =
          host_->from_host(call.operands[k].value->meta(), to_host(*call.operands[k].value));
      operands[k].value = &values[k];
    }
    Results results;
    for (const Value& drawn :
         host_->execute({call.row, operands, call.attributes, call.result_metas}))
      results.push_back(from_host(drawn.meta(), host_->to_host(drawn)));
    return results;
  }

  /// Only the mask is drawn on the host: dropout of ones, in the type in which dropout computes.
  Results dropout(const EngineCall& call) {
    const c10::InferenceMode no_autograd;
    const at::Tensor self = to_tensor(*call.operands[0].value);
    TensorMeta mask_meta = call.result_metas[0];
    if (mask_meta.dtype != DType::kFloat64) mask_meta.dtype = DType::kFloat32;
    const at::Tensor ones = at::ones(self.sizes(), to_scalar_type(mask_meta.dtype));
    const Value host_ones = host_->from_host(
        mask_meta, {static_cast<const std::byte*>(ones.data_ptr()), ones.nbytes()});
    EngineOperand operand;
    operand.value = &host_ones;
    const Value drawn =
        host_->execute({call.row, {&operand, 1}, call.attributes, {&mask_meta, 1}})[0];
    const at::Tensor mask = to_tensor(from_host(mask_meta, host_->to_host(drawn)));
    const at::Tensor kept =
        at::where(at::eq(mask, 0), at::Scalar(0), self.to(mask.scalar_type()) * mask);
    return {to_value(kept.to(self.scalar_type()), {})};
  }

  at::Device device_;
  std::string device_name_;
  std::unique_ptr<DeviceMemory> memory_;
  StorageAllocator allocator_;
  std::unique_ptr<worker::Engine> host_;
};

}  // namespace

std::unique_ptr<worker::Engine> make_aten_engine(const c10::Device& device,
                                                 std::unique_ptr<DeviceMemory> memory,
                                                 std::unique_ptr<worker::Engine> host) {
  return std::make_unique<AtenEngine>(device, std::move(memory), std::move(host));
}

}  // namespace gt::aten

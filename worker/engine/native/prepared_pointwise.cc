// Point-wise calls over dense operands, prepared: what is left is to find memory and to compute.
#include <algorithm>
#include <array>

#include "worker/engine/native/pointwise.h"

namespace gt::worker::native {
namespace {

constexpr std::size_t kOperands = 3;
/// Results beyond this are left to the general form, which chooses among more loops: what it costs
/// to choose is nothing against computing them.
constexpr std::size_t kLargest = std::size_t{256} << 10;
/// Numbers are repeated in runs of so many elements.
constexpr std::int64_t kRun = 1024;

/// All tensor operands are dense, in the shape of the result and the type of the computation; the
/// others are numbers.
class PreparedPointwise final : public PreparedCall {
 public:
  PreparedPointwise(Context& context, const EngineCall& call, const PointwiseEntry& entry,
                    DType dtype)
      : context_(context),
        row_(call.row),
        dtype_(dtype),
        type_(compute_type_of(dtype)),
        kernel_(entry.kernels[index_of(type_)]),
        count_(call.result_metas[0].element_count()),
        result_{nullptr, 0, call.result_metas[0].dtype, call.result_metas[0].shape,
                contiguous_strides(call.result_metas[0].shape)},
        bytes_(call.result_metas[0].byte_count()) {
    PreparedPointwise::bind(call.attributes);
  }

  void bind(const Attributes& attributes) override {
    read_attributes(row_, attributes, type_, attributes_);
  }

  [[nodiscard]] Value run(std::span<const EngineOperand> operands) override {
    Value result = result_;
    place(operands, result);
    Inputs inputs{};
    bool has_numbers = false;
    for (std::size_t k = 0; k < operands.size(); ++k) {
      if (operands[k].value != nullptr)
        inputs[k] = operands[k].value->bytes();
      else
        has_numbers = true;
    }
    if (has_numbers)
      run_with_numbers(operands, inputs, result.bytes());
    else
      kernel_(result.bytes(), inputs.data(), count_, attributes_.values, attributes_.statics);
    return result;
  }

 private:
  using Inputs = std::array<const void*, kOperands>;

  /// A dying operand's memory if there is one of the result's dtype, else new memory.
  void place(std::span<const EngineOperand> operands, Value& result) {
    for (const EngineOperand& operand : operands)
      if (operand.reusable && operand.value->dtype == result.dtype) {
        result.buffer = operand.value->buffer;
        result.offset = operand.value->offset;
        return;
      }
    result.buffer = context_.allocator().allocate(bytes_);
  }

  void run_with_numbers(std::span<const EngineOperand> operands, Inputs inputs, std::byte* out) {
    alignas(64) std::byte runs[kOperands][kRun * 8];
    std::array<std::size_t, kOperands> steps{};
    const LoadKernel repeat = context_.kernels().load[static_cast<int>(dtype_)][index_of(type_)];
    for (std::size_t k = 0; k < operands.size(); ++k) {
      steps[k] = native::size_of(type_);
      if (operands[k].value != nullptr) continue;
      alignas(8) std::byte number[8];
      put_number(context_.kernels(), row_, k, operands[k].scalar, dtype_, number);
      repeat(number, 0, runs[k], std::min(count_, kRun));
      inputs[k] = runs[k];
      steps[k] = 0;
    }
    for (std::int64_t first = 0; first < count_; first += kRun) {
      const std::int64_t n = std::min(kRun, count_ - first);
      kernel_(out, inputs.data(), n, attributes_.values, attributes_.statics);
      out += static_cast<std::size_t>(n) * gt::size_of(result_.dtype);
      for (std::size_t k = 0; k < operands.size(); ++k)
        inputs[k] =
            static_cast<const std::byte*>(inputs[k]) + static_cast<std::size_t>(n) * steps[k];
    }
  }

  Context& context_;
  const OpRow& row_;
  const DType dtype_;
  const ComputeType type_;
  const PointwiseKernel kernel_;
  const std::int64_t count_;
  const Value result_;  ///< without a buffer
  const std::size_t bytes_;
  PointwiseAttributes attributes_;
};

bool is_plain(const EngineOperand& operand, DType dtype, const Shape& shape) {
  if (operand.value == nullptr) return operand.is_scalar;
  return operand.value->dtype == dtype && operand.value->shape == shape &&
         operand.value->is_contiguous();
}

}  // namespace

std::unique_ptr<PreparedCall> prepare_pointwise(Context& context, const EngineCall& call) {
  const TensorMeta& meta = call.result_metas[0];
  const PointwiseEntry& entry = pointwise_entry(context.kernels(), call);
  const DType dtype = operand_dtype(call, entry);
  const bool is_direct = dtype == dtype_of(compute_type_of(dtype)) &&
                         meta.dtype == (entry.boolean_result ? DType::kBool : dtype);
  if (!is_direct || meta.element_count() == 0 || meta.byte_count() > kLargest) return nullptr;
  if (entry.refuses_zero_divisor && !is_floating(dtype)) return nullptr;
  for (const EngineOperand& operand : call.operands)
    if (!is_plain(operand, dtype, meta.shape)) return nullptr;
  return std::make_unique<PreparedPointwise>(context, call, entry, dtype);
}

}  // namespace gt::worker::native

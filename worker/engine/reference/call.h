// One instruction as the loops of the reference engine see it.
#pragma once

#include <utility>
#include <vector>

#include "common/ops/inference.h"
#include "worker/engine/engine.h"
#include "worker/engine/integer_of.h"
#include "worker/engine/reference/array.h"

namespace gt::worker::reference {

/// Reads operands and attributes of an instruction and makes its results. Lives during the call.
class Call {
 public:
  Call(const EngineCall& call, Allocator& allocator) : call_(call), allocator_(allocator) {}

  [[nodiscard]] const OpRow& row() const { return call_.row; }
  [[nodiscard]] std::size_t operand_count() const { return call_.operands.size(); }
  [[nodiscard]] bool has(std::size_t k) const {
    return k < call_.operands.size() && !call_.operands[k].is_none();
  }
  [[nodiscard]] const Value& value(std::size_t k) const { return *call_.operands[k].value; }
  [[nodiscard]] const EngineOperand& operand(std::size_t k) const { return call_.operands[k]; }
  [[nodiscard]] const TensorMeta& result_meta(std::size_t k = 0) const {
    return call_.result_metas[k];
  }
  [[nodiscard]] Allocator& allocator() const { return allocator_; }

  /// Operand `k` in row-major order; a number has one element and no dims.
  template <class T>
  [[nodiscard]] Array<T> read(std::size_t k) const {
    return read<T>(k, is_tensor(k) ? value(k).shape : Shape());
  }
  /// The same, broadcast to `shape`.
  template <class T>
  [[nodiscard]] Array<T> read(std::size_t k, const Shape& shape) const {
    if (is_tensor(k)) return reference::read<T>(value(k), shape);
    return make_array<T>(shape, number<T>(call_.operands[k].scalar));
  }
  [[nodiscard]] bool is_tensor(std::size_t k) const { return call_.operands[k].value != nullptr; }

  [[nodiscard]] std::int64_t integer(std::size_t k) const {
    return call_.attributes.integer(call_.row, k);
  }
  [[nodiscard]] bool boolean(std::size_t k) const { return call_.attributes.boolean(call_.row, k); }
  [[nodiscard]] double real(std::size_t k) const { return call_.attributes.real(call_.row, k); }
  [[nodiscard]] ScalarValue scalar(std::size_t k) const {
    return call_.attributes.scalar(call_.row, k);
  }
  [[nodiscard]] std::span<const std::int64_t> integers(std::size_t k) const {
    return call_.attributes.integers(call_.row, k);
  }
  template <class T>
  [[nodiscard]] static T number(ScalarValue scalar) {
    return std::is_integral_v<T> ? convert<T>(integer_of(scalar)) : convert<T>(scalar.to_double());
  }

  /// Result `k` with these row-major elements, converted to its dtype.
  template <class T>
  [[nodiscard]] Value result(std::size_t k, const Array<T>& array) const {
    return write(allocator_, result_meta(k), array.elements);
  }
  template <class T>
  [[nodiscard]] std::vector<Value> results(const Array<T>& array) const {
    return {result(0, array)};
  }

 private:
  const EngineCall& call_;
  Allocator& allocator_;
};

/// Computes all results of one row.
using Kernel = std::vector<Value> (*)(const Call&);
struct KernelEntry {
  Op op;
  Kernel kernel;
};

/// The rows of each family; together they are all rows that engines compute.
[[nodiscard]] std::span<const KernelEntry> pointwise_kernels();
[[nodiscard]] std::span<const KernelEntry> reduction_kernels();
[[nodiscard]] std::span<const KernelEntry> view_kernels();
[[nodiscard]] std::span<const KernelEntry> arrangement_kernels();
[[nodiscard]] std::span<const KernelEntry> indexing_kernels();
[[nodiscard]] std::span<const KernelEntry> matrix_kernels();
[[nodiscard]] std::span<const KernelEntry> normalization_kernels();
[[nodiscard]] std::span<const KernelEntry> convolution_kernels();
[[nodiscard]] std::span<const KernelEntry> batch_norm_kernels();
[[nodiscard]] std::span<const KernelEntry> pooling_kernels();
[[nodiscard]] std::span<const KernelEntry> loss_kernels();
[[nodiscard]] std::span<const KernelEntry> attention_kernels();
[[nodiscard]] std::span<const KernelEntry> optimizer_kernels();
[[nodiscard]] std::span<const KernelEntry> creation_kernels();
[[nodiscard]] std::span<const KernelEntry> random_kernels();

/// `dim` counted from the front, in [0, rank); rank 0 counts as 1.
[[nodiscard]] inline std::int64_t wrapped(std::int64_t dim, std::size_t rank) {
  return wrap_dimension(dim, static_cast<std::int64_t>(rank));
}

/// The runs of elements along one dim: element k of lane l is at `start(l) + k * stride`.
struct Lanes {
  std::int64_t count = 1;
  std::int64_t size = 1;
  std::int64_t stride = 1;

  Lanes(const Shape& shape, std::int64_t dim) {
    for (std::size_t d = 0; d < shape.size(); ++d) {
      const auto at = static_cast<std::int64_t>(d);
      if (at == dim)
        size = shape[d];
      else
        count *= shape[d];
      if (at > dim) stride *= shape[d];
    }
  }
  [[nodiscard]] std::int64_t start(std::int64_t lane) const {
    return lane / stride * size * stride + lane % stride;
  }
  [[nodiscard]] std::int64_t position(std::int64_t lane, std::int64_t k) const {
    return start(lane) + k * stride;
  }
};

}  // namespace gt::worker::reference

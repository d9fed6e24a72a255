// The judge: computes rows of the op table, and their gradients, with LibTorch.
//
// What engines and client give is compared with it. No LibTorch type is visible here.
#pragma once

#include <cstddef>
#include <span>
#include <variant>
#include <vector>

#include "common/ops/attributes.h"
#include "common/ops/op.h"
#include "common/tensor/dtype.h"
#include "common/tensor/scalar.h"
#include "common/tensor/shape.h"

namespace gt::judge {

/// A tensor in host memory, row-major.
struct HostTensor {
  DType dtype = DType::kFloat32;
  Shape shape;
  std::vector<std::byte> bytes;

  template <class T>
  [[nodiscard]] std::span<const T> as() const {
    return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
  }
};

/// An operand of a row: none, a tensor, or a number of the program.
using Operand = std::variant<std::monostate, HostTensor, ScalarValue>;

/// All results of the row. Throws CommonError for what LibTorch refuses (kNotImplemented for a
/// dtype that it has no kernel for).
[[nodiscard]] std::vector<HostTensor> judge_forward(const OpRow& row,
                                                    std::span<const Operand> operands,
                                                    const Attributes& attributes);

/// The gradients of the operands `wanted`, by LibTorch's autograd, when `result_grads` arrive at
/// the results; results whose gradient has no bytes receive none. Zeros where nothing flows. Throws
/// as judge_forward.
[[nodiscard]] std::vector<HostTensor> judge_gradients(const OpRow& row,
                                                      std::span<const Operand> operands,
                                                      const Attributes& attributes,
                                                      std::span<const HostTensor> result_grads,
                                                      std::span<const std::size_t> wanted);

}  // namespace gt::judge

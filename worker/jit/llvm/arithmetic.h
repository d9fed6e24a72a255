// The arithmetic of the point-wise rows as instructions.
#pragma once

#include <cstdint>
#include <span>

#include "common/ops/op.h"
#include "worker/engine/native/compute_type.h"
#include "worker/jit/llvm/ir_value.h"

namespace gt::worker::jit {

using native::ComputeType;

/// An attribute of a row: a number known now, or a value of the compute type.
struct ArithmeticAttribute {
  std::int64_t constant = 0;  ///< of class statics
  llvm::Value* value = nullptr;
};

/// What a row does with elements of one compute type. All functions append to the innermost Lanes.
struct RowArithmetic {
  /// Operands and result of the compute type; the result of a row of bool results is a condition.
  llvm::Value* (*apply)(std::span<llvm::Value* const> operands,
                        std::span<const ArithmeticAttribute> attributes) = nullptr;
  /// The same where `moderate` holds (common/ops/arithmetic/primitives.h), with fewer instructions;
  /// null if the row has none.
  llvm::Value* (*apply_moderate)(std::span<llvm::Value* const> operands,
                                 std::span<const ArithmeticAttribute> attributes) = nullptr;
  arithmetic::Moderate moderate{};
  /// What stands for absent operand `k`; null if all operands must be given.
  llvm::Value* (*absent)(int k) = nullptr;
  bool boolean_result = false;
};

/// The arithmetic of `op` over elements of `type`; null if it has none.
[[nodiscard]] const RowArithmetic* arithmetic_of_row(Op op, ComputeType type);

/// Whether a row of point-wise class makes conditions.
[[nodiscard]] bool has_boolean_result(Op op);

}  // namespace gt::worker::jit

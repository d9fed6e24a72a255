// Elements between memory and arithmetic.
//
// Between nodes an element is *held* rounded to its dtype: float16, bfloat16 and float32 as float,
// float64 as double, integers as i64, bool as i1. A row computes in a compute type, of which bool
// is an integer. All functions append to the innermost Lanes and take as many elements as it has.
#pragma once

#include "worker/engine/native/compute_type.h"
#include "worker/jit/llvm/ir_value.h"

namespace gt::worker::jit {

using native::ComputeType;

/// Types of one element.
[[nodiscard]] llvm::Type* stored_type(llvm::LLVMContext& context, DType dtype);
[[nodiscard]] llvm::Type* held_type(llvm::LLVMContext& context, DType dtype);
[[nodiscard]] llvm::Type* computed_type(llvm::LLVMContext& context, ComputeType type);

/// What memory has, as it is held; and back, which is exact.
[[nodiscard]] llvm::Value* held_from_stored(DType dtype, llvm::Value* stored);
[[nodiscard]] llvm::Value* stored_from_held(DType dtype, llvm::Value* held);

/// Converts to a compute type, as LoadKernel of the engine does.
[[nodiscard]] llvm::Value* computed_from_held(DType dtype, ComputeType type, llvm::Value* held);
/// Rounds to a dtype, as StoreKernel of the engine does: narrow integers wrap.
[[nodiscard]] llvm::Value* held_from_computed(ComputeType type, DType dtype, llvm::Value* computed);
/// A condition as an element of a compute type, 0 or 1.
[[nodiscard]] llvm::Value* computed_from_condition(ComputeType type, llvm::Value* condition);

/// Converts between compute types: floats become integers by truncation, those that int64 does not
/// hold the least one.
[[nodiscard]] llvm::Value* converted(ComputeType from, ComputeType to, llvm::Value* value);

}  // namespace gt::worker::jit

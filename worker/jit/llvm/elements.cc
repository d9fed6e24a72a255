#include "worker/jit/llvm/elements.h"

#include <limits>

namespace gt::worker::jit {
namespace {

using ir::Lanes;

llvm::IRBuilder<>& builder() { return Lanes::builder(); }
llvm::LLVMContext& context() { return builder().getContext(); }

unsigned bits_of(DType dtype) { return static_cast<unsigned>(8 * gt::size_of(dtype)); }

bool is_signed(DType dtype) { return dtype != DType::kUInt8 && dtype != DType::kUInt16; }

/// Nearest bfloat16, to even; NaN stays NaN.
llvm::Value* rounded_to_bfloat16(llvm::Value* value) {
  const ir::Float x(value);
  const ir::Int32 bits = to_bits(x);
  const ir::Int32 odd = (bits >> ir::Int32(16)) & ir::Int32(1);
  const ir::Int32 rounded = (bits + ir::Int32(0x7FFF) + odd) & ir::Int32(0xFFFF0000u);
  return select(x == x, from_bits(rounded), from_bits(ir::Int32(0x7FC00000))).value;
}

llvm::Value* rounded_to_half(llvm::Value* value) {
  llvm::Value* half = builder().CreateFPTrunc(value, Lanes::type_of(builder().getHalfTy()));
  return builder().CreateFPExt(half, Lanes::type_of(builder().getFloatTy()));
}

/// The lowest bits of an i64 as an integer dtype, widened again.
llvm::Value* wrapped(DType dtype, llvm::Value* value) {
  if (dtype == DType::kInt64) return value;
  llvm::Type* narrow = Lanes::type_of(builder().getIntNTy(bits_of(dtype)));
  llvm::Type* wide = Lanes::type_of(builder().getInt64Ty());
  llvm::Value* low = builder().CreateTrunc(value, narrow);
  return is_signed(dtype) ? builder().CreateSExt(low, wide) : builder().CreateZExt(low, wide);
}

template <class T>
llvm::Value* truncated(T value) {
  const auto fits = (value >= T(-0x1p63)) & (value < T(0x1p63));
  llvm::Value* integer =
      builder().CreateFPToSI(value.value, Lanes::type_of(builder().getInt64Ty()));
  return select(fits, ir::Int64(integer), ir::Int64(std::numeric_limits<std::int64_t>::min()))
      .value;
}

}  // namespace

llvm::Type* stored_type(llvm::LLVMContext& context, DType dtype) {
  switch (dtype) {
    case DType::kFloat16:
      return llvm::Type::getHalfTy(context);
    case DType::kFloat32:
      return llvm::Type::getFloatTy(context);
    case DType::kFloat64:
      return llvm::Type::getDoubleTy(context);
    case DType::kUInt8:
    case DType::kInt8:
    case DType::kInt16:
    case DType::kInt32:
    case DType::kInt64:
    case DType::kBool:
    case DType::kBFloat16:
    case DType::kUInt16:
      return llvm::Type::getIntNTy(context, bits_of(dtype));
  }
  return nullptr;
}

llvm::Type* held_type(llvm::LLVMContext& context, DType dtype) {
  if (dtype == DType::kBool) return llvm::Type::getInt1Ty(context);
  return computed_type(context, native::compute_type_of(dtype));
}

llvm::Type* computed_type(llvm::LLVMContext& context, ComputeType type) {
  switch (type) {
    case ComputeType::kFloat:
      return llvm::Type::getFloatTy(context);
    case ComputeType::kDouble:
      return llvm::Type::getDoubleTy(context);
    case ComputeType::kInteger:
      return llvm::Type::getInt64Ty(context);
  }
  return nullptr;
}

llvm::Value* held_from_stored(DType dtype, llvm::Value* stored) {
  switch (dtype) {
    case DType::kBool:
      return builder().CreateIsNotNull(stored);
    case DType::kFloat16:
      return builder().CreateFPExt(stored, Lanes::type_of(builder().getFloatTy()));
    case DType::kBFloat16: {
      llvm::Value* bits = builder().CreateZExt(stored, Lanes::type_of(builder().getInt32Ty()));
      return from_bits(ir::Int32(bits) << ir::Int32(16)).value;
    }
    case DType::kFloat32:
    case DType::kFloat64:
    case DType::kInt64:
      return stored;
    case DType::kUInt8:
    case DType::kUInt16:
      return builder().CreateZExt(stored, Lanes::type_of(builder().getInt64Ty()));
    case DType::kInt8:
    case DType::kInt16:
    case DType::kInt32:
      return builder().CreateSExt(stored, Lanes::type_of(builder().getInt64Ty()));
  }
  return nullptr;
}

llvm::Value* stored_from_held(DType dtype, llvm::Value* held) {
  llvm::Type* type = Lanes::type_of(stored_type(context(), dtype));
  switch (dtype) {
    case DType::kBool:
      return builder().CreateZExt(held, type);
    case DType::kFloat16:
      return builder().CreateFPTrunc(held, type);
    case DType::kBFloat16: {
      llvm::Value* bits = to_bits(ir::Float(held)).value;
      return builder().CreateTrunc(builder().CreateLShr(bits, 16), type);
    }
    case DType::kFloat32:
    case DType::kFloat64:
    case DType::kInt64:
      return held;
    case DType::kUInt8:
    case DType::kUInt16:
    case DType::kInt8:
    case DType::kInt16:
    case DType::kInt32:
      return builder().CreateTrunc(held, type);
  }
  return nullptr;
}

llvm::Value* computed_from_condition(ComputeType type, llvm::Value* condition) {
  llvm::Type* to = Lanes::type_of(computed_type(context(), type));
  return type == ComputeType::kInteger ? builder().CreateZExt(condition, to)
                                       : builder().CreateUIToFP(condition, to);
}

llvm::Value* converted(ComputeType from, ComputeType to, llvm::Value* value) {
  if (from == to) return value;
  if (to == ComputeType::kInteger)
    return from == ComputeType::kFloat ? truncated(ir::Float(value)) : truncated(ir::Double(value));
  llvm::Type* type = Lanes::type_of(computed_type(context(), to));
  return from == ComputeType::kInteger ? builder().CreateSIToFP(value, type)
                                       : builder().CreateFPCast(value, type);
}

llvm::Value* computed_from_held(DType dtype, ComputeType type, llvm::Value* held) {
  if (dtype == DType::kBool) return computed_from_condition(type, held);
  return converted(native::compute_type_of(dtype), type, held);
}

llvm::Value* held_from_computed(ComputeType type, DType dtype, llvm::Value* computed) {
  if (dtype == DType::kBool) {
    llvm::Value* zero = llvm::Constant::getNullValue(computed->getType());
    return ir::compare(ir::Comparison::unequal, computed, zero);
  }
  llvm::Value* value = converted(type, native::compute_type_of(dtype), computed);
  if (dtype == DType::kBFloat16) return rounded_to_bfloat16(value);
  if (dtype == DType::kFloat16) return rounded_to_half(value);
  return is_floating(dtype) ? value : wrapped(dtype, value);
}

}  // namespace gt::worker::jit

#include "worker/jit/llvm/ir_value.h"

#include <llvm/IR/Intrinsics.h>
#include <llvm/IR/Module.h>

#include <string>

#include "common/error.h"
#include "worker/jit/llvm/library_functions.h"

namespace gt::worker::jit::ir {
namespace {

thread_local Lanes* innermost = nullptr;

bool holds_floats(const llvm::Value* value) { return value->getType()->isFPOrFPVectorTy(); }

llvm::Value* intrinsic(llvm::Intrinsic::ID id, llvm::ArrayRef<llvm::Value*> arguments) {
  return Lanes::builder().CreateIntrinsic(id, {arguments[0]->getType()}, arguments);
}

llvm::CmpInst::Predicate predicate(Comparison relation, bool floating) {
  using Predicate = llvm::CmpInst::Predicate;
  switch (relation) {
    case Comparison::equal:
      return floating ? Predicate::FCMP_OEQ : Predicate::ICMP_EQ;
    case Comparison::unequal:
      return floating ? Predicate::FCMP_UNE : Predicate::ICMP_NE;
    case Comparison::less:
      return floating ? Predicate::FCMP_OLT : Predicate::ICMP_SLT;
    case Comparison::less_equal:
      return floating ? Predicate::FCMP_OLE : Predicate::ICMP_SLE;
    case Comparison::greater:
      return floating ? Predicate::FCMP_OGT : Predicate::ICMP_SGT;
    case Comparison::greater_equal:
      return floating ? Predicate::FCMP_OGE : Predicate::ICMP_SGE;
  }
  return Predicate::BAD_ICMP_PREDICATE;
}

}  // namespace

Lanes::Lanes(llvm::IRBuilder<>& builder, unsigned width)
    : builder_(builder), width_(width), outer_(innermost) {
  innermost = this;
}
Lanes::~Lanes() { innermost = outer_; }

llvm::IRBuilder<>& Lanes::builder() { return innermost->builder_; }
unsigned Lanes::width() { return innermost->width_; }
llvm::Type* Lanes::type_of(llvm::Type* element) {
  return width() == 1 ? element : llvm::FixedVectorType::get(element, width());
}
llvm::Value* Lanes::spread(llvm::Value* value) {
  if (width() == 1 || value->getType()->isVectorTy()) return value;
  return builder().CreateVectorSplat(width(), value);
}

llvm::Type* element_type(Kind kind) {
  llvm::IRBuilder<>& builder = Lanes::builder();
  switch (kind) {
    case Kind::single:
      return builder.getFloatTy();
    case Kind::full:
      return builder.getDoubleTy();
    case Kind::word32:
      return builder.getInt32Ty();
    case Kind::word64:
      return builder.getInt64Ty();
    case Kind::condition:
      return builder.getInt1Ty();
  }
  return nullptr;
}

llvm::Value* constant(Kind kind, double value) {
  return llvm::ConstantFP::get(Lanes::type_of(element_type(kind)), value);
}
llvm::Value* constant(Kind kind, std::uint64_t bits) {
  llvm::Type* element = element_type(kind);
  const llvm::APInt word = llvm::APInt(64, bits).trunc(element->getIntegerBitWidth());
  return llvm::ConstantInt::get(Lanes::type_of(element), word);
}

llvm::Value* arithmetic(Binary operation, llvm::Value* a, llvm::Value* b) {
  llvm::IRBuilder<>& builder = Lanes::builder();
  const bool floating = holds_floats(a);
  switch (operation) {
    case Binary::add:
      return floating ? builder.CreateFAdd(a, b) : builder.CreateAdd(a, b);
    case Binary::subtract:
      return floating ? builder.CreateFSub(a, b) : builder.CreateSub(a, b);
    case Binary::multiply:
      return floating ? builder.CreateFMul(a, b) : builder.CreateMul(a, b);
    case Binary::divide:
      return floating ? builder.CreateFDiv(a, b) : builder.CreateSDiv(a, b);
    case Binary::remainder:
      return floating ? builder.CreateFRem(a, b) : builder.CreateSRem(a, b);
  }
  return nullptr;
}

llvm::Value* bitwise(Bitwise operation, llvm::Value* a, llvm::Value* b) {
  llvm::IRBuilder<>& builder = Lanes::builder();
  switch (operation) {
    case Bitwise::both:
      return builder.CreateAnd(a, b);
    case Bitwise::either:
      return builder.CreateOr(a, b);
    case Bitwise::differ:
      return builder.CreateXor(a, b);
    case Bitwise::shift_left:
      return builder.CreateShl(a, b);
    case Bitwise::shift_right:
      return builder.CreateAShr(a, b);
  }
  return nullptr;
}

llvm::Value* compare(Comparison relation, llvm::Value* a, llvm::Value* b) {
  return Lanes::builder().CreateCmp(predicate(relation, holds_floats(a)), a, b);
}

llvm::Value* negated(llvm::Value* a) {
  return holds_floats(a) ? Lanes::builder().CreateFNeg(a) : Lanes::builder().CreateNeg(a);
}

llvm::Value* chosen(llvm::Value* condition, llvm::Value* a, llvm::Value* b) {
  return Lanes::builder().CreateSelect(condition, a, b);
}

llvm::Value* fused(llvm::Value* a, llvm::Value* b, llvm::Value* c) {
  return intrinsic(llvm::Intrinsic::fma, {a, b, c});
}

llvm::Value* applied(Function function, llvm::Value* a) {
  switch (function) {
    case Function::absolute:
      return intrinsic(llvm::Intrinsic::fabs, a);
    case Function::square_root:
      return intrinsic(llvm::Intrinsic::sqrt, a);
    case Function::down:
      return intrinsic(llvm::Intrinsic::floor, a);
    case Function::up:
      return intrinsic(llvm::Intrinsic::ceil, a);
    case Function::to_zero:
      return intrinsic(llvm::Intrinsic::trunc, a);
    case Function::to_even:
      return intrinsic(llvm::Intrinsic::nearbyint, a);
  }
  return nullptr;
}

llvm::Value* with_sign_of(llvm::Value* a, llvm::Value* sign) {
  return intrinsic(llvm::Intrinsic::copysign, {a, sign});
}

llvm::Value* bits_as(Kind kind, llvm::Value* a) {
  return Lanes::builder().CreateBitCast(a, Lanes::type_of(element_type(kind)));
}

llvm::Value* floating_as(Kind kind, llvm::Value* a) {
  return Lanes::builder().CreateFPCast(a, Lanes::type_of(element_type(kind)));
}

llvm::Value* library_call(const char* name, llvm::Value* a, llvm::Value* b) {
  llvm::IRBuilder<>& builder = Lanes::builder();
  llvm::Type* element = a->getType()->getScalarType();
  llvm::SmallVector<llvm::Type*, 2> types(b == nullptr ? 1 : 2, element);
  llvm::Module& module = *builder.GetInsertBlock()->getModule();
  // Under a name of ours, so that no pass takes it for a function that it knows.
  llvm::FunctionCallee callee = module.getOrInsertFunction(
      kLibraryPrefix + std::string(name), llvm::FunctionType::get(element, types, false));
  auto* function = llvm::cast<llvm::Function>(callee.getCallee());
  function->setDoesNotThrow();
  function->setWillReturn();
  function->setMemoryEffects(llvm::MemoryEffects::none());
  const auto call = [&](llvm::Value* first, llvm::Value* second) -> llvm::Value* {
    if (second == nullptr) return builder.CreateCall(callee, {first});
    return builder.CreateCall(callee, {first, second});
  };
  if (!a->getType()->isVectorTy()) return call(a, b);
  llvm::Value* result = llvm::PoisonValue::get(a->getType());
  for (unsigned lane = 0; lane < Lanes::width(); ++lane) {
    llvm::Value* second = b == nullptr ? nullptr : builder.CreateExtractElement(b, lane);
    result = builder.CreateInsertElement(result,
                                         call(builder.CreateExtractElement(a, lane), second), lane);
  }
  return result;
}

}  // namespace gt::worker::jit::ir

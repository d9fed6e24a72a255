#include "worker/jit/llvm/geometry.h"

namespace gt::worker::jit {
namespace {

llvm::Value* number(llvm::IRBuilder<>& builder, std::int64_t value) {
  return builder.getInt64(static_cast<std::uint64_t>(value));
}

llvm::Value* product(llvm::IRBuilder<>& builder, const Values& values) {
  llvm::Value* result = number(builder, 1);
  for (llvm::Value* value : values) result = builder.CreateMul(result, value);
  return result;
}

/// a / b, rounded up.
llvm::Value* parts(llvm::IRBuilder<>& builder, llvm::Value* a, llvm::Value* b) {
  llvm::Value* almost = builder.CreateSub(b, number(builder, 1));
  return builder.CreateUDiv(builder.CreateAdd(a, almost), b);
}

}  // namespace

llvm::Value* least(llvm::IRBuilder<>& builder, llvm::Value* a, llvm::Value* b) {
  return builder.CreateSelect(builder.CreateICmpSLT(a, b), a, b);
}

Sizes sizes_of(llvm::IRBuilder<>& builder, const LoopPlan& plan, const Values& parameters) {
  const auto value = [&](const PlanSize& size) {
    return size.constant != 0 ? number(builder, size.constant) : parameters[size.parameter];
  };
  Sizes sizes;
  for (const PlanSize& size : plan.planes) sizes.planes.push_back(value(size));
  for (const PlanSize& size : plan.outer) sizes.outer.push_back(value(size));
  for (const PlanSize& size : plan.inner) sizes.inner.push_back(value(size));
  sizes.plane_count = product(builder, sizes.planes);
  sizes.runs = product(builder, sizes.outer);
  sizes.length = product(builder, sizes.inner);
  return sizes;
}

Units units_of(llvm::IRBuilder<>& builder, const LoopPlan& plan, const Sizes& sizes) {
  llvm::Value* one = number(builder, 1);
  if (plan.fold == Space::Fold::columns) {
    llvm::Value* tiles = parts(builder, sizes.length, number(builder, kTileColumns));
    return {builder.CreateMul(tiles, sizes.plane_count), one, tiles};
  }
  llvm::Value* elements = number(builder, kUnitElements);
  llvm::Value* fitting = builder.CreateUDiv(elements, sizes.length);
  llvm::Value* none = builder.CreateICmpEQ(fitting, number(builder, 0));
  Units units;
  units.runs = builder.CreateSelect(none, one, fitting);
  units.blocks = plan.fold == Space::Fold::rows ? one : parts(builder, sizes.length, elements);
  units.count = builder.CreateMul(parts(builder, sizes.runs, units.runs), units.blocks);
  return units;
}

}  // namespace gt::worker::jit

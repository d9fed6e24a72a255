// Loads and stores.
#include <algorithm>
#include <bit>
#include <limits>

#include "worker/jit/llvm/folds.h"
#include "worker/jit/llvm/loop_code.h"

namespace gt::worker::jit {

using ir::Lanes;

llvm::Value* LoopCode::stride(const PlanStride& stride) const {
  switch (stride.kind) {
    case PlanStride::Kind::zero:
      return llvm::ConstantInt::get(llvm::Type::getInt64Ty(module_.getContext()), 0);
    case PlanStride::Kind::one:
      return llvm::ConstantInt::get(llvm::Type::getInt64Ty(module_.getContext()), 1);
    case PlanStride::Kind::two:
      return llvm::ConstantInt::get(llvm::Type::getInt64Ty(module_.getContext()), 2);
    case PlanStride::Kind::parameter:
      return strides_[stride.parameter];
  }
  return nullptr;
}

/// Places of the elements in the run.
llvm::Value* LoopCode::positions(Iteration& iteration) {
  if (Lanes::width() == 1) return iteration.index;
  std::vector<llvm::Constant*> lanes;
  for (unsigned lane = 0; lane < Lanes::width(); ++lane) lanes.push_back(builder_.getInt64(lane));
  return builder_.CreateAdd(Lanes::spread(iteration.index), llvm::ConstantVector::get(lanes));
}

/// Distances from where the access begins, in elements.
llvm::Value* LoopCode::places(const PlanAccess& access, Iteration& iteration) {
  llvm::Value* position = positions(iteration);
  if (access.form == PlanAccess::Inner::strided)
    return builder_.CreateMul(position, Lanes::spread(stride(access.inner[0])));
  llvm::Value* spread = spread_[static_cast<std::size_t>(&access - plan_.accesses.data())];
  if (spread != nullptr) return load_spread(spread, builder_.getInt64Ty(), iteration);
  // Divisions of 32 bits are much cheaper, where sizes are known to fit.
  const auto* length = llvm::dyn_cast<llvm::ConstantInt>(sizes_.length);
  const bool is_short =
      length != nullptr && length->getSExtValue() < std::numeric_limits<std::int32_t>::max();
  llvm::Type* wide = Lanes::type_of(builder_.getInt64Ty());
  llvm::Type* type = is_short ? Lanes::type_of(builder_.getInt32Ty()) : wide;
  position = builder_.CreateZExtOrTrunc(position, type);
  llvm::Value* place = llvm::Constant::getNullValue(wide);
  for (std::size_t d = access.inner.size(); d-- > 0;) {
    llvm::Value* index = position;
    if (d > 0) {
      llvm::Value* size = builder_.CreateZExtOrTrunc(Lanes::spread(sizes_.inner[d]), type);
      index = builder_.CreateURem(position, size);
      position = builder_.CreateUDiv(position, size);
    }
    llvm::Value* distance = Lanes::spread(stride(access.inner[d]));
    place = builder_.CreateAdd(
        place, builder_.CreateMul(builder_.CreateZExtOrTrunc(index, wide), distance));
  }
  return place;
}

llvm::Value* LoopCode::load_spread(llvm::Value* spread, llvm::Type* type, Iteration& iteration) {
  llvm::Value* from = builder_.CreateGEP(type, spread, iteration.index);
  // What lies behind the run is memory as well.
  return builder_.CreateAlignedLoad(Lanes::type_of(type), from,
                                    llvm::Align(type->getPrimitiveSizeInBits() / 8));
}

llvm::Value* LoopCode::last_positions(Iteration& iteration) {
  if (spread_positions_ != nullptr)
    return load_spread(spread_positions_, builder_.getInt64Ty(), iteration);
  llvm::Value* position = positions(iteration);
  if (plan_.inner.size() == 1) return position;
  return builder_.CreateURem(position, Lanes::spread(sizes_.inner.back()));
}

llvm::Value* LoopCode::read(DType dtype, llvm::Value* from, bool is_gather, llvm::Value* mask) {
  llvm::Type* type = Lanes::type_of(stored_type(context(), dtype));
  const llvm::Align align(size_of(dtype));
  if (is_gather) {
    if (mask == nullptr)
      mask = llvm::Constant::getAllOnesValue(Lanes::type_of(builder_.getInt1Ty()));
    return builder_.CreateMaskedGather(type, from, align, mask, llvm::Constant::getNullValue(type));
  }
  if (mask == nullptr) return builder_.CreateAlignedLoad(type, from, align);
  return builder_.CreateMaskedLoad(type, from, align, mask, llvm::Constant::getNullValue(type));
}

void LoopCode::write(DType dtype, llvm::Value* stored, llvm::Value* to, bool is_scatter,
                     llvm::Value* mask) {
  const llvm::Align align(size_of(dtype));
  if (is_scatter)
    builder_.CreateMaskedScatter(stored, to, align, mask);
  else if (mask == nullptr)
    builder_.CreateAlignedStore(stored, to, align);
  else
    builder_.CreateMaskedStore(stored, to, align, mask);
}

bool LoopCode::spreads_places(std::uint32_t a) const {
  if (plan_.spreads_runs) return false;
  const PlanAccess& access = plan_.accesses[a];
  const PlanTensor& tensor = plan_.tensors[access.tensor];
  return access.is_table || tensor.is_output || !tensor.is_alone;
}

llvm::Value* LoopCode::load(std::uint32_t a, Iteration& iteration) {
  const PlanAccess& access = plan_.accesses[a];
  if (spread_[a] != nullptr && !spreads_places(a)) {
    const DType dtype = plan_.tensors[access.tensor].dtype;
    return held_from_stored(dtype,
                            load_spread(spread_[a], stored_type(context(), dtype), iteration));
  }
  if (access.form == PlanAccess::Inner::repeated && !plan_.tensors[access.tensor].is_output)
    return Lanes::spread(repeated_[a]);
  if (is_in_one_row(access)) return load_from_row(a, iteration);
  return load_from(bases_[a], access, iteration);
}

bool LoopCode::is_in_one_row(const PlanAccess& access) const {
  if (plan_.fold != Space::Fold::rows || access.form != PlanAccess::Inner::indexed ||
      Lanes::width() == 1)
    return false;
  const std::int64_t length = plan_.inner.back().constant;
  const auto turn = std::max(kFoldLanes, static_cast<std::int64_t>(std::bit_ceil(Lanes::width())));
  const PlanStride::Kind kind = access.inner.back().kind;
  return length > 0 && length % turn == 0 &&
         (kind == PlanStride::Kind::zero || kind == PlanStride::Kind::one);
}

llvm::Value* LoopCode::load_from_row(std::uint32_t a, Iteration& iteration) {
  const PlanAccess& access = plan_.accesses[a];
  const DType dtype = plan_.tensors[access.tensor].dtype;
  const bool is_one = access.inner.back().kind == PlanStride::Kind::zero;
  llvm::Value *from = nullptr, *one = nullptr;
  {
    const Lanes lanes(builder_, 1);
    from = builder_.CreateGEP(stored_type(context(), dtype), bases_[a], places(access, iteration));
    if (is_one) one = held_from_stored(dtype, read(dtype, from, false, nullptr));
  }
  if (is_one) return Lanes::spread(one);
  return held_from_stored(dtype, read(dtype, from, false, iteration.mask));
}

llvm::Value* LoopCode::load_from(llvm::Value* base, const PlanAccess& access,
                                 Iteration& iteration) {
  const DType dtype = plan_.tensors[access.tensor].dtype;
  const bool is_dense = access.form == PlanAccess::Inner::dense;
  llvm::Value* place = is_dense ? iteration.index : places(access, iteration);
  llvm::Value* from = builder_.CreateGEP(stored_type(context(), dtype), base, place);
  return held_from_stored(dtype,
                          read(dtype, from, !is_dense && Lanes::width() > 1, iteration.mask));
}

llvm::Value* LoopCode::stored(DType dtype, llvm::Value* held) const {
  if (!plan_.one_result && is_floating(dtype))
    held = held_from_computed(native::compute_type_of(dtype), dtype, held);
  return stored_from_held(dtype, held);
}

void LoopCode::store(std::uint32_t a, llvm::Value* held, Iteration& iteration) {
  const PlanAccess& access = plan_.accesses[a];
  const DType dtype = plan_.tensors[access.tensor].dtype;
  const bool is_dense = access.form == PlanAccess::Inner::dense;
  llvm::Value* place = is_dense ? iteration.index : places(access, iteration);
  llvm::Value* to = builder_.CreateGEP(stored_type(context(), dtype), bases_[a], place);
  llvm::Value* element = stored(dtype, held);
  if (!iteration.is_far || !can_stream(a))
    return write(dtype, element, to, !is_dense && Lanes::width() > 1, iteration.mask);
  llvm::StoreInst* past = builder_.CreateAlignedStore(element, to, llvm::Align(kLineBytes));
  llvm::Metadata* one = llvm::ConstantAsMetadata::get(builder_.getInt32(1));
  past->setMetadata(llvm::LLVMContext::MD_nontemporal, llvm::MDNode::get(context(), one));
}

llvm::Value* LoopCode::dense_place(std::uint32_t a, llvm::Value* index) {
  const DType dtype = plan_.tensors[plan_.accesses[a].tensor].dtype;
  return builder_.CreateGEP(stored_type(context(), dtype), bases_[a], index);
}

bool LoopCode::can_stream(std::uint32_t a) const {
  const PlanAccess& access = plan_.accesses[a];
  const PlanTensor& tensor = plan_.tensors[access.tensor];
  return access.form == PlanAccess::Inner::dense && tensor.is_alone &&
         size_of(tensor.dtype) * width_ % kLineBytes == 0;
}

void LoopCode::store_one(std::uint32_t a, llvm::Value* held) {
  const ir::Lanes lanes(builder_, 1);
  const DType dtype = plan_.tensors[plan_.accesses[a].tensor].dtype;
  write(dtype, stored(dtype, held), bases_[a], false, nullptr);
}

namespace {

/// Kept elements lie as they are held, bool in a byte.
llvm::Type* kept_type(llvm::LLVMContext& context, DType dtype) {
  return dtype == DType::kBool ? llvm::Type::getInt8Ty(context) : held_type(context, dtype);
}
DType kept_dtype(DType dtype) {
  return dtype == DType::kBool ? dtype : native::dtype_of(native::compute_type_of(dtype));
}

}  // namespace

llvm::Value* LoopCode::load_kept(std::uint32_t n, Iteration& iteration) {
  const PlanNode& node = plan_.nodes[n];
  if (node.output != kNoAccess) return load(node.output, iteration);
  const DType dtype = kept_dtype(node.dtype);
  llvm::Value* from = builder_.CreateGEP(kept_type(context(), dtype), kept_[n], iteration.index);
  return held_from_stored(dtype, read(dtype, from, false, iteration.mask));
}

void LoopCode::store_kept(std::uint32_t n, llvm::Value* held, Iteration& iteration) {
  const DType dtype = kept_dtype(plan_.nodes[n].dtype);
  llvm::Value* to = builder_.CreateGEP(kept_type(context(), dtype), kept_[n], iteration.index);
  write(dtype, stored_from_held(dtype, held), to, false, iteration.mask);
}

}  // namespace gt::worker::jit

// Nodes that go by index.
#include <limits>

#include "worker/jit/llvm/loop_code.h"

namespace gt::worker::jit {

using ir::Lanes;

llvm::Value* LoopCode::size(const PlanSize& size) {
  return size.constant != 0 ? number(size.constant) : size_parameters_[size.parameter];
}

llvm::Value* LoopCode::checked(const PlanIndexing& indexing, llvm::Value* index,
                               llvm::Value* mask) {
  llvm::Value* end = Lanes::spread(size(indexing.size));
  llvm::Value* zero = llvm::Constant::getNullValue(index->getType());
  if (indexing.counts_from_end)
    index = builder_.CreateSelect(builder_.CreateICmpSLT(index, zero),
                                  builder_.CreateAdd(index, end), index);
  llvm::Value* is_sound = builder_.CreateICmpULT(index, end);
  refuse(builder_.CreateNot(is_sound), mask);
  return builder_.CreateSelect(is_sound, index, zero);
}

void LoopCode::refuse(llvm::Value* is_bad, llvm::Value* mask) {
  if (mask != nullptr) is_bad = builder_.CreateAnd(is_bad, mask);
  if (is_bad->getType()->isVectorTy()) is_bad = builder_.CreateOrReduce(is_bad);
  flow_.when(is_bad, [&] {
    // Several threads may do so at a time.
    llvm::StoreInst* told =
        builder_.CreateAlignedStore(builder_.getInt32(1), refused_, llvm::Align(4));
    told->setAtomic(llvm::AtomicOrdering::Monotonic);
  });
}

llvm::Value* LoopCode::index_of(const PlanNode& node, Iteration* iteration) {
  const auto n = static_cast<std::size_t>(&node - plan_.nodes.data());
  if (iteration != nullptr && common_indices_[n] != nullptr) return common_indices_[n];
  const PlanOperand& from = node.operands[node.indexing->index];
  const bool is_common = iteration == nullptr || plan_.has_common_index(node);
  const Lanes lanes(builder_, is_common ? 1 : Lanes::width());
  llvm::Value* held = held_operand(from, is_common ? nullptr : iteration);
  return checked(*node.indexing, computed_from_held(dtype_of(from), ComputeType::kInteger, held),
                 is_common ? nullptr : iteration->mask);
}

void LoopCode::find_common_indices(int pass) {
  for (std::uint32_t n = 0; n < plan_.nodes.size(); ++n) {
    const PlanNode& node = plan_.nodes[n];
    if (!node.indexing || node.role != Role::element || !plan_.has_common_index(node)) continue;
    const PlanOperand& from = node.operands[node.indexing->index];
    const bool is_node = from.kind == PlanOperand::Kind::node;
    const int known_after = is_node ? plan_.nodes[from.index].pass : -1;
    if (known_after != pass || (is_node && scalars_[from.index] == nullptr)) continue;
    common_indices_[n] = nullptr;
    Iteration none;
    common_indices_[n] = index_of(node, &none);
  }
}

llvm::Value* LoopCode::look_up(const PlanNode& node, Iteration* iteration) {
  const PlanIndexing& indexing = *node.indexing;
  const std::uint32_t a = node.operands[indexing.table].index;
  const PlanAccess& table = plan_.accesses[a];
  const DType dtype = plan_.tensors[table.tensor].dtype;
  llvm::Type* type = stored_type(context(), dtype);
  llvm::Value* index = index_of(node, iteration);
  if (index->getType()->isVectorTy()) {
    llvm::Value* place = builder_.CreateMul(index, Lanes::spread(stride(indexing.stride)));
    if (table.form == PlanAccess::Inner::dense)
      place = builder_.CreateAdd(place, positions(*iteration));
    else if (table.form != PlanAccess::Inner::repeated)
      place = builder_.CreateAdd(place, places(table, *iteration));
    llvm::Value* from = builder_.CreateGEP(type, bases_[a], place);
    return held_from_stored(dtype, read(dtype, from, true, iteration->mask));
  }
  llvm::Value* from =
      builder_.CreateGEP(type, bases_[a], builder_.CreateMul(index, stride(indexing.stride)));
  if (iteration != nullptr && table.form != PlanAccess::Inner::repeated)
    return load_from(from, table, *iteration);
  llvm::Value* one = nullptr;
  {
    const Lanes lanes(builder_, 1);
    one = held_from_stored(dtype, read(dtype, from, false, nullptr));
  }
  return Lanes::spread(one);
}

llvm::Value* LoopCode::replace(const PlanNode& node, Iteration& iteration) {
  llvm::Value* position = last_positions(iteration);
  llvm::Value* index = Lanes::spread(index_of(node, &iteration));
  // Comparisons of 32 bits take half the vectors, where sizes are known to fit.
  const auto* length = llvm::dyn_cast<llvm::ConstantInt>(sizes_.inner.back());
  if (length != nullptr && length->getSExtValue() < std::numeric_limits<std::int32_t>::max()) {
    llvm::Type* narrow = Lanes::type_of(builder_.getInt32Ty());
    position = builder_.CreateTrunc(position, narrow);
    index = builder_.CreateTrunc(index, narrow);
  }
  llvm::Value* given = held_operand(node.operands[2], &iteration);
  if (node.op == Op::scatter_add) {
    llvm::Value* self = operand(node, 0, &iteration);
    llvm::Value* addend = operand(node, 2, &iteration);
    given = held(node, self->getType()->isFPOrFPVectorTy() ? builder_.CreateFAdd(self, addend)
                                                           : builder_.CreateAdd(self, addend));
  }
  return builder_.CreateSelect(builder_.CreateICmpEQ(position, index), given,
                               held_operand(node.operands[0], &iteration));
}

}  // namespace gt::worker::jit

#include "worker/jit/llvm/loop_code.h"

namespace gt::worker::jit {

LoopCode::LoopCode(llvm::Module& module, const LoopPlan& plan, Schedule schedule, unsigned width)
    : module_(module),
      plan_(plan),
      schedule_(std::move(schedule)),
      builder_(module.getContext()),
      width_(width) {
  if (plan_.one_result) return;
  llvm::FastMathFlags flags;
  flags.setAllowContract(true);
  builder_.setFastMathFlags(flags);
}

void LoopCode::declare(const std::string& name, llvm::ArrayRef<llvm::Type*> rest) {
  std::vector<llvm::Type*> types(plan_.tensors.size(), builder_.getPtrTy());
  types.insert(types.end(), plan_.size_parameters + plan_.stride_parameters + plan_.word_parameters,
               builder_.getInt64Ty());
  types.insert(types.end(), rest.begin(), rest.end());
  function_ = llvm::Function::Create(llvm::FunctionType::get(builder_.getVoidTy(), types, false),
                                     llvm::Function::InternalLinkage, name, module_);
  function_->setDoesNotThrow();
  function_->addFnAttr(llvm::Attribute::NoInline);
  unsigned next = 0;
  const auto take = [&](std::size_t count, Values& into) {
    for (std::size_t k = 0; k < count; ++k) into.push_back(function_->getArg(next++));
  };
  take(plan_.tensors.size(), tensors_);
  take(plan_.size_parameters, size_parameters_);
  take(plan_.stride_parameters, strides_);
  take(plan_.word_parameters, words_);
  for (unsigned t = 0; t < plan_.tensors.size(); ++t)
    if (plan_.tensors[t].is_alone) function_->addParamAttr(t, llvm::Attribute::NoAlias);
  builder_.SetInsertPoint(llvm::BasicBlock::Create(context(), "entry", function_));
}

llvm::Value* LoopCode::rest_argument(unsigned index) const {
  const std::size_t own =
      tensors_.size() + size_parameters_.size() + strides_.size() + words_.size();
  return function_->getArg(static_cast<unsigned>(own) + index);
}

void LoopCode::begin_loop() {
  sizes_ = sizes_of(builder_, plan_, size_parameters_);
  scalars_.assign(plan_.nodes.size(), nullptr);
  repeated_.assign(plan_.accesses.size(), nullptr);
  bases_.assign(plan_.accesses.size(), nullptr);
  kept_.assign(plan_.nodes.size(), nullptr);
  spread_.assign(plan_.accesses.size(), nullptr);
  common_indices_.assign(plan_.nodes.size(), nullptr);
  const ir::Lanes lanes(builder_, 1);
  read_words();
  for (std::uint32_t a = 0; a < plan_.accesses.size(); ++a) {
    const PlanAccess& access = plan_.accesses[a];
    bases_[a] = tensors_[access.tensor];
    const bool is_read = !access.is_table && !plan_.tensors[access.tensor].is_output;
    if (access.role != Role::uniform || !is_read) continue;
    const DType dtype = plan_.tensors[access.tensor].dtype;
    repeated_[a] = held_from_stored(dtype, read(dtype, bases_[a], false, nullptr));
  }
  for (std::uint32_t n = 0; n < plan_.nodes.size(); ++n) {
    const PlanNode& node = plan_.nodes[n];
    if (node.is_fill() || node.role == Role::uniform) scalars_[n] = compute(node, nullptr);
  }
}

void LoopCode::store_uniform_results() {
  const ir::Lanes lanes(builder_, 1);
  for (std::uint32_t n = 0; n < plan_.nodes.size(); ++n)
    if (plan_.nodes[n].role == Role::uniform && plan_.nodes[n].output != kNoAccess)
      store_one(plan_.nodes[n].output, scalars_[n]);
}

llvm::Value* LoopCode::stack_memory(llvm::Type* element, std::int64_t count) {
  llvm::BasicBlock& entry = function_->getEntryBlock();
  llvm::IRBuilder<> at_entry(&entry, entry.begin());
  llvm::AllocaInst* memory =
      at_entry.CreateAlloca(element, at_entry.getInt64(static_cast<std::uint64_t>(count)));
  memory->setAlignment(llvm::Align(64));
  return memory;
}

Values LoopCode::taken_apart(llvm::Value* index, const Values& sizes) {
  Values indices(sizes.size());
  for (std::size_t d = indices.size(); d-- > 1;) {
    indices[d] = builder_.CreateURem(index, sizes[d]);
    index = builder_.CreateUDiv(index, sizes[d]);
  }
  if (!indices.empty()) indices[0] = index;
  return indices;
}

llvm::Value* LoopCode::moved(llvm::Value* offset, const Values& indices,
                             std::span<const PlanStride> strides) {
  for (std::size_t d = 0; d < strides.size(); ++d)
    if (strides[d].kind != PlanStride::Kind::zero)
      offset = builder_.CreateAdd(offset, builder_.CreateMul(indices[d], stride(strides[d])));
  return offset;
}

void LoopCode::begin_plane(llvm::Value* plane) {
  if (plan_.planes.empty()) return;
  first_run_ = builder_.CreateMul(plane, sizes_.runs);
  const Values indices = taken_apart(plane, sizes_.planes);
  plane_offsets_.clear();
  for (const PlanAccess& access : plan_.accesses)
    plane_offsets_.push_back(moved(number(0), indices, access.planes));
}

void LoopCode::begin_run(llvm::Value* run) {
  run_ = first_run_ == nullptr ? run : builder_.CreateAdd(first_run_, run);
  const Values indices = taken_apart(run, sizes_.outer);
  const ir::Lanes lanes(builder_, 1);
  for (std::uint32_t a = 0; a < plan_.accesses.size(); ++a) {
    const PlanAccess& access = plan_.accesses[a];
    if (access.role == Role::uniform) continue;
    const DType dtype = plan_.tensors[access.tensor].dtype;
    llvm::Value* begin = plane_offsets_.empty() ? number(0) : plane_offsets_[a];
    llvm::Value* offset = moved(begin, indices, access.outer);
    bases_[a] = builder_.CreateGEP(stored_type(context(), dtype), tensors_[access.tensor], offset);
    const bool is_read = !access.is_table && !plan_.tensors[access.tensor].is_output;
    if (access.form == PlanAccess::Inner::repeated && is_read)
      repeated_[a] = held_from_stored(dtype, read(dtype, bases_[a], false, nullptr));
  }
  find_common_indices(-1);
}

void LoopCode::compute_row_nodes(int pass) {
  const ir::Lanes lanes(builder_, 1);
  for (std::uint32_t n = 0; n < plan_.nodes.size(); ++n) {
    const PlanNode& node = plan_.nodes[n];
    if (node.role == Role::row && node.pass == pass && !node.is_fill())
      scalars_[n] = compute(node, nullptr);
  }
  find_common_indices(pass);
}

void LoopCode::store_row_results() {
  const ir::Lanes lanes(builder_, 1);
  for (std::uint32_t n = 0; n < plan_.nodes.size(); ++n) {
    const PlanNode& node = plan_.nodes[n];
    if ((node.role == Role::row || node.role == Role::fold) && node.output != kNoAccess)
      store_one(node.output, scalars_[n]);
  }
}

Iteration LoopCode::begin(llvm::Value* index, int pass) const {
  return {index, nullptr, Values(plan_.nodes.size(), nullptr), pass, false};
}

void LoopCode::compute_elements(const Schedule::Pass& pass, Iteration& iteration) {
  for (std::uint32_t n : pass.stores) static_cast<void>(element(n, iteration));
  for (std::uint32_t n : pass.keeps) static_cast<void>(element(n, iteration));
}

void LoopCode::store_elements(const Schedule::Pass& pass, Iteration& iteration) {
  compute_elements(pass, iteration);
  for (std::uint32_t n : pass.stores)
    store(plan_.nodes[n].output, element(n, iteration), iteration);
  for (std::uint32_t n : pass.keeps) store_kept(n, element(n, iteration), iteration);
}

}  // namespace gt::worker::jit

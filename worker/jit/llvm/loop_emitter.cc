#include "worker/jit/llvm/loop_emitter.h"

#include <algorithm>

namespace gt::worker::jit {
namespace {

unsigned lanes_for(const LoopPlan& plan, unsigned vector_bytes) {
  std::size_t narrowest = 8;
  for (const PlanNode& node : plan.nodes)
    if (!node.is_fill()) narrowest = std::min(narrowest, native::size_of(node.type));
  return vector_bytes / static_cast<unsigned>(narrowest);
}

}  // namespace

LoopEmitter::LoopEmitter(llvm::Module& module, const Machine& machine, const LoopPlan& plan,
                         Costs& costs)
    : module_(module),
      machine_(machine),
      plan_(plan),
      schedule_(schedule_of(plan, costs)),
      builder_(module.getContext()),
      width_(lanes_for(plan, machine.vector_bytes())) {}

llvm::Value* kept_bytes(llvm::IRBuilder<>& builder, DType dtype, llvm::Value* length) {
  const std::size_t size =
      dtype == DType::kBool ? 1 : native::size_of(native::compute_type_of(dtype));
  llvm::Value* bytes = builder.CreateMul(length, builder.getInt64(size));
  return builder.CreateAnd(builder.CreateAdd(bytes, builder.getInt64(63)),
                           builder.getInt64(~std::uint64_t{63}));
}

llvm::Value* LoopEmitter::scratch_bytes(llvm::IRBuilder<>& builder, const Sizes& sizes) const {
  std::int64_t folds = 0;
  llvm::Value* bytes = builder.getInt64(0);
  for (std::uint32_t n = 0; n < plan_.nodes.size(); ++n) {
    const PlanNode& node = plan_.nodes[n];
    folds += node.role == Role::fold ? 1 : 0;
    if (schedule_.is_kept[n] && node.output == kNoAccess)
      bytes = builder.CreateAdd(bytes, kept_bytes(builder, node.dtype, sizes.length));
  }
  if (plan_.fold != Space::Fold::columns) return bytes;
  return builder.getInt64(
      static_cast<std::uint64_t>(folds * (kLaneLevels + kBlockLevels) * kTileColumns * 8));
}

void LoopEmitter::declare(const std::string& name) {
  llvm::Type* word = builder_.getInt64Ty();
  std::vector<llvm::Type*> types(plan_.tensors.size(), builder_.getPtrTy());
  types.insert(types.end(),
               plan_.size_parameters + plan_.stride_parameters + plan_.word_parameters + 2, word);
  types.push_back(builder_.getPtrTy());
  function_ = llvm::Function::Create(llvm::FunctionType::get(builder_.getVoidTy(), types, false),
                                     llvm::Function::InternalLinkage, name, module_);
  function_->setDoesNotThrow();
  function_->addFnAttr(llvm::Attribute::NoInline);
  function_->addFnAttr("prefer-vector-width", std::to_string(8 * machine_.vector_bytes()));
  unsigned next = 0;
  const auto take = [&](std::size_t count, Values& into) {
    for (std::size_t k = 0; k < count; ++k) into.push_back(function_->getArg(next++));
  };
  take(plan_.tensors.size(), tensors_);
  take(plan_.size_parameters, size_parameters_);
  take(plan_.stride_parameters, strides_);
  take(plan_.word_parameters, words_);
  first_ = function_->getArg(next++);
  last_ = function_->getArg(next++);
  scratch_ = function_->getArg(next);
  for (unsigned t = 0; t < plan_.tensors.size(); ++t)
    if (plan_.tensors[t].is_alone) function_->addParamAttr(t, llvm::Attribute::NoAlias);
  builder_.SetInsertPoint(llvm::BasicBlock::Create(context(), "entry", function_));
}

llvm::Function* LoopEmitter::emit(const std::string& name) {
  declare(name);
  sizes_ = sizes_of(builder_, plan_, size_parameters_);
  scalars_.assign(plan_.nodes.size(), nullptr);
  repeated_.assign(plan_.accesses.size(), nullptr);
  bases_.assign(plan_.accesses.size(), nullptr);
  kept_.assign(plan_.nodes.size(), nullptr);
  {
    const ir::Lanes lanes(builder_, 1);
    read_words();
    emit_uniform();
  }
  find_distance();
  if (plan_.fold == Space::Fold::columns)
    emit_columns();
  else
    emit_runs();
  // What went past the caches is to be seen by others before the call returns.
  if (is_large_ != nullptr)
    flow_.when(is_large_,
               [&] { builder_.CreateFence(llvm::AtomicOrdering::SequentiallyConsistent); });
  builder_.CreateRetVoid();
  return function_;
}

llvm::Value* LoopEmitter::stack_memory(llvm::Type* element, std::int64_t count) {
  llvm::BasicBlock& entry = function_->getEntryBlock();
  llvm::IRBuilder<> at_entry(&entry, entry.begin());
  llvm::AllocaInst* memory =
      at_entry.CreateAlloca(element, at_entry.getInt64(static_cast<std::uint64_t>(count)));
  memory->setAlignment(llvm::Align(64));
  return memory;
}

void LoopEmitter::emit_uniform() {
  for (std::uint32_t a = 0; a < plan_.accesses.size(); ++a) {
    const PlanAccess& access = plan_.accesses[a];
    bases_[a] = tensors_[access.tensor];
    if (access.role != Role::uniform || plan_.tensors[access.tensor].is_output) continue;
    const DType dtype = plan_.tensors[access.tensor].dtype;
    repeated_[a] = held_from_stored(dtype, read(dtype, bases_[a], false, nullptr));
  }
  for (std::uint32_t n = 0; n < plan_.nodes.size(); ++n) {
    const PlanNode& node = plan_.nodes[n];
    if (node.is_fill() || node.role == Role::uniform) scalars_[n] = compute(node, nullptr);
  }
  flow_.when(builder_.CreateICmpEQ(first_, number(0)), [&] {
    for (std::uint32_t n = 0; n < plan_.nodes.size(); ++n)
      if (plan_.nodes[n].role == Role::uniform && plan_.nodes[n].output != kNoAccess)
        store_one(plan_.nodes[n].output, scalars_[n]);
  });
}

void LoopEmitter::emit_runs() {
  llvm::Value* place = scratch_;
  for (std::uint32_t n = 0; n < plan_.nodes.size(); ++n) {
    const PlanNode& node = plan_.nodes[n];
    if (!schedule_.is_kept[n] || node.output != kNoAccess) continue;
    kept_[n] = place;
    place = builder_.CreateGEP(builder_.getInt8Ty(), place,
                               kept_bytes(builder_, node.dtype, sizes_.length));
  }
  const Units units = units_of(builder_, plan_, sizes_);
  const auto scaled = [&](llvm::Value* unit, llvm::Value* by, llvm::Value* most) {
    return least(builder_, builder_.CreateMul(unit, by), most);
  };
  if (plan_.outer.empty() && plan_.fold == Space::Fold::none) {
    llvm::Value* elements = number(kUnitElements);
    emit_run(number(0), builder_.CreateMul(first_, elements),
             scaled(last_, elements, sizes_.length));
    return;
  }
  const auto runs = [&](llvm::Value* from, llvm::Value* to, llvm::Value* first, llvm::Value* end) {
    flow_.each(from, to, 1, [&](llvm::Value* run) { emit_run(run, first, end); });
  };
  if (plan_.fold == Space::Fold::rows) {
    runs(builder_.CreateMul(first_, units.runs), scaled(last_, units.runs, sizes_.runs), number(0),
         sizes_.length);
    return;
  }
  flow_.each(first_, last_, 1, [&](llvm::Value* unit) {
    llvm::Value* from = builder_.CreateMul(builder_.CreateUDiv(unit, units.blocks), units.runs);
    llvm::Value* to = least(builder_, builder_.CreateAdd(from, units.runs), sizes_.runs);
    llvm::Value* block = builder_.CreateURem(unit, units.blocks);
    llvm::Value* begin = builder_.CreateMul(block, number(kUnitElements));
    llvm::Value* end =
        least(builder_, builder_.CreateAdd(begin, number(kUnitElements)), sizes_.length);
    runs(from, to, begin, end);
  });
}

void LoopEmitter::begin_run(llvm::Value* run) {
  Values indices(plan_.outer.size());
  for (std::size_t d = indices.size(); d-- > 1;) {
    indices[d] = builder_.CreateURem(run, sizes_.outer[d]);
    run = builder_.CreateUDiv(run, sizes_.outer[d]);
  }
  if (!indices.empty()) indices[0] = run;
  const ir::Lanes lanes(builder_, 1);
  for (std::uint32_t a = 0; a < plan_.accesses.size(); ++a) {
    const PlanAccess& access = plan_.accesses[a];
    if (access.role == Role::uniform) continue;
    const DType dtype = plan_.tensors[access.tensor].dtype;
    llvm::Value* offset = number(0);
    for (std::size_t d = 0; d < access.outer.size(); ++d)
      if (access.outer[d].kind != PlanStride::Kind::zero)
        offset =
            builder_.CreateAdd(offset, builder_.CreateMul(indices[d], stride(access.outer[d])));
    bases_[a] = builder_.CreateGEP(stored_type(context(), dtype), tensors_[access.tensor], offset);
    if (access.form == PlanAccess::Inner::repeated && !plan_.tensors[access.tensor].is_output)
      repeated_[a] = held_from_stored(dtype, read(dtype, bases_[a], false, nullptr));
  }
}

void LoopEmitter::compute_row_nodes(int pass) {
  const ir::Lanes lanes(builder_, 1);
  for (std::uint32_t n = 0; n < plan_.nodes.size(); ++n) {
    const PlanNode& node = plan_.nodes[n];
    if (node.role == Role::row && node.pass == pass && !node.is_fill())
      scalars_[n] = compute(node, nullptr);
  }
}

void LoopEmitter::store_row_results() {
  const ir::Lanes lanes(builder_, 1);
  for (std::uint32_t n = 0; n < plan_.nodes.size(); ++n) {
    const PlanNode& node = plan_.nodes[n];
    if ((node.role == Role::row || node.role == Role::fold) && node.output != kNoAccess)
      store_one(node.output, scalars_[n]);
  }
}

void LoopEmitter::emit_run(llvm::Value* run, llvm::Value* first, llvm::Value* end) {
  begin_run(run);
  find_distance_of_run(first);
  compute_row_nodes(-1);
  for (int pass = 0; pass < static_cast<int>(schedule_.passes.size()); ++pass) {
    emit_pass(pass, first, end);
    compute_row_nodes(pass);
  }
  store_row_results();
}

}  // namespace gt::worker::jit

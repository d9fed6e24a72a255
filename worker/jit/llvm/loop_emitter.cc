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
                         Costs& costs, const Tuning& tuning)
    : LoopCode(module, plan, schedule_of(plan, costs, tuning),
               lanes_for(plan, machine.processor().vector_bytes)),
      machine_(machine) {}

llvm::Value* kept_bytes(llvm::IRBuilder<>& builder, DType dtype, llvm::Value* length) {
  const std::size_t size =
      dtype == DType::kBool ? 1 : native::size_of(native::compute_type_of(dtype));
  llvm::Value* bytes = builder.CreateMul(length, builder.getInt64(size));
  return builder.CreateAnd(builder.CreateAdd(bytes, builder.getInt64(63)),
                           builder.getInt64(~std::uint64_t{63}));
}

llvm::Value* LoopEmitter::scratch_bytes(llvm::IRBuilder<>& builder, const Sizes& sizes) const {
  const auto word = [&](std::int64_t value) {
    return builder.getInt64(static_cast<std::uint64_t>(value));
  };
  std::int64_t folds = 0;
  llvm::Value* bytes = word(0);
  for (std::uint32_t n = 0; n < plan_.nodes.size(); ++n) {
    const PlanNode& node = plan_.nodes[n];
    folds += node.role == Role::fold ? 1 : 0;
    if (schedule_.is_kept[n] && node.output == kNoAccess)
      bytes = builder.CreateAdd(bytes, kept_bytes(builder, node.dtype, sizes.length));
  }
  if (plan_.spreads_runs) return builder.CreateAdd(bytes, word(run_spread_bytes()));
  if (plan_.fold != Space::Fold::columns) {
    const std::vector<Spread> spreads = find_spreads();
    return builder.CreateAdd(bytes, word(bytes_of(spreads, tile_elements(spreads))));
  }
  return word(folds * (kLaneLevels + kBlockLevels) * kTileBytes + narrow_bytes());
}

llvm::Function* LoopEmitter::emit(const std::string& name) {
  llvm::Type* word = builder_.getInt64Ty();
  declare(name, {word, word, builder_.getPtrTy(), builder_.getPtrTy()});
  function_->addFnAttr("prefer-vector-width",
                       std::to_string(8 * machine_.processor().vector_bytes));
  first_ = rest_argument(0);
  last_ = rest_argument(1);
  scratch_ = rest_argument(2);
  refused_ = rest_argument(3);
  begin_loop();
  flow_.when(builder_.CreateICmpEQ(first_, number(0)), [&] { store_uniform_results(); });
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

void LoopEmitter::emit_runs() {
  llvm::Value* place = scratch_;
  for (std::uint32_t n = 0; n < plan_.nodes.size(); ++n) {
    const PlanNode& node = plan_.nodes[n];
    if (!schedule_.is_kept[n] || node.output != kNoAccess) continue;
    kept_[n] = place;
    place = builder_.CreateGEP(builder_.getInt8Ty(), place,
                               kept_bytes(builder_, node.dtype, sizes_.length));
  }
  spread_memory_ = place;
  if (plan_.spreads_runs) begin_run_spreads();
  const Units units = units_of(builder_, plan_, sizes_);
  const auto scaled = [&](llvm::Value* unit, llvm::Value* by, llvm::Value* most) {
    return least(builder_, builder_.CreateMul(unit, by), most);
  };
  if (plan_.outer.empty() && plan_.fold == Space::Fold::none) {
    llvm::Value* elements = number(kUnitElements);
    llvm::Value* first = builder_.CreateMul(first_, elements);
    llvm::Value* end = scaled(last_, elements, sizes_.length);
    return is_in_tiles() ? emit_tiles(first, end) : emit_run(number(0), first, end);
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

void LoopEmitter::emit_run(llvm::Value* run, llvm::Value* first, llvm::Value* end) {
  begin_run(run);
  if (plan_.spreads_runs) spread_run();
  find_distance_of_run(first);
  emit_passes(first, end);
}

/// All walks over the elements [first, end) of the present run.
void LoopEmitter::emit_passes(llvm::Value* first, llvm::Value* end) {
  compute_row_nodes(-1);
  for (int pass = 0; pass < static_cast<int>(schedule_.passes.size()); ++pass) {
    emit_pass(pass, first, end);
    compute_row_nodes(pass);
  }
  store_row_results();
}

}  // namespace gt::worker::jit

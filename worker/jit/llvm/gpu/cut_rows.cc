// Long rows that are cut into parts, each folded by a block: few of them would leave a device idle.
//
// A part has a power of two of blocks of the tree, so that its result is a node of the tree of the
// whole row, and the binary counter combines parts as it would combine their blocks.
#include "worker/jit/llvm/gpu/thread_loops.h"

namespace gt::worker::jit {
namespace {

/// Blocks of threads that keep a device busy; rows are cut until there are as many.
constexpr std::uint64_t kEnoughBlocks = 1024;
/// Of a row: one thread after the other would wait for more of them.
constexpr std::uint64_t kMostParts = 256;
constexpr std::int64_t kSlotBytes = 8;

llvm::Value* most(llvm::IRBuilder<>& builder, llvm::Value* a, std::uint64_t b) {
  return builder.CreateBinaryIntrinsic(llvm::Intrinsic::umax, a, builder.getInt64(b));
}

}  // namespace

/// Not if a later walk needs what the folds of an earlier one give.
bool ThreadLoops::cuts_rows() const {
  return plan_.fold == Space::Fold::rows && schedule_.passes.size() == 1 &&
         !schedule_.passes[0].folds.empty() && is_long_row();
}

ThreadLoops::Cut ThreadLoops::cut(llvm::IRBuilder<>& builder, const Sizes& sizes) const {
  llvm::Value* one = builder.getInt64(1);
  llvm::Value* count = quotient_up(builder, sizes.length, builder.getInt64(kFoldBlock));
  llvm::Value* wanted =
      builder.CreateUDiv(builder.getInt64(kEnoughBlocks), most(builder, sizes.runs, 1));
  wanted = builder.CreateBinaryIntrinsic(llvm::Intrinsic::umin, most(builder, wanted, 1),
                                         builder.getInt64(kMostParts));
  // The next power of two, a block of the tree for each warp at least.
  llvm::Value* least_part = most(builder, quotient_up(builder, count, wanted), kWarps);
  llvm::Value* zeros = builder.CreateBinaryIntrinsic(
      llvm::Intrinsic::ctlz, builder.CreateSub(least_part, one), builder.getFalse());
  Cut cut;
  cut.part = builder.CreateShl(one, builder.CreateSub(builder.getInt64(64), zeros));
  llvm::Value* parts = most(builder, quotient_up(builder, count, cut.part), 1);
  llvm::Value* is_cut = builder.CreateICmpNE(parts, one);
  cut.blocks = builder.CreateMul(sizes.runs, parts);
  cut.ends = builder.CreateSelect(is_cut, sizes.runs, builder.getInt64(0));
  const std::size_t bytes = schedule_.passes[0].folds.size() * kSlotBytes;
  cut.scratch_bytes = builder.CreateSelect(
      is_cut, builder.CreateMul(cut.blocks, builder.getInt64(bytes)), builder.getInt64(0));
  return cut;
}

llvm::Value* ThreadLoops::parts_of_row() {
  return most(builder_, quotient_up(builder_, block_count(), rest_argument(0)), 1);
}

/// Where the result of part number `number`, counted over all rows, lies.
llvm::Value* ThreadLoops::scratch_place(llvm::Value* number, std::size_t fold) {
  const std::size_t folds = schedule_.passes[0].folds.size();
  llvm::Value* slot = builder_.CreateAdd(builder_.CreateMul(number, builder_.getInt64(folds)),
                                         builder_.getInt64(fold));
  llvm::Value* address =
      builder_.CreateAdd(rest_argument(1), builder_.CreateMul(slot, this->number(kSlotBytes)));
  return builder_.CreateIntToPtr(address, builder_.getPtrTy(kGlobal));
}

void ThreadLoops::finish_row(const Values& totals) {
  finish_folds(schedule_.passes[0], totals);
  compute_row_nodes(0);
  flow_.when(builder_.CreateICmpEQ(thread_, number(0)), [&] { store_row_results(); });
}

void ThreadLoops::emit_part() {
  const Schedule::Pass& pass = schedule_.passes[0];
  llvm::Value* parts = parts_of_row();
  begin_run(builder_.CreateUDiv(block_, parts));
  compute_row_nodes(-1);
  llvm::Value* first = builder_.CreateMul(builder_.CreateURem(block_, parts), rest_argument(0));
  llvm::Value* count = least(builder_, builder_.CreateSub(block_count(), first), rest_argument(0));
  const Values totals = fold_blocks(pass, 0, first, count);
  flow_.choose(
      builder_.CreateICmpEQ(parts, number(1)),
      [&]() -> llvm::Value* {
        finish_row(totals);
        return nullptr;
      },
      [&]() -> llvm::Value* {
        flow_.when(builder_.CreateICmpEQ(thread_, number(0)), [&] {
          for (std::size_t f = 0; f < totals.size(); ++f)
            builder_.CreateStore(totals[f], scratch_place(block_, f));
        });
        return nullptr;
      });
}

llvm::Function* ThreadLoops::emit_ends(const std::string& name) {
  const Schedule::Pass& pass = schedule_.passes[0];
  begin(name);
  const ir::Lanes lanes(builder_, 1);
  llvm::Value* parts = parts_of_row();
  begin_run(block_);
  compute_row_nodes(-1);
  open_slots(pass, kBlockLevels);
  const BinaryCounter counted = counter(pass);
  llvm::Value* first = builder_.CreateMul(block_, parts);
  flow_.each(number(0), parts, 1, [&](llvm::Value* part) {
    Values made;
    for (std::size_t f = 0; f < pass.folds.size(); ++f)
      made.push_back(builder_.CreateLoad(computed_type(context(), fold_of(pass.folds[f]).type()),
                                         scratch_place(builder_.CreateAdd(first, part), f)));
    put(pass, counted.slot(part), made);
    counted.push(part);
  });
  counted.finish(parts);
  finish_row(taken(pass));
  builder_.CreateRetVoid();
  return function_;
}

}  // namespace gt::worker::jit

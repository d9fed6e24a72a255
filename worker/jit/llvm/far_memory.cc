// Loops that store more than the caches hold.
#include "worker/engine/native/strided_copy.h"
#include "worker/jit/llvm/loop_emitter.h"

namespace gt::worker::jit {
void LoopEmitter::find_distance() {
  if (plan_.fold == Space::Fold::columns || schedule_.passes.empty()) return;
  llvm::Value* elements = builder_.CreateMul(sizes_.runs, sizes_.length);
  is_large_ = builder_.getFalse();
  for (std::uint32_t n : schedule_.passes.back().stores) {
    llvm::Value* size = builder_.getInt64(size_of(plan_.nodes[n].dtype));
    llvm::Value* bytes = builder_.CreateMul(elements, size);
    is_large_ =
        builder_.CreateOr(is_large_, builder_.CreateICmpSGE(bytes, number(native::kStreamedBytes)));
  }
}

void LoopEmitter::find_distance_of_run(llvm::Value* first) {
  if (is_large_ == nullptr) return;
  is_far_ = is_large_;
  for (std::uint32_t n : schedule_.passes.back().stores) {
    const std::uint32_t a = plan_.nodes[n].output;
    if (!can_stream(a)) continue;
    llvm::Value* place = builder_.CreatePtrToInt(dense_place(a, first), builder_.getInt64Ty());
    llvm::Value* rest = builder_.CreateAnd(place, number(kLineBytes - 1));
    is_far_ = builder_.CreateAnd(is_far_, builder_.CreateICmpEQ(rest, number(0)));
  }
}

void LoopEmitter::fetch(llvm::Value* place) {
  constexpr unsigned kRead = 0, kKeep = 3, kData = 1;
  builder_.CreateIntrinsic(
      llvm::Intrinsic::prefetch, {builder_.getPtrTy()},
      {place, builder_.getInt32(kRead), builder_.getInt32(kKeep), builder_.getInt32(kData)});
}

void LoopEmitter::fetch(llvm::Value* index, const Values& bases) {
  for (std::uint32_t a = 0; a < plan_.accesses.size(); ++a) {
    const PlanAccess& access = plan_.accesses[a];
    const PlanTensor& tensor = plan_.tensors[access.tensor];
    const bool is_read = access.role == Role::element && !tensor.is_output && !access.is_table;
    const bool is_new = !access.outer.empty() && access.outer.back().kind != PlanStride::Kind::zero;
    if (is_read && is_new && access.form == PlanAccess::Inner::dense)
      fetch(builder_.CreateGEP(stored_type(context(), tensor.dtype), bases[a], index));
  }
}

void LoopEmitter::fetch(llvm::Value* index, bool next_run) {
  for (std::uint32_t a = 0; a < plan_.accesses.size(); ++a) {
    const PlanAccess& access = plan_.accesses[a];
    const bool is_read =
        access.role == Role::element && !access.is_table && !plan_.tensors[access.tensor].is_output;
    const bool is_new =
        access.outer.empty() ? !next_run : access.outer.back().kind != PlanStride::Kind::zero;
    if (!is_read || access.form != PlanAccess::Inner::dense || !is_new) continue;
    const auto size = static_cast<std::int64_t>(size_of(plan_.tensors[access.tensor].dtype));
    llvm::Value* distance =
        next_run ? stride(access.outer.back()) : number(machine_.processor().fetch_bytes / size);
    fetch(dense_place(a, builder_.CreateAdd(index, distance)));
  }
}

}  // namespace gt::worker::jit

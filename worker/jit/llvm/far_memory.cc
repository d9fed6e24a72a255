// Loops that store more than the caches hold.
#include "worker/engine/native/strided_copy.h"
#include "worker/jit/llvm/loop_emitter.h"

namespace gt::worker::jit {
void LoopEmitter::find_distance() {
  if (schedule_.passes.empty() || schedule_.passes.back().stores.empty()) return;
  llvm::Value* elements =
      builder_.CreateMul(sizes_.plane_count, builder_.CreateMul(sizes_.runs, sizes_.length));
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

void LoopEmitter::store_turn(const Schedule::Pass& pass, std::span<Iteration> iterations) {
  const bool asks_ahead = plan_.fold == Space::Fold::none && machine_.processor().fetch_bytes != 0;
  for (Iteration& iteration : iterations) compute_elements(pass, iteration);
  const auto store_all = [&](bool is_far) -> llvm::Value* {
    for (Iteration& iteration : iterations) {
      iteration.is_far = is_far;
      if (is_far && asks_ahead) fetch(iteration.index, false);
      store_elements(pass, iteration);
    }
    return nullptr;
  };
  if (is_far_ == nullptr || &pass != &schedule_.passes.back())
    store_all(false);
  else
    flow_.choose(is_far_, [&] { return store_all(true); }, [&] { return store_all(false); });
}

void LoopEmitter::fetch(llvm::Value* place) {
  constexpr unsigned kRead = 0, kKeep = 3, kData = 1;
  builder_.CreateIntrinsic(
      llvm::Intrinsic::prefetch, {builder_.getPtrTy()},
      {place, builder_.getInt32(kRead), builder_.getInt32(kKeep), builder_.getInt32(kData)});
}

void LoopEmitter::fetch_lines(llvm::Value* place, std::size_t element_bytes) {
  const auto bytes = static_cast<std::int64_t>(element_bytes) * ir::Lanes::width();
  for (std::int64_t line = 0; line < bytes; line += kLineBytes)
    fetch(builder_.CreateGEP(builder_.getInt8Ty(), place, number(line)));
}

void LoopEmitter::fetch(llvm::Value* index, const Values& bases) {
  for (std::uint32_t a = 0; a < plan_.accesses.size(); ++a) {
    const PlanAccess& access = plan_.accesses[a];
    const PlanTensor& tensor = plan_.tensors[access.tensor];
    const bool is_read = access.role == Role::element && !tensor.is_output && !access.is_table;
    const bool is_new = !access.outer.empty() && access.outer.back().kind != PlanStride::Kind::zero;
    if (is_read && is_new && access.form == PlanAccess::Inner::dense)
      fetch_lines(builder_.CreateGEP(stored_type(context(), tensor.dtype), bases[a], index),
                  size_of(tensor.dtype));
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
    llvm::Value* place = dense_place(a, builder_.CreateAdd(index, distance));
    if (next_run)
      fetch_lines(place, static_cast<std::size_t>(size));
    else
      fetch(place);
  }
}

}  // namespace gt::worker::jit

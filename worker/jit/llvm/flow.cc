#include "worker/jit/llvm/flow.h"

namespace gt::worker::jit {

llvm::BasicBlock* Flow::block(const char* name) {
  return llvm::BasicBlock::Create(builder_.getContext(), name,
                                  builder_.GetInsertBlock()->getParent());
}

Values Flow::repeat(const Values& carried,
                    const std::function<llvm::Value*(const Values&)>& condition,
                    const std::function<Values(const Values&)>& body) {
  llvm::BasicBlock* before = builder_.GetInsertBlock();
  llvm::BasicBlock* head = block("head");
  llvm::BasicBlock* turn = block("turn");
  llvm::BasicBlock* behind = block("behind");
  builder_.CreateBr(head);
  builder_.SetInsertPoint(head);
  std::vector<llvm::PHINode*> phis;
  for (llvm::Value* value : carried) {
    phis.push_back(builder_.CreatePHI(value->getType(), 2));
    phis.back()->addIncoming(value, before);
  }
  const Values current(phis.begin(), phis.end());
  builder_.CreateCondBr(condition(current), turn, behind);
  builder_.SetInsertPoint(turn);
  const Values next = body(current);
  for (std::size_t k = 0; k < phis.size(); ++k)
    phis[k]->addIncoming(next[k], builder_.GetInsertBlock());
  builder_.CreateBr(head);
  builder_.SetInsertPoint(behind);
  return current;
}

namespace {

/// Whether it is known that first >= end.
bool is_empty(llvm::Value* first, llvm::Value* end) {
  const auto* from = llvm::dyn_cast<llvm::ConstantInt>(first);
  const auto* to = llvm::dyn_cast<llvm::ConstantInt>(end);
  return first == end ||
         (from != nullptr && to != nullptr && from->getSExtValue() >= to->getSExtValue());
}

}  // namespace

Flow::Turn Flow::whole_steps(llvm::Value* first, llvm::Value* end, std::int64_t step,
                             const Values& carried,
                             const std::function<Values(llvm::Value*, const Values&)>& body) {
  llvm::Value* stride = builder_.getInt64(static_cast<std::uint64_t>(step));
  llvm::Value* length = builder_.CreateSub(end, first);
  llvm::Value* border = builder_.CreateSub(end, builder_.CreateURem(length, stride));
  if (is_empty(first, border)) return {border, carried};
  Values all = {first};
  all.insert(all.end(), carried.begin(), carried.end());
  const Values last = repeat(
      all, [&](const Values& now) { return builder_.CreateICmpSLT(now[0], border); },
      [&](const Values& now) {
        const Values made = body(now[0], Values(now.begin() + 1, now.end()));
        Values next = {builder_.CreateNSWAdd(now[0], stride)};
        next.insert(next.end(), made.begin(), made.end());
        return next;
      });
  return {border, Values(last.begin() + 1, last.end())};
}

void Flow::each(llvm::Value* first, llvm::Value* end, llvm::Value* step,
                const std::function<void(llvm::Value*)>& body) {
  if (is_empty(first, end)) return;
  repeat(
      {first}, [&](const Values& now) { return builder_.CreateICmpSLT(now[0], end); },
      [&](const Values& now) {
        body(now[0]);
        return Values{builder_.CreateNSWAdd(now[0], step)};
      });
}

void Flow::when(llvm::Value* condition, const std::function<void()>& body) {
  llvm::BasicBlock* then = block("then");
  llvm::BasicBlock* behind = block("behind");
  builder_.CreateCondBr(condition, then, behind);
  builder_.SetInsertPoint(then);
  body();
  builder_.CreateBr(behind);
  builder_.SetInsertPoint(behind);
}

llvm::Value* Flow::choose(llvm::Value* condition, const std::function<llvm::Value*()>& yes,
                          const std::function<llvm::Value*()>& no) {
  llvm::BasicBlock* then = block("then");
  llvm::BasicBlock* otherwise = block("else");
  llvm::BasicBlock* behind = block("behind");
  builder_.CreateCondBr(condition, then, otherwise);
  builder_.SetInsertPoint(then);
  llvm::Value* first = yes();
  llvm::BasicBlock* first_end = builder_.GetInsertBlock();
  builder_.CreateBr(behind);
  builder_.SetInsertPoint(otherwise);
  llvm::Value* second = no();
  llvm::BasicBlock* second_end = builder_.GetInsertBlock();
  builder_.CreateBr(behind);
  builder_.SetInsertPoint(behind);
  if (first == nullptr) return nullptr;
  llvm::PHINode* chosen = builder_.CreatePHI(first->getType(), 2);
  chosen->addIncoming(first, first_end);
  chosen->addIncoming(second, second_end);
  return chosen;
}

}  // namespace gt::worker::jit

// Loops and branches.
#pragma once

#include <llvm/IR/IRBuilder.h>

#include <functional>
#include <vector>

namespace gt::worker::jit {

using Values = std::vector<llvm::Value*>;

/// Appends control flow at the place of a builder, which is behind it afterwards.
class Flow {
 public:
  explicit Flow(llvm::IRBuilder<>& builder) : builder_(builder) {}

  /// for (i = first; i + step <= end; i += step), first <= end: `body(i, carried)` gives the
  /// carried values of the next turn. Gives i and the carried values behind the loop.
  struct Turn {
    llvm::Value* index;
    Values carried;
  };
  Turn whole_steps(llvm::Value* first, llvm::Value* end, std::int64_t step, const Values& carried,
                   const std::function<Values(llvm::Value*, const Values&)>& body);
  /// for (i = first; i < end; i += step).
  void each(llvm::Value* first, llvm::Value* end, llvm::Value* step,
            const std::function<void(llvm::Value*)>& body);
  void each(llvm::Value* first, llvm::Value* end, std::int64_t step,
            const std::function<void(llvm::Value*)>& body) {
    each(first, end, builder_.getInt64(static_cast<std::uint64_t>(step)), body);
  }
  /// while (condition(carried)) carried = body(carried). Gives the last ones.
  Values repeat(const Values& carried, const std::function<llvm::Value*(const Values&)>& condition,
                const std::function<Values(const Values&)>& body);
  void when(llvm::Value* condition, const std::function<void()>& body);
  /// Does one or the other; gives what that gave, if anything.
  llvm::Value* choose(llvm::Value* condition, const std::function<llvm::Value*()>& yes,
                      const std::function<llvm::Value*()>& no);

 private:
  llvm::BasicBlock* block(const char* name);
  llvm::IRBuilder<>& builder_;
};

}  // namespace gt::worker::jit

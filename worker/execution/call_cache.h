// What was last decided for the instructions of one kind on this worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "common/ops/inference_cache.h"
#include "worker/engine/engine.h"

namespace gt::worker {

/// An instruction with its operands' dtypes, shapes and strides, and what follows from them.
struct CachedCall {
  Inferred inferred;
  std::unique_ptr<PreparedCall> prepared;  ///< null until the second use, or where there is none
};

/// Remembers the last few distinct calls of one kind: programs repeat themselves. Nothing is
/// allocated for a call that is remembered. Positions are checked anew when they differ, other
/// bindings but extents are taken as they come: the dispatcher has checked them.
class CallCache {
 public:
  /// The call, inferred and prepared if need be; valid until the next call of this function.
  /// Throws CommonError as `infer` does.
  [[nodiscard]] CachedCall& find(const ResolvedKind& kind, std::span<const EngineOperand> operands,
                                 std::span<const std::uint64_t> bindings, Engine& engine);

 private:
  static constexpr std::size_t kEntries = 16;
  struct OperandForm {
    DType dtype = DType::kFloat32;
    Shape shape;
    Strides strides;
  };
  struct Entry {
    std::vector<OperandForm> operands;  ///< of tensors; the others are part of the kind
    std::vector<std::uint64_t> bindings;
    CachedCall call;
    bool is_used = false;
    bool is_repeated = false;  ///< and so was offered to the engine
  };
  [[nodiscard]] static bool fits(const Entry& entry, const ResolvedKind& kind,
                                 std::span<const EngineOperand> operands,
                                 std::span<const std::uint64_t> bindings);
  [[nodiscard]] Entry* look_up(const ResolvedKind& kind, std::span<const EngineOperand> operands,
                               std::span<const std::uint64_t> bindings);
  void infer_results(const ResolvedKind& kind, std::span<const EngineOperand> operands,
                     Inferred& inferred);
  void make(Entry& entry, const ResolvedKind& kind, std::span<const EngineOperand> operands,
            std::span<const std::uint64_t> bindings);
  void rebind(Entry& entry, const ResolvedKind& kind, std::span<const EngineOperand> operands,
              std::span<const std::uint64_t> bindings);

  std::vector<Entry> entries_;
  std::size_t last_ = 0;            ///< found last; look-ups go on from here
  std::vector<OperandMeta> metas_;  ///< of the call that is inferred; kept to spare allocations
};

}  // namespace gt::worker

// The kinds of a session: the client's numbers, and the dense numbers that workers see.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "common/ops/instruction.h"
#include "common/tensor/meta.h"
#include "dispatcher/core/plan_cache.h"

namespace gt::dispatcher {

/// Where a tensor operand stands: its number in the kind, and its word in an instruction.
struct TensorPosition {
  std::uint32_t operand = 0;
  std::uint32_t word = 0;
};

/// A kind, the number under which workers know it, and what was last planned for it.
struct PlannedKind {
  ResolvedKind resolved;
  KindId planned_id = 0;
  std::vector<TensorPosition> tensors;
  /// Whether instructions are computed from their operands and go to the worker as they are, if all
  /// operands live there alone.
  bool is_plain = false;
  PlanCache cache;
};

class KindTable {
 public:
  /// Defines the client's kind `id`; the same definition may come again (once a lane). Throws
  /// CommonError(kProtocol) if the kind is wrong, differs from an earlier one or its number is far
  /// ahead of those defined so far.
  void define(KindId id, Kind kind);

  /// The client's kind, or nullptr.
  [[nodiscard]] PlannedKind* find(KindId id) const noexcept {
    return id < by_client_id_.size() ? by_client_id_[id] : nullptr;
  }

  /// Kinds of the client and of ours.
  [[nodiscard]] std::size_t size() const noexcept { return kinds_.size(); }

  /// Forgets what was planned.
  void clear_caches() noexcept {
    for (const auto& kind : kinds_) kind->cache.clear();
  }

  /// The dispatcher's own kinds, made when first asked for.
  [[nodiscard]] const PlannedKind& release(const TensorMeta& operand);
  [[nodiscard]] const PlannedKind& send(const TensorMeta& operand);
  [[nodiscard]] const PlannedKind& receive(const TensorMeta& result);

 private:
  /// Kinds of one op by dtype and rank.
  using OwnKinds = std::array<const PlannedKind*, kDTypeNumbers*(kMaxDimensions + 1)>;
  const PlannedKind& own(Op op, OwnKinds& kinds, const TensorMeta& meta);
  PlannedKind& add(ResolvedKind resolved);

  std::vector<std::unique_ptr<PlannedKind>> kinds_;
  std::vector<PlannedKind*> by_client_id_;
  OwnKinds releases_{};
  OwnKinds sends_{};
  OwnKinds receives_{};
  std::size_t client_kinds_ = 0;
};

}  // namespace gt::dispatcher

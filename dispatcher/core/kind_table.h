// The kinds of a session: the client's numbers, and the dense numbers that workers see.
#pragma once

#include <map>
#include <memory>
#include <tuple>
#include <vector>

#include "common/ops/instruction.h"
#include "common/tensor/meta.h"

namespace gt::dispatcher {

/// A kind and the number under which workers know it.
struct PlannedKind {
  ResolvedKind resolved;
  KindId planned_id = 0;
};

class KindTable {
 public:
  /// Defines the client's kind `id`; the same definition may come again (once a lane). Throws
  /// CommonError(kProtocol) if the kind is wrong, differs from an earlier one or its number is far
  /// ahead of those defined so far.
  void define(KindId id, Kind kind);

  /// The client's kind, or nullptr.
  [[nodiscard]] const PlannedKind* find(KindId id) const noexcept {
    return id < by_client_id_.size() ? by_client_id_[id] : nullptr;
  }

  /// The dispatcher's own kinds, made when first asked for.
  [[nodiscard]] const PlannedKind& release(const TensorMeta& operand);
  [[nodiscard]] const PlannedKind& send(const TensorMeta& operand);
  [[nodiscard]] const PlannedKind& receive(const TensorMeta& result);

 private:
  using OwnKey = std::tuple<Op, DType, std::size_t>;
  const PlannedKind& own(Op op, const TensorMeta& meta);
  const PlannedKind& add(ResolvedKind resolved);

  std::vector<std::unique_ptr<PlannedKind>> kinds_;
  std::vector<const PlannedKind*> by_client_id_;
  std::map<OwnKey, const PlannedKind*> own_;
  std::size_t client_kinds_ = 0;
};

}  // namespace gt::dispatcher

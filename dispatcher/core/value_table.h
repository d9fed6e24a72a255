// What the dispatcher knows of the values of a session.
#pragma once

#include <memory>
#include <vector>

#include "common/ops/id_table.h"
#include "common/protocol/messages.h"
#include "common/tensor/meta.h"
#include "dispatcher/core/worker_registry.h"

namespace gt::dispatcher {

/// Workers with a copy of a value, in the order in which they got it.
using Holders = std::vector<WorkerId>;

/// A value that a client can name.
struct Value {
  const TensorMeta* meta = nullptr;  ///< of the session's MetaTable
  Holders holders;
  Op op{};          ///< what made it
  SiteId site = 0;  ///< the client's number for the line that did
  /// Why it is lost; null for a sound value. Shared with what was computed from it.
  std::shared_ptr<const protocol::ErrorRecord> loss;

  [[nodiscard]] bool is_held_by(WorkerId worker) const noexcept {
    for (WorkerId holder : holders)
      if (holder == worker) return true;
    return false;
  }
  void clear() noexcept {
    holders.clear();
    loss.reset();
  }
};

/// The order of iteration is not defined: use `for_each` only where it cannot show.
using ValueTable = IdTable<Value>;

}  // namespace gt::dispatcher

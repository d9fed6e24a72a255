// What the dispatcher knows of the values of a session.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <vector>

#include "common/ops/id_table.h"
#include "common/protocol/messages.h"
#include "common/tensor/meta.h"
#include "dispatcher/core/worker_registry.h"

namespace gt::dispatcher {

/// A value that a client can name.
struct Value {
  const TensorMeta* meta = nullptr;  ///< of the session's MetaTable
  /// Why it is lost; null for a sound value. Shared with what was computed from it.
  std::shared_ptr<const protocol::ErrorRecord> loss;
  WorkerId sole_holder = kNoWorker;  ///< the worker with its only copy
  SiteId site = 0;                   ///< the client's number for the line that made it
  Op op{};                           ///< what made it

  /// Workers with a copy, in the order in which they got it.
  [[nodiscard]] std::span<const WorkerId> holders() const noexcept { return holders_; }
  [[nodiscard]] bool is_held_by(WorkerId worker) const noexcept {
    return std::find(holders_.begin(), holders_.end(), worker) != holders_.end();
  }
  void add_holder(WorkerId worker) {
    holders_.push_back(worker);
    sole_holder = holders_.size() == 1 ? worker : kNoWorker;
  }
  /// Returns whether it was one.
  bool remove_holder(WorkerId worker) {
    if (std::erase(holders_, worker) == 0) return false;
    sole_holder = holders_.size() == 1 ? holders_.front() : kNoWorker;
    return true;
  }

  void clear() noexcept {
    holders_.clear();
    sole_holder = kNoWorker;
    if (loss != nullptr) loss.reset();
  }

 private:
  std::vector<WorkerId> holders_;
};

/// The order of iteration is not defined: use `for_each` only where it cannot show.
using ValueTable = IdTable<Value>;

}  // namespace gt::dispatcher

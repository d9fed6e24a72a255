// What the dispatcher knows of the values of a session.
#pragma once

#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/ops/instruction.h"
#include "common/protocol/messages.h"
#include "common/tensor/meta.h"
#include "dispatcher/core/worker_registry.h"

namespace gt::dispatcher {

/// Workers with a copy of a value, in the order in which they got it.
using Holders = std::vector<WorkerId>;

/// A value that a client can name.
struct Value {
  TensorMeta meta;
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
};

/// Values by id. The order of iteration is not defined: use `for_each` only where it cannot show.
class ValueTable {
 public:
  [[nodiscard]] Value* find(ValueId id) {
    const auto found = values_.find(id);
    return found == values_.end() ? nullptr : &found->second;
  }
  void insert(ValueId id, Value value) { values_.insert_or_assign(id, std::move(value)); }
  void erase(ValueId id) { values_.erase(id); }
  [[nodiscard]] std::size_t size() const noexcept { return values_.size(); }

  template <class Visitor>
  void for_each(Visitor visit) {
    for (auto& [id, value] : values_) visit(id, value);
  }

 private:
  std::unordered_map<ValueId, Value> values_;
};

}  // namespace gt::dispatcher

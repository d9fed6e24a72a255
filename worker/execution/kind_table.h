// The kinds of one session, and what was last decided for each.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "common/ops/instruction.h"
#include "worker/execution/call_cache.h"

namespace gt::worker {

/// Kinds under their session-wide numbers.
class KindTable {
 public:
  /// What a session does for an instruction.
  enum class Action : std::uint8_t { compute, receive, release, communicate };
  struct Entry {
    ResolvedKind resolved;
    Action action = Action::compute;
    /// The result is operand 0 with some elements changed: a copy, unless operand 0 dies.
    bool changes_elements = false;
    CallCache calls;
  };

  /// Throws CommonError(kProtocol) for a kind that `resolve` refuses, a number out of range, or one
  /// that another kind has.
  void define(KindId id, Kind kind);
  /// Null if the number was not defined.
  [[nodiscard]] Entry* find(KindId id) const noexcept {
    return id < entries_.size() ? entries_[id].get() : nullptr;
  }
  /// Calls `visit(id, entry)` for all.
  template <class Visitor>
  void for_each(Visitor visit) const {
    for (std::size_t id = 0; id < entries_.size(); ++id)
      if (entries_[id] != nullptr) visit(static_cast<KindId>(id), std::as_const(*entries_[id]));
  }

 private:
  std::vector<std::unique_ptr<Entry>> entries_;
};

}  // namespace gt::worker

// The kinds of one session, and what was last inferred for each.
#pragma once

#include <memory>
#include <vector>

#include "common/ops/inference_cache.h"
#include "common/ops/instruction.h"

namespace gt::worker {

/// Kinds under their session-wide numbers.
class KindTable {
 public:
  struct Entry {
    ResolvedKind resolved;
    InferenceCache cache;
  };

  /// Throws CommonError(kProtocol) for a kind that `resolve` refuses or a number out of range.
  void define(KindId id, Kind kind);
  /// Null if the number was not defined.
  [[nodiscard]] Entry* find(KindId id) const noexcept {
    return id < entries_.size() ? entries_[id].get() : nullptr;
  }

 private:
  std::vector<std::unique_ptr<Entry>> entries_;
};

}  // namespace gt::worker

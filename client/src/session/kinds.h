// The kinds that a session has named.
#pragma once

#include <deque>
#include <unordered_map>
#include <vector>

#include "common/ops/instruction.h"
#include "common/protocol/messages.h"

namespace gt::client {

/// Numbers the kinds of a session, and keeps those that the dispatcher has not been told of. Not
/// thread-safe: belongs to the session's lock.
class KindTable {
 public:
  struct Named {
    KindId id = 0;
    const ResolvedKind* kind = nullptr;  ///< lives as long as the table
  };

  /// A kind to be filled in, empty but for the op; its memory is kept from call to call.
  [[nodiscard]] Kind& scratch(Op op);
  /// The number of the kind in `scratch`; allocates only for a new one. Throws
  /// CommonError(kInvalidArgument) when a session has as many kinds as the format can name.
  [[nodiscard]] Named intern_scratch();

  /// The kinds named since the last call, to go with the next batch that leaves.
  [[nodiscard]] std::vector<protocol::KindDefinition> take_new();

 private:
  Kind scratch_;
  std::unordered_map<Kind, KindId, KindHash> ids_;
  std::deque<ResolvedKind> kinds_;
  std::vector<protocol::KindDefinition> new_;
};

}  // namespace gt::client

// The kinds that a session has named.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
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

  /// A kind to be filled in, empty but for op and signal; its memory is kept from call to call.
  [[nodiscard]] Kind& scratch(Op op, std::uint16_t signal = 0);
  /// The number of the kind in `scratch`; allocates only for a new one. Throws
  /// CommonError(kInvalidArgument) when a session has as many kinds as the format can name.
  [[nodiscard]] Named intern_scratch();
  /// The kind of a release of a value of this type.
  [[nodiscard]] Named release_of(DType dtype, std::uint8_t rank);

  /// The kinds named since the last call, to go with the next batch that leaves.
  [[nodiscard]] std::vector<protocol::KindDefinition> take_new();

 private:
  struct Slot {
    std::size_t hash = 0;
    KindId id = kMaxKinds;  ///< kMaxKinds: free
  };
  /// The slot of a kind with this hash, or the free one where it belongs.
  [[nodiscard]] Slot& slot_of(const Kind& kind, std::size_t hash);
  void grow();

  Kind scratch_;
  std::vector<Slot> slots_ = std::vector<Slot>(256);  ///< open addressing; a power of two
  std::array<Named, kDTypeNumbers*(kMaxDimensions + 1)> releases_{};
  std::deque<ResolvedKind> kinds_;
  std::vector<protocol::KindDefinition> new_;
};

}  // namespace gt::client

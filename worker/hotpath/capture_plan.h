// Which stretches of a segment a GPU may capture in a graph, and what their addresses depend on.
//
// A captured call of the engine has its addresses for good; launches of kernels are changed before
// each start. So memory that only kernels touch may lie elsewhere each time, and what calls touch
// has to be where it was, or be copied there. Calls that wait for the device, or whose numbers
// are computed for each execution, are no part of a stretch, and end it.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "common/ops/op.h"
#include "worker/hotpath/segment_code.h"

namespace gt::worker::hotpath {

/// Values are named by their index in the graph, as in SegmentCode.
struct CapturePlan {
  /// A value from before the stretch that its calls read.
  struct Read {
    std::uint32_t value = 0;
    bool may_be_copied = false;  ///< it is dense, and nothing in the stretch writes over it
    /// Views of it that the stretch makes and others see later.
    std::vector<std::uint32_t> views;
    friend bool operator==(const Read&, const Read&) = default;
  };
  /// An output of the segment in memory of the graph, or what a later one is written over: others
  /// need a copy of it.
  struct Result {
    std::uint32_t value = 0;
    std::vector<std::uint32_t> views;  ///< of it, that others see
    friend bool operator==(const Result&, const Result&) = default;
  };
  struct Stretch {
    std::uint32_t first = 0, last = 0;  ///< groups [first, last)
    std::vector<Read> reads;
    /// Slots from before the stretch that kernels of it write over, and, of these, those that calls
    /// of it read then: their addresses are fixed.
    std::vector<std::uint32_t> overwritten, fixed;
    /// Slots of outputs that only kernels touch: a new buffer each time.
    std::vector<std::uint32_t> renewed;
    std::vector<Result> copied;
    std::vector<std::uint32_t> bindings;  ///< numbers that calls and views of it take

    /// Whether views and calls of it find their operands and numbers where the graph has them
    /// follows from these words: of each read, each fixed slot and each binding, in this order.
    [[nodiscard]] std::size_t word_count() const noexcept {
      return reads.size() + fixed.size() + bindings.size();
    }
    friend bool operator==(const Stretch&, const Stretch&) = default;
  };
  std::vector<Stretch> stretches;
  /// Slots whose buffer is kept from one execution to the next: the arenas.
  std::vector<std::uint32_t> kept;
};

/// Whether the engine captures calls of a row; see Engine::captures.
using CapturesRow = std::function<bool(const OpRow&)>;

/// Groups that start work in a stretch that is worth a graph.
inline constexpr std::size_t kLeastCaptured = 4;

/// Empty where sizes are symbolic, or no stretch is long enough.
[[nodiscard]] CapturePlan plan_captures(const SegmentCode& code, const CapturesRow& captures);

}  // namespace gt::worker::hotpath

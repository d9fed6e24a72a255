// Where every value lies: one arena for what does not outlive the unit, buffers of inputs that die,
// and buffers of their own for outputs.
//
// A carried output takes the buffer of the input that it replaces, where that is dead by then or
// the kernel may write over it. Inputs that die lend their buffers to values of the same size;
// temporaries are written over each other under the same conditions. The rest of the temporaries is
// packed: the largest first, each at the lowest offset that is free while it lives (Pisarchyk, Lee
// 2020, "greedy by size").
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/graph/memory/storage.h"

namespace gt::graph {

struct Placement {
  enum class Kind : std::uint8_t {
    none,    ///< never in memory
    input,   ///< the buffer of input `index`
    arena,   ///< bytes [offset, offset + bytes) of the arena
    output,  ///< a new buffer that outlives the unit
  };
  Kind kind = Kind::none;
  std::uint32_t index = kNoIndex;
  std::int64_t offset = 0;
  std::int64_t bytes = 0;
};

/// Every offset is a multiple of this, and so is what a buffer counts for in a sum.
inline constexpr std::int64_t kBufferAlignment = 64;
[[nodiscard]] constexpr std::int64_t aligned_bytes(std::int64_t bytes) noexcept {
  return (bytes + kBufferAlignment - 1) / kBufferAlignment * kBufferAlignment;
}

struct BufferPlan {
  std::vector<Placement> placements;  ///< by value index; a view lies where its root does
  /// Group after which nobody needs what is in the buffer of input i, neither the input itself nor
  /// what was put there; kForever if it outlives the unit, or if the input does not die.
  std::vector<std::uint32_t> input_ends;
  std::int64_t arena_bytes = 0;
  std::int64_t output_bytes = 0;  ///< of new buffers
  /// Most bytes held at a time: inputs until they end, the arena, new outputs once they are made.
  std::int64_t peak_bytes = 0;
};

[[nodiscard]] BufferPlan plan_buffers(const Graph& graph, const FusionPlan& fusion);

/// The most bytes that eager execution of the graph holds at a time: one row after the other, each
/// value until its last use, point-wise rows in place where an operand dies.
[[nodiscard]] std::int64_t eager_peak_bytes(const Graph& graph);

/// What a plan breaks of the rules: every group finds what it reads where it was put, outputs and
/// living inputs are intact at the end.
[[nodiscard]] std::vector<std::string> validate(const Graph& graph, const FusionPlan& fusion,
                                                const BufferPlan& plan);

struct MemoryPlan {
  FusionPlan fusion;
  BufferPlan buffers;
};
/// The most fusion whose peak is not above `limit_bytes`: less and less is fused until it fits, at
/// last nothing. What is left then may be above the limit all the same.
[[nodiscard]] MemoryPlan plan_within(const Graph& graph, std::int64_t limit_bytes,
                                     const FusionOptions& options = {});

}  // namespace gt::graph

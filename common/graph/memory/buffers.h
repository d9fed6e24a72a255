// Where every value lies: in an arena, if it does not outlive the unit, in buffers of inputs that
// die, or, of outputs, in buffers of their own.
//
// A carried output takes the buffer of the input that it replaces, where that is dead by then or
// the kernel may write over it. Values are written over an operand that dies where that is
// possible; else inputs that die lend their buffers to values of the same size. What the engine
// makes by itself lies where it puts it. The rest of the temporaries is
// packed: the largest first, each at the lowest offset that is free while it lives (Pisarchyk, Lee
// 2020, "greedy by size").
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/graph/memory/storage.h"

namespace gt::graph {

/// The buffer of an input can be used only if the input is dense and the one value in it; whoever
/// runs the plan checks that, and takes a buffer of the same size in its place otherwise.
struct Placement {
  enum class Kind : std::uint8_t {
    none,    ///< never in memory
    input,   ///< the buffer of input `index`
    piece,   ///< bytes [offset, offset + bytes) of piece `index`
    output,  ///< a new buffer that outlives the unit, made for the value with index `index`
    engine,  ///< a new buffer that the engine makes, for the value with index `index`
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

/// Memory for temporaries, needed in the groups [first, last].
struct Piece {
  std::int64_t bytes = 0;
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};

struct BufferPlan {
  std::vector<Placement> placements;  ///< by value index; a view lies where its root does
  /// Group after which nobody needs what is in the buffer of input i, neither the input itself nor
  /// what was put there; kForever if it outlives the unit, or if the input does not die.
  std::vector<std::uint32_t> input_ends;
  /// One arena; or one piece for every temporary, which an allocator with free lists serves.
  std::vector<Piece> pieces;
  std::int64_t piece_bytes = 0;   ///< of all pieces
  std::int64_t output_bytes = 0;  ///< of new buffers
  /// Bytes held while each group runs, and behind the last one: inputs until they end, pieces while
  /// they are needed, new outputs from the first group on that writes there.
  std::vector<std::int64_t> held;
  std::int64_t peak_bytes = 0;  ///< the most of them
};

struct BufferOptions {
  bool one_arena = true;  ///< else each temporary has a piece of its own, and no buffer waits for
                          ///< its next value: such a plan holds for any sizes
  /// By input: whether another value may lie in its buffer, once it is dead. Empty: in all.
  std::vector<bool> usable_inputs;
  /// Else every value has memory of its own, and nothing is written in place.
  bool reuses = true;
};

[[nodiscard]] BufferPlan plan_buffers(const Graph& graph, const FusionPlan& fusion,
                                      const BufferOptions& options = {});

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
  std::size_t attempts = 0;  ///< and how long they took
  std::chrono::nanoseconds fusion_time{0};
  std::chrono::nanoseconds buffer_time{0};
};
/// The most fusion whose peak is not above `limit_bytes`: with one arena if `buffers` asks for it,
/// else with one piece a temporary (which holds nothing longer than it is needed), else less and
/// less is fused, at last nothing. If nothing fits, the plan with the lowest peak. Without re-use
/// there is no limit.
[[nodiscard]] MemoryPlan plan_within(const Graph& graph, std::int64_t limit_bytes,
                                     const FusionOptions& options = {},
                                     const BufferOptions& buffers = {});

}  // namespace gt::graph

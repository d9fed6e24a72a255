// A part of a stretch that runs in one way.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/sequence/history.h"
#include "worker/hotpath/host.h"
#include "worker/hotpath/instruction_queue.h"
#include "worker/hotpath/sequence.h"

namespace gt::worker::hotpath {

/// Runs step by step the elements in front of a queue, and what stands between and right behind
/// them.
class Piece {
 public:
  virtual ~Piece() = default;
  /// Returns false when it has ended; all of it has left the queue then.
  [[nodiscard]] virtual bool step() = 0;
};

/// No value has this id.
inline constexpr ValueId kNoValue = ~ValueId{0};

/// What a segment needs of the instructions that it stands for.
struct SegmentCall {
  std::vector<Value> inputs;
  std::vector<ValueId> outputs;  ///< kNoValue for one that nobody names any more
};

/// The elements in front of `queue`, which `history` remembers, as a call of `run`; nothing if the
/// program is not for them: sizes or layouts differ, a value is missing or poisoned, or one lives
/// that the program does not make.
[[nodiscard]] std::optional<SegmentCall> find_call(SegmentRun& run, const InstructionQueue& queue,
                                                   const sequence::History& history,
                                                   ValueTable& values);

/// Called before an element runs eagerly.
using BeforeElement = std::function<void(const Instruction&)>;
/// Runs the first `elements` elements one by one.
[[nodiscard]] std::unique_ptr<Piece> make_eager_piece(std::uint64_t elements,
                                                      InstructionQueue& queue, Host& host,
                                                      BeforeElement before = {});

/// Runs one segment by its program; eagerly where that throws before anything is overwritten.
[[nodiscard]] std::unique_ptr<Piece> make_compiled_piece(SegmentRun& run, SegmentCall call,
                                                         InstructionQueue& queue, Host& host);

/// Runs `eager`, and then the same segment by its program, and compares; `done` receives an empty
/// text, or how they differ.
using ValidationDone = std::function<void(std::string)>;
[[nodiscard]] std::unique_ptr<Piece> make_validating_piece(SegmentRun& run, SegmentCall call,
                                                           std::unique_ptr<Piece> eager, Host& host,
                                                           ValidationDone done);

/// How many instructions in front of the queue belong to the first `elements` elements: these,
/// and what stands before the next one.
[[nodiscard]] std::size_t count_items(const InstructionQueue& queue, std::uint64_t elements);

}  // namespace gt::worker::hotpath

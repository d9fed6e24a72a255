// One execution of a unit as it was seen: what a program is compiled from.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "common/ops/instruction.h"
#include "common/sequence/hash.h"
#include "worker/execution/value_table.h"

namespace gt::worker::hotpath {

/// A size that may differ between executions: coefficient * symbol + offset.
struct RecordedSize {
  std::uint32_t place = 0;  ///< dimension of a value, or binding word of an element
  std::int64_t coefficient = 1;
  std::int64_t offset = 0;
};

/// A value that the unit took from elsewhere, as it lay in memory.
struct RecordedValue {
  TensorMeta meta;
  Strides strides;
  std::vector<RecordedSize> symbolic;
};

struct RecordedElement {
  std::uint32_t kind = 0;  ///< in Recording::kinds
  ValueId first_output = 0;
  std::uint32_t first_word = 0;  ///< operands, then bindings, in Recording::words
  std::uint32_t operand_words = 0;
  std::uint32_t binding_words = 0;
  std::vector<RecordedSize> symbolic;  ///< of its bindings
};

/// A stretch of a unit that runs as a whole: nobody looks at a value within it.
struct RecordedSegment {
  std::uint32_t first = 0;  ///< element of the unit
  std::uint32_t last = 0;   ///< one behind
  /// Values that were there before the segment and that it read, as they were before.
  std::map<ValueId, RecordedValue> inputs;
  std::vector<ValueId> died;   ///< of the inputs, rising: nobody named them after the segment
  std::vector<ValueId> alive;  ///< of its results, rising: they existed after the segment
};

/// Holds no values: it may go to another thread.
struct Recording {
  std::vector<ResolvedKind> kinds;
  std::vector<RecordedElement> elements;
  std::vector<std::uint64_t> words;
  std::vector<RecordedSegment> segments;
  std::int64_t symbol = 0;  ///< its value here, of the one size that may differ; 0: none does
  /// Somewhere in it nobody looked at a value, but input was late: the next execution may be cut
  /// elsewhere.
  bool is_hurried = false;

  [[nodiscard]] std::span<const std::uint64_t> operands_of(const RecordedElement& element) const {
    return std::span(words).subspan(element.first_word, element.operand_words);
  }
  [[nodiscard]] std::span<const std::uint64_t> bindings_of(const RecordedElement& element) const {
    return std::span(words).subspan(element.first_word + element.operand_words,
                                    element.binding_words);
  }
};

/// What a segment takes from elsewhere, each value once, as they first occur.
[[nodiscard]] std::vector<ValueId> inputs_in_order(const Recording& recording,
                                                   const RecordedSegment& segment);

/// What a program is compiled for: structure, sizes, dtypes, layouts, lives and segments. The same
/// in every process.
[[nodiscard]] sequence::Hash128 identify(const Recording& recording,
                                         const sequence::Hash128& structure);
/// The first difference of two recordings of one unit: `dimension 0 of operand 1 of matmul was 64,
/// is 128`.
[[nodiscard]] std::string describe_difference(const Recording& before, const Recording& now);

/// For recordings of two units with the same operations in the same order, under the same signals:
/// the first dtype, rank, attribute or form that differs, as in `operand 0 of matmul is float64,
/// was float32`. Empty if the operations or signals differ, or nothing else does.
[[nodiscard]] std::string describe_kind_change(const Recording& before, const Recording& now);

/// What both recordings of a unit are cases of, if they differ at most in sizes, which follow one
/// that changed, and in what dies within a segment: what is alive after one of them is alive.
/// Nothing if they differ in more. The sizes are those of `now`, which has no symbol itself.
[[nodiscard]] std::optional<Recording> join_recordings(const Recording& before,
                                                       const Recording& now);
/// The same; nothing if that is no more than `before` is.
[[nodiscard]] std::optional<Recording> generalise(const Recording& before, const Recording& now);

/// Records an execution while it happens.
class Recorder {
 public:
  /// The next element, before it runs.
  void begin_element(const Instruction& instruction, ValueTable& values);
  /// Somebody waits here: a segment ends.
  void cut(ValueTable& values);
  /// What ran since the last element did not wait for more because input was late.
  void hurry() noexcept { recording_.is_hurried = true; }
  /// The unit has ended. The recorder is empty afterwards.
  [[nodiscard]] Recording finish(ValueTable& values);
  /// Forgets everything.
  void clear();
  [[nodiscard]] std::size_t size() const noexcept { return recording_.elements.size(); }

 private:
  Recording recording_;
  RecordedSegment segment_;
  std::map<KindId, std::uint32_t> kinds_;
  std::unordered_set<ValueId> made_;  ///< by the segment
};

}  // namespace gt::worker::hotpath

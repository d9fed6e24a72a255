// The recent past of one lane: its instructions with their data flow, encoded so that two stretches
// of the stream can be compared wherever they stand.
//
// Data flow is kept as the distance of each operand to the last occurrence of the same value, made
// or used (B. S. Baker, "Parameterized pattern matching: algorithms and applications", JCSS 1996:
// prev-encoding). Occurrences are counted as *symbols*: an element is its operands, then its
// results. Two stretches have the same data flow exactly if their kinds agree and all distances
// that stay within the stretch do; a distance that leaves it means a value that comes from outside.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/ops/instruction.h"
#include "common/sequence/kind_identity.h"
#include "common/sequence/ring.h"
#include "common/sequence/value_map.h"

namespace gt::sequence {

/// Running number of an element in its lane.
using Position = std::uint64_t;

/// What is to be recorded of one instruction that computes.
struct Element {
  KindId kind = 0;
  std::uint64_t kind_hash = 0;                  ///< low word of the kind's hash
  std::span<const ValueId> operands;            ///< its tensor operands
  ValueId first_result = 0;                     ///< results have consecutive ids
  std::uint8_t results = 0;                     ///< at most kMaxResults
  std::uint8_t dead_results = 0;                ///< bit k: result k is never named
  std::span<const std::uint64_t> extents;       ///< its binding words of class extent
  std::span<const std::uint64_t> result_bytes;  ///< of each result; empty if not known: 1 each
};

/// Distances that are not known, or longer than what is remembered.
inline constexpr std::uint32_t kFar = 0xFFFFFFFFu;

/// The same for the maker of an operand.
inline constexpr std::uint32_t kNoProducer = kFar >> 2;

/// One tensor operand of a recorded element.
struct OperandRecord {
  ValueId value = 0;
  std::uint32_t previous = kFar;              ///< symbols back to the last occurrence of the value
  std::uint32_t producer : 30 = kNoProducer;  ///< elements back to its maker
  std::uint32_t result : 2 = 0;               ///< which of its results
};

/// One result, and what became of it so far. Distances count elements from its maker on.
struct ResultRecord {
  std::uint64_t bytes = 1;
  std::uint32_t last_use = 0;
  std::uint32_t death = kFar;  ///< not named after that element any more
  bool is_observed = false;    ///< somebody looked at it (a fetch, a send)
};

/// One recorded element. The begins count all operands (results, extents) of the lane, modulo 2^32.
struct ElementRecord {
  std::uint64_t token = 0;  ///< of the kind and the data flow nearby; equal for equal context
  std::uint32_t operands_begin = 0;
  std::uint32_t results_begin = 0;
  std::uint32_t extents_begin = 0;
  KindId kind = 0;
  std::uint32_t shortest_run = 0;  ///< smallest period that was repeating here; 0 for none
  std::uint16_t operands = 0;
  std::uint8_t results = 0;
  std::uint8_t extents = 0;

  /// Symbols of the lane before this element, modulo 2^32.
  [[nodiscard]] std::uint32_t symbol() const noexcept { return operands_begin + results_begin; }
};

/// Records the elements of one lane. Memory is bounded: the past is kept in rings, which grow to
/// `max_elements` on demand, and values that did not occur within them are forgotten. Recording is
/// O(operands + results), amortised.
class History {
 public:
  /// Keeps 4096 elements at first and at most `max_elements`, rounded up to a power of two.
  explicit History(std::size_t max_elements);

  /// Appends an element; returns its position, which is one more than that of the last.
  Position record(const Element& element);
  /// The value is not named any more.
  void release(ValueId value);
  /// Somebody looks at the value before the next element.
  void observe(ValueId value);

  /// Position of the next element.
  [[nodiscard]] Position next() const noexcept { return next_; }
  /// The oldest element that is remembered.
  [[nodiscard]] Position oldest() const noexcept { return oldest_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return elements_.capacity(); }
  /// Remembers at least so many elements from now on, within the limit, if they have not more than
  /// two tensor operands and one result on average.
  void remember(std::size_t elements);

  [[nodiscard]] const ElementRecord& operator[](Position position) const noexcept {
    return elements_[position];
  }
  [[nodiscard]] const OperandRecord& operand(const ElementRecord& element,
                                             std::size_t k) const noexcept {
    return operands_[element.operands_begin + static_cast<std::uint32_t>(k)];
  }
  [[nodiscard]] const ResultRecord& result(const ElementRecord& element,
                                           std::size_t k) const noexcept {
    return results_[element.results_begin + static_cast<std::uint32_t>(k)];
  }
  [[nodiscard]] std::uint64_t extent(const ElementRecord& element, std::size_t k) const noexcept {
    return extents_[element.extents_begin + static_cast<std::uint32_t>(k)];
  }
  void set_shortest_run(Position position, std::uint32_t period) noexcept {
    elements_[position].shortest_run = period;
  }

  /// Symbols from the first element to the second.
  [[nodiscard]] std::uint32_t symbols_between(Position first, Position last) const noexcept {
    return elements_[last].symbol() - elements_[first].symbol();
  }
  /// Whether elements at `a` and `b` are of one kind and their operands agree as far as they reach
  /// at most `window` symbols behind the beginning of their element.
  [[nodiscard]] bool agree(Position a, Position b, std::uint32_t window) const noexcept;

  /// Values that are remembered, for tests of bounds.
  [[nodiscard]] std::size_t known_values() const noexcept { return values_.size(); }

 private:
  [[nodiscard]] OperandRecord use(ValueId value, std::uint64_t symbol);
  void note_use(const ValueRecord& value, Position position);
  void end(ValueId value, const ValueRecord& record);
  [[nodiscard]] ResultRecord* result_of(const ValueRecord& value) noexcept;
  void grow();
  void forget_oldest();
  void sweep();

  std::size_t max_elements_;
  Ring<ElementRecord> elements_;
  Ring<OperandRecord> operands_;
  Ring<ResultRecord> results_;
  Ring<std::uint64_t> extents_;
  Position next_ = 0;
  Position oldest_ = 0;
  std::uint64_t operand_count_ = 0;
  std::uint64_t result_count_ = 0;
  std::uint64_t extent_count_ = 0;
  ValueMap values_;
  std::size_t sweep_at_;  ///< values at which those that are too old are looked for
};

}  // namespace gt::sequence

// Kinds and instructions: the words that travel, and their reading and writing.
//
// A kind (op, signal, operand types, static attributes) is defined once a session and lane-free;
// an instruction names it and adds 64-bit words:
//
//   header | more "dies" bits if there are more than 16 operands | output id (planned form only)
//          | one word per given operand (value id, or the bits of a scalar) | binding words
//
// Header bits: 0..23 kind, 24..43 source site, 44..47 "result k is never named" for k = 0..3,
// 48..63 "operand k dies here" for k = 0..15.
// Outputs take consecutive ids: implicit in a client's lane, explicit for workers.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/ops/attributes.h"
#include "common/ops/inference.h"
#include "common/ops/op.h"

namespace gt {

/// A value of a session: lane in the upper 16 bits, number in the lane below. Never re-used.
using ValueId = std::uint64_t;
using LaneId = std::uint16_t;
using KindId = std::uint32_t;
using SiteId = std::uint32_t;

[[nodiscard]] constexpr ValueId make_value_id(LaneId lane, std::uint64_t number) noexcept {
  return (static_cast<std::uint64_t>(lane) << 48) | number;
}
[[nodiscard]] constexpr LaneId lane_of(ValueId id) noexcept {
  return static_cast<LaneId>(id >> 48);
}

inline constexpr KindId kMaxKinds = 1u << 24;
inline constexpr SiteId kMaxSites = 1u << 20;
inline constexpr std::size_t kMaxOperands = 4096;

/// Type of one operand as far as it belongs to the identity of a sequence.
struct OperandType {
  OperandMeta::Form form = OperandMeta::Form::none;
  DType dtype = DType::kFloat32;
  std::uint8_t rank = 0;
  friend bool operator==(const OperandType&, const OperandType&) = default;
};

/// What an instruction does, but for the values it works on.
struct Kind {
  Op op{};
  std::uint16_t signal = 0;  ///< signal context, 0 for none
  std::vector<OperandType> operands;
  /// Static attributes, the category words of scalars and the counts of lists, in row order.
  std::vector<std::uint64_t> statics;
  friend bool operator==(const Kind&, const Kind&) = default;
};
struct KindHash {
  [[nodiscard]] std::size_t operator()(const Kind& kind) const noexcept;
};

/// A kind checked against the table, with the word counts that follow from it.
struct ResolvedKind {
  Kind kind;
  const OpRow* row = nullptr;
  std::size_t operand_words = 0;  ///< operands that are not none
  std::size_t binding_words = 0;
  std::uint64_t extent_bindings = 0;    ///< bit i: binding word i is of class extent
  std::uint64_t position_bindings = 0;  ///< the same of class position
};

/// Checks op number, operand count and forms, dtypes, ranks and statics; throws
/// CommonError(kProtocol) saying what is wrong.
[[nodiscard]] ResolvedKind resolve(Kind kind);

/// Splits flat attributes into the static words of a kind and the binding words of an instruction.
void split_attributes(const OpRow& row, const Attributes& attributes,
                      std::vector<std::uint64_t>& statics, Attributes::Words& bindings);
/// The flat attributes back from both parts.
[[nodiscard]] Attributes merge_attributes(const ResolvedKind& kind,
                                          std::span<const std::uint64_t> bindings);

/// One decoded instruction. Spans point into the batch and live as long as it.
struct Instruction {
  KindId kind_id = 0;
  const ResolvedKind* kind = nullptr;
  SiteId site = 0;
  ValueId first_output = 0;  ///< planned form; else filled by the reader from the running number
  std::span<const std::uint64_t> operand_words;  ///< one per operand that is not none
  std::span<const std::uint64_t> binding_words;
  std::span<const std::uint64_t> more_dead_bits;
  std::uint16_t dead_bits = 0;
  std::uint8_t dead_result_bits = 0;

  [[nodiscard]] const OpRow& row() const noexcept { return *kind->row; }
  /// Whether operand `k` (counted as in the kind) is not used after this instruction.
  [[nodiscard]] bool dies(std::size_t k) const noexcept {
    if (k < 16) return ((dead_bits >> k) & 1u) != 0;
    return ((more_dead_bits[(k - 16) / 64] >> ((k - 16) % 64)) & 1u) != 0;
  }
  /// Whether result `k` is never named: it ends with this instruction.
  [[nodiscard]] bool result_dies(std::size_t k) const noexcept {
    return ((dead_result_bits >> k) & 1u) != 0;
  }
  /// Whether an operand or a result may end here.
  [[nodiscard]] bool may_end_values() const noexcept {
    return dead_bits != 0 || dead_result_bits != 0 || !more_dead_bits.empty();
  }
};

enum class InstructionForm : std::uint8_t { client, planned };

/// Appends instructions to a batch.
class InstructionWriter {
 public:
  InstructionWriter(InstructionForm form, std::vector<std::uint64_t>& words)
      : form_(form), words_(words) {}

  /// Appends one instruction; returns the index of its header word, for `mark_dead`.
  /// `first_output` is written in the planned form only. `operand_words` holds one word per operand
  /// that is not none. No operand is dead at first.
  std::size_t append(KindId kind_id, const ResolvedKind& kind, SiteId site, ValueId first_output,
                     std::span<const std::uint64_t> operand_words,
                     std::span<const std::uint64_t> binding_words);

  /// Sets "operand k dies here" on the instruction whose header is at `header`.
  static void mark_dead(std::vector<std::uint64_t>& words, std::size_t header, std::size_t k);
  /// The same for results: bit k of `results` says that result k is never named.
  static void mark_results_dead(std::vector<std::uint64_t>& words, std::size_t header,
                                std::uint64_t results);

 private:
  InstructionForm form_;
  std::vector<std::uint64_t>& words_;
};

/// Walks the instructions of a batch. `kind_of(id)` gives the resolved kind or nullptr.
/// Throws CommonError(kProtocol) at an unknown kind or when words are missing.
template <class KindLookup>
class InstructionReader {
 public:
  InstructionReader(InstructionForm form, std::span<const std::uint64_t> words, KindLookup kind_of)
      : form_(form), words_(words), kind_of_(kind_of) {}

  /// The next instruction, or nothing at the end of the batch.
  [[nodiscard]] std::optional<Instruction> next() {
    std::optional<Instruction> instruction(std::in_place);
    if (!next(*instruction)) instruction.reset();
    return instruction;
  }
  /// Reads the next instruction over `instruction`; returns false at the end of the batch.
  [[nodiscard]] bool next(Instruction& instruction);

 private:
  [[noreturn]] static void fail(const std::string& message) {
    throw CommonError(ErrorKind::kProtocol, message);
  }
  InstructionForm form_;
  std::span<const std::uint64_t> words_;
  KindLookup kind_of_;
};

template <class KindLookup>
bool InstructionReader<KindLookup>::next(Instruction& instruction) {
  if (words_.empty()) return false;
  const std::uint64_t header = words_.front();
  instruction.kind_id = static_cast<KindId>(header & (kMaxKinds - 1));
  instruction.site = static_cast<SiteId>((header >> 24) & (kMaxSites - 1));
  instruction.dead_result_bits = static_cast<std::uint8_t>((header >> 44) & 0xFu);
  instruction.dead_bits = static_cast<std::uint16_t>(header >> 48);
  const ResolvedKind* kind = kind_of_(instruction.kind_id);
  instruction.kind = kind;
  if (kind == nullptr)
    fail("instruction names kind " + std::to_string(instruction.kind_id) +
         ", which was not defined");
  if ((instruction.dead_result_bits >> kind->row->results) != 0)
    fail("instruction " + std::string(kind->row->name) + " ends a result that it does not make");
  const std::size_t operands = kind->kind.operands.size();
  const std::size_t more_dead = operands > 16 ? (operands - 16 + 63) / 64 : 0;
  const std::size_t output = form_ == InstructionForm::planned ? 1 : 0;
  const std::size_t fixed = 1 + more_dead + output;
  const std::size_t count = fixed + kind->operand_words + kind->binding_words;
  if (count > words_.size()) fail("batch ends within an instruction");
  instruction.more_dead_bits = words_.subspan(1, more_dead);
  instruction.first_output = output != 0 ? words_[1 + more_dead] : 0;
  instruction.operand_words = words_.subspan(fixed, kind->operand_words);
  instruction.binding_words = words_.subspan(fixed + kind->operand_words, kind->binding_words);
  words_ = words_.subspan(count);
  return true;
}

}  // namespace gt

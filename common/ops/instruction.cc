#include "common/ops/instruction.h"

#include <string>

namespace gt {
namespace {

constexpr std::size_t kDeadBitsInHeader = 16;

[[noreturn]] void malformed(const OpRow& row, const std::string& message) {
  throw CommonError(ErrorKind::kProtocol, "kind of " + std::string(row.name) + ": " + message);
}

std::size_t more_dead_words(std::size_t operands) {
  return operands <= kDeadBitsInHeader ? 0 : (operands - kDeadBitsInHeader + 63) / 64;
}

void check_operand_count(const OpRow& row, std::size_t count) {
  if (count > kMaxOperands)
    malformed(row, std::to_string(count) + " operands, at most " + std::to_string(kMaxOperands) +
                       " are allowed");
  const std::size_t fixed = row.operands.fixed_count();
  if (count < fixed || (count > fixed && !row.operands.has_list()))
    malformed(row, std::to_string(count) + " operands, expected " +
                       (row.operands.has_list() ? "at least " : "") + std::to_string(fixed));
}

bool is_scalar_dtype(DType dtype) {
  return dtype == DType::kBool || dtype == DType::kInt64 || dtype == DType::kFloat64;
}

void check_operand(const OpRow& row, std::size_t k, OperandType& operand) {
  const OperandForm form = row.operands.specs[std::min(k, row.operands.count - 1)].form;
  const std::string name = "operand " + std::to_string(k);
  switch (operand.form) {
    case OperandMeta::Form::none:
      if (form == OperandForm::tensor) malformed(row, name + " is missing");
      operand = OperandType{};
      return;
    case OperandMeta::Form::scalar:
      if (row.op_class != OpClass::pointwise) malformed(row, name + " must not be a number");
      if (!is_scalar_dtype(operand.dtype) || operand.rank != 0)
        malformed(row, name + " is a number of neither bool, int64 nor float64");
      return;
    case OperandMeta::Form::tensor:
      if (!is_valid_dtype(static_cast<std::int64_t>(operand.dtype)))
        malformed(row, name + " has the unknown dtype " +
                           std::to_string(static_cast<int>(operand.dtype)));
      if (operand.rank > kMaxDimensions)
        malformed(row, name + " has " + std::to_string(operand.rank) + " dimensions, at most " +
                           std::to_string(kMaxDimensions) + " are allowed");
      return;
  }
  malformed(row, name + " has the unknown form " + std::to_string(static_cast<int>(operand.form)));
}

/// Reads the static words of a kind in row order.
class StaticsReader {
 public:
  StaticsReader(const OpRow& row, std::span<const std::uint64_t> words)
      : row_(row), words_(words) {}

  /// Checks the words of one attribute; returns how many binding words go with it.
  std::size_t read(const AttributeSpec& spec) {
    const bool is_static = spec.attribute_class == AttributeClass::statics;
    switch (spec.type) {
      case AttributeType::integer:
      case AttributeType::real:
        return is_static ? (void(take(spec)), 0u) : 1u;
      case AttributeType::boolean:
        if (take(spec) > 1) malformed(row_, std::string(spec.name) + " is neither false nor true");
        return 0;
      case AttributeType::dtype:
        read_dtype(spec);
        return 0;
      case AttributeType::scalar:
        read_category(spec);
        return is_static ? (void(take(spec)), 0u) : 1u;
      case AttributeType::integers:
        return read_list(spec, is_static);
    }
    return 0;
  }

  void finish() const {
    if (!words_.empty()) malformed(row_, std::to_string(words_.size()) + " static words too many");
  }

 private:
  std::uint64_t take(const AttributeSpec& spec) {
    if (words_.empty()) malformed(row_, "the static words end before " + std::string(spec.name));
    const std::uint64_t word = words_.front();
    words_ = words_.subspan(1);
    return word;
  }

  void read_dtype(const AttributeSpec& spec) {
    const auto value = static_cast<std::int64_t>(take(spec));
    if (value != -1 && !is_valid_dtype(value))
      malformed(row_, std::string(spec.name) + " is the unknown dtype " + std::to_string(value));
  }

  void read_category(const AttributeSpec& spec) {
    const auto value = static_cast<std::int64_t>(take(spec));
    if (!is_valid_dtype(value) || !is_scalar_dtype(static_cast<DType>(value)))
      malformed(row_, std::string(spec.name) + " is a number of neither bool, int64 nor float64");
  }

  std::size_t read_list(const AttributeSpec& spec, bool is_static) {
    const std::uint64_t count = take(spec);
    if (count > kMaxDimensions)
      malformed(row_, std::string(spec.name) + " has " + std::to_string(count) +
                          " values, at most " + std::to_string(kMaxDimensions) + " are allowed");
    if (!is_static) return count;
    for (std::uint64_t i = 0; i < count; ++i) take(spec);
    return 0;
  }

  const OpRow& row_;
  std::span<const std::uint64_t> words_;
};

std::size_t mix(std::size_t hash, std::uint64_t word) noexcept {
  hash ^= word + 0x9E3779B97F4A7C15ull + (hash << 6) + (hash >> 2);
  hash *= 0xD6E8FEB86659FD93ull;
  return hash ^ (hash >> 32);
}

/// Moves words between the flat form and its two parts: `to_static(n)` and `to_binding(n)` move the
/// next n words and return the first of them (0 if there is none).
template <class ToStatic, class ToBinding>
void for_each_part(const OpRow& row, ToStatic to_static, ToBinding to_binding) {
  for (std::size_t k = 0; k < row.attributes.count; ++k) {
    const AttributeSpec& spec = row.attributes.specs[k];
    const bool is_static = spec.attribute_class == AttributeClass::statics;
    std::uint64_t rest = 1;
    if (spec.type == AttributeType::scalar) to_static(1);
    if (spec.type == AttributeType::integers) rest = to_static(1);
    if (is_static)
      to_static(rest);
    else
      to_binding(rest);
  }
}

}  // namespace

std::size_t KindHash::operator()(const Kind& kind) const noexcept {
  std::size_t hash = mix(static_cast<std::size_t>(kind.op), kind.signal);
  for (const OperandType& operand : kind.operands)
    hash = mix(hash, static_cast<std::uint64_t>(operand.form) |
                         (static_cast<std::uint64_t>(operand.dtype) << 8) |
                         (static_cast<std::uint64_t>(operand.rank) << 16));
  for (std::uint64_t word : kind.statics) hash = mix(hash, word);
  return hash;
}

ResolvedKind resolve(Kind kind) {
  const OpRow* row = find_op(static_cast<std::uint64_t>(kind.op));
  if (row == nullptr)
    throw CommonError(ErrorKind::kProtocol,
                      "unknown op number " + std::to_string(static_cast<unsigned>(kind.op)));
  check_operand_count(*row, kind.operands.size());
  ResolvedKind resolved;
  resolved.row = row;
  for (std::size_t k = 0; k < kind.operands.size(); ++k) {
    check_operand(*row, k, kind.operands[k]);
    if (kind.operands[k].form != OperandMeta::Form::none) ++resolved.operand_words;
  }
  StaticsReader reader(*row, kind.statics);
  for (std::size_t k = 0; k < row->attributes.count; ++k) {
    const AttributeSpec& spec = row->attributes.specs[k];
    const std::size_t words = reader.read(spec);
    const auto bits = [&] { return ((std::uint64_t{1} << words) - 1) << resolved.binding_words; };
    if (spec.attribute_class == AttributeClass::extent) resolved.extent_bindings |= bits();
    if (spec.attribute_class == AttributeClass::position) resolved.position_bindings |= bits();
    resolved.binding_words += words;
  }
  reader.finish();
  resolved.kind = std::move(kind);
  return resolved;
}

void split_attributes(const OpRow& row, const Attributes& attributes,
                      std::vector<std::uint64_t>& statics, Attributes::Words& bindings) {
  const Attributes::Words& flat = attributes.words();
  std::size_t next = 0;
  const auto take = [&](auto& part) {
    return [&](std::uint64_t count) {
      for (std::uint64_t i = 0; i < count; ++i) part.push_back(flat[next + i]);
      next += count;
      return count == 0 ? 0 : flat[next - count];
    };
  };
  for_each_part(row, take(statics), take(bindings));
  GT_INVARIANT(next == flat.size(), std::string(row.name));
}

Attributes merge_attributes(const ResolvedKind& kind, std::span<const std::uint64_t> bindings) {
  GT_INVARIANT(bindings.size() == kind.binding_words, std::string(kind.row->name));
  Attributes merged;
  Attributes::Words& flat = merged.words();
  const auto take_from = [&flat](std::span<const std::uint64_t> part) {
    return [&flat, part](std::uint64_t count) mutable {
      const std::uint64_t first = count == 0 ? 0 : part[0];
      for (std::uint64_t i = 0; i < count; ++i) flat.push_back(part[i]);
      part = part.subspan(count);
      return first;
    };
  };
  for_each_part(*kind.row, take_from(kind.kind.statics), take_from(bindings));
  return merged;
}

std::size_t InstructionWriter::append(KindId kind_id, const ResolvedKind& kind, SiteId site,
                                      ValueId first_output,
                                      std::span<const std::uint64_t> operand_words,
                                      std::span<const std::uint64_t> binding_words) {
  GT_INVARIANT(kind_id < kMaxKinds && site < kMaxSites, "kind or site number out of range");
  GT_INVARIANT(operand_words.size() == kind.operand_words, std::string(kind.row->name));
  GT_INVARIANT(binding_words.size() == kind.binding_words, std::string(kind.row->name));
  const std::size_t header = words_.size();
  const std::size_t more_dead = more_dead_words(kind.kind.operands.size());
  const bool has_output = form_ == InstructionForm::planned;
  words_.resize(header + 1 + more_dead + (has_output ? 1 : 0) + operand_words.size() +
                binding_words.size());
  std::uint64_t* next = words_.data() + header;
  *next = kind_id | (static_cast<std::uint64_t>(site) << 24);
  next += 1 + more_dead;
  if (has_output) *next++ = first_output;
  for (std::uint64_t word : operand_words) *next++ = word;
  for (std::uint64_t word : binding_words) *next++ = word;
  return header;
}

void InstructionWriter::mark_dead(std::vector<std::uint64_t>& words, std::size_t header,
                                  std::size_t k) {
  if (k < kDeadBitsInHeader) {
    words[header] |= std::uint64_t{1} << (48 + k);
    return;
  }
  const std::size_t bit = k - kDeadBitsInHeader;
  words[header + 1 + bit / 64] |= std::uint64_t{1} << (bit % 64);
}

void InstructionWriter::mark_results_dead(std::vector<std::uint64_t>& words, std::size_t header,
                                          std::uint64_t results) {
  GT_INVARIANT(results < (std::uint64_t{1} << kMaxResults), "an instruction has four results");
  words[header] |= results << 44;
}

}  // namespace gt

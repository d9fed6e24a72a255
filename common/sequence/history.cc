#include "common/sequence/history.h"

#include <algorithm>
#include <bit>

namespace gt::sequence {
namespace {

constexpr std::size_t kFirstElements = 4096;
/// Operands that an element has on average, at most, before the past gets shorter.
constexpr std::size_t kOperandsPerElement = 2;
/// Symbols back up to which an operand is part of the token.
constexpr std::uint32_t kNearby = 16;
constexpr std::uint64_t kTokenStep = 0x9E3779B97F4A7C15ull;
constexpr std::uint64_t kLongest = 0x7FFFFFFFu;

}  // namespace

History::History(std::size_t max_elements)
    : max_elements_(std::bit_ceil(std::max(max_elements, kFirstElements))),
      elements_(max_elements_, kFirstElements),
      operands_(max_elements_ * kOperandsPerElement, kFirstElements * kOperandsPerElement),
      results_(max_elements_, kFirstElements),
      extents_(max_elements_, kFirstElements),
      sweep_at_(kFirstElements) {}

void History::remember(std::size_t elements) {
  while (capacity() < std::min(elements, max_elements_)) grow();
}

void History::grow() {
  elements_.grow(next_);
  operands_.grow(operand_count_);
  results_.grow(result_count_);
  extents_.grow(extent_count_);
}

ResultRecord* History::result_of(const ValueRecord& value) noexcept {
  if (!value.has_producer() || value.producer < oldest_) return nullptr;
  return &results_[elements_[value.producer].results_begin + value.result];
}

void History::note_use(const ValueRecord& value, Position position) {
  ResultRecord* result = result_of(value);
  if (result == nullptr) return;
  const auto distance = static_cast<std::uint32_t>(position - value.producer);
  result->last_use = std::max(result->last_use, distance);
}

OperandRecord History::use(ValueId value, std::uint64_t symbol) {
  OperandRecord operand;
  operand.value = value;
  ValueRecord* record = values_.find(value);
  if (record == nullptr) {
    ValueRecord unknown;
    unknown.last_symbol = symbol;
    values_.set(value, unknown);
    return operand;
  }
  const std::uint64_t previous = symbol - record->last_symbol;
  if (previous <= kLongest) operand.previous = static_cast<std::uint32_t>(previous);
  record->last_symbol = symbol;
  if (record->has_producer() && next_ - record->producer < kNoProducer) {
    operand.producer = static_cast<std::uint32_t>(next_ - record->producer) & kNoProducer;
    operand.result = record->result & 3u;
    note_use(*record, next_);
  }
  return operand;
}

Position History::record(const Element& element) {
  GT_INVARIANT(element.results <= kMaxResults && element.operands.size() <= kMaxOperands,
               "an element is larger than an instruction can be");
  std::uint64_t symbol = operand_count_ + result_count_;
  ElementRecord record;
  record.operands_begin = static_cast<std::uint32_t>(operand_count_);
  record.results_begin = static_cast<std::uint32_t>(result_count_);
  record.extents_begin = static_cast<std::uint32_t>(extent_count_);
  record.kind = element.kind;
  record.operands = static_cast<std::uint16_t>(element.operands.size());
  record.results = element.results;
  record.extents = static_cast<std::uint8_t>(element.extents.size());
  std::uint64_t token = element.kind_hash;
  for (ValueId value : element.operands) {
    const OperandRecord operand = use(value, symbol++);
    token = (token ^ (operand.previous <= kNearby ? operand.previous : 0)) * kTokenStep;
    operands_[operand_count_++] = operand;
  }
  record.token = spread(token);
  for (std::uint64_t extent : element.extents) extents_[extent_count_++] = extent;
  for (std::uint8_t k = 0; k < element.results; ++k, ++symbol) {
    ResultRecord& result = results_[result_count_++] = {};
    if (k < element.result_bytes.size()) result.bytes = element.result_bytes[k];
    if (((element.dead_results >> k) & 1u) != 0)
      result.death = 0;
    else
      values_.set(element.first_result + k, {symbol, next_, k});
  }
  elements_[next_] = record;
  const Position position = next_++;
  forget_oldest();
  if (values_.size() >= sweep_at_) sweep();
  return position;
}

void History::forget_oldest() {
  const auto fits = [this](const ElementRecord& oldest) {
    return static_cast<std::uint32_t>(operand_count_) - oldest.operands_begin <=
               operands_.capacity() &&
           static_cast<std::uint32_t>(result_count_) - oldest.results_begin <=
               results_.capacity() &&
           static_cast<std::uint32_t>(extent_count_) - oldest.extents_begin <= extents_.capacity();
  };
  if (next_ - oldest_ > elements_.capacity()) oldest_ = next_ - elements_.capacity();
  while (oldest_ < next_ && !fits(elements_[oldest_])) ++oldest_;
}

void History::end(ValueId value, const ValueRecord& record) {
  // Before the next element is after the last one.
  if (ResultRecord* result = result_of(record))
    result->death = static_cast<std::uint32_t>(next_ - 1 - record.producer);
  values_.erase(value);
}

void History::release(ValueId value) {
  if (const ValueRecord* record = values_.find(value)) end(value, ValueRecord(*record));
}

void History::observe(ValueId value) {
  const ValueRecord* record = values_.find(value);
  if (record == nullptr) return;
  note_use(*record, next_ - 1);
  if (ResultRecord* result = result_of(*record)) result->is_observed = true;
}

/// What has not occurred within the rings need not be known: its next occurrence is a first one for
/// whatever can be compared.
void History::sweep() {
  const std::uint64_t symbols = operand_count_ + result_count_;
  const std::uint64_t window = operands_.capacity() + results_.capacity();
  values_.erase_if(
      [&](const ValueRecord& record) { return symbols - record.last_symbol > window; });
  sweep_at_ = std::max(kFirstElements, values_.size() * 2);
}

bool History::agree(Position a, Position b, std::uint32_t window) const noexcept {
  const ElementRecord& first = elements_[a];
  const ElementRecord& second = elements_[b];
  if (first.kind != second.kind || first.operands != second.operands) return false;
  for (std::uint32_t k = 0; k < first.operands; ++k) {
    const std::uint32_t p = operands_[first.operands_begin + k].previous;
    const std::uint32_t q = operands_[second.operands_begin + k].previous;
    if (p != q && (p <= window + k || q <= window + k)) return false;
  }
  return true;
}

}  // namespace gt::sequence

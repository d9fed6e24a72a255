#include "common/sequence/matcher.h"

#include <algorithm>

namespace gt::sequence {
namespace {

/// How often an element may be looked at, on average.
constexpr std::uint64_t kLooks = 16;
constexpr std::uint64_t kMostBudget = std::uint64_t{1} << 22;

bool is_by_itself(Resolution::Form form) {
  return form == Resolution::Form::diverged || form == Resolution::Form::passed;
}

/// Operand `k` among tensors, counted as in the kind.
std::uint16_t operand_of(const KindIdentity& kind, std::size_t k) {
  return k < kind.tensors.size() ? kind.tensors[k].operand : static_cast<std::uint16_t>(k);
}

}  // namespace

Matcher::Matcher(const History& history, const KindCatalog& kinds)
    : history_(history), kinds_(kinds), begin_(history.next()), resolved_(begin_), next_(begin_) {}

bool Matcher::add(UnitId id, std::shared_ptr<const Unit> unit) {
  if (!trie_.add(id, *unit)) return false;
  units_.emplace(id, std::move(unit));
  return true;
}

std::span<const Resolution> Matcher::remove(UnitId id) {
  resolutions_.clear();
  const Position end = next_;
  if (complete_ != kNoUnit) complete();
  give_up(end);
  trie_.remove(id);
  units_.erase(id);
  return resolutions_;
}

/// Resolves what is held before `end` as it is, and begins anew there.
void Matcher::give_up(Position end) {
  const auto matched = static_cast<std::uint32_t>(end - begin_);
  if (resolved_ < end)
    resolve(Resolution::Form::diverged, end, {trie_.unit_of(node_), matched, Difference::end, 0});
  restart(end);
}

std::span<const Resolution> Matcher::advance() {
  resolutions_.clear();
  budget_ = std::min(budget_ + kLooks, kMostBudget);
  if (begin_ < history_.oldest() && resolved_ < next_) give_up(next_);
  feed(history_.next());
  return resolutions_;
}

std::span<const Resolution> Matcher::mark() {
  resolutions_.clear();
  const Position end = next_;
  while (complete_ != kNoUnit) {
    complete();
    feed(end);
  }
  if (resolved_ < next_) resolve(Resolution::Form::forced, next_);
  return resolutions_;
}

Held Matcher::held() const noexcept {
  return {begin_,
          resolved_,
          next_,
          node_ == UnitTrie::kRoot ? kNoUnit : trie_.unit_of(node_),
          node_ != UnitTrie::kRoot && trie_.is_decided(node_),
          static_cast<std::uint32_t>(next_ - begin_)};
}

void Matcher::feed(Position end) {
  while (next_ < end) {
    const UnitTrie::Node node = trie_.step(node_, history_, begin_, next_);
    if (node != UnitTrie::kNone)
      take(node);
    else if (complete_ != kNoUnit)
      complete();
    else
      fail();
  }
}

void Matcher::take(UnitTrie::Node node) {
  node_ = node;
  ++next_;
  if (const UnitId ending = trie_.ending_at(node); ending != kNoUnit) {
    complete_ = ending;
    complete_end_ = next_;
    if (!trie_.has_next(node)) complete();
  }
}

/// Resolves the longest complete instance; what came after it is looked at again.
void Matcher::complete() {
  const Position end = complete_end_;
  const Position seen = next_;
  resolve(Resolution::Form::complete, end);
  restart(end);
  if (pay(seen - end)) return;
  resolve(Resolution::Form::passed, seen);
  restart(seen);
}

/// Takes elements to be looked at again from the budget; returns false if it has not so many.
bool Matcher::pay(std::uint64_t elements) {
  if (elements > budget_) return false;
  budget_ -= elements;
  return true;
}

/// The element at `next_` does not fit.
void Matcher::fail() {
  if (node_ == UnitTrie::kRoot) {
    resolve(Resolution::Form::passed, next_ + 1);
    restart(next_ + 1);
    return;
  }
  const Position second = std::max(begin_ + 1, resolved_);
  const Position again = pay(next_ - second) ? second : next_;
  resolve(Resolution::Form::diverged, again, explain());
  restart(again);
}

void Matcher::restart(Position begin) {
  begin_ = begin;
  next_ = begin;
  node_ = UnitTrie::kRoot;
  complete_ = kNoUnit;
}

/// Appends a resolution of [resolved_, last); what runs by itself is joined with such before it.
void Matcher::resolve(Resolution::Form form, Position last, const Divergence& divergence) {
  Resolution* before = resolutions_.empty() ? nullptr : &resolutions_.back();
  const bool is_passed = before != nullptr && before->form == Resolution::Form::passed;
  if (is_passed && form == Resolution::Form::diverged) {
    *before = {form, kNoUnit, begin_, before->first, last, divergence};
  } else if (is_by_itself(form) && before != nullptr && is_by_itself(before->form)) {
    before->last = last;
  } else {
    const UnitId unit = form == Resolution::Form::complete ? complete_
                        : form == Resolution::Form::forced ? trie_.unit_of(node_)
                                                           : kNoUnit;
    resolutions_.push_back({form, unit, begin_, resolved_, last, divergence});
  }
  resolved_ = last;
}

/// How the element at `next_` differs from what one of the possible units has there.
Divergence Matcher::explain() const {
  Divergence divergence;
  divergence.unit = trie_.unit_of(node_);
  divergence.element = static_cast<std::uint32_t>(next_ - begin_);
  const Unit& unit = *units_.at(divergence.unit);
  if (divergence.element >= unit.length()) {
    divergence.difference = Difference::end;
    return divergence;
  }
  const UnitElement& expected = unit.elements[divergence.element];
  const ElementRecord& found = history_[next_];
  const KindIdentity& kind = kinds_.at(found.kind);
  if (expected.kind != found.kind) {
    const KindDifference difference = compare(kinds_.at(expected.kind), kind);
    divergence.difference = difference.difference;
    divergence.index = difference.index;
    return divergence;
  }
  divergence.difference = Difference::data_flow;
  const std::uint32_t window = history_.symbols_between(begin_, next_);
  const auto operands = unit.operands_of(expected);
  for (std::uint32_t k = 0; k < operands.size(); ++k) {
    const std::uint32_t previous = history_.operand(found, k).previous;
    const std::uint32_t clipped = previous <= window + k ? previous : kFar;
    if (clipped == operands[k].previous) continue;
    divergence.index = operand_of(kind, k);
    break;
  }
  return divergence;
}

}  // namespace gt::sequence

// Where a sequence has no program, or none yet, the programs of shorter sequences run within it.
// What it takes then is what a program of its own must be faster than. Part of Lane's sources.
#include <algorithm>

#include "worker/hotpath/lane.h"

namespace gt::worker::hotpath {

/// Sequences that are shorter and have a program in use, of one segment.
template <class Visit>
void Lane::for_each_shorter(const Sequence& sequence, Visit&& visit) const {
  for (const auto& [unit, other] : sequences_) {
    if (other->unit->length() >= sequence.unit->length()) continue;
    for (const auto& program : other->programs)
      if (program->state == Program::State::in_use && program->plan().segments.size() == 1)
        visit(*other->unit, *program);
  }
}

/// Begins with the longest whose instance begins at the element at hand and ends before `last`.
bool Lane::begin_shorter(const Sequence& sequence, Position last) {
  Program* found = nullptr;
  std::size_t length = 0;
  for_each_shorter(sequence, [&](const sequence::Unit& unit, Program& program) {
    const bool fits =
        unit.length() > length && executed_ + unit.length() <= last &&
        is_instance(past_->history, unit, executed_) &&
        fits_here(*program.plan().segments.front(), queue_, past_->history, host_.values());
    if (!fits) return;
    found = &program;
    length = unit.length();
  });
  if (found == nullptr) return false;
  SegmentRun& run = *found->plan().segments.front();
  if (!find_call(run, queue_, past_->history, host_.values())) return false;
  is_compiled_ = is_all_compiled_ = false;
  piece_end_ = executed_ + length;
  balance_.gain(found->gain_seconds);
  compiled_piece_.begin(run);
  piece_ = &compiled_piece_;
  return true;
}

/// Where such an instance begins behind the element at hand; `last` if none does.
Lane::Position Lane::next_shorter(const Sequence& sequence, Position last) const {
  for_each_shorter(sequence, [&](const sequence::Unit& unit, const Program&) {
    for (Position begin = executed_ + 1; begin + unit.length() <= last; ++begin)
      if (is_instance(past_->history, unit, begin)) last = begin;
  });
  return last;
}

}  // namespace gt::worker::hotpath

#include <algorithm>
#include <iterator>

#include "worker/hotpath/piece.h"

namespace gt::worker::hotpath {
namespace {

/// Whether somebody may name the result after the segment.
bool is_named(const ResultPlace& place, sequence::Position first, sequence::Position last,
              const sequence::History& history) {
  const sequence::Position position = first + place.element;
  const std::uint32_t death = history.result(history[position], place.result).death;
  return death == sequence::kFar || position + death > last;
}

}  // namespace

std::vector<ResultPlace> find_missing(const SegmentRun& run, const InstructionQueue& queue,
                                      const sequence::History& history) {
  const SegmentGraph& source = run.code().source;
  const sequence::Position first = *queue.position(queue.element(0));
  std::vector<ResultPlace> missing;
  std::copy_if(source.dead.begin(), source.dead.end(), std::back_inserter(missing),
               [&](const ResultPlace& place) {
                 return is_named(place, first, first + source.length - 1, history);
               });
  return missing;
}

bool fits_here(SegmentRun& run, const InstructionQueue& queue, const sequence::History& history,
               ValueTable& values) {
  const SegmentGraph& source = run.code().source;
  if (queue.elements() < source.length) return false;
  const sequence::Position first = *queue.position(queue.element(0));
  const sequence::Position last = first + source.length - 1;
  for (const ResultPlace& place : source.dead)
    if (is_named(place, first, last, history)) return false;
  return fits_but_for_lives(run, queue, values);
}

bool fits_but_for_lives(SegmentRun& run, const InstructionQueue& queue, ValueTable& values) {
  const SegmentGraph& source = run.code().source;
  if (queue.elements() < source.length) return false;
  SegmentCall& call = run.call();
  call.found.clear();
  for (const WordPlace& place : source.inputs) {
    const TableEntry* entry = values.find(queue.word(queue.element(place.element), place.word));
    if (entry == nullptr || entry->poison) return false;
    call.found.push_back(&entry->value);
  }
  call.bindings.clear();
  for (const WordPlace& place : source.bindings)
    call.bindings.push_back(queue.word(queue.element(place.element), place.word));
  return run.fits(call.found, call.bindings);
}

bool find_call(SegmentRun& run, const InstructionQueue& queue, const sequence::History& history,
               ValueTable& values) {
  if (!fits_here(run, queue, history, values)) return false;
  const SegmentGraph& source = run.code().source;
  const sequence::Position first = *queue.position(queue.element(0));
  SegmentCall& call = run.call();
  call.inputs.clear();
  for (const Value* input : call.found) call.inputs.push_back(*input);
  call.outputs.clear();
  for (const ResultPlace& place : source.outputs) {
    const bool is_wanted = is_named(place, first, first + source.length - 1, history);
    const ValueId made = queue.first_output(queue.element(place.element)) + place.result;
    call.outputs.push_back(is_wanted ? made : kNoValue);
  }
  return true;
}

}  // namespace gt::worker::hotpath

#include "worker/hotpath/piece.h"

namespace gt::worker::hotpath {
namespace {

/// Where the elements of a segment stand in the queue.
std::vector<std::size_t> find_elements(const InstructionQueue& queue, std::uint32_t length) {
  std::vector<std::size_t> items;
  items.reserve(length);
  for (std::size_t k = 0; k < queue.size() && items.size() < length; ++k)
    if (queue.position(k)) items.push_back(k);
  return items;
}

std::uint64_t word_of(const Instruction& instruction, std::uint32_t word) {
  const std::size_t operands = instruction.operand_words.size();
  return word < operands ? instruction.operand_words[word]
                         : instruction.binding_words[word - operands];
}

}  // namespace

std::optional<SegmentCall> find_call(SegmentRun& run, const InstructionQueue& queue,
                                     const sequence::History& history, ValueTable& values) {
  const SegmentGraph& source = run.code().source;
  const std::vector<std::size_t> items = find_elements(queue, source.length);
  if (items.size() < source.length) return std::nullopt;
  const sequence::Position last = *queue.position(items.back());
  const auto is_named = [&](const ResultPlace& place) {
    const sequence::Position position = *queue.position(items[place.element]);
    const std::uint32_t death = history.result(history[position], place.result).death;
    return death == sequence::kFar || position + death > last;
  };
  for (const ResultPlace& place : source.dead)
    if (is_named(place)) return std::nullopt;
  std::vector<const Value*> inputs;
  for (const WordPlace& place : source.inputs) {
    const TableEntry* entry = values.find(word_of(queue[items[place.element]], place.word));
    if (entry == nullptr || entry->poison) return std::nullopt;
    inputs.push_back(&entry->value);
  }
  SegmentCall call;
  std::vector<std::uint64_t> bindings;
  for (const WordPlace& place : source.bindings)
    bindings.push_back(word_of(queue[items[place.element]], place.word));
  if (!run.fits(inputs, bindings)) return std::nullopt;
  for (const Value* input : inputs) call.inputs.push_back(*input);
  for (const ResultPlace& place : source.outputs)
    call.outputs.push_back(is_named(place) ? queue[items[place.element]].first_output + place.result
                                           : kNoValue);
  return call;
}

}  // namespace gt::worker::hotpath

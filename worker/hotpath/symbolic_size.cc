#include "worker/hotpath/symbolic_size.h"

#include <cstring>

#include "common/tensor/shape.h"

namespace gt::worker::hotpath {
namespace {

constexpr std::uint64_t kAnySizeVersion = 1;

/// Puts `size_of(size)` where the symbolic size `size` stands.
template <class SizeOf>
void set_sizes(Recording& recording, SizeOf&& size_of) {
  for (RecordedSegment& segment : recording.segments)
    for (auto& [id, input] : segment.inputs)
      for (const RecordedSize& size : input.symbolic) input.meta.shape[size.place] = size_of(size);
  for (const RecordedElement& element : recording.elements)
    for (const RecordedSize& size : element.symbolic)
      recording.words[element.first_word + element.operand_words + size.place] =
          static_cast<std::uint64_t>(size_of(size));
}

/// Calls `visit` with the index of each word of class position in Recording::words.
template <class Visit>
void for_each_position(const Recording& recording, Visit&& visit) {
  for (const RecordedElement& element : recording.elements) {
    const std::uint64_t positions = recording.kinds[element.kind].position_bindings;
    for (std::uint32_t k = 0; k < element.binding_words; ++k)
      if (((positions >> k) & 1u) != 0)
        visit(std::size_t{element.first_word} + element.operand_words + k);
  }
}

/// Stands for the values that the size may have.
std::int64_t any_size(const RecordedSize& size) {
  sequence::Hasher hasher;
  hasher.add(static_cast<std::uint64_t>(size.coefficient));
  hasher.add(static_cast<std::uint64_t>(size.offset));
  return static_cast<std::int64_t>(hasher.finish().low);
}

}  // namespace

SampledSize sample_size(const Recording& recording) {
  SampledSize sample{recording.symbol, {}};
  for_each_position(recording,
                    [&](std::size_t word) { sample.positions.push_back(recording.words[word]); });
  return sample;
}

void set_size(Recording& recording, const SampledSize& sample) {
  recording.symbol = sample.symbol;
  set_sizes(recording, [&sample](const RecordedSize& size) {
    return size.coefficient * sample.symbol + size.offset;
  });
  // Only values that lie in a row may have other sizes.
  for (RecordedSegment& segment : recording.segments)
    for (auto& [id, input] : segment.inputs)
      if (!input.symbolic.empty()) input.strides = contiguous_strides(input.meta.shape);
  std::size_t next = 0;
  for_each_position(recording, [&](std::size_t word) {
    if (next < sample.positions.size()) recording.words[word] = sample.positions[next++];
  });
}

sequence::Hash128 identify_any_size(const Recording& recording,
                                    const sequence::Hash128& structure) {
  Recording any = recording;
  set_sizes(any, any_size);
  for (RecordedSegment& segment : any.segments) {
    segment.alive.clear();
    segment.died.clear();
    for (auto& [id, input] : segment.inputs)
      if (!input.symbolic.empty()) input.strides.clear();
  }
  sequence::Hasher hasher;
  hasher.add(kAnySizeVersion);
  hasher.add(identify(any, structure));
  return hasher.finish();
}

ProgramObjects to_objects(const SampledSize& sample) {
  std::vector<std::uint64_t> words{static_cast<std::uint64_t>(sample.symbol)};
  words.insert(words.end(), sample.positions.begin(), sample.positions.end());
  std::vector<std::byte> bytes(words.size() * sizeof(std::uint64_t));
  std::memcpy(bytes.data(), words.data(), bytes.size());
  return {std::move(bytes)};
}

std::optional<SampledSize> sampled_size_from(const ProgramObjects& objects) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  if (objects.size() != 1 || objects[0].empty() || objects[0].size() % kWord != 0)
    return std::nullopt;
  std::vector<std::uint64_t> words(objects[0].size() / kWord);
  std::memcpy(words.data(), objects[0].data(), objects[0].size());
  SampledSize sample{static_cast<std::int64_t>(words[0]), {words.begin() + 1, words.end()}};
  return sample.symbol >= kLeastSymbol ? std::optional(std::move(sample)) : std::nullopt;
}

}  // namespace gt::worker::hotpath

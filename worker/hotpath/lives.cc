#include "worker/hotpath/lives.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

namespace gt::worker::hotpath {
namespace {

constexpr std::uint64_t kFormVersion = 1;

using Numbers = std::vector<std::uint32_t>;

/// Calls `visit(number, id)` for the results of a segment.
template <class Visit>
void for_each_result(const Recording& recording, const RecordedSegment& segment, Visit&& visit) {
  std::uint32_t number = 0;
  for (std::uint32_t e = segment.first; e < segment.last; ++e) {
    const RecordedElement& element = recording.elements[e];
    for (std::size_t k = 0; k < recording.kinds[element.kind].row->results; ++k, ++number)
      visit(number, element.first_output + k);
  }
}

std::vector<std::byte> to_bytes(const Numbers& numbers) {
  std::vector<std::byte> bytes(numbers.size() * sizeof(std::uint32_t));
  if (!bytes.empty()) std::memcpy(bytes.data(), numbers.data(), bytes.size());
  return bytes;
}

std::optional<Numbers> numbers_from(const std::vector<std::byte>& bytes) {
  if (bytes.size() % sizeof(std::uint32_t) != 0) return std::nullopt;
  Numbers numbers(bytes.size() / sizeof(std::uint32_t));
  if (!bytes.empty()) std::memcpy(numbers.data(), bytes.data(), bytes.size());
  if (!std::is_sorted(numbers.begin(), numbers.end())) return std::nullopt;
  return numbers;
}

}  // namespace

Lives lives_of(const Recording& recording) {
  Lives lives;
  for (const RecordedSegment& segment : recording.segments) {
    SegmentLives& own = lives.emplace_back();
    for_each_result(recording, segment, [&](std::uint32_t number, ValueId id) {
      if (std::binary_search(segment.alive.begin(), segment.alive.end(), id))
        own.alive.push_back(number);
    });
    const std::vector<ValueId> inputs = inputs_in_order(recording, segment);
    for (std::uint32_t k = 0; k < inputs.size(); ++k)
      if (std::binary_search(segment.died.begin(), segment.died.end(), inputs[k]))
        own.died.push_back(k);
  }
  return lives;
}

void set_lives(Recording& recording, const Lives& lives) {
  for (std::size_t s = 0; s < lives.size(); ++s) {
    const SegmentLives& given = lives[s];
    RecordedSegment& segment = recording.segments.at(s);
    segment.alive.clear();
    for_each_result(recording, segment, [&](std::uint32_t number, ValueId id) {
      if (std::binary_search(given.alive.begin(), given.alive.end(), number))
        segment.alive.push_back(id);
    });
    segment.died.clear();
    const std::vector<ValueId> inputs = inputs_in_order(recording, segment);
    for (std::uint32_t number : given.died)
      if (number < inputs.size()) segment.died.push_back(inputs[number]);
    std::sort(segment.died.begin(), segment.died.end());
  }
}

Lives join(const Lives& a, const Lives& b) {
  Lives joined(std::min(a.size(), b.size()));
  for (std::size_t s = 0; s < joined.size(); ++s) {
    std::set_union(a[s].alive.begin(), a[s].alive.end(), b[s].alive.begin(), b[s].alive.end(),
                   std::back_inserter(joined[s].alive));
    std::set_intersection(a[s].died.begin(), a[s].died.end(), b[s].died.begin(), b[s].died.end(),
                          std::back_inserter(joined[s].died));
  }
  return joined;
}

bool covers(const Lives& wide, const Lives& other) {
  return std::equal(wide.begin(), wide.end(), other.begin(), other.end(),
                    [](const SegmentLives& a, const SegmentLives& b) {
                      return std::includes(a.alive.begin(), a.alive.end(), b.alive.begin(),
                                           b.alive.end());
                    });
}

sequence::Hash128 identify_form(const Recording& recording, const sequence::Hash128& structure) {
  sequence::Hasher hasher;
  hasher.add(kFormVersion);
  hasher.add(structure);
  for (const RecordedSegment& segment : recording.segments) hasher.add(segment.last);
  return hasher.finish();
}

ProgramObjects to_objects(const Lives& lives) {
  ProgramObjects objects;
  for (const SegmentLives& segment : lives) {
    objects.push_back(to_bytes(segment.alive));
    objects.push_back(to_bytes(segment.died));
  }
  return objects;
}

std::optional<Lives> lives_from(const ProgramObjects& objects) {
  if (objects.size() % 2 != 0) return std::nullopt;
  Lives lives;
  for (std::size_t k = 0; k < objects.size(); k += 2) {
    std::optional<Numbers> alive = numbers_from(objects[k]);
    std::optional<Numbers> died = numbers_from(objects[k + 1]);
    if (!alive || !died) return std::nullopt;
    lives.push_back({std::move(*alive), std::move(*died)});
  }
  return lives;
}

}  // namespace gt::worker::hotpath

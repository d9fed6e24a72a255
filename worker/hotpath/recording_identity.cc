#include <fmt/format.h>

#include <algorithm>

#include "common/sequence/extents.h"
#include "worker/hotpath/recording.h"

namespace gt::worker::hotpath {
namespace {

constexpr std::uint64_t kIdentityVersion = 1;

/// Calls `visit(element, operand, input)` for every operand of a segment that comes from elsewhere,
/// in order; `operand` counts as in the kind.
template <class Visit>
void for_each_input(const Recording& recording, const RecordedSegment& segment, Visit&& visit) {
  for (std::uint32_t e = segment.first; e < segment.last; ++e) {
    const RecordedElement& element = recording.elements[e];
    const Kind& kind = recording.kinds[element.kind].kind;
    const auto words = recording.operands_of(element);
    std::size_t word = 0;
    for (std::size_t k = 0; k < kind.operands.size(); ++k) {
      if (kind.operands[k].form == OperandMeta::Form::none) continue;
      const ValueId id = words[word++];
      if (kind.operands[k].form != OperandMeta::Form::tensor) continue;
      const auto input = segment.inputs.find(id);
      if (input != segment.inputs.end()) visit(e, k, *input);
    }
  }
}

template <class Visit>
void for_each_extent(const Recording& recording, Visit&& visit) {
  for (std::uint32_t e = 0; e < recording.elements.size(); ++e) {
    const RecordedElement& element = recording.elements[e];
    const std::uint64_t extents = recording.kinds[element.kind].extent_bindings;
    const auto bindings = recording.bindings_of(element);
    for (std::size_t b = 0; b < bindings.size(); ++b)
      if (((extents >> b) & 1u) != 0) visit(e, b, bindings[b]);
  }
}

std::string_view name_of(const Recording& recording, std::uint32_t element) {
  return shown_name(*recording.kinds[recording.elements[element].kind].row);
}

struct InputPlace {
  std::uint32_t element = 0;
  std::size_t operand = 0;
  RecordedValue value;
};

std::vector<InputPlace> inputs_of(const Recording& recording) {
  std::vector<InputPlace> places;
  for (const RecordedSegment& segment : recording.segments)
    for_each_input(recording, segment,
                   [&](std::uint32_t element, std::size_t operand, const auto& input) {
                     places.push_back({element, operand, input.second});
                   });
  return places;
}

bool is_symbolic(const std::vector<RecordedSize>& sizes, std::uint32_t place) {
  return std::any_of(sizes.begin(), sizes.end(),
                     [place](const RecordedSize& size) { return size.place == place; });
}

std::string describe_difference(const Recording& now, const InputPlace& before,
                                const InputPlace& after) {
  const std::string what =
      fmt::format("operand {} of {}", after.operand, name_of(now, after.element));
  const TensorMeta& a = before.value.meta;
  const TensorMeta& b = after.value.meta;
  if (a.dtype != b.dtype)
    return fmt::format("{} was {}, is {}", what, short_name(a.dtype), short_name(b.dtype));
  for (std::uint32_t d = 0; d < std::min(a.shape.size(), b.shape.size()); ++d)
    if (a.shape[d] != b.shape[d] && !is_symbolic(before.value.symbolic, d))
      return fmt::format("dimension {} of {} was {}, is {}", d, what, a.shape[d], b.shape[d]);
  if (a.shape.size() != b.shape.size())
    return fmt::format("{} had {} dimensions, has {}", what, a.shape.size(), b.shape.size());
  if (before.value.symbolic.empty() && !(before.value.strides == after.value.strides))
    return fmt::format("{} had strides {}, has {}", what, to_string(before.value.strides),
                       to_string(after.value.strides));
  return {};
}

}  // namespace

sequence::Hash128 identify(const Recording& recording, const sequence::Hash128& structure) {
  sequence::Hasher hasher;
  hasher.add(kIdentityVersion);
  hasher.add(structure);
  const auto add_all = [&hasher](std::span<const std::int64_t> numbers) {
    hasher.add(numbers.size());
    for (std::int64_t number : numbers) hasher.add(static_cast<std::uint64_t>(number));
  };
  for (const RecordedSegment& segment : recording.segments) {
    hasher.add(segment.first);
    hasher.add(segment.last);
    for_each_input(recording, segment, [&](std::uint32_t, std::size_t, const auto& input) {
      hasher.add(static_cast<std::uint64_t>(static_cast<std::uint8_t>(input.second.meta.dtype)));
      add_all(input.second.meta.shape);
      add_all(input.second.strides);
      hasher.add(static_cast<std::uint64_t>(
          std::binary_search(segment.died.begin(), segment.died.end(), input.first)));
    });
    std::uint64_t result = 0;
    for (std::uint32_t e = segment.first; e < segment.last; ++e)
      for (std::size_t k = 0; k < recording.kinds[recording.elements[e].kind].row->results;
           ++k, ++result)
        if (std::binary_search(segment.alive.begin(), segment.alive.end(),
                               recording.elements[e].first_output + k))
          hasher.add(result);
  }
  for_each_extent(recording,
                  [&](std::uint32_t, std::size_t, std::uint64_t extent) { hasher.add(extent); });
  return hasher.finish();
}

std::string describe_kind_change(const Recording& before, const Recording& now) {
  const auto kind_of = [](const Recording& recording, std::size_t element) -> const ResolvedKind& {
    return recording.kinds[recording.elements[element].kind];
  };
  if (before.elements.size() != now.elements.size()) return {};
  std::string text;
  for (std::size_t e = 0; e < now.elements.size(); ++e) {
    const ResolvedKind& a = kind_of(before, e);
    const ResolvedKind& b = kind_of(now, e);
    if (a.row != b.row || a.kind.signal != b.kind.signal) return {};
    if (!text.empty() || a.kind == b.kind) continue;
    const sequence::KindIdentity expected = sequence::identify(a), found = sequence::identify(b);
    text = sequence::describe(sequence::compare(expected, found), expected, found);
  }
  return text;
}

std::string describe_difference(const Recording& before, const Recording& now) {
  const bool same_segments = std::equal(
      before.segments.begin(), before.segments.end(), now.segments.begin(), now.segments.end(),
      [](const RecordedSegment& a, const RecordedSegment& b) { return a.last == b.last; });
  if (!same_segments) return "values are read at other places";
  const std::vector<InputPlace> a = inputs_of(before);
  const std::vector<InputPlace> b = inputs_of(now);
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    if (std::string text = describe_difference(now, a[i], b[i]); !text.empty()) return text;
  std::vector<std::optional<std::uint64_t>> extents;  // nothing: any will do
  for_each_extent(before, [&](std::uint32_t element, std::size_t word, std::uint64_t extent) {
    const bool is_free =
        is_symbolic(before.elements[element].symbolic, static_cast<std::uint32_t>(word));
    extents.push_back(is_free ? std::nullopt : std::optional(extent));
  });
  std::string text;
  std::size_t next = 0;
  for_each_extent(now, [&](std::uint32_t element, std::size_t, std::uint64_t extent) {
    if (next < extents.size() && extents[next] && *extents[next] != extent && text.empty())
      text = fmt::format("a size that {} was given was {}, is {}", name_of(now, element),
                         *extents[next], extent);
    ++next;
  });
  if (!text.empty()) return text;
  return "other values are alive after it";
}

}  // namespace gt::worker::hotpath

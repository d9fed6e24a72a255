// From two executions of a unit, at different sizes or with other lives, to one for both.
#include <algorithm>

#include "worker/hotpath/lives.h"
#include "worker/hotpath/recording.h"
#include "worker/hotpath/symbolic_size.h"

namespace gt::worker::hotpath {
namespace {

/// Two values of one size, in the two recordings.
struct Change {
  std::int64_t before = 0;
  std::int64_t now = 0;
};

/// Makes the second recording general while it compares both.
class Generaliser {
 public:
  Generaliser(const Recording& before, const Recording& now) : before_(before), result_(now) {}

  std::optional<Recording> run() {
    if (!have_one_form()) return std::nullopt;
    if (!collect_changes()) return std::nullopt;
    join_lives();
    if (before_.symbol != 0) result_.symbol = known_symbol_;
    if (changes_.empty()) return std::move(result_);
    const auto smallest = std::min_element(
        changes_.begin(), changes_.end(),
        [](const Entry& a, const Entry& b) { return a.change.now < b.change.now; });
    const Change symbol = smallest->change;
    if (symbol.before < kLeastSymbol || symbol.now < kLeastSymbol) return std::nullopt;
    for (const Entry& entry : changes_) {
      const std::optional<RecordedSize> size = follow(symbol, entry.change, entry.place);
      if (!size) return std::nullopt;
      entry.sizes->push_back(*size);
    }
    result_.symbol = symbol.now;
    return std::move(result_);
  }

  /// Whether lives differ.
  [[nodiscard]] bool has_widened() const noexcept { return has_widened_; }

 private:
  struct Entry {
    std::vector<RecordedSize>* sizes = nullptr;
    std::uint32_t place = 0;
    Change change;
  };

  [[nodiscard]] bool have_one_form() const {
    return before_.elements.size() == result_.elements.size() &&
           before_.segments.size() == result_.segments.size() &&
           before_.words.size() == result_.words.size();
  }

  void join_lives() {
    const Lives was = lives_of(before_);
    const Lives is = lives_of(result_);
    has_widened_ = was != is;
    if (has_widened_) set_lives(result_, join(was, is));
  }

  bool collect_changes() {
    for (std::size_t s = 0; s < result_.segments.size(); ++s)
      if (!compare(before_.segments[s], result_.segments[s])) return false;
    for (std::size_t e = 0; e < result_.elements.size(); ++e) {
      const auto a = before_.bindings_of(before_.elements[e]);
      const auto b = result_.bindings_of(result_.elements[e]);
      const std::uint64_t extents = result_.kinds[result_.elements[e].kind].extent_bindings;
      if (a.size() != b.size()) return false;
      for (std::uint32_t w = 0; w < a.size(); ++w)
        if (((extents >> w) & 1u) != 0 &&
            !compare({static_cast<std::int64_t>(a[w]), static_cast<std::int64_t>(b[w])}, w,
                     before_.elements[e].symbolic, result_.elements[e].symbolic))
          return false;
    }
    return true;
  }

  /// A size at a place: notes that it has changed, or, where `before` knows how sizes follow the
  /// symbol, whether this one does.
  bool compare(const Change& change, std::uint32_t place, const std::vector<RecordedSize>& known,
               std::vector<RecordedSize>& result) {
    if (before_.symbol == 0) {
      if (change.before != change.now) changes_.push_back({&result, place, change});
      return true;
    }
    const auto size = std::find_if(known.begin(), known.end(), [place](const RecordedSize& other) {
      return other.place == place;
    });
    if (size == known.end()) return change.before == change.now;
    result.push_back(*size);
    const std::int64_t scaled = change.now - size->offset;
    const std::int64_t symbol = scaled / size->coefficient;
    if (symbol < kLeastSymbol || symbol * size->coefficient != scaled) return false;
    if (known_symbol_ == 0) known_symbol_ = symbol;
    return symbol == known_symbol_;
  }

  /// Inputs have rising ids in both, in the order in which they were made.
  bool compare(const RecordedSegment& before, RecordedSegment& now) {
    if (before.first != now.first || before.last != now.last ||
        before.inputs.size() != now.inputs.size())
      return false;
    const std::vector<ValueId> was = inputs_in_order(before_, before);
    const std::vector<ValueId> is = inputs_in_order(result_, now);
    if (was.size() != is.size()) return false;
    for (std::size_t i = 0; i < was.size(); ++i)
      if (!compare(before.inputs.at(was[i]), now.inputs.at(is[i]))) return false;
    return true;
  }
  bool compare(const RecordedValue& before, RecordedValue& now) {
    const Shape& a = before.meta.shape;
    const Shape& b = now.meta.shape;
    if (before.meta.dtype != now.meta.dtype || a.size() != b.size()) return false;
    const bool are_dense =
        gt::is_contiguous(a, before.strides) && gt::is_contiguous(b, now.strides);
    if (a == b ? !(before.strides == now.strides) : !are_dense) return false;
    for (std::uint32_t d = 0; d < a.size(); ++d)
      if (!compare({a[d], b[d]}, d, before.symbolic, now.symbolic)) return false;
    return true;
  }

  static std::optional<RecordedSize> follow(const Change& symbol, const Change& change,
                                            std::uint32_t place) {
    const std::int64_t step = symbol.now - symbol.before;
    const std::int64_t moved = change.now - change.before;
    if (moved % step != 0) return std::nullopt;
    const std::int64_t coefficient = moved / step;
    return RecordedSize{place, coefficient, change.now - coefficient * symbol.now};
  }

  const Recording& before_;
  Recording result_;
  std::vector<Entry> changes_;
  std::int64_t known_symbol_ = 0;  ///< its value now, where the first recording has one
  bool has_widened_ = false;       ///< lives differ
};

}  // namespace

std::optional<Recording> join_recordings(const Recording& before, const Recording& now) {
  return Generaliser(before, now).run();
}

std::optional<Recording> generalise(const Recording& before, const Recording& now) {
  Generaliser generaliser(before, now);
  std::optional<Recording> result = generaliser.run();
  const bool is_more =
      result && (generaliser.has_widened() || (result->symbol != 0 && before.symbol == 0));
  return is_more ? std::move(result) : std::nullopt;
}

}  // namespace gt::worker::hotpath

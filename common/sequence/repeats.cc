#include "common/sequence/repeats.h"

#include <algorithm>

namespace gt::sequence {
namespace {

constexpr std::uint64_t kBase = 0x2545F4914F6CDD1Dull;
/// Elements before a window that a match may be extended to when it is found.
constexpr std::uint32_t kExtension = 32;

}  // namespace

RepeatFinder::RepeatFinder(std::uint32_t max_length) : max_length_(max_length) {
  for (std::size_t k = 0; k < kWindows.size(); ++k) {
    windows_[k].slots.resize(kSlots[k]);
    for (std::uint32_t i = 0; i < kWindows[k]; ++i) windows_[k].power *= kBase;
  }
}

std::span<const Repeat> RepeatFinder::advance(History& history) {
  found_.clear();
  const Position now = history.next() - 1;
  // A loop that has gone round twice explains what comes: what is within it was found before, and
  // what is around it is met where it ends.
  const bool is_explained = std::any_of(followed_.begin(), followed_.end(),
                                        [](const Followed& one) { return one.is_stable; });
  for (std::size_t k = 0; k < kWindows.size(); ++k) {
    if (!is_explained && now >= kDelays[k]) look_up(history, now - kDelays[k], now, k);
    roll(history, now, k);
  }
  follow(history, now);
  return found_;
}

/// Moves a window on by one element.
void RepeatFinder::roll(const History& history, Position now, std::size_t window) {
  Window& state = windows_[window];
  const std::uint32_t size = kWindows[window];
  state.hash = state.hash * kBase + history[now].token;
  if (now >= size) state.hash -= history[now - size].token * state.power;
  const std::uint64_t mixed = state.mixed[now % kMostDelay] = spread(state.hash);
  if (is_sampled(window, mixed)) fetch_slot(state, mixed);
}

/// Looks up where the content of the window that ended at `last` was before.
void RepeatFinder::look_up(const History& history, Position last, Position now,
                           std::size_t window) {
  Window& state = windows_[window];
  const std::uint32_t size = kWindows[window];
  const std::uint64_t mixed = state.mixed[last % kMostDelay];
  if (last + 1 < size || !is_sampled(window, mixed)) return;
  const std::uint64_t distance = last_occurrence(state, mixed, last);
  if (distance != 0) propose(history, {last, now, distance, size});
}

bool RepeatFinder::is_sampled(std::size_t window, std::uint64_t mixed) {
  return window == 0 || mixed % kSampling == 0;
}

/// Tables are large, and between two elements of a stream what they do passes through the caches.
void RepeatFinder::fetch_slot(const Window& window, std::uint64_t mixed) {
  constexpr int kWrite = 1;
  __builtin_prefetch(&window.slots[mixed % window.slots.size()], kWrite);
}

/// Elements since the same window was met last, 0 if it is not known; remembers this one.
std::uint64_t RepeatFinder::last_occurrence(Window& window, std::uint64_t mixed, Position last) {
  Slot& slot = window.slots[mixed % window.slots.size()];
  const auto fingerprint = static_cast<std::uint32_t>(mixed >> 32) | 1u;
  const std::uint32_t distance = static_cast<std::uint32_t>(last) - slot.position;
  const bool is_same = slot.fingerprint == fingerprint;
  slot = {fingerprint, static_cast<std::uint32_t>(last)};
  return is_same ? distance : 0;
}

bool RepeatFinder::continues(const History& history, const Followed& followed, Position now) {
  if (now - followed.distance < history.oldest()) return false;
  const std::uint32_t since = history.symbols_between(followed.begin, now);
  const std::uint32_t period = history.symbols_between(now - followed.distance, now);
  return history.agree(now, now - followed.distance, std::min(since, period));
}

/// A match may have begun by chance a little before what repeats: values that come from there are
/// not the same. Then it began later.
bool RepeatFinder::shorten(const History& history, Followed& followed, Position now) {
  if (followed.length >= followed.distance ||
      history[now].kind != history[now - followed.distance].kind)
    return false;
  Followed shorter = followed;
  for (std::uint32_t k = 0; k < kExtension && shorter.length > 1; ++k) {
    ++shorter.begin;
    --shorter.length;
    if (!continues(history, shorter, now)) continue;
    followed = shorter;
    return true;
  }
  return false;
}

void RepeatFinder::follow(History& history, Position now) {
  std::uint64_t shortest = 0;
  for (std::size_t k = 0; k < followed_.size();) {
    Followed& followed = followed_[k];
    if (!follow(history, followed, now)) {
      followed = followed_.back();
      followed_.pop_back();
      continue;
    }
    if (followed.length >= followed.distance && (shortest == 0 || followed.distance < shortest))
      shortest = followed.distance;
    ++k;
  }
  history.set_shortest_run(now, static_cast<std::uint32_t>(shortest));
}

/// Returns false if it ends before the element.
bool RepeatFinder::follow(const History& history, Followed& followed, Position now) {
  if (!continues(history, followed, now) && !shorten(history, followed, now)) {
    end(followed, now);
    return false;
  }
  if (++followed.length == followed.report_at) {
    found_.push_back({Repeat::Form::loop, now + 1 - followed.distance,
                      static_cast<std::uint32_t>(followed.distance), followed.distance,
                      followed.length / followed.distance + 1});
    followed.report_at *= 2;
  }
  followed.is_stable = followed.length >= 2 * followed.distance;
  return true;
}

/// Only the longest stretch is reported: what lies within a longer one is a part of it.
void RepeatFinder::end(const Followed& followed, Position now) {
  if (followed.length >= followed.distance || followed.length > max_length_) return;
  for (const Followed& other : followed_)
    if (other.length > followed.length) return;
  found_.push_back({Repeat::Form::again, followed.begin,
                    static_cast<std::uint32_t>(now - followed.begin), followed.distance, 1});
}

/// Where the match that ends with the last window began, looking back a little further than that.
Position RepeatFinder::match_begin(const History& history, Position now, std::uint64_t distance,
                                   std::uint32_t window) {
  Position begin = now + 1 - window;
  for (std::uint32_t k = 0; k < kExtension && begin > history.oldest() + distance; ++k) {
    if (history[begin - 1].kind != history[begin - 1 - distance].kind) break;
    --begin;
  }
  // Data flow may reach back to what does not match: a shorter match looks less far back.
  for (Position i = begin; i <= now; ++i)
    while (begin <= i && !history.agree(i, i - distance, history.symbols_between(begin, i)))
      ++begin;
  return begin;
}

void RepeatFinder::propose(const History& history, const Proposal& proposal) {
  const auto [last, now, distance, window] = proposal;
  if (distance > max_length_ || last - history.oldest() < distance + window - 1) return;
  for (const Followed& followed : followed_)
    if (followed.distance == distance) return;
  const Position begin = match_begin(history, last, distance, window);
  if (last + 1 < begin + window) return;
  Followed proposed{distance, begin, last + 1 - begin, distance, false};
  // If the extension went round a short loop, it is reported with the next element.
  if (proposed.length >= distance) proposed.report_at = (proposed.length / distance + 1) * distance;
  for (Position i = last + 1; i < now; ++i)
    if (!follow(history, proposed, i)) return;
  followed_.push_back(proposed);
  if (followed_.size() <= kMostDistances) return;
  const auto shortest =
      std::min_element(followed_.begin(), followed_.end() - 1,
                       [](const Followed& a, const Followed& b) { return a.length < b.length; });
  *shortest = followed_.back();
  followed_.pop_back();
}

}  // namespace gt::sequence

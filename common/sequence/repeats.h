// Finds what repeats in a lane's stream, as it comes.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "common/sequence/history.h"

namespace gt::sequence {

/// A stretch that is the same, in kinds and data flow, as an earlier one.
struct Repeat {
  enum class Form : std::uint8_t {
    loop,   ///< [begin, begin + length) follows its first instance at once
    again,  ///< it came before at another place, and ended with this element
  };
  Form form = Form::loop;
  Position begin = 0;          ///< of the later one
  std::uint32_t length = 0;    ///< elements
  std::uint64_t distance = 0;  ///< elements from the earlier to the later one
  std::uint64_t rounds = 2;    ///< of a loop: how often it has come in a row
};

/// Last occurrences of the fingerprints of the last k elements propose distances; a proposed
/// distance is followed, element by element, until it fails. Windows of several lengths are looked
/// at (Rabin-Karp fingerprints): short ones find short loops, long ones are rare enough to find the
/// distance of a long loop that consists of similar parts. O(1) an element: the windows, and at
/// most kMostDistances that are followed. Memory is fixed.
class RepeatFinder {
 public:
  explicit RepeatFinder(std::uint32_t max_length);

  /// Looks at the element recorded last; gives what was found with it, valid until the next call.
  /// Windows are looked up some elements later, when their slots have come from memory. Notes in
  /// `history` where loops run.
  std::span<const Repeat> advance(History& history);

 private:
  static constexpr std::size_t kMostDistances = 8;
  static constexpr std::array<std::uint32_t, 3> kWindows = {3, 16, 96};
  /// Of long windows only every so-maniest fingerprint is looked up, chosen by its value.
  static constexpr std::uint64_t kSampling = 4;
  /// Of the tables of the windows: every element looks into the first, which is to stay in a cache
  /// and finds short loops.
  static constexpr std::array<std::size_t, 3> kSlots = {1 << 12, 1 << 15, 1 << 15};

  /// Elements by which windows are looked up later.
  static constexpr std::size_t kMostDelay = 4;
  static constexpr std::array<std::size_t, 3> kDelays = {1, kMostDelay, kMostDelay};

  struct Followed {
    std::uint64_t distance = 0;
    Position begin = 0;
    std::uint64_t length = 0;
    std::uint64_t report_at = 0;  ///< length at which it is reported as a loop
    bool is_stable = false;       ///< has gone round at least twice
  };
  struct Slot {
    std::uint32_t fingerprint = 0;
    std::uint32_t position = 0;  ///< modulo 2^32
  };
  struct Window {
    std::uint64_t power = 1;  ///< of the base, to its length
    std::uint64_t hash = 0;
    std::array<std::uint64_t, kMostDelay> mixed{};  ///< the hashes to be looked up, spread
    std::vector<Slot> slots;
  };
  /// The window that ended with `last` was the same so many elements before.
  struct Proposal {
    Position last = 0;
    Position now = 0;
    std::uint64_t distance = 0;
    std::uint32_t window = 0;
  };

  void roll(const History& history, Position now, std::size_t window);
  void look_up(const History& history, Position last, Position now, std::size_t window);
  [[nodiscard]] static std::uint64_t last_occurrence(Window& window, std::uint64_t mixed,
                                                     Position last);
  [[nodiscard]] static bool is_sampled(std::size_t window, std::uint64_t mixed);
  static void fetch_slot(const Window& window, std::uint64_t mixed);
  void follow(History& history, Position now);
  [[nodiscard]] bool follow(const History& history, Followed& followed, Position now);
  [[nodiscard]] static bool continues(const History& history, const Followed& followed,
                                      Position now);
  [[nodiscard]] static bool shorten(const History& history, Followed& followed, Position now);
  void end(const Followed& followed, Position now);
  [[nodiscard]] static Position match_begin(const History& history, Position now,
                                            std::uint64_t distance, std::uint32_t window);
  void propose(const History& history, const Proposal& proposal);

  std::uint32_t max_length_;
  std::array<Window, kWindows.size()> windows_;
  std::vector<Followed> followed_;
  std::vector<Repeat> found_;
};

}  // namespace gt::sequence

// Whether it pays to follow a lane.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace gt::worker::hotpath {

/// A program is judged by itself, with what it costs to keep its own instructions; but all others
/// of its lane are recorded for it as well, and what does not match is kept in vain. Whether a lane
/// gains as a whole is looked at in windows of elements. Where its programs gain several times what
/// it costs to record the window, it does. Elsewhere the processor time of an element is compared
/// with that while the lane rests, so it has to rest first.
///
/// All times are in seconds; `now` is the processor time of the thread.
class Balance {
 public:
  /// Elements of a window, at least.
  static constexpr std::uint64_t kWindow = 16 * 1024;
  /// Windows in which something is said to come, and does not, since something was compiled.
  static constexpr int kPatience = 16;

  /// What may still come of what is followed.
  enum class Prospect : std::uint8_t {
    none,     ///< all of its programs are judged
    waiting,  ///< some wait for executions
    working,  ///< some are being compiled
  };
  enum class Verdict : std::uint8_t {
    open,
    pays,
    rest,  ///< it does not pay, or nobody knows
  };

  /// Something is followed, and nothing was before.
  void begin(double now) noexcept;
  /// An element passes. Returns whether what it costs to follow it shall be measured.
  [[nodiscard]] bool take_element() noexcept { return elements_++ % kInterval == 0; }
  void add_cost_of_element(double seconds) { element_costs_.push_back(seconds); }
  /// An execution cost so much less than eagerly.
  void gain(double seconds) noexcept { gained_ += seconds; }

  /// Whether a window has ended. `longest` is the length of the longest unit that is followed:
  /// gains come at the end of its executions.
  [[nodiscard]] bool is_due(std::size_t longest) const noexcept;
  /// Ends the window.
  [[nodiscard]] Verdict settle(Prospect prospect, double now);

  /// Nothing is followed or recorded any more.
  void begin_rest(double now) noexcept { begin_ = now; }
  /// So many elements have passed in the rest.
  void end_rest(std::uint64_t elements, double now) noexcept;

 private:
  static constexpr std::uint64_t kInterval = 61;

  void begin_window(double now) noexcept;
  [[nodiscard]] double seconds_to_follow();

  std::optional<double> resting_cost_;  ///< of an element, in the last rest
  int patience_ = kPatience;
  int losses_ = 0;    ///< windows in a row that cost more than resting
  double begin_ = 0;  ///< of the window or rest
  // Of the window:
  std::uint64_t elements_ = 0;
  std::vector<double> element_costs_;
  double gained_ = 0;
};

}  // namespace gt::worker::hotpath

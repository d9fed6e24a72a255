// When a stretch is captured, and whether what was captured still stands.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace gt::worker::hotpath {

/// Decides from what each execution brings: words that a graph holds for good (addresses, and
/// numbers of calls), some of which may be replaced by copying what lies there.
class CaptureHistory {
 public:
  enum class Way : std::uint8_t {
    by_calls,  ///< this execution runs call by call
    capture,   ///< it begins a graph; then `captured` or `failed` is called
    replay,    ///< it starts the graph that there is
  };
  /// `bytes_to_copy`, by word: what it takes to copy what lies there to a fixed place; 0 where that
  /// cannot be. At most `most_bytes` are copied in an execution.
  CaptureHistory(std::vector<std::size_t> bytes_to_copy, std::size_t most_bytes);

  /// For an execution with these words. `is_ready`: everything is there that it overwrites.
  [[nodiscard]] Way decide(std::span<const std::uint64_t> words, bool is_ready);
  /// The words whose memory is copied to a fixed place, in a graph that is captured now or is
  /// there.
  [[nodiscard]] const std::vector<bool>& copied() const noexcept { return copied_; }
  void captured();
  void failed(std::string reason);

  /// Why it runs call by call for good; empty while it does not.
  [[nodiscard]] const std::string& refusal() const noexcept { return refusal_; }

 private:
  void note(std::span<const std::uint64_t> words);
  [[nodiscard]] bool still_stands(std::span<const std::uint64_t> words) const;
  [[nodiscard]] bool choose_copies();

  std::vector<std::size_t> bytes_to_copy_;
  std::size_t most_bytes_ = 0;
  std::vector<std::uint64_t> words_;        ///< of the last execution
  std::vector<std::uint64_t> graph_words_;  ///< of the graph
  std::vector<std::uint32_t> quiet_for_;    ///< by word: executions since it last changed
  std::vector<bool> has_moved_;             ///< by word: ever
  std::vector<bool> copied_;
  std::uint32_t executions_ = 0;  ///< since the last graph
  std::uint32_t misses_ = 0;      ///< of the graph, in a row
  std::uint32_t graphs_ = 0;
  bool has_graph_ = false;
  std::string refusal_;
};

}  // namespace gt::worker::hotpath

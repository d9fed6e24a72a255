#include "worker/hotpath/capture_history.h"

#include <algorithm>
#include <utility>

namespace gt::worker::hotpath {
namespace {

/// Executions before the first graph, in which libraries prepare themselves and addresses settle.
constexpr std::uint32_t kWarmUps = 2;
/// Executions after which a word that cannot be replaced should have settled.
constexpr std::uint32_t kPatience = 16;
/// Executions in a row that a graph does not serve before another one is captured.
constexpr std::uint32_t kMostMisses = 2;
constexpr std::uint32_t kMostGraphs = 4;

}  // namespace

CaptureHistory::CaptureHistory(std::vector<std::size_t> bytes_to_copy, std::size_t most_bytes)
    : bytes_to_copy_(std::move(bytes_to_copy)),
      most_bytes_(most_bytes),
      quiet_for_(bytes_to_copy_.size(), 0),
      has_moved_(bytes_to_copy_.size(), false),
      copied_(bytes_to_copy_.size(), false) {}

void CaptureHistory::note(std::span<const std::uint64_t> words) {
  if (!words_.empty())
    for (std::size_t k = 0; k < words.size(); ++k) {
      const bool moves = words[k] != words_[k];
      has_moved_[k] = has_moved_[k] || moves;
      quiet_for_[k] = moves ? 0 : quiet_for_[k] + 1;
    }
  words_.assign(words.begin(), words.end());
  ++executions_;
}

bool CaptureHistory::still_stands(std::span<const std::uint64_t> words) const {
  for (std::size_t k = 0; k < words.size(); ++k)
    if (!copied_[k] && words[k] != graph_words_[k]) return false;
  return true;
}

/// Whether everything else keeps still. What has ever moved is copied.
bool CaptureHistory::choose_copies() {
  std::size_t bytes = 0;
  bool keeps_still = true;
  for (std::size_t k = 0; k < copied_.size(); ++k) {
    copied_[k] = has_moved_[k] && bytes_to_copy_[k] != 0;
    if (copied_[k]) bytes += bytes_to_copy_[k];
    if (has_moved_[k] && !copied_[k]) keeps_still = keeps_still && quiet_for_[k] >= kWarmUps;
  }
  if (bytes > most_bytes_)
    failed("its inputs lie elsewhere each time, and " + std::to_string(bytes) +
           " bytes of them would have to be copied");
  return keeps_still && refusal_.empty();
}

CaptureHistory::Way CaptureHistory::decide(std::span<const std::uint64_t> words, bool is_ready) {
  if (!refusal_.empty()) return Way::by_calls;
  note(words);
  if (has_graph_) {
    if (is_ready && still_stands(words)) {
      misses_ = 0;
      return Way::replay;
    }
    if (++misses_ < kMostMisses) return Way::by_calls;
    has_graph_ = false;
    executions_ = kWarmUps + 1;
    if (graphs_ == kMostGraphs) failed("addresses or numbers of its calls change again and again");
  }
  if (!refusal_.empty() || executions_ <= kWarmUps) return Way::by_calls;
  if (is_ready && choose_copies()) return Way::capture;
  if (refusal_.empty() && executions_ > kPatience)
    failed("addresses or numbers of its calls change at every execution");
  return Way::by_calls;
}

void CaptureHistory::captured() {
  graph_words_ = words_;
  has_graph_ = true;
  misses_ = 0;
  executions_ = 0;
  ++graphs_;
}

void CaptureHistory::failed(std::string reason) {
  has_graph_ = false;
  refusal_ = std::move(reason);
}

}  // namespace gt::worker::hotpath

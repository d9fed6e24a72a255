// A lane: what one thread has emitted, as batches.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "client/src/session/call_cache.h"
#include "client/src/session/release_queue.h"
#include "common/ops/instruction.h"
#include "common/protocol/messages.h"

namespace gt::client {

/// State of one lane; belongs to the session's lock but where something else is said.
struct Lane {
  explicit Lane(LaneId number) : id(number) {}

  const LaneId id;

  CallCache calls;                     ///< of the lane's thread alone
  ReleaseQueue released;               ///< filled by the lane's thread
  std::uint32_t emitted_in_a_row = 0;  ///< of the lane's thread alone: since it gave way or read

  // The open batch.
  std::uint64_t sequence = 1;  ///< its number
  std::vector<std::uint64_t> words;
  std::vector<protocol::InlinePayload> payloads;
  std::size_t payload_bytes = 0;                  ///< of `payloads`
  std::size_t upload_bytes = 0;                   ///< of all uploads in the batch
  std::size_t leaves_at = protocol::kBatchBytes;  ///< bytes at which it is full
  std::uint64_t first_output = 0;

  std::uint64_t next_output = 0;  ///< number of the next value

  /// Sent and not acknowledged, oldest first.
  struct Sent {
    std::uint64_t sequence = 0;
    std::size_t upload_bytes = 0;
  };
  std::deque<Sent> sent;
  bool last_had_mark = false;  ///< of the batch sent last

  std::uint64_t random_generation = 0;  ///< which manual_seed `random_count` belongs to
  std::uint64_t random_count = 0;

  [[nodiscard]] bool is_open() const noexcept { return !words.empty(); }
  [[nodiscard]] bool is_full() const noexcept {
    return words.size() * sizeof(std::uint64_t) + payload_bytes >= leaves_at;
  }
};

}  // namespace gt::client

// What a dispatcher can be told at its start.
#pragma once

#include <cstddef>
#include <cstdint>

#include "common/protocol/messages.h"

namespace gt::dispatcher {

/// Where instructions without tensor operands run.
enum class Placement : std::uint8_t {
  home,    ///< on the home worker of the session
  spread,  ///< on all workers in turn, so that tensors have to move
};

struct CoreOptions {
  Placement placement = Placement::home;
  /// Batches that a client may have unacknowledged; twice as many are tolerated.
  std::uint32_t credits = 32;
  /// Batches of one session that a worker may have unacknowledged; more wait in the session.
  std::uint32_t worker_credits = 16;
  /// The same while a program is on its way to its use: decisions go behind what was planned.
  std::uint32_t worker_credits_before_use = 4;
  /// Instructions planned for one session before others have their turn.
  std::uint32_t instructions_a_turn = 512;
  /// Bytes of uploads that may be on their way to the workers of a session.
  std::uint64_t upload_window = std::uint64_t{256} << 20;
  /// Bytes of replies that a client may not have confirmed.
  std::uint64_t reply_window = protocol::kReplyWindowBytes;
  std::uint32_t heartbeat_ms = 500;
  /// A peer silent for so many heartbeats is lost.
  std::uint32_t silent_heartbeats = 6;
  /// How long instructions wait for a worker, unless the session says so (GT_CONNECT_TIMEOUT).
  std::uint64_t connect_timeout_ms = 30'000;
  /// Payload bytes a session may send ahead of the batches that announce them.
  std::size_t max_early_payload_bytes = std::size_t{512} << 20;
  /// The same while its batches wait for a worker.
  std::size_t max_waiting_payload_bytes = std::size_t{8} << 30;
  /// What a session may keep at a time: values, kinds of its own and of ours, uploads whose frames
  /// have not all come. Looked at after each batch.
  std::size_t max_values = std::size_t{1} << 22;
  std::size_t max_kinds = std::size_t{1} << 20;
  std::size_t max_open_uploads = std::size_t{1} << 16;
  /// Whether LogLine actions are wanted.
  bool log_instructions = false;
};

}  // namespace gt::dispatcher

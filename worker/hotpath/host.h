// What the hot path asks of the session it belongs to.
#pragma once

#include <exception>

#include "common/ops/instruction.h"
#include "common/protocol/messages.h"
#include "worker/engine/engine.h"
#include "worker/execution/value_table.h"

namespace gt::worker::hotpath {

class Host {
 public:
  virtual ~Host() = default;
  /// Runs one instruction eagerly.
  virtual void execute(const Instruction& instruction) = 0;
  /// Records that the instruction failed, and why.
  [[nodiscard]] virtual Poison fail(const Instruction& instruction,
                                    const std::exception& error) = 0;
  [[nodiscard]] virtual ValueTable& values() noexcept = 0;
  [[nodiscard]] virtual Engine& engine() noexcept = 0;
  /// The report lacks its session.
  virtual void report(protocol::SequenceReport report) = 0;
};

}  // namespace gt::worker::hotpath

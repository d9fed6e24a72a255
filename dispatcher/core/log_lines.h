// The dispatcher's lines in the instruction log.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "common/ops/instruction.h"
#include "dispatcher/core/event.h"

namespace gt::dispatcher {

/// `RECV | CLIENT | BinaryOp | op=add session=1 in=(0:3 float32[2, 3], 2) out=(0:4 float32[2, 3])`,
/// ` (COMPILED)` behind the name if `is_compiled`, ` signal=name` at the end unless it is empty.
/// `operands` are described in the kind's order; the first result has the number `first_output`.
[[nodiscard]] LogLine received_line(protocol::SessionId session, const Instruction& instruction,
                                    std::span<const OperandMeta> operands, ValueId first_output,
                                    std::span<const TensorMeta> results, std::string_view signal,
                                    bool is_compiled);

/// A client or worker that comes or goes.
[[nodiscard]] LogLine client_line(std::string_view event, protocol::SessionId session,
                                  const std::string& details);
[[nodiscard]] LogLine worker_line(std::string_view event, protocol::WorkerId worker,
                                  const std::string& details);

/// `float32[2, 3]`.
[[nodiscard]] std::string describe(DType dtype, std::span<const std::int64_t> shape);

}  // namespace gt::dispatcher

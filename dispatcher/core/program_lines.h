// What people read about hot sequences: the user of a client, and whoever reads the log.
#pragma once

#include <string>
#include <vector>

#include "common/config/compile_settings.h"
#include "dispatcher/core/event.h"
#include "dispatcher/core/program_table.h"

namespace gt::dispatcher {

/// Longest text of a report that is passed on.
inline constexpr std::size_t kMaxReportText = 4096;

/// The text with at most kMaxReportText bytes, and without control characters but for line ends.
[[nodiscard]] std::string tidy_text(std::string_view text);

/// The lines for the user when a report is news (ProgramTable::Outcome), in order. Without
/// GT_DEBUG_COMPILE these are failures and mismatches, with GT_LOGS=recompiles also recompilations.
/// `program` is that of the report.
[[nodiscard]] std::vector<std::string> notices_of(const protocol::SequenceReport& report,
                                                  const Program& program,
                                                  const config::CompileSettings& settings);
/// The same when sequences were dropped because their worker was lost.
[[nodiscard]] std::vector<std::string> notices_of_loss(
    const std::vector<protocol::SequenceId>& dropped, const std::string& reason,
    const config::CompileSettings& settings);

/// `COMPILE | WORKER | Starting | sequence=abc123def456 session=1 worker=0`, one for each report;
/// not for `counted`.
[[nodiscard]] LogLine program_line(const protocol::SequenceReport& report,
                                   protocol::WorkerId worker);
/// `COMPILE | WORKER | Dropped | sequence=abc123def456 session=1 worker=0 reason=...`: because of
/// what the worker did, or because it was lost.
[[nodiscard]] LogLine dropped_line(const protocol::SequenceId& sequence,
                                   protocol::SessionId session, protocol::WorkerId worker,
                                   const std::string& reason);

}  // namespace gt::dispatcher

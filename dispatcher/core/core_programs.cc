// What workers report of hot sequences, and who hears of it.
#include "dispatcher/core/core.h"
#include "dispatcher/core/program_lines.h"

namespace gt::dispatcher {
namespace {

std::string reason_of_drop(protocol::SequenceReport::Event event) {
  using Event = protocol::SequenceReport::Event;
  if (event == Event::failed) return "its compilation failed";
  if (event == Event::mismatched) return "its program gave other results";
  return "its program is no faster";
}

}  // namespace

void Core::receive(const Worker& worker, protocol::SequenceReport report) {
  const auto found = sessions_.find(report.session);
  if (found == sessions_.end()) return count_late(report);
  if (!found->second.streams.contains(worker.id)) return;
  Session& session = found->second;
  if (!session.lanes.contains(report.lane))
    violation("a worker reports a sequence of lane " + std::to_string(report.lane) +
              ", which session " + std::to_string(session.id) + " does not have");
  report.text = tidy_text(report.text);
  const ProgramTable::Outcome outcome = session.programs.apply(worker.id, report);
  if (outcome.program == nullptr) return;
  if (outbox_.keeps_log() && report.event != protocol::SequenceReport::Event::counted)
    outbox_.log(program_line(report, worker.id));
  if (outbox_.keeps_log() && outcome.is_drop)
    outbox_.log(dropped_line(report.sequence, session.id, worker.id, reason_of_drop(report.event)));
  const bool is_told = outcome.repeats_failure && !session.compile.explains_recompiles;
  if (outcome.is_news && !is_told)
    tell(session, notices_of(report, *outcome.program, session.compile));
}

/// What a worker has counted until it heard of a session's end.
void Core::count_late(const protocol::SequenceReport& report) {
  if (report.event != protocol::SequenceReport::Event::counted || report.session >= next_session_)
    return;
  ended_.compiled_executions += report.executions;
  ended_.eager_seconds += report.seconds;
  ended_.compiled_seconds += report.compiled_seconds;
  ended_.bytes_saved += report.bytes_saved;
}

void Core::tell(const Session& session, std::vector<std::string> lines) {
  for (std::string& line : lines) outbox_.send(session.peer, protocol::Notice{std::move(line)});
}

/// Programs of a worker that was lost.
void Core::lose_programs(Session& session, WorkerId id, const protocol::ErrorRecord& loss) {
  const std::vector<protocol::SequenceId> dropped = session.programs.lose(id);
  if (outbox_.keeps_log())
    for (const protocol::SequenceId& sequence : dropped)
      outbox_.log(dropped_line(sequence, session.id, id, "the worker was lost"));
  tell(session, notices_of_loss(dropped, loss.message, session.compile));
}

}  // namespace gt::dispatcher

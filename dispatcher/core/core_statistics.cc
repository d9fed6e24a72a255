#include "common/config/version.h"
#include "dispatcher/core/core.h"

namespace gt::dispatcher {
namespace {

protocol::SessionStatistics statistics_of(Session& session) {
  protocol::SessionStatistics statistics;
  statistics.session = session.id;
  statistics.process = session.process;
  statistics.home = session.home;
  statistics.lanes = static_cast<std::uint32_t>(session.lanes.size());
  statistics.instructions = session.counters.instructions;
  statistics.batches = session.counters.batches;
  for (const auto& [id, lane] : session.lanes) statistics.in_flight += lane.outstanding.size();
  statistics.waiting = session.waiting.size();
  statistics.values = session.values.size();
  session.values.for_each([&statistics](ValueId, const Value& value) {
    if (value.loss == nullptr) statistics.value_bytes += value.meta->byte_count();
  });
  statistics.uploaded_bytes = session.counters.uploaded_bytes;
  statistics.fetched_bytes = session.counters.fetched_bytes;
  statistics.errors = session.counters.errors;
  const ProgramTable::Counts programs = session.programs.counts();
  statistics.sequences = programs.sequences;
  statistics.compiled = programs.compiled;
  statistics.dropped = programs.dropped;
  const ProgramTable::Totals& totals = session.programs.totals();
  statistics.compiled_executions = totals.executions;
  statistics.eager_seconds = totals.eager_seconds;
  statistics.compiled_seconds = totals.compiled_seconds;
  statistics.bytes_saved = totals.bytes_saved;
  return statistics;
}

protocol::WorkerStatistics statistics_of(const Worker& worker) {
  protocol::WorkerStatistics statistics;
  statistics.worker = worker.id;
  statistics.name = worker.name;
  statistics.device = worker.device;
  statistics.backend = worker.backend;
  statistics.sessions = worker.sessions;
  statistics.instructions = worker.instructions;
  statistics.batches = worker.batches;
  statistics.memory_used = worker.memory_used;
  statistics.memory_limit = worker.memory_limit;
  return statistics;
}

}  // namespace

void Core::handle_monitor(PeerId peer, const protocol::Message& message) {
  peers_[peer].role = Role::monitor;
  if (std::holds_alternative<protocol::Heartbeat>(message)) return;
  if (std::holds_alternative<protocol::StatisticsRequest>(message))
    return outbox_.send(peer, statistics());
  if (std::holds_alternative<protocol::Goodbye>(message)) {
    forget(peer, "it said goodbye");
    return outbox_.drop(peer);
  }
  violation("a monitor does not send " + std::string(protocol::name_of(message)));
}

protocol::Statistics Core::statistics() {
  protocol::Statistics statistics;
  statistics.library_version = library_version();
  statistics.uptime_ms = now_ms_;
  statistics.events = event_count_;
  for (const auto& [id, worker] : workers_.all())
    statistics.workers.push_back(statistics_of(worker));
  for (auto& [id, session] : sessions_) {
    statistics.sessions.push_back(statistics_of(session));
    for (protocol::WorkerStatistics& worker : statistics.workers)
      if (const auto stream = session.streams.find(worker.worker); stream != session.streams.end())
        worker.in_flight += stream->second.outstanding.size();
  }
  return statistics;
}

}  // namespace gt::dispatcher

#include "common/config/version.h"
#include "dispatcher/core/core.h"

namespace gt::dispatcher {
namespace {

/// What only grows.
protocol::SessionStatistics totals_of(const Session& session) {
  protocol::SessionStatistics totals;
  totals.instructions = session.counters.instructions;
  totals.batches = session.counters.batches;
  totals.uploaded_bytes = session.counters.uploaded_bytes;
  totals.fetched_bytes = session.counters.fetched_bytes;
  totals.errors = session.counters.errors;
  const ProgramTable::Counts programs = session.programs.counts();
  totals.sequences = programs.sequences;
  totals.compiled = programs.compiled;
  totals.dropped = programs.dropped;
  const ProgramTable::Totals& runs = session.programs.totals();
  totals.compiled_executions = runs.executions;
  totals.eager_seconds = runs.eager_seconds;
  totals.compiled_seconds = runs.compiled_seconds;
  totals.bytes_saved = runs.bytes_saved;
  return totals;
}

protocol::SessionStatistics statistics_of(Session& session) {
  protocol::SessionStatistics statistics = totals_of(session);
  statistics.session = session.id;
  statistics.process = session.process;
  statistics.home = session.home;
  statistics.lanes = static_cast<std::uint32_t>(session.lanes.size());
  for (const auto& [id, lane] : session.lanes) statistics.in_flight += lane.outstanding.size();
  statistics.waiting = session.waiting.size();
  statistics.values = session.values.size();
  session.values.for_each([&statistics](ValueId, const Value& value) {
    if (value.loss == nullptr) statistics.value_bytes += value.meta->byte_count();
  });
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
  statistics.ended_sessions = ended_sessions_;
  statistics.ended = ended_;
  return statistics;
}

void Core::count_ended(const Session& session) {
  const protocol::SessionStatistics totals = totals_of(session);
  ++ended_sessions_;
  ended_.instructions += totals.instructions;
  ended_.batches += totals.batches;
  ended_.uploaded_bytes += totals.uploaded_bytes;
  ended_.fetched_bytes += totals.fetched_bytes;
  ended_.errors += totals.errors;
  ended_.sequences += totals.sequences;
  ended_.compiled += totals.compiled;
  ended_.dropped += totals.dropped;
  ended_.compiled_executions += totals.compiled_executions;
  ended_.eager_seconds += totals.eager_seconds;
  ended_.compiled_seconds += totals.compiled_seconds;
  ended_.bytes_saved += totals.bytes_saved;
}

}  // namespace gt::dispatcher

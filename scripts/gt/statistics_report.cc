#include "scripts/gt/statistics_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

namespace gt::tool {
namespace {

using protocol::SessionStatistics;
using protocol::Statistics;
using protocol::WorkerStatistics;

constexpr protocol::WorkerId kNoHome = ~protocol::WorkerId{0};

/// Increase of a count a second; 0 where no time has passed.
double rate(std::uint64_t before, std::uint64_t after, double seconds) {
  return seconds > 0 && after > before ? static_cast<double>(after - before) / seconds : 0.0;
}

/// What the first answer said of the same session or worker; one that is new began at nothing.
SessionStatistics earlier(const Statistics& before, const SessionStatistics& session) {
  const auto found = std::find_if(
      before.sessions.begin(), before.sessions.end(),
      [&](const SessionStatistics& other) { return other.session == session.session; });
  return found == before.sessions.end() ? SessionStatistics{} : *found;
}
WorkerStatistics earlier(const Statistics& before, const WorkerStatistics& worker) {
  const auto found =
      std::find_if(before.workers.begin(), before.workers.end(),
                   [&](const WorkerStatistics& other) { return other.worker == worker.worker; });
  return found == before.workers.end() ? WorkerStatistics{} : *found;
}

std::string scaled(double value, double base, std::initializer_list<const char*> units) {
  auto unit = units.begin();
  for (; value >= base && std::next(unit) != units.end(); ++unit) value /= base;
  const bool is_whole = unit == units.begin();
  return fmt::format("{:.{}f}{}", value, is_whole || value >= 100 ? 0 : (value >= 10 ? 1 : 2),
                     *unit);
}

/// What eager execution would have taken, as a multiple of what programs took.
double speedup(const SessionStatistics& session) {
  return session.compiled_seconds > 0 ? session.eager_seconds / session.compiled_seconds : 0.0;
}

void append_programs_of(std::string& text, const std::string& who,
                        const SessionStatistics& session) {
  fmt::format_to(std::back_inserter(text),
                 "{:<9}{:>11}{:>10}{:>9}{:>12}{:>12.3f}{:>12.3f}{:>9}{:>12}\n", who,
                 session.sequences, session.compiled, session.dropped,
                 count_text(double(session.compiled_executions)), session.eager_seconds,
                 session.compiled_seconds,
                 speedup(session) > 0 ? fmt::format("{:.1f}x", speedup(session)) : "-",
                 bytes_text(double(session.bytes_saved)));
}

/// The hot sequences of sessions that have any, and of all that have ended.
void append_programs(std::string& text, const Statistics& statistics) {
  std::string rows;
  for (const SessionStatistics& session : statistics.sessions)
    if (session.sequences > 0) append_programs_of(rows, std::to_string(session.session), session);
  if (statistics.ended.sequences > 0) append_programs_of(rows, "ended", statistics.ended);
  if (rows.empty()) return;
  fmt::format_to(std::back_inserter(text),
                 "\n{:<9}{:>11}{:>10}{:>9}{:>12}{:>12}{:>12}{:>9}{:>12}\n{}", "session",
                 "sequences", "compiled", "dropped", "executions", "eager s", "compiled s",
                 "speedup", "saved", rows);
}

}  // namespace

std::string bytes_text(double bytes) {
  return scaled(bytes, 1024, {" B", " KiB", " MiB", " GiB", " TiB"});
}

std::string count_text(double count) { return scaled(count, 1000, {"", " k", " M", " G"}); }

std::string statistics_table(const Statistics& before, const Statistics& after, double seconds) {
  std::string text =
      fmt::format("gt {}, up {:.1f} s, {} events\n\n", after.library_version,
                  static_cast<double>(after.uptime_ms) / 1000.0, count_text(double(after.events)));
  auto out = std::back_inserter(text);
  fmt::format_to(out, "{:<8}{:<9}{:<11}{:>9}{:>12}{:>10}{:>12}{:>12}  {}\n", "worker", "device",
                 "backend", "sessions", "instr/s", "in flight", "memory", "limit", "name");
  for (const WorkerStatistics& worker : after.workers)
    fmt::format_to(
        out, "{:<8}{:<9}{:<11}{:>9}{:>12}{:>10}{:>12}{:>12}  {}\n", worker.worker, worker.device,
        worker.backend, worker.sessions,
        count_text(rate(earlier(before, worker).instructions, worker.instructions, seconds)),
        worker.in_flight, bytes_text(double(worker.memory_used)),
        bytes_text(double(worker.memory_limit)), worker.name);
  fmt::format_to(out, "\n{:<9}{:>8}{:>6}{:>7}{:>10}{:>12}{:>10}{:>9}{:>9}{:>12}{:>12}{:>12}{:>8}\n",
                 "session", "process", "home", "lanes", "instr/s", "instr", "in flight", "waiting",
                 "values", "bytes", "up/s", "down/s", "errors");
  for (const SessionStatistics& session : after.sessions) {
    const SessionStatistics then = earlier(before, session);
    fmt::format_to(out, "{:<9}{:>8}{:>6}{:>7}{:>10}{:>12}{:>10}{:>9}{:>9}{:>12}{:>12}{:>12}{:>8}\n",
                   session.session, session.process,
                   session.home == kNoHome ? "-" : std::to_string(session.home), session.lanes,
                   count_text(rate(then.instructions, session.instructions, seconds)),
                   count_text(double(session.instructions)), session.in_flight, session.waiting,
                   session.values, bytes_text(double(session.value_bytes)),
                   bytes_text(rate(then.uploaded_bytes, session.uploaded_bytes, seconds)),
                   bytes_text(rate(then.fetched_bytes, session.fetched_bytes, seconds)),
                   session.errors);
  }
  if (after.ended_sessions > 0)
    fmt::format_to(out, "\n{} session{} ended: {} instructions, {} up, {} down, {} errors\n",
                   after.ended_sessions, after.ended_sessions == 1 ? " has" : "s have",
                   count_text(double(after.ended.instructions)),
                   bytes_text(double(after.ended.uploaded_bytes)),
                   bytes_text(double(after.ended.fetched_bytes)), after.ended.errors);
  append_programs(text, after);
  return text;
}

std::string statistics_json(const Statistics& before, const Statistics& after, double seconds) {
  nlohmann::ordered_json workers = nlohmann::ordered_json::array();
  for (const WorkerStatistics& worker : after.workers)
    workers.push_back({{"worker", worker.worker},
                       {"name", worker.name},
                       {"device", worker.device},
                       {"backend", worker.backend},
                       {"sessions", worker.sessions},
                       {"instructions", worker.instructions},
                       {"instructions_per_second",
                        rate(earlier(before, worker).instructions, worker.instructions, seconds)},
                       {"batches", worker.batches},
                       {"in_flight", worker.in_flight},
                       {"memory_used", worker.memory_used},
                       {"memory_limit", worker.memory_limit}});
  nlohmann::ordered_json sessions = nlohmann::ordered_json::array();
  const auto add_programs = [](nlohmann::ordered_json& to, const SessionStatistics& session) {
    to["sequences"] = session.sequences;
    to["compiled"] = session.compiled;
    to["dropped"] = session.dropped;
    to["compiled_executions"] = session.compiled_executions;
    to["eager_seconds"] = session.eager_seconds;
    to["compiled_seconds"] = session.compiled_seconds;
    to["bytes_saved"] = session.bytes_saved;
  };
  for (const SessionStatistics& session : after.sessions) {
    const SessionStatistics then = earlier(before, session);
    nlohmann::ordered_json home = nullptr;
    if (session.home != kNoHome) home = session.home;
    sessions.push_back(
        {{"session", session.session},
         {"process", session.process},
         {"home", home},
         {"lanes", session.lanes},
         {"instructions", session.instructions},
         {"instructions_per_second", rate(then.instructions, session.instructions, seconds)},
         {"batches", session.batches},
         {"in_flight", session.in_flight},
         {"waiting", session.waiting},
         {"values", session.values},
         {"value_bytes", session.value_bytes},
         {"uploaded_bytes", session.uploaded_bytes},
         {"uploaded_bytes_per_second", rate(then.uploaded_bytes, session.uploaded_bytes, seconds)},
         {"fetched_bytes", session.fetched_bytes},
         {"fetched_bytes_per_second", rate(then.fetched_bytes, session.fetched_bytes, seconds)},
         {"errors", session.errors}});
    add_programs(sessions.back(), session);
  }
  nlohmann::ordered_json ended{{"sessions", after.ended_sessions},
                               {"instructions", after.ended.instructions},
                               {"batches", after.ended.batches},
                               {"uploaded_bytes", after.ended.uploaded_bytes},
                               {"fetched_bytes", after.ended.fetched_bytes},
                               {"errors", after.ended.errors}};
  add_programs(ended, after.ended);
  return nlohmann::ordered_json{{"version", after.library_version},
                                {"uptime_ms", after.uptime_ms},
                                {"interval_s", seconds},
                                {"events", after.events},
                                {"workers", std::move(workers)},
                                {"sessions", std::move(sessions)},
                                {"ended", std::move(ended)}}
             .dump() +
         "\n";
}

}  // namespace gt::tool

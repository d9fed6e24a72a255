#include "dispatcher/core/program_table.h"

#include <algorithm>
#include <utility>

namespace gt::dispatcher {

namespace {

using Action = protocol::ProgramDecision::Action;
using Event = protocol::SequenceReport::Event;

/// Whether a worker may begin with it to speak of a sequence. One of new sizes is a sequence of its
/// own, which begins with why the earlier program does not do.
bool begins(Event event) { return event <= Event::failed || event == Event::recompiling; }

/// Whether it brings a program on its way.
bool moves_on(Event event) { return begins(event) || event == Event::validated; }

}  // namespace

ProgramTable::Outcome ProgramTable::apply(WorkerId worker, const protocol::SequenceReport& report) {
  Entry* entry = find_or_add(report);
  if (entry == nullptr) return {};
  Outcome outcome;
  outcome.program = &entry->program;
  if (report.event == Event::counted) {
    count(report);  // what ran before a drop is counted after it
    return outcome;
  }
  if (entry->program.is_dropped) {
    // Whoever comes to it late compiles in vain.
    if (begins(report.event)) decide(worker, report.sequence, Action::drop);
    return outcome;
  }
  outcome.is_news = take_in(*entry, worker, report);
  if (report.event == Event::failed) {
    std::string failure = report.text.substr(0, report.text.find('\n'));
    outcome.repeats_failure = failure == last_failure_;
    last_failure_ = std::move(failure);
  }
  outcome.is_drop = entry->program.is_dropped;
  awaits_decisions_ = find_awaiting();
  if (moves_on(report.event)) batches_until_tired_ = kBatchesUntilTired;
  return outcome;
}

bool ProgramTable::find_awaiting() const {
  const auto is_awaiting = [](const auto& member) {
    return member.second != Stage::detected && member.second != Stage::in_use;
  };
  return std::any_of(programs_.begin(), programs_.end(), [&](const auto& program) {
    const auto& members = program.second.members;
    return std::any_of(members.begin(), members.end(), is_awaiting);
  });
}

ProgramTable::Entry* ProgramTable::find_or_add(const protocol::SequenceReport& report) {
  const auto found = programs_.find(report.sequence);
  if (found != programs_.end()) return &found->second;
  if (!begins(report.event) || programs_.size() >= kMaxSequences) return nullptr;
  return &programs_[report.sequence];
}

/// The report of a sequence that was not dropped; tells whether it is news.
bool ProgramTable::take_in(Entry& entry, WorkerId worker, const protocol::SequenceReport& report) {
  Program& program = entry.program;
  if (begins(report.event)) entry.members.try_emplace(worker, Stage::detected);
  const auto member = entry.members.find(worker);
  if (member == entry.members.end()) return false;
  Stage& stage = member->second;
  switch (report.event) {
    case Event::detected:
      if (std::exchange(entry.is_detection_told, true)) return false;
      program.operations = report.text;
      program.executions = report.executions;
      program.instructions = report.instructions;
      return true;
    case Event::compiling:
      stage = Stage::compiling;
      withdraw(worker, report.sequence);
      return !std::exchange(entry.is_start_told, true);
    case Event::ready:
      stage = Stage::ready;
      program.compile_seconds = std::max(program.compile_seconds, report.seconds);
      return validate_ready(entry, report.sequence) &&
             !std::exchange(entry.is_completion_told, true);
    case Event::failed:
    case Event::mismatched:
    case Event::slow:
      drop(entry, report.sequence);
      return true;
    case Event::validated:
      if (stage != Stage::validating) return false;
      stage = Stage::validated;
      withdraw(worker, report.sequence);  // to be told to validate again, it would do so in vain
      use_validated(entry, report.sequence);
      return false;
    case Event::entered:
      lanes_[report.lane][worker] = report.sequence;
      return false;
    case Event::left:
      leave(worker, report.lane, report.sequence);
      return false;
    case Event::measured:
      return !std::exchange(entry.is_speed_told, true);
    case Event::recompiling:
      stage = Stage::compiling;
      withdraw(worker, report.sequence);
      return recompile(entry, worker, report.text);
    case Event::uncaptured:
      return !std::exchange(entry.is_refusal_told, true);
    case Event::counted:
      return false;
  }
  return false;
}

void ProgramTable::count(const protocol::SequenceReport& report) {
  totals_.executions += report.executions;
  totals_.eager_seconds += report.seconds;
  totals_.compiled_seconds += report.compiled_seconds;
  totals_.bytes_saved += report.bytes_saved;
}

/// Workers that share a sequence find the same reason; the first one begins a new round.
bool ProgramTable::recompile(Entry& entry, WorkerId worker, const std::string& reason) {
  if (!entry.reason.empty() && entry.reason == reason && entry.reason_from != worker) return false;
  entry.reason = reason;
  entry.reason_from = worker;
  entry.is_start_told = entry.is_completion_told = entry.is_speed_told = false;
  entry.program.compile_seconds = 0;
  return true;
}

/// Tells whether anybody was told to validate.
bool ProgramTable::validate_ready(Entry& entry, const SequenceId& id) {
  const auto is_on_its_way = [](const auto& member) {
    return member.second == Stage::detected || member.second == Stage::compiling;
  };
  if (std::any_of(entry.members.begin(), entry.members.end(), is_on_its_way)) return false;
  for (auto& [worker, stage] : entry.members)
    if (stage == Stage::ready) {
      stage = Stage::validating;
      decide(worker, id, Action::validate);
    }
  return true;
}

void ProgramTable::use_validated(Entry& entry, const SequenceId& id) {
  const auto is_validating = [](const auto& member) { return member.second == Stage::validating; };
  if (std::any_of(entry.members.begin(), entry.members.end(), is_validating)) return;
  for (auto& [worker, stage] : entry.members)
    if (stage == Stage::validated) {
      stage = Stage::in_use;
      decide(worker, id, Action::use);
    }
}

void ProgramTable::drop(Entry& entry, const SequenceId& id) {
  entry.program.is_dropped = true;
  for (const auto& [worker, stage] : std::exchange(entry.members, {}))
    decide(worker, id, Action::drop);
  leave_all([&id](const auto& running) { return running.second == id; });
}

void ProgramTable::decide(WorkerId worker, const SequenceId& id, Action action) {
  withdraw(worker, id);
  decisions_[worker].push_back({id, action});
}

/// What was decided before, and has not left yet.
void ProgramTable::withdraw(WorkerId worker, const SequenceId& id) {
  const auto found = decisions_.find(worker);
  if (found == decisions_.end()) return;
  std::erase_if(found->second, [&id](const auto& decision) { return decision.sequence == id; });
}

std::vector<protocol::ProgramDecision> ProgramTable::take_decisions(WorkerId worker) {
  const auto found = decisions_.find(worker);
  if (found == decisions_.end()) return {};
  std::vector<protocol::ProgramDecision> decisions = std::move(found->second);
  decisions_.erase(found);
  return decisions;
}

std::vector<protocol::SequenceId> ProgramTable::lose(WorkerId worker) {
  std::vector<SequenceId> dropped;
  for (auto program = programs_.begin(); program != programs_.end();) {
    auto& [id, entry] = *program;
    const bool was_member = entry.members.erase(worker) != 0;
    if (was_member && entry.members.empty()) {
      program = programs_.erase(program);
      continue;
    }
    if (was_member) {
      drop(entry, id);
      dropped.push_back(id);
    }
    ++program;
  }
  decisions_.erase(worker);
  awaits_decisions_ = find_awaiting();
  leave_all([worker](const auto& running) { return running.first == worker; });
  return dropped;
}

ProgramTable::Counts ProgramTable::counts() const {
  Counts counts;
  counts.sequences = programs_.size();
  for (const auto& [id, entry] : programs_) {
    counts.dropped += entry.program.is_dropped ? 1 : 0;
    const auto uses = [](const auto& member) { return member.second == Stage::in_use; };
    counts.compiled += std::any_of(entry.members.begin(), entry.members.end(), uses) ? 1 : 0;
  }
  return counts;
}

void ProgramTable::leave(WorkerId worker, LaneId lane, const SequenceId& id) {
  const auto found = lanes_.find(lane);
  if (found == lanes_.end()) return;
  const auto running = found->second.find(worker);
  if (running != found->second.end() && running->second == id) found->second.erase(running);
  if (found->second.empty()) lanes_.erase(found);
}

template <class Predicate>
void ProgramTable::leave_all(Predicate&& must_leave) {
  for (auto lane = lanes_.begin(); lane != lanes_.end();) {
    std::erase_if(lane->second, must_leave);
    lane = lane->second.empty() ? lanes_.erase(lane) : std::next(lane);
  }
}

}  // namespace gt::dispatcher

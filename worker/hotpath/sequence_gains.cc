// What executions take, and what is made of it: which plan of a program is the fastest, whether the
// program gains, and what is reported. Part of SequenceBook's sources.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "worker/hotpath/sequence_book.h"

namespace gt::worker::hotpath {
namespace {

using Event = protocol::SequenceReport::Event;

/// Compiled executions after which the gain is judged, and eager ones between them.
constexpr std::size_t kGainSamples = TimeSamples::kKept;
constexpr std::size_t kEagerGainSamples = kGainSamples / 2;
/// Executions of each plan that are measured before one is chosen.
constexpr std::size_t kPlanSamples = 8;
/// Measurements in a row that outweigh that of an earlier start.
constexpr int kContradictions = 3;
/// Compiled executions that are reported together: so many, or less if they take so long.
constexpr std::uint64_t kRunsPerReport = 256;
constexpr double kSecondsPerReport = 0.5;

}  // namespace

void SequenceBook::count_eager(Sequence& sequence, double seconds) {
  ++sequence.executions;
  if (seconds > 0) sequence.eager_times.add(seconds);
  if (sequence.eager_times.size() > 0)
    sequence.eager_seconds += seconds > 0 ? seconds : sequence.eager_times.typical();
}

/// Once a program: more reasons would say little more.
void SequenceBook::report_refusal(const Sequence& sequence, Program& program, LaneId lane) {
  if (program.has_reported_refusal) return;
  for (const auto& segment : program.plan().segments) {
    std::string reason = segment->take_refusal();
    if (reason.empty()) continue;
    program.has_reported_refusal = true;
    return report(Event::uncaptured, sequence, program.id, lane, std::move(reason));
  }
}

void SequenceBook::count_compiled(Sequence& sequence, Program& program, LaneId lane,
                                  double seconds) {
  ++sequence.executions;
  ++program.runs;
  report_refusal(sequence, program, lane);
  if (program.is_tuning) return settle(program, seconds);
  if (seconds > 0) program.compiled_times.add(seconds);
  program.unreported_seconds += seconds;
  if (!program.has_reported_gain && program.compiled_times.size() >= kGainSamples &&
      (!program.takes_turns() || program.eager_times.size() >= kEagerGainSamples))
    judge_gain(sequence, program, lane);
  if (program.has_reported_gain && seconds > 0)
    program.gain_seconds =
        sequence.eager_times_of(program).typical() - program.compiled_times.typical();
  if (program.runs - program.reported >= kRunsPerReport ||
      program.unreported_seconds >= kSecondsPerReport)
    report_runs(sequence, program, lane);
}

void SequenceBook::report_runs() {
  for (const auto& [id, place] : programs_)
    report_runs(*place.sequence, *place.program, place.lane);
}

void SequenceBook::report_runs(const Sequence& sequence, Program& program, LaneId lane) {
  if (program.runs == program.reported || program.compiled_times.size() == 0) return;
  protocol::SequenceReport report;
  report.lane = lane;
  report.sequence = program.id;
  report.event = Event::counted;
  report.executions = program.runs - program.reported;
  report.instructions = sequence.unit->length();
  const auto runs = static_cast<double>(report.executions);
  report.seconds = runs * sequence.eager_times_of(program).typical();
  report.compiled_seconds = runs * program.compiled_times.typical();
  for (const auto& segment : program.plan().segments)
    report.bytes_saved +=
        static_cast<std::uint64_t>(std::max<std::int64_t>(segment->bytes_saved(), 0)) *
        report.executions;
  program.reported = program.runs;
  program.unreported_seconds = 0;
  host_.report(std::move(report));
}

/// Once the kernels of all plans keep to one version each, the fastest plan is kept: the next start
/// begins with it.
void SequenceBook::settle(Program& program, double seconds) {
  if (seconds > 0 && program.plan().is_settled()) program.plan().times.add(seconds);
  const bool is_known =
      std::all_of(program.plans.begin(), program.plans.end(),
                  [](const Plan& plan) { return plan.times.size() >= kPlanSamples; });
  if (!is_known) return;
  Plan best = std::move(*std::min_element(
      program.plans.begin(), program.plans.end(),
      [](const Plan& a, const Plan& b) { return a.times.typical() < b.times.typical(); }));
  program.plans.clear();
  program.plans.push_back(std::move(best));
  program.plan_at_hand = 0;
  program.is_tuning = false;
  std::vector<std::vector<std::byte>> objects;
  for (const auto& segment : program.plan().segments) {
    const TunedModule* tuned = segment->code().tuned;
    objects.push_back(tuned != nullptr ? tuned->settled_object() : std::vector<std::byte>());
  }
  workshop_.compilers.keep(program.cache_key,
                           chosen_objects(program.plan().number, std::move(objects)),
                           ProgramCache::Content::program);
}

/// What contradicts an earlier start has to be found several times: what a disturbed machine makes
/// of it would have other sequences compiled.
void SequenceBook::judge_gain(Sequence& sequence, Program& program, LaneId lane) {
  const Gain gain{sequence.eager_times_of(program).typical(), program.compiled_times.typical()};
  const std::optional<Gain>& noted = program.noted_gain;
  if (noted && is_news(gain, noted) && ++program.contradictions < kContradictions)
    return program.measure_again();
  program.has_reported_gain = true;
  std::string comparison;
  if (noted)
    comparison = fmt::format("{:.2f}x at an earlier start", noted->eager / noted->compiled);
  report(is_faster(gain, noted) ? Event::measured : Event::slow, sequence, program.id, lane,
         std::move(comparison), gain.eager, gain.compiled);
  if (is_news(gain, noted))
    workshop_.compilers.keep(gain_key(program.cache_key, host_.engine().threads()),
                             to_objects(gain), ProgramCache::Content::note);
}

}  // namespace gt::worker::hotpath

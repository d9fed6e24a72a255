#include "worker/hotpath/sequence.h"

#include <algorithm>
#include <utility>

namespace gt::worker::hotpath {
namespace {

/// Sizes and layouts for which one unit is compiled.
constexpr std::size_t kMostPrograms = 8;
/// Executions between two recordings that show what is usual.
constexpr std::uint64_t kFewExecutions = 4;
/// Recordings that are cut as the one before was, until this is usual where there is a program.
constexpr int kHurriedAlike = 4;

}  // namespace

bool Plan::is_validated() const {
  return std::none_of(left_to_validate.begin(), left_to_validate.end(),
                      [](int executions) { return executions > 0; });
}

bool Plan::is_settled() const {
  return std::all_of(segments.begin(), segments.end(), [](const auto& segment) {
    const TunedModule* tuned = segment->code().tuned;
    return tuned == nullptr || tuned->is_settled();
  });
}

bool Sequence::wants_recording() const {
  if (!may_have_more() || eager_seconds < pays_from) return false;
  return std::none_of(programs.begin(), programs.end(), [](const auto& program) {
    return program->state == Program::State::compiling;
  });
}

bool Sequence::may_have_more() const { return !is_refused && programs.size() < kMostPrograms; }

bool Sequence::note_hurried(const Recording& recording) {
  std::vector<std::uint32_t> cuts;
  for (const RecordedSegment& segment : recording.segments) cuts.push_back(segment.last);
  const std::uint64_t before = std::exchange(hurried_execution, executions);
  const bool is_alike = hurried_cuts == cuts && executions - before <= kFewExecutions;
  hurried_cuts = std::move(cuts);
  hurried_alike = is_alike ? hurried_alike + 1 : 0;
  return hurried_alike >= (programs.empty() ? 1 : kHurriedAlike);
}

Balance::Prospect Sequence::prospect() const {
  auto prospect = programs.empty() ? Balance::Prospect::waiting : Balance::Prospect::none;
  for (const auto& program : programs) {
    switch (program->state) {
      case Program::State::compiling:
        return Balance::Prospect::working;
      case Program::State::ready:
      case Program::State::validating:
      case Program::State::validated:
        prospect = Balance::Prospect::waiting;
        break;
      case Program::State::in_use:
        if (program->is_tuning) return Balance::Prospect::working;
        if (!program->has_reported_gain) prospect = Balance::Prospect::waiting;
        break;
      case Program::State::dropped:
        break;
    }
  }
  return prospect;
}

bool Sequence::is_over() const {
  const bool has_program = std::any_of(programs.begin(), programs.end(), [](const auto& program) {
    return program->state != Program::State::dropped;
  });
  return !has_program && !may_have_more();
}

}  // namespace gt::worker::hotpath

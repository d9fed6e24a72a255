#include "worker/hotpath/program_compiler.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "common/graph/memory/buffers.h"
#include "common/graph/print.h"
#include "worker/hotpath/symbolic_size.h"

namespace gt::worker::hotpath {
namespace {

/// Stands for the chosen plan where none has been chosen.
constexpr std::byte kUndecided{0xFF};
constexpr std::int64_t kPage = 4096;

/// Each segment has files of its own.
CompileChoices choices_of(CompileChoices choices, std::size_t segment) {
  choices.name += "." + std::to_string(segment);
  return choices;
}

/// Which nodes became one kernel, and in which order.
std::string text_of(const PlannedSegments& plan) {
  std::string text;
  for (const auto& segment : plan) text += to_text(segment->graph, segment->fusion);
  return text;
}

void load_plan(const PlannedSegments& plan, std::span<const std::vector<std::byte>> objects,
               jit::KernelCompiler& compiler, const CompileChoices& choices) {
  if (objects.size() != plan.size())
    throw CommonError(ErrorKind::kInternal, "another number of segments");
  for (std::size_t k = 0; k < plan.size(); ++k)
    load_kernels(*plan[k], compiler, choices, objects[k]);
}

/// About what compiling takes where nothing else runs. Beside other load the examples' programs, of
/// one to 69 kernels, took 10 to 40 ms a kernel.
double seconds_to_compile(std::span<const PlannedSegments> plans) {
  constexpr double kSecondsPerKernel = 10e-3;
  constexpr double kSecondsPerNode = 1e-3;
  double seconds = 0;
  for (const PlannedSegments& plan : plans)
    for (const auto& segment : plan)
      for (const jit::KernelRequest& request : segment->requests)
        seconds +=
            kSecondsPerKernel + kSecondsPerNode * static_cast<double>(request.group->node_count());
  return seconds;
}

/// Whether executions like the recording hold no more than they hold eagerly: a page apart, for a
/// loss.
bool stays_within_eager_peaks(const PlannedSegments& plan, const Recording& recording) {
  for (std::size_t k = 0; k < plan.size(); ++k) {
    const SegmentGraph eager = make_segment_graph(recording, recording.segments[k]);
    const std::vector<ResultPlace>& wanted = eager.outputs;
    const std::int64_t peak = peak_bytes(*plan[k], [&](std::size_t output) {
      return std::find(wanted.begin(), wanted.end(), plan[k]->source.outputs[output]) !=
             wanted.end();
    });
    if (peak > graph::eager_peak_bytes(eager.graph) + kPage) return false;
  }
  return true;
}

}  // namespace

ProgramObjects chosen_objects(std::size_t plan, std::vector<std::vector<std::byte>> segments) {
  segments.insert(segments.begin(), {static_cast<std::byte>(plan)});
  return segments;
}

/// What `read` makes of the objects of a note; nothing if there is none.
template <class Read>
auto ProgramCompiler::find_note(const sequence::Hash128& key, Read&& read) const {
  const std::optional<ProgramObjects> objects = cache_.load(key, ProgramCache::Content::note);
  return objects ? read(*objects) : decltype(read(*objects))();
}

CompileResult ProgramCompiler::compile(const Recording& recording, const CompileChoices& choices) {
  CompileResult result;
  const auto begin = std::chrono::steady_clock::now();
  step_ = {};
  try {
    if (compiler_ == nullptr) compiler_ = make_();
    Plans plans = plan_as_known(result, recording, choices);
    result.key = key_of(plans, choices);
    if (find_or_make(result, plans, choices)) {
      result.plans = std::move(plans);
      result.gain = find_note(gain_key(result.key, choices.threads), gain_from);
      const Recording& compiled = result.recording ? *result.recording : recording;
      note_lives(compiled, choices);
      note_size(compiled, choices);
    }
  } catch (const std::exception& error) {
    result.error = error.what() + describe_step(recording);
  }
  step_ = {};
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

/// The code of the plans; returns whether it is there, or does not pay yet.
bool ProgramCompiler::find_or_make(CompileResult& result, Plans& plans,
                                   const CompileChoices& choices) {
  // Code that people want to see is made, not found.
  result.is_found = choices.save_to.empty() && load(result.key, plans, choices);
  if (result.is_found) return true;
  const double cost = seconds_to_compile(plans);
  if (choices.spent && *choices.spent < cost) {
    result.pays_from = cost;
    return false;
  }
  for (std::size_t p = 0; p < plans.size(); ++p)
    for (std::size_t k = 0; k < plans[p].size(); ++k) {
      CompileChoices own = choices_of(choices, k);
      if (p > 0) own.save_to.clear();
      step_ = {"compiling the kernels", k, plans[p][k]};
      compile_kernels(*plans[p][k], *compiler_, own);
    }
  store(result.key, plans, choices);
  return true;
}

PlannedSegments ProgramCompiler::plan(const Recording& recording, const CompileChoices& choices) {
  PlannedSegments segments;
  for (const RecordedSegment& segment : recording.segments) {
    step_ = {"planning", segments.size(), {}};
    segments.push_back(
        plan_segment(recording, segment, *compiler_, choices_of(choices, segments.size())));
  }
  return segments;
}

std::string ProgramCompiler::describe_step(const Recording& recording) const {
  std::string text = fmt::format("\n  while {}", step_.what);
  if (step_.segment)
    text += fmt::format(", segment {} of {}", *step_.segment + 1, recording.segments.size());
  text += ':';
  if (step_.code != nullptr)
    return text + "\n" + to_text(step_.code->graph) +
           to_text(step_.code->graph, step_.code->fusion);
  for (const RecordedElement& element : recording.elements)
    text += fmt::format(" {}", shown_name(*recording.kinds[element.kind].row));
  return text;
}

/// Where plans are to be tried, with smaller kernels too; equal ones come once.
ProgramCompiler::Plans ProgramCompiler::plan_all(const Recording& recording,
                                                 const CompileChoices& choices) {
  constexpr std::array<FusionCut, 2> kCuts{{{.max_nodes = 12}, {.siblings = false}}};
  Plans plans{plan(recording, choices)};
  if (!choices.tunes) return plans;
  std::vector<std::string> texts{text_of(plans.front())};
  for (const FusionCut& cut : kCuts) {
    CompileChoices own = choices;
    own.cut = cut;
    own.save_to.clear();
    PlannedSegments made = plan(recording, own);
    std::string text = text_of(made);
    if (std::find(texts.begin(), texts.end(), text) != texts.end()) continue;
    plans.push_back(std::move(made));
    texts.push_back(std::move(text));
  }
  return plans;
}

/// For the sizes and lives of earlier starts, so that there is a program; but with its own lives
/// where it would hold more than eagerly. The result has the recording that is planned, if it is
/// another one.
ProgramCompiler::Plans ProgramCompiler::plan_as_known(CompileResult& result,
                                                      const Recording& recording,
                                                      const CompileChoices& choices) {
  std::optional<Recording> sized = at_known_size(recording, choices);
  const Recording& own = sized ? *sized : recording;
  result.recording = with_known_lives(own, choices);
  if (result.recording) {
    Plans plans = plan_all(*result.recording, choices);
    if (stays_within_eager_peaks(plans.front(), own)) return plans;
  }
  Plans plans = plan_all(own, choices);
  result.recording = std::move(sized);
  return plans;
}

/// A program for any size is one for the size of its recording, of which its code shows traces.
/// Nothing if that is the same.
std::optional<Recording> ProgramCompiler::at_known_size(const Recording& recording,
                                                        const CompileChoices& choices) const {
  if (recording.symbol == 0) return std::nullopt;
  const auto known = find_note(identify_any_size(recording, choices.structure), sampled_size_from);
  if (!known || *known == sample_size(recording)) return std::nullopt;
  std::optional<Recording> other = recording;
  set_size(*other, *known);
  return other;
}

/// What is known stays known.
void ProgramCompiler::note_size(const Recording& recording, const CompileChoices& choices) const {
  if (recording.symbol == 0) return;
  const sequence::Hash128 key = identify_any_size(recording, choices.structure);
  if (!find_note(key, sampled_size_from))
    cache_.store(key, to_objects(sample_size(recording)), ProgramCache::Content::note);
}

/// The recording with what was alive at an earlier start, for which there is a program; nothing if
/// that is the same. What is alive after an execution now and then may be more, or less.
std::optional<Recording> ProgramCompiler::with_known_lives(const Recording& recording,
                                                           const CompileChoices& choices) const {
  const std::optional<Lives> known = known_lives(recording, choices);
  const Lives own = lives_of(recording);
  if (!known || *known == own) return std::nullopt;
  std::optional<Recording> other = recording;
  set_lives(*other, choices.makes_more ? join(*known, own) : *known);
  return other;
}

std::optional<Lives> ProgramCompiler::known_lives(const Recording& recording,
                                                  const CompileChoices& choices) const {
  std::optional<Lives> known = find_note(identify_form(recording, choices.structure), lives_from);
  if (known && known->size() != recording.segments.size()) known.reset();
  return known;
}

/// Lives for which there is a program now. What is known stays known.
void ProgramCompiler::note_lives(const Recording& recording, const CompileChoices& choices) const {
  const std::optional<Lives> known = known_lives(recording, choices);
  const Lives own = lives_of(recording);
  if (known && (*known == own || !covers(own, *known))) return;
  cache_.store(identify_form(recording, choices.structure), to_objects(own),
               ProgramCache::Content::note);
}

/// The code depends on the graphs, on what lies where, and on machine and compiler.
sequence::Hash128 ProgramCompiler::key_of(const Plans& plans, const CompileChoices& choices) const {
  sequence::Hasher hasher;
  const auto add_text = [&hasher](std::string_view text) {
    hasher.add(text.size());
    for (unsigned char character : text) hasher.add(character);
  };
  add_text(compiler_->target());
  hasher.add(choices.tunes ? plans.size() : 0);
  for (const PlannedSegments& plan : plans) {
    add_text(text_of(plan));
    for (const auto& segment : plan) {
      hasher.add(segment->graph.hash());
      for (const jit::KernelRequest& request : segment->requests)
        for (const jit::KernelTensor& tensor : request.tensors) {
          for (std::int64_t stride : tensor.strides) hasher.add(static_cast<std::uint64_t>(stride));
          hasher.add(static_cast<std::uint64_t>(tensor.overwrites));
        }
    }
  }
  return hasher.finish();
}

/// Leaves the chosen plan alone, if there is one. What cannot be loaded is compiled anew, and
/// written over.
bool ProgramCompiler::load(const sequence::Hash128& key, Plans& plans,
                           const CompileChoices& choices) const {
  const std::optional<ProgramObjects> objects = cache_.load(key);
  if (!objects) return false;
  std::span<const std::vector<std::byte>> left = *objects;
  try {
    if (!choices.tunes) {
      load_plan(plans.front(), left, *compiler_, choices);
      return true;
    }
    if (left.empty() || left[0].size() != 1) return false;
    const std::byte chosen = left[0][0];
    left = left.subspan(1);
    if (chosen != kUndecided) {
      const auto number = static_cast<std::size_t>(chosen);
      if (number >= plans.size()) return false;
      load_plan(plans[number], left, *compiler_, choices);
      PlannedSegments kept = std::move(plans[number]);
      plans.clear();
      plans.push_back(std::move(kept));
      return true;
    }
    for (const PlannedSegments& plan : plans) {
      if (left.size() < plan.size()) return false;
      load_plan(plan, left.first(plan.size()), *compiler_, choices);
      left = left.subspan(plan.size());
    }
  } catch (const CommonError&) {
    return false;
  }
  return true;
}

void ProgramCompiler::store(const sequence::Hash128& key, const Plans& plans,
                            const CompileChoices& choices) const {
  ProgramObjects objects;
  if (choices.tunes) objects.push_back({kUndecided});
  for (const PlannedSegments& plan : plans)
    for (const auto& segment : plan) {
      const std::span<const std::byte> object =
          segment->module ? segment->module->object() : std::span<const std::byte>();
      objects.emplace_back(object.begin(), object.end());
    }
  cache_.store(key, objects);
}

}  // namespace gt::worker::hotpath

#include "worker/hotpath/program_compiler.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "common/graph/print.h"

namespace gt::worker::hotpath {
namespace {

/// Stands for the chosen plan where none has been chosen.
constexpr std::byte kUndecided{0xFF};

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

}  // namespace

ProgramObjects chosen_objects(std::size_t plan, std::vector<std::vector<std::byte>> segments) {
  segments.insert(segments.begin(), {static_cast<std::byte>(plan)});
  return segments;
}

CompileResult ProgramCompiler::compile(const Recording& recording, const CompileChoices& choices) {
  CompileResult result;
  const auto begin = std::chrono::steady_clock::now();
  step_ = {};
  try {
    if (compiler_ == nullptr) compiler_ = make_();
    Plans plans = plan_all(recording, choices);
    result.key = key_of(plans, choices);
    // Code that people want to see is made, not found.
    if (!choices.save_to.empty() || !load(result.key, plans, choices)) {
      for (std::size_t p = 0; p < plans.size(); ++p)
        for (std::size_t k = 0; k < plans[p].size(); ++k) {
          CompileChoices own = choices_of(choices, k);
          if (p > 0) own.save_to.clear();
          step_ = {"compiling the kernels", k, plans[p][k]};
          compile_kernels(*plans[p][k], *compiler_, own);
        }
      store(result.key, plans, choices);
    }
    result.plans = std::move(plans);
  } catch (const std::exception& error) {
    result.error = error.what() + describe_step(recording);
  }
  step_ = {};
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
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
  if (step_.segment < recording.segments.size())
    text += fmt::format(", segment {} of {}:", step_.segment + 1, recording.segments.size());
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

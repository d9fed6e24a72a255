#include "worker/hotpath/program_compiler.h"

#include <chrono>
#include <utility>

namespace gt::worker::hotpath {
namespace {

/// Each segment has files of its own.
CompileChoices choices_of(CompileChoices choices, std::size_t segment) {
  choices.name += "." + std::to_string(segment);
  return choices;
}

}  // namespace

CompileResult ProgramCompiler::compile(const Recording& recording, const CompileChoices& choices) {
  CompileResult result;
  const auto begin = std::chrono::steady_clock::now();
  try {
    auto segments = plan(recording, choices);
    result.key = key_of(segments, choices);
    find_or_compile(result.key, segments, choices);
    for (auto& segment : segments) result.segments.push_back(std::move(segment));
  } catch (const std::exception& error) {
    result.segments.clear();
    result.error = error.what();
  }
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

std::vector<std::unique_ptr<SegmentCode>> ProgramCompiler::plan(const Recording& recording,
                                                                const CompileChoices& choices) {
  if (compiler_ == nullptr) compiler_ = make_();
  std::vector<std::unique_ptr<SegmentCode>> segments;
  for (const RecordedSegment& segment : recording.segments)
    segments.push_back(
        plan_segment(recording, segment, *compiler_, choices_of(choices, segments.size())));
  return segments;
}

/// Code that people want to see is made, not found.
void ProgramCompiler::find_or_compile(const sequence::Hash128& key, Segments segments,
                                      const CompileChoices& choices) {
  if (choices.save_to.empty() && load(key, segments, choices)) return;
  for (std::size_t k = 0; k < segments.size(); ++k)
    compile_kernels(*segments[k], *compiler_, choices_of(choices, k));
  store(key, segments);
}

/// The code depends on the graphs, on what lies where, and on machine and compiler.
sequence::Hash128 ProgramCompiler::key_of(Segments segments, const CompileChoices& choices) const {
  sequence::Hasher hasher;
  const auto add_text = [&hasher](std::string_view text) {
    hasher.add(text.size());
    for (unsigned char character : text) hasher.add(character);
  };
  add_text(compiler_->target());
  hasher.add(choices.tunes ? 1 : 0);
  for (const auto& segment : segments) {
    hasher.add(segment->graph.hash());
    add_text(graph::to_text(segment->graph, segment->fusion));
    for (const jit::KernelRequest& request : segment->requests)
      for (const jit::KernelTensor& tensor : request.tensors) {
        for (std::int64_t stride : tensor.strides) hasher.add(static_cast<std::uint64_t>(stride));
        hasher.add(static_cast<std::uint64_t>(tensor.overwrites));
      }
  }
  return hasher.finish();
}

bool ProgramCompiler::load(const sequence::Hash128& key, Segments segments,
                           const CompileChoices& choices) const {
  const std::optional<ProgramObjects> objects = cache_.load(key);
  if (!objects || objects->size() != segments.size()) return false;
  try {
    for (std::size_t k = 0; k < segments.size(); ++k)
      load_kernels(*segments[k], *compiler_, choices, (*objects)[k]);
  } catch (const CommonError&) {
    return false;  // compiled anew, and written over
  }
  return true;
}

void ProgramCompiler::store(const sequence::Hash128& key, Segments segments) const {
  ProgramObjects objects;
  for (const auto& segment : segments) {
    const std::span<const std::byte> object =
        segment->module ? segment->module->object() : std::span<const std::byte>();
    objects.emplace_back(object.begin(), object.end());
  }
  cache_.store(key, objects);
}

}  // namespace gt::worker::hotpath

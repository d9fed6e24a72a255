#include "tests/conformance/compiled_engine.h"

#include <memory>
#include <utility>

#include "worker/hotpath/segment_code.h"
#include "worker/hotpath/segment_run.h"

namespace gt::conformance {
namespace {

using worker::EngineCall;
using worker::EngineOperand;
using worker::Value;
using namespace worker::hotpath;

constexpr ValueId kFirstResult = 1000;

/// The call as one instruction whose operand k is value k.
Recording record(const EngineCall& call) {
  Recording recording;
  RecordedSegment segment;
  segment.last = 1;
  Kind kind;
  kind.op = call.row.op;
  RecordedElement element;
  element.first_output = kFirstResult;
  for (std::size_t k = 0; k < call.operands.size(); ++k) {
    const EngineOperand& operand = call.operands[k];
    OperandType type;
    if (operand.is_scalar) {
      type = {OperandMeta::Form::scalar, operand.scalar.dtype(), 0};
      recording.words.push_back(operand.scalar.bits());
    } else if (operand.value != nullptr) {
      const Value& value = *operand.value;
      type = {OperandMeta::Form::tensor, value.dtype,
              static_cast<std::uint8_t>(value.shape.size())};
      recording.words.push_back(k);
      segment.inputs[k] = {value.meta(), value.strides, {}};
      if (operand.reusable) segment.died.push_back(k);
    }
    kind.operands.push_back(type);
  }
  element.operand_words = static_cast<std::uint32_t>(recording.words.size());
  Attributes::Words bindings;
  split_attributes(call.row, call.attributes, kind.statics, bindings);
  element.binding_words = static_cast<std::uint32_t>(bindings.size());
  recording.words.insert(recording.words.end(), bindings.begin(), bindings.end());
  for (std::size_t k = 0; k < call.row.results; ++k) segment.alive.push_back(kFirstResult + k);
  recording.kinds.push_back(resolve(std::move(kind)));
  recording.elements.push_back(element);
  recording.segments.push_back(std::move(segment));
  return recording;
}

}  // namespace

worker::Results CompiledEngine::execute(const EngineCall& call) {
  const Recording recording = record(call);
  std::shared_ptr<SegmentCode> code =
      plan_segment(recording, recording.segments[0], *compiler_, {});
  compile_kernels(*code, *compiler_, {});
  if (code->module != nullptr) ++compiled_calls_;
  SegmentRun run(code, *engine_, team_);
  worker::hotpath::SegmentCall& segment = run.call();
  for (const WordPlace& place : code->source.inputs) {
    segment.found.push_back(call.operands[recording.words[place.word]].value);
    segment.inputs.push_back(*segment.found.back());
  }
  for (const WordPlace& place : code->source.bindings)
    segment.bindings.push_back(recording.words[place.word]);
  for (std::size_t k = 0; k < code->graph.outputs().size(); ++k)
    segment.outputs.push_back(kFirstResult + k);
  GT_INVARIANT(run.fits(segment.found, segment.bindings), "a program fits what it was made from");
  run.begin();
  while (run.step()) {
  }
  worker::Results results;
  for (std::size_t k = 0; k < code->graph.outputs().size(); ++k) results.push_back(run.output(k));
  run.finish();
  return results;
}

}  // namespace gt::conformance

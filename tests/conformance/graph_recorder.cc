#include "tests/conformance/graph_recorder.h"

namespace gt::conformance {

graph::ValueRef GraphRecorder::value_of(const client::ValueRecord& record) {
  const auto found = known_.find(record.id);
  if (found != known_.end()) return found->second;
  return known_.emplace(record.id, builder_.add_input(record.meta)).first->second;
}

client::EmitResults GraphRecorder::emit(client::InferredCall& call,
                                        std::span<const client::EmitOperand> operands) {
  client::EmitResults results;
  for (const TensorMeta& meta : call.results()) results.push_back(make(meta));
  if (!recording_) return results;
  std::vector<graph::RecordedOperand> recorded;
  for (const client::EmitOperand& operand : operands) {
    if (operand.is_tensor())
      recorded.emplace_back(value_of(*operand.record()));
    else if (operand.is_scalar())
      recorded.emplace_back(ScalarValue::from_bits(operand.type().dtype, operand.bits()));
    else
      recorded.emplace_back();
  }
  if (call.row->op == Op::addmm)  // of modules, both of whose factors are 1 in every step
    for (std::size_t factor = 0; factor < 2; ++factor) builder_.guard_next(factor);
  const auto values = builder_.add_instruction(call.row->op, recorded, call.attributes);
  for (std::size_t k = 0; k < values.size(); ++k) {
    known_.emplace(results[k]->id, values[k]);
    made_.push_back(results[k]->id);
    if (call.row->op == Op::adam_update)
      steps_.emplace_back(recorded[k].operand().value, values[k]);
  }
  return results;
}

void GraphRecorder::release(const client::ValueRecord* value) noexcept {
  const auto found = known_.find(value->id);
  if (recording_ && found != known_.end()) {
    const graph::ValueRef ref = found->second;
    if (builder_.graph().node(ref.node).is_input()) builder_.mark_dies(ref);
    known_.erase(found);
  }
  delete value;
}

graph::Graph GraphRecorder::end() {
  recording_ = false;
  for (ValueId id : made_)
    if (known_.contains(id)) builder_.mark_output(known_.at(id));
  for (const auto& [before, after] : steps_) {
    const graph::Node& node = builder_.graph().node(before.node);
    if (node.is_input() && builder_.graph().inputs()[node.input].dies)
      builder_.carry(before, after);
  }
  known_.clear();
  return std::exchange(builder_, {}).finish();
}

}  // namespace gt::conformance

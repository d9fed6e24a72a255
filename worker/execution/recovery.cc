// Old values behind poison: what a failed step leaves of the tensors it would have written.
//
// An instruction that writes a tensor in place has the old value as operand 0 (one that writes
// several has that of its result k as operand k). If it cannot run, its poisoned result keeps that
// value as fallback, and passes it on to the next one; `recover`
// makes it the value again. Nothing is copied, and a fallback is not larger than the result would
// have been.
#include "worker/execution/session.h"

namespace gt::worker {
namespace {

/// Rows whose result k is operand k with some or all elements changed, or with another dtype.
bool rewrites_operand(const OpRow& row) {
  return row.in_place || row.op == Op::to || row.op == Op::slice_scatter ||
         row.op == Op::select_scatter || row.op == Op::diagonal_scatter;
}

bool is_at_least_as_new(ValueId id, ValueId since) {
  return lane_of(id) == lane_of(since) && id >= since;
}

}  // namespace

TableEntry Session::poisoned_result(const Instruction& instruction, const Poison& poison,
                                    std::size_t k) {
  TableEntry result{{}, poison, 0};
  const OpRow& row = instruction.row();
  const auto& types = instruction.kind->kind.operands;
  if (k >= types.size() || types[k].form != OperandMeta::Form::tensor) return result;
  const bool is_view = row.op_class == OpClass::shape;
  if (!is_view && !rewrites_operand(row)) return result;
  const ValueId operand = instruction.operand_words[k];
  const TableEntry* entry = values_.find(operand);
  if (entry == nullptr || entry->value.buffer == nullptr) return result;
  result.value = is_view ? view_of(instruction, entry->value) : entry->value;
  result.origin = entry->poison ? entry->origin : operand;
  return result;
}

/// What a row of class shape makes of a fallback; no value if it does not fit.
Value Session::view_of(const Instruction& instruction, const Value& fallback) {
  EngineOperand operand;
  operand.value = &fallback;
  try {
    const Inferred& inferred =
        kinds_.find(instruction.kind_id)
            ->calls.find(*instruction.kind, {&operand, 1}, instruction.binding_words, engine_)
            .inferred;
    return std::move(
        engine_.execute({instruction.row(), {&operand, 1}, inferred.attributes, inferred.results})
            .front());
  } catch (const std::exception&) {
    return {};
  }
}

void Session::recover(const Instruction& instruction) {
  const TableEntry* entry = values_.find(instruction.operand_words[0]);
  if (entry == nullptr) {
    store(instruction.first_output, {{}, gather(instruction), 0});
    return;
  }
  TableEntry result = *entry;
  const Attributes attributes = merge_attributes(*instruction.kind, instruction.binding_words);
  const OpRow& row = instruction.row();
  const auto since = static_cast<ValueId>(attributes.integer(row, 1));
  if (result.poison && result.value.buffer != nullptr && is_at_least_as_new(result.origin, since) &&
      result.value.dtype == instruction.kind->kind.operands[0].dtype &&
      result.value.shape == Shape(attributes.integers(row, 0)))
    result.poison.reset();
  store(instruction.first_output, std::move(result));
}

}  // namespace gt::worker

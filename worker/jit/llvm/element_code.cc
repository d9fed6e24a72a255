// What nodes compute.
#include "worker/engine/native/pointwise_rules.h"
#include "worker/jit/llvm/arithmetic.h"
#include "worker/jit/llvm/loop_code.h"

namespace gt::worker::jit {

/// A number in the type in which a row takes it, as put_number and read_attributes of the engine.
llvm::Value* LoopCode::word_value(const PlanNode& node, std::size_t k, const PlanWord& word) {
  const ComputeType wide = native::wide_type_of(word.category);
  llvm::Value* bits = word.is_constant ? builder_.getInt64(word.bits) : words_[word.parameter];
  llvm::Value* value =
      wide == ComputeType::kDouble ? builder_.CreateBitCast(bits, builder_.getDoubleTy()) : bits;
  if (!native::keeps_precision(node.op, k)) {
    llvm::Value* held = held_from_computed(wide, node.operand_dtype, value);
    return node.is_fill() ? held : computed_from_held(node.operand_dtype, node.type, held);
  }
  if (node.type == ComputeType::kInteger) return converted(wide, node.type, value);
  return converted(ComputeType::kDouble, node.type, converted(wide, ComputeType::kDouble, value));
}

void LoopCode::read_words() {
  word_values_.assign(plan_.words.size(), nullptr);
  // Attributes keep their precision, as operand 1 of add does.
  constexpr std::size_t kPrecise = 1;
  for (const PlanNode& node : plan_.nodes) {
    for (std::size_t k = 0; k < node.operands.size(); ++k)
      if (node.operands[k].kind == PlanOperand::Kind::word)
        word_values_[node.operands[k].index] =
            word_value(node, k, plan_.words[node.operands[k].index]);
    PlanNode precise = node;
    if (!node.is_fill()) precise.op = Op::add;
    for (const PlanAttribute& attribute : node.attributes)
      if (!attribute.is_static && !node.draws())
        word_values_[attribute.word] = word_value(precise, kPrecise, plan_.words[attribute.word]);
  }
}

DType LoopCode::dtype_of(const PlanOperand& from) const {
  return from.kind == PlanOperand::Kind::node
             ? plan_.nodes[from.index].dtype
             : plan_.tensors[plan_.accesses[from.index].tensor].dtype;
}

llvm::Value* LoopCode::held_operand(const PlanOperand& from, Iteration* iteration) {
  if (from.kind == PlanOperand::Kind::node)
    return iteration != nullptr ? element(from.index, *iteration) : scalars_[from.index];
  return iteration != nullptr ? load(from.index, *iteration) : repeated_[from.index];
}

llvm::Value* LoopCode::operand(const PlanNode& node, std::size_t k, Iteration* iteration) {
  const PlanOperand& from = node.operands[k];
  switch (from.kind) {
    case PlanOperand::Kind::none:
      return arithmetic_of_row(node.op, node.type)->absent(static_cast<int>(k));
    case PlanOperand::Kind::word:
      return ir::Lanes::spread(word_values_[from.index]);
    case PlanOperand::Kind::node:
    case PlanOperand::Kind::access:
      return computed_from_held(dtype_of(from), node.type, held_operand(from, iteration));
  }
  return nullptr;
}

llvm::Value* LoopCode::compute(const PlanNode& node, Iteration* iteration) {
  if (node.is_fill()) return word_values_[node.attributes[0].word];
  if (node.draws()) return draw_number(node, *iteration);
  if (node.indexing)
    return node.indexing->replaces ? replace(node, *iteration) : look_up(node, iteration);
  const RowArithmetic& row = *arithmetic_of_row(node.op, node.type);
  std::vector<llvm::Value*> operands;
  for (std::size_t k = 0; k < node.operands.size(); ++k)
    operands.push_back(operand(node, k, iteration));
  std::vector<ArithmeticAttribute> attributes;
  for (const PlanAttribute& attribute : node.attributes)
    attributes.push_back(
        {attribute.constant,
         attribute.is_static ? nullptr : ir::Lanes::spread(word_values_[attribute.word])});
  llvm::Value* made = apply_row(node, iteration, operands, attributes);
  if (!row.boolean_result) return held(node, made);
  if (node.dtype == DType::kBool) return made;
  return held_from_computed(node.type, node.dtype, computed_from_condition(node.type, made));
}

llvm::Value* LoopCode::held(const PlanNode& node, llvm::Value* computed) const {
  if (plan_.one_result || !is_floating(node.dtype))
    return held_from_computed(node.type, node.dtype, computed);
  return converted(node.type, native::compute_type_of(node.dtype), computed);
}

llvm::Value* LoopCode::element(std::uint32_t n, Iteration& iteration) {
  const PlanNode& node = plan_.nodes[n];
  if (iteration.held[n] != nullptr) return iteration.held[n];
  llvm::Value* held = nullptr;
  if (node.role != Role::element || node.is_fill())
    held = ir::Lanes::spread(scalars_[n]);
  else if (schedule_.is_kept[n] && node.pass < iteration.pass)
    held = load_kept(n, iteration);
  else
    held = compute(node, &iteration);
  iteration.held[n] = held;
  return held;
}

}  // namespace gt::worker::jit

#include "client/src/session/sink.h"

#include <array>
#include <string>

#include "client/src/session/errors.h"
#include "common/ops/inference.h"

namespace gt::client {
namespace {

constexpr std::size_t kInlineOperands = 8;

OperandMeta meta_of(const EmitOperand& operand) {
  if (operand.is_scalar) return OperandMeta::of(operand.scalar);
  return operand.value != nullptr ? OperandMeta::of((*operand.value)->meta) : OperandMeta{};
}

}  // namespace

ValueRecord::~ValueRecord() { sink_->release(*this); }

EmitResults emit(Op op, std::span<const EmitOperand> operands, const Attributes& attributes) {
  const OpRow& row = row_of(op);
  std::array<OperandMeta, kInlineOperands> few;
  std::vector<OperandMeta> many;
  if (operands.size() > few.size()) many.resize(operands.size());
  const std::span<OperandMeta> operand_metas =
      many.empty() ? std::span(few).first(operands.size()) : std::span(many);
  for (std::size_t k = 0; k < operands.size(); ++k) operand_metas[k] = meta_of(operands[k]);

  std::array<TensorMeta, EmitResults::kCapacity> results;
  const auto result_metas = std::span(results).first(row.results);
  try {
    infer(row, operand_metas, attributes, result_metas);
    return current_sink()->emit(row, operands, attributes, result_metas);
  } catch (const CommonError& error) {
    throw_public(error, row.name);
  }
}

ValueRef emit_one(Op op, std::initializer_list<EmitOperand> operands,
                  const Attributes& attributes) {
  EmitResults results = emit(op, std::span(operands.begin(), operands.size()), attributes);
  GT_INVARIANT(results.size() == 1, std::string(row_of(op).name));
  return std::move(results.front());
}

ValueRef recover(const ValueRef& value, ValueId since) {
  const EmitOperand operand(value);
  return value->sink()
      .emit(row_of(Op::recover), {&operand, 1},
            make_attributes(Op::recover, value->meta.shape, static_cast<std::int64_t>(since)),
            {&value->meta, 1})
      .front();
}

}  // namespace gt::client

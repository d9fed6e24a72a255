#include "tests/bench/engine_program.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "common/ops/inference.h"

namespace gt::bench {

namespace {

OperandMeta meta_of(const Argument& argument, const std::vector<worker::Value>& inputs,
                    const std::vector<TensorMeta>& results) {
  const auto index = static_cast<std::size_t>(argument.index);
  switch (argument.kind) {
    case Argument::Kind::input:
      return OperandMeta::of(inputs.at(index).meta());
    case Argument::Kind::result:
      return OperandMeta::of(results.at(index));
    case Argument::Kind::number:
      return OperandMeta::of(argument.value);
    case Argument::Kind::none:
      break;
  }
  return {};
}

}  // namespace

struct EngineProgram::Instruction {
  const OpRow& row;
  std::vector<Argument> arguments;
  Attributes attributes;
  std::size_t first_result;
  bool is_seen = false;
  std::unique_ptr<worker::PreparedCall> prepared;  ///< as a worker keeps it
};

EngineProgram::EngineProgram(worker::Engine& engine, std::vector<worker::Value> inputs)
    : engine_(engine), inputs_(std::move(inputs)) {}
EngineProgram::~EngineProgram() = default;

void EngineProgram::add(Op op, const std::vector<Argument>& arguments,
                        const Attributes& attributes) {
  const OpRow& row = row_of(op);
  std::vector<OperandMeta> operands;
  for (const Argument& argument : arguments) operands.push_back(meta_of(argument, inputs_, metas_));
  std::vector<TensorMeta> results(row.results);
  infer(row, operands, attributes, results);
  instructions_.push_back({row, arguments, attributes, metas_.size(), false, nullptr});
  metas_.insert(metas_.end(), results.begin(), results.end());
  results_.resize(metas_.size());
}

void EngineProgram::execute() {
  for (Instruction& instruction : instructions_) {
    InlineVector<worker::EngineOperand, 8> operands;
    for (const Argument& argument : instruction.arguments) {
      worker::EngineOperand operand;
      const auto index = static_cast<std::size_t>(argument.index);
      operand.is_scalar = argument.kind == Argument::Kind::number;
      operand.scalar = argument.value;
      if (argument.kind == Argument::Kind::input) operand.value = &inputs_[index];
      if (argument.kind == Argument::Kind::result) operand.value = &results_[index];
      operand.reusable = argument.dies;
      operands.push_back(operand);
    }
    const std::span metas(metas_.data() + instruction.first_result, instruction.row.results);
    const worker::EngineCall call{instruction.row, std::span(operands.begin(), operands.size()),
                                  instruction.attributes, metas};
    if (!std::exchange(instruction.is_seen, true)) instruction.prepared = engine_.prepare(call);
    if (instruction.prepared != nullptr) {
      results_[instruction.first_result] = instruction.prepared->run(call.operands);
    } else {
      auto made = engine_.execute(call);
      std::move(made.begin(), made.end(),
                results_.begin() + static_cast<std::ptrdiff_t>(instruction.first_result));
    }
    for (const Argument& argument : instruction.arguments)
      if (argument.dies) results_[static_cast<std::size_t>(argument.index)].buffer.reset();
  }
}

void EngineProgram::run() {
  execute();
  for (worker::Value& value : results_) value.buffer.reset();
}

worker::Value EngineProgram::result() {
  execute();
  worker::Value value = results_.at(instructions_.back().first_result);
  for (worker::Value& other : results_) other.buffer.reset();
  return value;
}

}  // namespace gt::bench

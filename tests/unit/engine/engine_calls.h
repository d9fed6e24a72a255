// Short ways to run rows of the table on an engine, for tests.
#pragma once

#include <cstring>
#include <initializer_list>
#include <memory>
#include <vector>

#include "common/ops/inference.h"
#include "common/tensor/half.h"
#include "worker/engine/engine.h"

namespace gt::worker {

template <class T>
constexpr DType dtype_of_element() {
  if constexpr (std::is_same_v<T, float>) return DType::kFloat32;
  if constexpr (std::is_same_v<T, double>) return DType::kFloat64;
  if constexpr (std::is_same_v<T, std::int64_t>) return DType::kInt64;
  if constexpr (std::is_same_v<T, std::int32_t>) return DType::kInt32;
  if constexpr (std::is_same_v<T, std::uint8_t>) return DType::kUInt8;
  if constexpr (std::is_same_v<T, bool>) return DType::kBool;
  if constexpr (std::is_same_v<T, Half>) return DType::kFloat16;
  if constexpr (std::is_same_v<T, BFloat16>) return DType::kBFloat16;
}

class EngineCalls {
 public:
  explicit EngineCalls(const EngineOptions& options = {.memory_limit = std::size_t{1} << 30})
      : engine_(make_engine(options)) {}

  Engine& engine() { return *engine_; }

  template <class T>
  Value tensor(const Shape& shape, const std::vector<T>& elements) {
    std::vector<std::byte> bytes(elements.size() * sizeof(T));
    std::memcpy(bytes.data(), elements.data(), bytes.size());
    return engine_->from_host({dtype_of_element<T>(), shape, {}}, bytes);
  }

  template <class T>
  std::vector<T> elements(const Value& value) {
    EXPECT_EQ(value.dtype, dtype_of_element<T>());
    const std::vector<std::byte> bytes = engine_->to_host(value);
    std::vector<T> result(bytes.size() / sizeof(T));
    std::memcpy(result.data(), bytes.data(), bytes.size());
    return result;
  }

  Results run_all(Op op, std::span<const EngineOperand> operands, const Attributes& attributes) {
    const std::vector<TensorMeta> results = results_of(op, operands, attributes);
    return engine_->execute({row_of(op), operands, attributes, results});
  }

  template <class... Attribute>
  std::unique_ptr<PreparedCall> prepare(Op op, const std::vector<EngineOperand>& operands,
                                        const Attribute&... attributes) {
    const Attributes made = make_attributes(op, attributes...);
    const std::vector<TensorMeta> results = results_of(op, operands, made);
    return engine_->prepare({row_of(op), operands, made, results});
  }

  template <class... Attribute>
  Value run(Op op, std::initializer_list<EngineOperand> operands, const Attribute&... attributes) {
    return run_all(op, std::span(operands.begin(), operands.size()),
                   make_attributes(op, attributes...))
        .front();
  }

 private:
  static std::vector<TensorMeta> results_of(Op op, std::span<const EngineOperand> operands,
                                            const Attributes& attributes) {
    const OpRow& row = row_of(op);
    std::vector<OperandMeta> metas;
    for (const EngineOperand& operand : operands)
      metas.push_back(operand.value != nullptr ? OperandMeta::of(operand.value->meta())
                      : operand.is_scalar      ? OperandMeta::of(operand.scalar)
                                               : OperandMeta{});
    std::vector<TensorMeta> results(row.results);
    infer(row, metas, attributes, results);
    return results;
  }

  std::unique_ptr<Engine> engine_;
};

inline EngineOperand given(const Value& value) {
  EngineOperand operand;
  operand.value = &value;
  return operand;
}
/// An operand that dies with the instruction.
inline EngineOperand dying(const Value& value) {
  EngineOperand operand = given(value);
  operand.reusable = true;
  return operand;
}
inline EngineOperand number(ScalarValue scalar) {
  EngineOperand operand;
  operand.scalar = scalar;
  operand.is_scalar = true;
  return operand;
}
inline EngineOperand absent() { return {}; }

}  // namespace gt::worker

// Runs graphs on an engine, for tests.
#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "common/graph/interpret.h"
#include "common/tensor/half.h"
#include "worker/engine/engine.h"

namespace gt::graph {

/// Values of the outputs of a graph on an engine.
inline std::vector<worker::Value> run_graph(worker::Engine& engine, const Graph& graph,
                                            std::span<const worker::Value> inputs,
                                            std::span<const std::uint64_t> bindings) {
  const auto execute = [&engine](const RunCall<worker::Value>& call) {
    std::vector<worker::EngineOperand> operands;
    for (const RunOperand<worker::Value>& from : call.operands) {
      worker::EngineOperand& operand = operands.emplace_back();
      operand.value = from.value;
      operand.scalar = from.scalar;
      operand.is_scalar = from.is_scalar;
    }
    std::vector<worker::Value> results;
    worker::Results made = engine.execute({call.row, operands, call.attributes, call.results});
    for (worker::Value& value : made) results.push_back(std::move(value));
    return results;
  };
  return interpret<worker::Value>(graph, inputs, bindings, execute,
                                  [](const worker::Value& value) { return value.shape; });
}

/// Row-major elements with one bit pattern for all NaN.
inline std::vector<std::byte> bits_of(worker::Engine& engine, const worker::Value& value) {
  std::vector<std::byte> bytes = engine.to_host(value);
  const auto normalise = [&]<class T>(T) {
    for (std::size_t i = 0; i + sizeof(T) <= bytes.size(); i += sizeof(T)) {
      T element;
      std::memcpy(&element, bytes.data() + i, sizeof(T));
      if (static_cast<double>(element) == static_cast<double>(element)) continue;
      std::memset(bytes.data() + i, 0xFF, sizeof(T));
    }
  };
  if (value.dtype == DType::kFloat32) normalise(float{});
  if (value.dtype == DType::kFloat64) normalise(double{});
  if (value.dtype == DType::kFloat16) normalise(Half{});
  if (value.dtype == DType::kBFloat16) normalise(BFloat16{});
  return bytes;
}

}  // namespace gt::graph

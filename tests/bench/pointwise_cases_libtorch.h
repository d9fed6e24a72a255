// The operations of the rows pointwise_*, each in GT's and in LibTorch's words.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "tests/bench/engine_program.h"

namespace at {
class Tensor;
}

namespace gt::bench {

/// An operand, from the extents of a matrix: float elements lie in [-2, 2).
enum class Input {
  matrix,
  positive_matrix,    ///< elements in [0.1, 2)
  condition_matrix,   ///< bool
  transposed_matrix,  ///< columns lie together
  row,                ///< (columns)
  column,             ///< (rows, 1)
  mean,               ///< (rows, 1), float32
  deviation,          ///< (rows, 1), float32, elements in [0.1, 2)
  one,                ///< 0-dim
  labels,             ///< (rows), int64 in [0, columns)
};

/// One operation on operands drawn anew for each size and dtype.
struct PointwiseCase {
  std::string_view name;
  std::vector<Input> inputs;
  void (*add_to)(EngineProgram& program);
  at::Tensor (*in_libtorch)(const std::vector<at::Tensor>& inputs);
  bool is_random = false;  ///< the two sides draw different numbers from one distribution
};

[[nodiscard]] std::span<const PointwiseCase> pointwise_cases();

/// Both sides of a case on the same operands.
class LibtorchSide {
 public:
  /// LibTorch reads the elements of `inputs` where they are.
  LibtorchSide(const PointwiseCase& pointwise_case, const std::vector<worker::Value>& inputs);
  ~LibtorchSide();
  LibtorchSide(const LibtorchSide&) = delete;
  LibtorchSide& operator=(const LibtorchSide&) = delete;

  /// Computes `count` times, dropping the results.
  void run(int count) const;
  /// How far `ours` is from LibTorch's result: the largest difference of elements, relative to
  /// 1 + |expected|; for random cases the difference of the means in standard deviations.
  /// Infinity if dtype or shape differ.
  [[nodiscard]] double distance(const worker::Value& ours) const;

 private:
  struct State;
  const PointwiseCase& case_;
  std::unique_ptr<State> state_;
};

}  // namespace gt::bench

// Adam over many small tensors in LibTorch, in this process.
#pragma once

#include <cstdint>
#include <memory>

namespace gt::bench {

struct AdamProblem {
  static constexpr int kTensors = 50;
  static constexpr std::int64_t kElements = 10'000;
  static constexpr double kLearningRate = 1e-3;
  static constexpr double kFirstValue = 1;
  static constexpr double kGradient = 0.25;
};

/// at::_fused_adam_ over all tensors with one compute thread.
class LibtorchAdam {
 public:
  LibtorchAdam();
  ~LibtorchAdam();

  void step();
  /// The mean of a parameter.
  [[nodiscard]] double loss() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gt::bench

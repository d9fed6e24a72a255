// LibTorch as the judge of aliasing programs; no LibTorch header here.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/judge/aliasing_steps.h"

namespace gt::testing {

/// The tensors of one program in LibTorch.
class AliasingJudge {
 public:
  AliasingJudge();
  ~AliasingJudge();

  /// Appends a float tensor of these values; with `requires_grad` the product of a leaf and 1.
  void add(const std::vector<float>& values, const std::vector<std::int64_t>& sizes,
           bool requires_grad);
  /// The text of LibTorch's error, or nothing.
  [[nodiscard]] std::optional<std::string> run(const AliasingStep& step);
  [[nodiscard]] AliasingState state(std::size_t tensor) const;
  [[nodiscard]] bool aliases(std::size_t a, std::size_t b) const;
  /// Gradients of the leaves for the weighted sum of all tensors; empty for a leaf without.
  [[nodiscard]] std::vector<std::vector<float>> gradients() const;

 private:
  struct Tensors;
  std::unique_ptr<Tensors> tensors_;
};

}  // namespace gt::testing

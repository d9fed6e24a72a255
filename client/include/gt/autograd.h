// Automatic differentiation: the recorded graph, backward, and the switches of recording.
#pragma once

#include <gt/export.h>
#include <gt/tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace gt {

/// Whether this thread records operations for backward; on at first.
struct GT_API GradMode {
  [[nodiscard]] static bool is_enabled() noexcept;
  static void set_enabled(bool enabled) noexcept;
};

/// Sets the mode of this thread for a scope.
class GT_API AutoGradMode {
 public:
  explicit AutoGradMode(bool enabled) noexcept;
  ~AutoGradMode();
  AutoGradMode(const AutoGradMode&) = delete;
  AutoGradMode& operator=(const AutoGradMode&) = delete;

 private:
  bool previous_;
};

/// Switches recording off for a scope.
class NoGradGuard : public AutoGradMode {
 public:
  NoGradGuard() noexcept : AutoGradMode(false) {}
};

namespace autograd {

using variable_list = std::vector<Tensor>;
using tensor_list = std::vector<Tensor>;

/// Points at input `input_nr` of a node: where the gradient of an operand goes.
struct Edge {
  std::shared_ptr<Node> function;
  std::uint32_t input_nr = 0;
  [[nodiscard]] bool is_valid() const noexcept { return function != nullptr; }
};

/// One recorded operation. Holds what its gradient needs and the edges to the nodes that made its
/// operands; lives as long as a tensor or another node refers to it.
class GT_API Node {
 public:
  Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  virtual ~Node();

  /// LibTorch's name of the node: `AddBackward0`, `torch::autograd::AccumulateGrad`.
  [[nodiscard]] virtual std::string name() const = 0;
  [[nodiscard]] const std::vector<Edge>& next_edges() const noexcept { return next_edges_; }
  [[nodiscard]] const Edge& next_edge(std::size_t k) const { return next_edges_[k]; }
  [[nodiscard]] std::size_t num_outputs() const noexcept { return next_edges_.size(); }
  /// Number of results of the operation, that is, of gradients that arrive here.
  [[nodiscard]] std::uint32_t num_inputs() const noexcept { return inputs_; }
  /// Rises with every operation of this thread; later operations are differentiated first.
  [[nodiscard]] std::uint64_t sequence_nr() const noexcept { return sequence_; }

 protected:
  std::vector<Edge> next_edges_;
  std::uint32_t inputs_ = 1;
  std::uint64_t sequence_;
};

/// Adds the gradients of `tensors` to `.grad` of their leaves (of `inputs` alone if given).
/// `grad_tensors` holds one gradient a tensor; it may be empty, or hold undefined tensors, for
/// tensors of one element, whose gradient is 1. Throws gt::Error with LibTorch's wording: a tensor
/// without history, a missing gradient, a graph that was released already. Nothing waits.
GT_API void backward(const variable_list& tensors, const variable_list& grad_tensors = {},
                     optional<bool> retain_graph = nullopt, bool create_graph = false,
                     const variable_list& inputs = {});

}  // namespace autograd
}  // namespace gt

// Rows about compiled training steps.
#pragma once

#include "tests/bench/comparison.h"

namespace gt::bench {

/// Microseconds a step of 784-256-10 with SGD at batch 128, against its matrix products alone, and
/// against LibTorch.
[[nodiscard]] Comparison compiled_mlp(int pairs);
[[nodiscard]] Comparison compiled_mlp_libtorch(int pairs);
/// The same eagerly, both in two threads of the worker; and beside a program that keeps a core
/// busy.
[[nodiscard]] Comparison compiled_mlp_threads(int pairs);
[[nodiscard]] Comparison compiled_mlp_threads_busy(int pairs);
/// The same at batch 8 against LibTorch.
[[nodiscard]] Comparison compiled_small(int pairs);
/// The transformer with SGD, against its matrix products alone, and against LibTorch.
[[nodiscard]] Comparison compiled_transformer(int pairs);
[[nodiscard]] Comparison compiled_transformer_libtorch(int pairs);
/// The convolutional network, against its convolutions and matrix products alone, and against
/// LibTorch.
[[nodiscard]] Comparison compiled_cnn(int pairs);
[[nodiscard]] Comparison compiled_cnn_libtorch(int pairs);
/// The same with four times as many planes.
[[nodiscard]] Comparison compiled_cnn_wide(int pairs);
[[nodiscard]] Comparison compiled_cnn_wide_libtorch(int pairs);
/// Four times tanh, sigmoid and layer norm.
[[nodiscard]] Comparison compiled_pointwise_libtorch(int pairs);
/// A step of Adam over 50 tensors of 10,000 elements, against LibTorch's fused one.
[[nodiscard]] Comparison compiled_adam(int pairs);

}  // namespace gt::bench

// Fused kernels, in one thread, against a triad over the same bytes: what memory would allow.
#pragma once

#include "tests/bench/comparison.h"

namespace gt::bench {

/// relu(x * a + b) * c - tanh(d) over 16 million elements.
[[nodiscard]] Comparison kernel_pointwise(int pairs);
/// A step of SGD with momentum over 4 million parameters, in place.
[[nodiscard]] Comparison kernel_sgd(int pairs);
// The others are over [4096, 1024].
/// gelu(x + bias).
[[nodiscard]] Comparison kernel_gelu(int pairs);
/// Its gradient, and that of the bias.
[[nodiscard]] Comparison kernel_gelu_grad(int pairs);
[[nodiscard]] Comparison kernel_softmax(int pairs);
[[nodiscard]] Comparison kernel_layer_norm(int pairs);
/// Cross entropy of each row with the probabilities of its classes.
[[nodiscard]] Comparison kernel_cross_entropy(int pairs);

}  // namespace gt::bench

// Rows about short sequences of operations: ten compiled executions against ten eager ones, both in
// GT.
#pragma once

#include "tests/bench/comparison.h"

namespace gt::bench {

/// Microseconds of relu(x @ w), (128, 256) by (256, 256).
[[nodiscard]] Comparison compiled_matmul_relu(int pairs);
/// Of eight element-wise operations in a chain over 256 x 1024 elements, and of forty.
[[nodiscard]] Comparison compiled_chain(int pairs);
[[nodiscard]] Comparison compiled_long_chain(int pairs);
/// Of thirteen operations over 256 x 300 elements, two tanh and a sigmoid among them: most of the
/// time is arithmetic.
[[nodiscard]] Comparison compiled_functions(int pairs);
/// Of the standard deviation of 256 rows of 1024, written out, and a division by it.
[[nodiscard]] Comparison compiled_reductions(int pairs);
/// Of the embedding of 8 x 128 tokens in 256 numbers, with positions added, and its layer norm.
[[nodiscard]] Comparison compiled_embedding(int pairs);
/// Of dropout of relu(x + b) times x over 1024 x 1024 elements.
[[nodiscard]] Comparison compiled_dropout(int pairs);
/// Of 0.9 x plus 0.1 times uniform numbers, 1024 x 1024 elements.
[[nodiscard]] Comparison compiled_noise(int pairs);
/// Of the same with normal numbers.
[[nodiscard]] Comparison compiled_normal_noise(int pairs);
/// Of numbers chosen by the chance that is the sigmoid of x, times others, 1024 x 1024 elements.
[[nodiscard]] Comparison compiled_chances(int pairs);
/// Of 0.5 x plus random integers, 1024 x 1024 elements.
[[nodiscard]] Comparison compiled_integers(int pairs);
/// Of a step of logits for 256 actions in 1024 states: the gradient of the chosen ones' logarithms
/// of probabilities (log_softmax and gather) times advantages.
[[nodiscard]] Comparison compiled_actions(int pairs);
/// Of sums of 1024 rows of 256 numbers, which are computed, into 96 rows that indices name.
[[nodiscard]] Comparison compiled_index_add(int pairs);
/// Of two layers with ReLU, 1000 x 100 to 32 and back: rows are short.
[[nodiscard]] Comparison compiled_short_rows(int pairs);
/// Of a step of 1024 x 10 logits against the gradient of cross entropy with class indices.
[[nodiscard]] Comparison compiled_classes(int pairs);
/// Of a step of 64 x 16 planes of 28 x 28 against the gradient of their means, of windows of two by
/// two and of whole planes.
[[nodiscard]] Comparison compiled_average_pooling(int pairs);
/// Of 256 x 1024 elements scaled to a norm, if all are finite.
[[nodiscard]] Comparison compiled_clipping(int pairs);
/// Of six operations over eight elements.
[[nodiscard]] Comparison compiled_simple(int pairs);

}  // namespace gt::bench

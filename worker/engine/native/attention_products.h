// The matrix products of attention, without what a causal mask hides.
#pragma once

#include "worker/engine/native/context.h"

namespace gt::worker::native {

/// Products of n matrices at a time, as values (n, rows, columns) with dense rows. Scores are
/// (n, L, S). Where attention is causal their row r is looked at up to column r alone; what stands
/// behind must be zero in operands, and is not defined in results.
class AttentionProducts {
 public:
  AttentionProducts(Context& context, ComputeType type, bool is_causal)
      : context_(context), type_(type), is_causal_(is_causal) {}

  /// a b^T, ours to write to: a is (n, L, E), b (n, S, E).
  [[nodiscard]] Value scores(const Value& a, const Value& b);
  /// out = scores b: b is (n, S, E), out (n, L, E).
  void mix(const Value& scores, const Value& b, const Value& out);
  /// out = scores^T b: b is (n, L, E), out (n, S, E).
  void mix_transposed(const Value& scores, const Value& b, const Value& out);

 private:
  [[nodiscard]] MultiplyBatch multiply_batch(const Shape& scores, std::int64_t width);
  [[nodiscard]] std::int64_t block_rows(std::int64_t rows) const;
  [[nodiscard]] Value product(const Value& a, const Value& b);

  Context& context_;
  ComputeType type_;
  bool is_causal_;
};

}  // namespace gt::worker::native

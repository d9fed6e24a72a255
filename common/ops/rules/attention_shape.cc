#include "common/ops/rules.h"
#include "common/ops/rules/checks.h"

namespace gt::rules {
namespace {

struct AttentionShapes {
  Shape output;     ///< (..., L, Ev)
  Shape logsumexp;  ///< (..., L)
};

Shape leading(const Shape& shape) {
  Shape result = shape;
  result.resize(shape.size() - 2);
  return result;
}

/// Matrices (rows, inner) times (inner_other, columns), in batches where there are leading dims.
struct Product {
  std::int64_t rows;
  std::int64_t inner;
  std::int64_t inner_other;
  std::int64_t columns;
};
void require_multipliable(const Shape& batch, const Product& product) {
  const auto size = [](std::int64_t n) { return std::to_string(n); };
  require(product.inner == product.inner_other, [&] {
    if (batch.empty())
      return "mat1 and mat2 shapes cannot be multiplied (" + size(product.rows) + "x" +
             size(product.inner) + " and " + size(product.inner_other) + "x" +
             size(product.columns) + ")";
    const std::int64_t count = element_count(batch);
    return "Expected size for first two dimensions of batch2 tensor to be: " +
           to_string(Shape{count, product.inner}) +
           " but got: " + to_string(Shape{count, product.inner_other}) + ".";
  });
}

/// All three have equal leading dimensions; throws the broadcasting error if they do not even
/// broadcast.
void check_leading(const Shape& query, const Shape& key, const Shape& value) {
  const Shape all = broadcast_shape(broadcast_shape(leading(query), leading(key)), leading(value));
  require(leading(query) == all && leading(key) == all && leading(value) == all, [&] {
    return "expected query, key and value with equal leading dimensions, but got " +
           to_string(query) + ", " + to_string(key) + " and " + to_string(value) +
           ": expand them first";
  });
}

void check_mask(const InferenceContext& context, const OperandMeta& mask, const Shape& scores) {
  if (mask.is_none()) return;
  require(!context.boolean(0), [] {
    return std::string(
        "_scaled_dot_product_attention: Explicit attn_mask should not be set when is_causal=True");
  });
  require(broadcast_shape(scores, mask.shape) == scores, [&] {
    return "attn_mask of shape " + to_string(mask.shape) + " doesn't broadcast to the scores of " +
           "shape " + to_string(scores);
  });
}

AttentionShapes attention_shapes(const InferenceContext& context, std::size_t first,
                                 std::size_t mask_index) {
  const Shape& query = shape_of(context, first);
  const Shape& key = shape_of(context, first + 1);
  const Shape& value = shape_of(context, first + 2);
  require(query.size() >= 2 && key.size() >= 2 && value.size() >= 2, [&] {
    return "Expected query, key, and value to all be  at least 2 dimensional, but got query.dim: " +
           std::to_string(query.size()) + " key.dim: " + std::to_string(key.size()) +
           " and value.dim: " + std::to_string(value.size()) + " instead.";
  });
  const std::int64_t targets = query[query.size() - 2];
  const std::int64_t sources = key[key.size() - 2];
  check_leading(query, key, value);
  require_multipliable(leading(query), {targets, query.back(), key.back(), sources});
  require_multipliable(leading(query), {targets, sources, value[value.size() - 2], value.back()});
  Shape scores = query;
  scores.back() = sources;
  check_mask(context, context.operand(mask_index), scores);
  AttentionShapes shapes{query, query};
  shapes.output.back() = value.back();
  shapes.logsumexp.resize(query.size() - 1);
  return shapes;
}

}  // namespace

void attention_shape(InferenceContext& context) {
  const AttentionShapes shapes = attention_shapes(context, 0, 3);
  context.result(0).shape = shapes.output;
  context.result(1).shape = shapes.logsumexp;
}

void attention_backward_shape(InferenceContext& context) {
  const AttentionShapes shapes = attention_shapes(context, 1, 6);
  require(shape_of(context, 0) == shapes.output && shape_of(context, 4) == shapes.output &&
              shape_of(context, 5) == shapes.logsumexp,
          [&] {
            return "expected grad_output and output of shape " + to_string(shapes.output) +
                   " and logsumexp of shape " + to_string(shapes.logsumexp) + ", but got " +
                   to_string(shape_of(context, 0)) + ", " + to_string(shape_of(context, 4)) +
                   " and " + to_string(shape_of(context, 5));
          });
  for (std::size_t k = 0; k < 3; ++k) context.result(k).shape = shape_of(context, k + 1);
}

}  // namespace gt::rules

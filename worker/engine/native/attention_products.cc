#include "worker/engine/native/attention_products.h"

#include <algorithm>

#include "worker/engine/native/element_copy.h"

namespace gt::worker::native {
namespace {

/// Rows that are multiplied together under a causal mask: fewer are computed beyond it, but cost
/// more each.
constexpr std::int64_t kCausalRows = 32;
/// What makes it worth having code made for the sizes at hand.
constexpr std::int64_t kLeastWork = 1'000'000;
constexpr std::int64_t kLeastRows = 8;

Value transposed(const Value& value) {
  const std::int64_t order[] = {0, 2, 1};
  return permuted(value, order);
}

Value with_dense_rows(Context& context, const Value& value) {
  const bool is_dense = value.strides[2] == 1 && value.strides[1] >= value.shape[2];
  return is_dense ? value : context.copy(value);
}

/// The matrices of a value from an element of each on.
template <class Element>
ProductBatch::Matrices<Element> from(const Value& value, std::int64_t row, std::int64_t column) {
  return {value.data<float>() + row * value.strides[1] + column, value.strides[1],
          value.strides[0]};
}

}  // namespace

/// Null where rows of the library are as good.
MultiplyBatch AttentionProducts::multiply_batch(const Shape& scores, std::int64_t width) {
  const bool is_worth_it = type_ == ComputeType::kFloat &&
                           element_count(scores) * width >= kLeastWork &&
                           std::min(scores[1], scores[2]) >= kLeastRows;
  return is_worth_it ? context_.library().multiply_batch() : nullptr;
}

std::int64_t AttentionProducts::block_rows(std::int64_t rows) const {
  return is_causal_ ? kCausalRows : rows;
}

Value AttentionProducts::product(const Value& a, const Value& b) {
  return context_.call_one(Op::bmm, {operand_of(a), operand_of(b)}, make_attributes(Op::bmm));
}

Value AttentionProducts::scores(const Value& a, const Value& b) {
  const std::int64_t rows = a.shape[1], columns = b.shape[1], depth = b.shape[2];
  const Shape shape{a.shape[0], rows, columns};
  const MultiplyBatch multiply = multiply_batch(shape, depth);
  if (multiply == nullptr) return context_.contiguous(product(a, transposed(b)));
  const Value left = with_dense_rows(context_, a), right = context_.copy(transposed(b));
  Value out = context_.make_value(dtype_of(type_), shape);
  const std::int64_t step = block_rows(rows);
  for (std::int64_t first = 0; first < rows; first += step) {
    const std::int64_t last = std::min(first + step, rows);
    multiply({shape[0], last - first, is_causal_ ? std::min(last, columns) : columns, depth,
              from<const float>(left, first, 0), from<const float>(right, 0, 0),
              from<float>(out, first, 0)});
  }
  return out;
}

void AttentionProducts::mix(const Value& scores, const Value& b, const Value& out) {
  const MultiplyBatch multiply = multiply_batch(scores.shape, b.shape[2]);
  if (multiply == nullptr) return copy_into(context_, out, product(scores, b));
  const std::int64_t rows = scores.shape[1], columns = scores.shape[2];
  const Value right = with_dense_rows(context_, b);
  const std::int64_t step = block_rows(rows);
  for (std::int64_t first = 0; first < rows; first += step) {
    const std::int64_t last = std::min(first + step, rows);
    multiply({scores.shape[0], last - first, b.shape[2],
              is_causal_ ? std::min(last, columns) : columns, from<const float>(scores, first, 0),
              from<const float>(right, 0, 0), from<float>(out, first, 0)});
  }
}

void AttentionProducts::mix_transposed(const Value& scores, const Value& b, const Value& out) {
  const MultiplyBatch multiply = multiply_batch(scores.shape, b.shape[2]);
  if (multiply == nullptr) return copy_into(context_, out, product(transposed(scores), b));
  const std::int64_t rows = scores.shape[2], columns = scores.shape[1];
  const Value left = context_.copy(transposed(scores)), right = with_dense_rows(context_, b);
  const std::int64_t step = block_rows(rows);
  for (std::int64_t first = 0; first < rows; first += step) {
    // Rows of scores before the first do not see these columns.
    const std::int64_t unseen = is_causal_ ? std::min(first, columns) : 0;
    multiply({scores.shape[0], std::min(step, rows - first), b.shape[2], columns - unseen,
              from<const float>(left, first, unseen), from<const float>(right, unseen, 0),
              from<float>(out, first, 0)});
  }
}

}  // namespace gt::worker::native

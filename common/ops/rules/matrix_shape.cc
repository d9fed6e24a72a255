#include "common/ops/rules.h"
#include "common/ops/rules/checks.h"

namespace gt::rules {
namespace {

void require_matrix(const InferenceContext& context, std::size_t k) {
  require(shape_of(context, k).size() == 2, [&] {
    return std::string(context.row().operands.specs[k].name) + " must be a matrix, got " +
           std::to_string(shape_of(context, k).size()) + "-D tensor";
  });
}

/// Shape of the product of the matrices at `first` and behind it.
Shape product(const InferenceContext& context, std::size_t first) {
  require_matrix(context, first);
  require_matrix(context, first + 1);
  const Shape& a = shape_of(context, first);
  const Shape& b = shape_of(context, first + 1);
  require(a[1] == b[0], [&] {
    return "mat1 and mat2 shapes cannot be multiplied (" + std::to_string(a[0]) + "x" +
           std::to_string(a[1]) + " and " + std::to_string(b[0]) + "x" + std::to_string(b[1]) + ")";
  });
  return {a[0], b[1]};
}

Shape batched_product(const InferenceContext& context, std::size_t first) {
  const Shape& a = shape_of(context, first);
  const Shape& b = shape_of(context, first + 1);
  require(a.size() == 3, [] { return std::string("batch1 must be a 3D tensor"); });
  require(b.size() == 3, [] { return std::string("batch2 must be a 3D tensor"); });
  require(a[0] == b[0] && a[2] == b[1], [&] {
    return "Expected size for first two dimensions of batch2 tensor to be: [" +
           std::to_string(a[0]) + ", " + std::to_string(a[2]) + "] but got: [" +
           std::to_string(b[0]) + ", " + std::to_string(b[1]) + "].";
  });
  return {a[0], a[1], b[2]};
}

}  // namespace

void matrix_product(InferenceContext& context) { set_shapes(context, product(context, 0)); }

void batched_matrix_product(InferenceContext& context) {
  set_shapes(context, batched_product(context, 0));
}

void added_matrix_product(InferenceContext& context) {
  const Shape shape = product(context, 1);
  require_expandable(context.operand(0), shape);
  set_shapes(context, shape);
}

void added_batched_matrix_product(InferenceContext& context) {
  const Shape shape = batched_product(context, 1);
  require_expandable(context.operand(0), shape);
  set_shapes(context, shape);
}

}  // namespace gt::rules

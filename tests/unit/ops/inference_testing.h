// Short forms for tests of the dtype and shape rules.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <vector>

#include "common/ops/inference.h"

namespace gt::testing {

using Operands = std::vector<OperandMeta>;
using Sizes = std::initializer_list<std::int64_t>;

inline OperandMeta tensor(DType dtype, Sizes sizes) {
  return {OperandMeta::Form::tensor, dtype, Shape(sizes)};
}
inline OperandMeta floats(Sizes sizes) { return tensor(DType::kFloat32, sizes); }
inline OperandMeta doubles(Sizes sizes) { return tensor(DType::kFloat64, sizes); }
inline OperandMeta longs(Sizes sizes) { return tensor(DType::kInt64, sizes); }
inline OperandMeta bools(Sizes sizes) { return tensor(DType::kBool, sizes); }
inline OperandMeta number(ScalarValue value) { return OperandMeta::of(value); }
inline OperandMeta none() { return {}; }

/// An attribute list of sizes or dims.
inline Shape ints(Sizes sizes) { return Shape(sizes); }

inline std::vector<TensorMeta> inferred(Op op, const Operands& operands,
                                        const Attributes& attributes) {
  const OpRow& row = row_of(op);
  std::vector<TensorMeta> results(row.results);
  infer(row, operands, attributes, results);
  return results;
}

/// `result_of(Op::sum, {floats({2, 3})}, ints({0}), false, kNoDType)`: the first result.
template <class... Values>
TensorMeta result_of(Op op, const Operands& operands, const Values&... attributes) {
  return inferred(op, operands, make_attributes(op, attributes...)).at(0);
}

/// The message that the rules of the row throw; empty if they do not.
template <class... Values>
std::string error_of(Op op, const Operands& operands, const Values&... attributes) {
  try {
    inferred(op, operands, make_attributes(op, attributes...));
  } catch (const CommonError& error) {
    return error.what();
  }
  return {};
}

template <class... Values>
Shape shape_of(Op op, const Operands& operands, const Values&... attributes) {
  return result_of(op, operands, attributes...).shape;
}
template <class... Values>
DType dtype_of(Op op, const Operands& operands, const Values&... attributes) {
  return result_of(op, operands, attributes...).dtype;
}

}  // namespace gt::testing

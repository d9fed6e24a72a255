// The arithmetic of every point-wise row: one struct of the row's name with a static template
//
//   apply(operands..., attributes...)
//
// Operands have the element type T; attributes of class value have it too, static ones are
// std::int64_t. Numbers of the program that stand as operands are rounded to the dtype of the
// tensors, but for operand 1 of add, sub, mul and div, as in LibTorch. Rows of bool results return
// a condition. A row whose operands may be absent has absent<T>(operand).
// A row may also have a faster formula for part of its domain: `kModerate` and apply_moderate (see
// primitives.h). A row that the divider bounds has `kDivides`: its loops over narrow elements
// convert them beside it.
#pragma once

#include "common/ops/arithmetic/activation.h"
#include "common/ops/arithmetic/binary.h"
#include "common/ops/arithmetic/comparison.h"
#include "common/ops/arithmetic/ternary.h"
#include "common/ops/arithmetic/unary.h"

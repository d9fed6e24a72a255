// Every gradient rule, and the dispatch from a row to its rule.
#pragma once

#include "common/ops/gradients/composite.h"
#include "common/ops/gradients/convolutional.h"
#include "common/ops/gradients/indexing.h"
#include "common/ops/gradients/library.h"
#include "common/ops/gradients/pointwise.h"
#include "common/ops/gradients/reduction.h"
#include "common/ops/gradients/shape.h"

namespace gt::gradients {

/// Runs the rule of `context.row`. Rows without a rule set nothing. A row whose `gradient` column
/// says `rule` and that has none here does not compile.
template <class B>
void apply(GradientContext<B>& context) {
#define GT_APPLY_rule(name) gradients::name(context)
#define GT_APPLY_none(name) static_cast<void>(context)
#define GT_OP(code_, name_, log_kind_, class_, operands_, results_, aten_, attributes_, dtypes_, \
              dtype_rule_, shape_rule_, notation_, domain_, sampling_, tolerance_, in_place_,    \
              gradient_, saved_)                                                                 \
  case Op::name_:                                                                                \
    GT_APPLY_##gradient_(name_);                                                                 \
    break;
  switch (context.row.op) {
#include "common/ops/table/all.def"
  }
#undef GT_OP
#undef GT_APPLY_rule
#undef GT_APPLY_none
}

}  // namespace gt::gradients

// In-place writes: what changes a cell.
#pragma once

#include "client/src/autograd/recording.h"
#include "client/src/tensor/tensor_impl.h"

namespace gt::detail {

/// Throws if the elements of the alias overlap in its cell (C27), `[name] unsupported operation:
/// more than one element of the written-to tensor refers to a single memory location...`.
void check_no_overlap(const Alias& alias, const char* name);

/// Makes `values` (of the shape and dtype of `self`) the elements of `self`. Through a view the
/// steps are walked backwards to a new value of the cell; all aliases see it and its version rises.
/// With `recording` the history of the base follows: it goes through `values.edge`, and for what
/// was not overwritten through the base's old node. `values_are_new`: they do not depend on the old
/// values of `self`, whose history then receives zeros where it is overwritten. `name` is the
/// function that writes (`fill_`).
void write(const std::shared_ptr<TensorImpl>& self, TracedValue values, bool recording,
           bool values_are_new, const char* name);

}  // namespace gt::detail

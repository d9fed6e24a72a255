// Gradient rules of the views: each is the inverse movement of the elements.
#pragma once

#include "common/ops/gradients/helpers.h"

namespace gt::gradients {

template <class B>
void reshape(GradientContext<B>& c) {
  c.set(0, c.b.reshape({c.grad()}, c.operand_metas[0].shape));
}

/// The caller sums the gradient over the expanded dims.
template <class B>
void expand(GradientContext<B>& c) {
  c.set(0, c.grad());
}

template <class B>
void permute(GradientContext<B>& c) {
  const auto dims = c.attributes.integers(c.row, 0);
  Shape inverse(dims.size(), 0);
  for (std::size_t i = 0; i < dims.size(); ++i) {
    const auto from = wrap_dimension(dims[i], static_cast<std::int64_t>(dims.size()));
    inverse[static_cast<std::size_t>(from)] = static_cast<std::int64_t>(i);
  }
  c.set(0, c.b.permute({c.grad()}, inverse));
}

template <class B>
void slice(GradientContext<B>& c) {
  const Attributes& a = c.attributes;
  c.set(0, c.b.slice_scatter({zero_target(c, 0), c.grad()}, a.integer(c.row, 0),
                             a.integer(c.row, 1), a.integer(c.row, 2), a.integer(c.row, 3)));
}

template <class B>
void select(GradientContext<B>& c) {
  c.set(0, c.b.select_scatter({zero_target(c, 0), c.grad()}, c.attributes.integer(c.row, 0),
                              c.attributes.integer(c.row, 1)));
}

template <class B>
void diagonal(GradientContext<B>& c) {
  const Attributes& a = c.attributes;
  c.set(0, c.b.diagonal_scatter({zero_target(c, 0), c.grad()}, a.integer(c.row, 0),
                                a.integer(c.row, 1), a.integer(c.row, 2)));
}

/// Adds every window back to the positions it was taken from.
template <class B>
void unfold(GradientContext<B>& c) {
  const Shape& shape = c.operand_metas[0].shape;
  const std::int64_t size = c.attributes.integer(c.row, 1);
  const std::int64_t step = c.attributes.integer(c.row, 2);
  if (shape.empty()) return c.set(0, c.b.reshape({c.grad()}, shape));
  const auto rank = static_cast<std::int64_t>(shape.size());
  const auto dim = static_cast<std::size_t>(wrap_dimension(c.attributes.integer(c.row, 0), rank));
  const std::int64_t windows = c.result_metas[0].shape[dim];

  Shape order;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    order.push_back(static_cast<std::int64_t>(i));
    if (i == dim) order.push_back(rank);
  }
  Shape flat = shape;
  flat[dim] = windows * size;
  const auto source = c.b.reshape({c.b.permute({c.grad()}, order)}, flat);
  const auto starts = c.b.arange({}, ScalarValue(0), ScalarValue(step), windows, DType::kInt64);
  const auto offsets = c.b.arange({}, ScalarValue(0), ScalarValue(1), size, DType::kInt64);
  const auto positions =
      c.b.add({c.b.reshape({starts}, Shape{windows, 1}), offsets}, ScalarValue(1));
  const auto index = c.b.reshape({positions}, Shape{windows * size});
  c.set(0, c.b.index_add({zero_target(c, 0), index, source}, static_cast<std::int64_t>(dim),
                         ScalarValue(1)));
}

}  // namespace gt::gradients

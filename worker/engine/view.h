// Views: other shapes and strides over the same elements.
#pragma once

#include <optional>
#include <span>

#include "common/ops/attributes.h"
#include "common/ops/op.h"
#include "worker/engine/value.h"

namespace gt::worker {

/// The same elements with another shape and other strides.
[[nodiscard]] Value view(const Value& value, const Shape& shape, const Strides& strides,
                         std::int64_t offset_delta = 0);
/// The dims of a value in another order.
[[nodiscard]] Value permuted(const Value& value, std::span<const std::int64_t> order);
/// A value with dim `dim` moved to the end, and back.
[[nodiscard]] Value moved_to_end(const Value& value, std::int64_t dim);
[[nodiscard]] Value moved_from_end(const Value& value, std::int64_t dim);
/// `value` seen with a broadcast shape (stride 0 where it has one element or none).
[[nodiscard]] Value broadcast_to(const Value& value, const Shape& shape);

/// The view of `value` that a shape row, or a scatter with its attributes, names, of shape `shape`;
/// nothing for a reshape whose elements no strides reach. The value needs no buffer.
[[nodiscard]] std::optional<Value> view_of_row(const OpRow& row, const Attributes& attributes,
                                               const Shape& shape, const Value& value);

/// Strides of that view where the elements of `from` lie by `strides`.
[[nodiscard]] std::optional<Strides> view_strides(const OpRow& row, const Attributes& attributes,
                                                  const Shape& shape, const Shape& from,
                                                  const Strides& strides);

}  // namespace gt::worker

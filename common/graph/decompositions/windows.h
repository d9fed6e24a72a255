// Windows of two by two elements in the last two dims of a value, side by side, as those of the
// usual pooling; and views of what cheap rows make.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>

#include "common/graph/decompositions/rows.h"
#include "common/graph/rewriter.h"
#include "common/graph/uses.h"
#include "common/ops/pooling_window.h"

namespace gt::graph {

/// Whether the windows are such, and cover planes (..., h, w) of a fixed size.
[[nodiscard]] bool are_pairs(const PoolingWindow& window, const ValueInfo& planes);
/// Element k (of 4, row by row) of all windows, (..., h / 2, w / 2), a view; what broadcasts to the
/// planes stays as it is.
[[nodiscard]] ValueRef window_element(Rewriter& rewriter, ValueRef planes, std::int64_t k);
/// (..., h, w) as (..., h / 2, 2, w / 2, 2), a view; (..., 1, 1), which broadcasts to it, as (...,
/// 1, 1, 1, 1).
[[nodiscard]] ValueRef split_windows(Rewriter& rewriter, ValueRef value);
/// One element for each window, (..., h, w), as (..., h, 1, w, 1).
[[nodiscard]] ValueRef spread_over_windows(Rewriter& rewriter, ValueRef value);
/// `value` in the shape of `like`, which has as many elements.
[[nodiscard]] ValueRef reshape_like(Rewriter& rewriter, ValueRef value, const ValueInfo& like);

/// The value (..., h, 2, w, 2) that a point-wise row makes, if `value` is that as (..., 2 h, 2 w).
[[nodiscard]] std::optional<ValueRef> windows_of(const Graph& graph, ValueRef value);

/// Makes views of new values: of what cheap rows make by the same rows of views of what they read.
class ViewedRows {
 public:
  /// The view of a value; where it broadcasts, it must do so to views of others.
  using View = std::function<ValueRef(ValueRef)>;
  ViewedRows(Rewriter& rewriter, View view) : rewriter_(rewriter), view_(std::move(view)) {}

  [[nodiscard]] ValueRef of(ValueRef value);

 private:
  [[nodiscard]] ValueRef make(ValueRef value, std::size_t& rows);

  Rewriter& rewriter_;
  View view_;
  std::map<ValueRef, ValueRef> known_;
};

/// Whether nobody but the windows of such nodes needs what is pooled, operand 0, and it is cheap to
/// make: the gradient of a ReLU does not, for that takes the sign from what ReLU was made of.
[[nodiscard]] bool is_made_for_windows(const RowEmitter& emit, const Uses& uses);

}  // namespace gt::graph

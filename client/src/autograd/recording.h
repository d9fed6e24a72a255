// Recording of operations for backward.
//
// A traced value is a value with the edge along which its gradient flows; the edge is invalid where
// no gradient is wanted. The same functions serve recorded and unrecorded calls.
#pragma once

#include <gt/autograd.h>

#include <span>
#include <vector>

#include "client/src/tensor/tensor_impl.h"
#include "common/ops/attributes.h"

namespace gt::detail {

using autograd::Edge;

struct TracedValue {
  ValueRef value;
  Edge edge;
};

/// Operand of a traced call; refers to the value it was made from.
struct TraceOperand {
  const TracedValue* value = nullptr;
  ScalarValue scalar;
  bool is_scalar = false;

  TraceOperand() = default;
  TraceOperand(const TracedValue& traced) : value(traced.value ? &traced : nullptr) {}
  TraceOperand(ScalarValue number) : scalar(number), is_scalar(true) {}
};

/// Emits a row; results carry an edge to a new node if the row has a gradient, an operand has an
/// edge, and the result is of a floating dtype.
[[nodiscard]] std::vector<TracedValue> traced_call(Op op, std::span<const TraceOperand> operands,
                                                   const Attributes& attributes);
/// For rows with one result.
[[nodiscard]] TracedValue traced_call_one(Op op, std::span<const TraceOperand> operands,
                                          const Attributes& attributes);
[[nodiscard]] TracedValue traced_call(Op op, std::initializer_list<TraceOperand> operands,
                                      const Attributes& attributes);

/// The edge of a view: a node for `step`, whose operand has `parent`'s meta, if `parent_edge` is
/// valid. Emits nothing.
[[nodiscard]] Edge record_view(const ViewStep& step, const TensorMeta& parent,
                               const TensorMeta& result, const Edge& parent_edge);
/// The edge of a copy: the gradient flows to `source`, reduced and cast to its meta. With a valid
/// `destination` (what was overwritten, of the result's meta) that receives zeros. `function` names
/// the node (`clone`, `fill_`) and is of static lifetime.
[[nodiscard]] Edge record_copy(const char* function, const TensorMeta& result, const Edge& source,
                               const TensorMeta& source_meta, const Edge& destination = {});

/// Whether backward would want a gradient for this tensor.
[[nodiscard]] bool wants_gradient(TensorImpl& impl);
/// Where the gradient of this tensor goes: the node that made it, or the accumulator of a leaf;
/// invalid if it does not require grad. The history of a view of a changed base is made anew.
[[nodiscard]] Edge gradient_edge(const std::shared_ptr<TensorImpl>& impl);
/// The node that made the tensor, if any; renewed as above.
[[nodiscard]] const Edge& current_history(TensorImpl& impl);
/// Makes `edge` the history of a tensor that is its own base; retained gradients move along.
void set_history(const std::shared_ptr<TensorImpl>& impl, Edge edge);

/// Throws if an in-place write to `self` may not be recorded. `wanted`: whether recording is on and
/// self or an operand requires grad.
void check_in_place_history(TensorImpl& self, bool wanted);

}  // namespace gt::detail

// Shape rows: new metadata over the same buffer.
#include "worker/engine/native/context.h"

namespace gt::worker::native {

Value view_of_row(Context& context, const EngineCall& call, const Value& value) {
  const Shape& shape = call.result_metas[0].shape;
  if (auto found = worker::view_of_row(call.row, call.attributes, shape, value))
    return std::move(*found);
  return view(context.copy(value), shape, contiguous_strides(shape));
}

Results execute_shape(Context& context, const EngineCall& call) {
  Results results;
  results.push_back(view_of_row(context, call, *call.operands[0].value));
  return results;
}

}  // namespace gt::worker::native

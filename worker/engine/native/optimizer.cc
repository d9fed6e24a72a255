// Steps of optimizers: one pass over a parameter and its state.
#include <cmath>

#include "worker/engine/native/composite.h"
#include "worker/engine/native/element_copy.h"

namespace gt::worker::native {
namespace {

AdamStep adam_step(const EngineCall& call) {
  const auto real = [&](std::size_t k) { return call.attributes.real(call.row, k); };
  const double lr = real(0), beta1 = real(1), beta2 = real(2), weight_decay = real(4);
  const auto step = static_cast<double>(call.attributes.integer(call.row, 5));
  const bool decoupled = call.attributes.boolean(call.row, 6);
  return {.shrink = decoupled ? 1 - lr * weight_decay : 1,
          .decay = decoupled ? 0 : weight_decay,
          .beta1 = beta1,
          .beta2 = beta2,
          .root = std::sqrt(1 - std::pow(beta2, step)),
          .eps = real(3),
          .slope = -lr / (1 - std::pow(beta1, step))};
}

}  // namespace

Results adam_update(Context& context, const EngineCall& call) {
  const TensorMeta& meta = call.result_metas[0];
  const ComputeType type = compute_type_of(meta.dtype);
  const bool is_wide = meta.dtype == dtype_of(type);
  Results written;
  for (std::size_t k = 0; k < 3; ++k)
    written.push_back(is_wide ? writable(context, call.operands[k], meta)
                              : context.copy(*call.operands[k].value, dtype_of(type)));
  const Elements grad = context.elements(*call.operands[3].value, type);
  context.kernels().adam[index_of(type)](written[0].bytes(), written[1].bytes(), written[2].bytes(),
                                         grad.data, adam_step(call), meta.element_count());
  if (!is_wide)
    for (Value& value : written) value = context.copy(value, meta.dtype);
  return written;
}

}  // namespace gt::worker::native

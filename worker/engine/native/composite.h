// The composite rows that have files of their own.
#pragma once

#include "worker/engine/native/context.h"

namespace gt::worker::native {

/// Attribute k as a dim of `value`, counted from the start.
[[nodiscard]] std::int64_t dim_attribute(const EngineCall& call, std::size_t k, const Value& value);

[[nodiscard]] Results adam_update(Context& context, const EngineCall& call);
[[nodiscard]] Results cross_entropy(Context& context, const EngineCall& call);
[[nodiscard]] Value cross_entropy_backward(Context& context, const EngineCall& call);
[[nodiscard]] Value mse_loss(Context& context, const EngineCall& call);
[[nodiscard]] Value mse_loss_backward(Context& context, const EngineCall& call);
[[nodiscard]] Results batch_norm(Context& context, const EngineCall& call);
[[nodiscard]] Results batch_norm_backward(Context& context, const EngineCall& call);
[[nodiscard]] Results max_pool(Context& context, const EngineCall& call);
[[nodiscard]] Value max_pool_backward(Context& context, const EngineCall& call);
/// avg_pool2d, adaptive_avg_pool2d and their gradients.
[[nodiscard]] Value average_pool(Context& context, const EngineCall& call);
[[nodiscard]] Results attention(Context& context, const EngineCall& call);
[[nodiscard]] Results attention_backward(Context& context, const EngineCall& call);

}  // namespace gt::worker::native

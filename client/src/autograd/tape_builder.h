// The builder through which gradient rules emit instructions of this session.
#pragma once

#include <iterator>
#include <span>
#include <vector>

#include "client/src/session/sink.h"
#include "common/ops/gradient.h"

namespace gt::detail {

/// Emits on values, without recording. Rules are templates over the builder: one over tensors,
/// which records what it emits, gives gradients of gradients.
class TapeBuilder : public OpBuilder<TapeBuilder, client::ValueRef> {
 public:
  [[nodiscard]] client::ValueRef call(Op op, std::span<const Argument<client::ValueRef>> operands,
                                      const Attributes& attributes) {
    client::EmitResults results = emit(op, operands, attributes);
    return std::move(results.front());
  }
  [[nodiscard]] std::vector<client::ValueRef> call_all(
      Op op, std::span<const Argument<client::ValueRef>> operands, const Attributes& attributes) {
    client::EmitResults results = emit(op, operands, attributes);
    return {std::make_move_iterator(results.begin()), std::make_move_iterator(results.end())};
  }
  [[nodiscard]] const TensorMeta& meta(const client::ValueRef& value) const { return value->meta; }

 private:
  static client::EmitResults emit(Op op, std::span<const Argument<client::ValueRef>> operands,
                                  const Attributes& attributes) {
    std::vector<client::EmitOperand> emitted;
    emitted.reserve(operands.size());
    for (const Argument<client::ValueRef>& operand : operands) {
      if (const ScalarValue* scalar = std::get_if<ScalarValue>(&operand.content))
        emitted.emplace_back(*scalar);
      else
        emitted.emplace_back(std::get<client::ValueRef>(operand.content));
    }
    return client::emit(op, emitted, attributes);
  }
};

}  // namespace gt::detail

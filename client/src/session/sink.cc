#include "client/src/session/sink.h"

#include <string>

#include "client/src/session/errors.h"

namespace gt::client {

void ValueRef::give_back() noexcept { record_->sink().release(record_); }

std::span<const TensorMeta> infer(Op op, std::span<const EmitOperand> operands,
                                  const Attributes& attributes) {
  try {
    return current_sink()->calls().infer(op, operands, attributes).results();
  } catch (const CommonError& error) {
    throw_public(error, row_of(op).name);
  }
}

namespace {

EmitResults emit_to(Sink& sink, Op op, std::span<const EmitOperand> operands,
                    const Attributes& attributes) {
  try {
    return sink.emit(sink.calls().infer(op, operands, attributes), operands);
  } catch (const CommonError& error) {
    throw_public(error, row_of(op).name);
  }
}

}  // namespace

EmitResults emit(Op op, std::span<const EmitOperand> operands, const Attributes& attributes) {
  return emit_to(*current_sink(), op, operands, attributes);
}

ValueRef emit_one(Op op, std::initializer_list<EmitOperand> operands,
                  const Attributes& attributes) {
  EmitResults results = emit(op, std::span(operands.begin(), operands.size()), attributes);
  GT_INVARIANT(results.size() == 1, std::string(row_of(op).name));
  return std::move(results.front());
}

ValueRef recover(const ValueRef& value, ValueId since) {
  const EmitOperand operand(value);
  return std::move(
      emit_to(value->sink(), Op::recover, {&operand, 1},
              make_attributes(Op::recover, value->meta.shape, static_cast<std::int64_t>(since)))
          .front());
}

}  // namespace gt::client

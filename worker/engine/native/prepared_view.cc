// Shape rows, prepared: where the view lies in its operand is known.
#include "worker/engine/native/context.h"

namespace gt::worker::native {
namespace {

class PreparedView final : public PreparedCall {
 public:
  PreparedView(Context& context, const EngineCall& call)
      : context_(context),
        row_(call.row),
        attributes_(call.attributes),
        meta_(call.result_metas[0]) {}

  void bind(const Attributes& attributes) override {
    attributes_ = attributes;
    is_known_ = false;
  }

  [[nodiscard]] Value run(std::span<const EngineOperand> operands) override {
    const Value& value = *operands[0].value;
    if (is_known_)
      return {value.buffer, value.offset + distance_, value.dtype, meta_.shape, strides_};
    Value result = view_of_row(context_, {row_, operands, attributes_, {&meta_, 1}}, value);
    is_known_ = result.buffer == value.buffer;  // else the row had to copy
    distance_ = result.offset - value.offset;
    strides_ = result.strides;
    return result;
  }

 private:
  Context& context_;
  const OpRow& row_;
  Attributes attributes_;
  const TensorMeta meta_;
  bool is_known_ = false;
  std::int64_t distance_ = 0;
  Strides strides_;
};

}  // namespace

std::unique_ptr<PreparedCall> prepare_view(Context& context, const EngineCall& call) {
  return std::make_unique<PreparedView>(context, call);
}

}  // namespace gt::worker::native

#include "tests/unit/worker/fake_engine.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>

namespace gt::worker::testing {
namespace {

class FakeBuffer final : public Buffer {
 public:
  FakeBuffer(std::size_t bytes, std::shared_ptr<std::size_t> in_use)
      : Buffer(::operator new(bytes + 1), bytes), in_use_(std::move(in_use)) {
    *in_use_ += bytes;
  }
  ~FakeBuffer() override {
    *in_use_ -= bytes();
    ::operator delete(data());
  }

 private:
  std::shared_ptr<std::size_t> in_use_;
};

float element(const EngineOperand& operand, std::int64_t index) {
  if (operand.is_scalar) return static_cast<float>(operand.scalar.to_double());
  return operand.value->data<float>()[operand.value->element_count() == 1 ? 0 : index];
}

}  // namespace

BufferRef FakeAllocator::allocate(std::size_t bytes) {
  if (*in_use_ + bytes > limit_) throw OutOfMemory(std::to_string(bytes) + " bytes are too many");
  return make_buffer<FakeBuffer>(bytes, in_use_);
}

Value FakeEngine::make(const TensorMeta& meta) {
  return {allocator_.allocate(meta.byte_count()), 0, meta.dtype, meta.shape,
          contiguous_strides(meta.shape)};
}

Results FakeEngine::execute(const EngineCall& call) {
  if (before) before(call);
  ++calls;
  if (call.row.op == Op::reshape) {
    Value view = *call.operands[0].value;
    view.shape = call.result_metas[0].shape;
    view.strides = contiguous_strides(view.shape);
    return {view};
  }
  const bool in_place = call.row.op == Op::add && call.operands[0].reusable;
  Value result = in_place ? *call.operands[0].value : make(call.result_metas[0]);
  for (std::int64_t k = 0; k < result.element_count(); ++k) {
    float value = 0;
    if (call.row.op == Op::full)
      value = static_cast<float>(call.attributes.scalar(call.row, 1).to_double());
    else if (call.row.op == Op::add)
      value = element(call.operands[0], k) + element(call.operands[1], k);
    else
      throw std::runtime_error("the fake engine does not know " + std::string(call.row.name));
    result.data<float>()[k] = value;
  }
  return {result};
}

Value FakeEngine::from_host(const TensorMeta& meta, std::span<const std::byte> bytes) {
  Value value = make(meta);
  std::copy(bytes.begin(), bytes.end(), value.bytes());
  return value;
}

std::vector<std::byte> FakeEngine::to_host(const Value& value) {
  const auto size = static_cast<std::size_t>(value.element_count()) * size_of(value.dtype);
  return {value.bytes(), value.bytes() + size};
}

}  // namespace gt::worker::testing

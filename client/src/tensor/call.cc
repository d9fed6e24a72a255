#include "client/src/tensor/call.h"

#include <gt/autograd.h>
#include <gt/error.h>

#include "client/src/autograd/recording.h"
#include "client/src/session/errors.h"
#include "client/src/tensor/block_pool.h"
#include "client/src/tensor/write.h"

namespace gt::detail {
namespace {

constexpr std::size_t kInlineOperands = 4;

std::string prefixed(Op op, const std::string& message) {
  return "[" + std::string(row_of(op).name) + "] " + message;
}

/// The label of the result: that of the operands with dimensions, which must agree, else that of
/// the first tensor. 0-dim operands on the CPU go with any label.
Device common_device(Op op, std::span<const CallOperand> operands) {
  optional<Device> device;
  bool has_dims = false;
  for (const CallOperand& operand : operands) {
    if (operand.tensor() == nullptr) continue;
    const Device label = impl_of(*operand.tensor()).device;
    const bool free = label.is_cpu() && operand.tensor()->dim() == 0;
    if (device && has_dims && !free && label != *device)
      throw Error(prefixed(op,
                           "Expected all tensors to be on the same device, but found at least "
                           "two devices, " +
                               device->str() + " and " + label.str() + "!"));
    if (!device || (!has_dims && !free)) device = label;
    has_dims = has_dims || !free;
  }
  return device.value_or(Device(kCPU));
}

bool any_wants_gradient(std::span<const CallOperand> operands) {
  for (const CallOperand& operand : operands)
    if (operand.tensor() != nullptr && wants_gradient(impl_of(*operand.tensor()))) return true;
  return false;
}

/// The operands as they are now, not recorded.
class PlainOperands {
 public:
  explicit PlainOperands(std::span<const CallOperand> operands) {
    if (operands.size() > kInlineOperands) {
      many_kept_.resize(operands.size());
      many_.resize(operands.size());
    }
    const std::span<ValueRef> kept = many_.empty() ? std::span(few_kept_) : std::span(many_kept_);
    emitted_ = std::span(many_.empty() ? few_.data() : many_.data(), operands.size());
    for (std::size_t k = 0; k < operands.size(); ++k) {
      if (operands[k].is_scalar())
        emitted_[k] = operands[k].scalar();
      else if (operands[k].tensor() != nullptr)
        emitted_[k] = operand_of(alias_of(*operands[k].tensor()), kept[k]);
    }
  }
  PlainOperands(const PlainOperands&) = delete;
  PlainOperands& operator=(const PlainOperands&) = delete;

  [[nodiscard]] std::span<const client::EmitOperand> get() const noexcept { return emitted_; }

 private:
  std::array<ValueRef, kInlineOperands> few_kept_;
  std::array<client::EmitOperand, kInlineOperands> few_;
  std::vector<ValueRef> many_kept_;
  std::vector<client::EmitOperand> many_;
  std::span<client::EmitOperand> emitted_;
};

/// The operands' values and edges; without recording no edges.
class TracedOperands {
 public:
  TracedOperands(std::span<const CallOperand> operands, bool recording) {
    if (operands.size() > kInlineOperands) {
      many_values_.resize(operands.size());
      many_.resize(operands.size());
    }
    values_ = many_.empty() ? std::span(few_values_) : std::span(many_values_);
    traced_ = std::span(many_.empty() ? few_.data() : many_.data(), operands.size());
    for (std::size_t k = 0; k < operands.size(); ++k) traced_[k] = trace(operands[k], k, recording);
  }
  TracedOperands(const TracedOperands&) = delete;
  TracedOperands& operator=(const TracedOperands&) = delete;

  [[nodiscard]] std::span<const TraceOperand> get() const noexcept { return traced_; }

 private:
  TraceOperand trace(const CallOperand& operand, std::size_t k, bool recording) {
    if (operand.is_scalar()) return TraceOperand(operand.scalar());
    if (operand.tensor() == nullptr) return {};
    values_[k].value = value_of(*operand.tensor());
    if (recording) values_[k].edge = gradient_edge(operand.tensor()->impl());
    return TraceOperand(values_[k]);
  }

  std::array<TracedValue, kInlineOperands> few_values_;
  std::array<TraceOperand, kInlineOperands> few_;
  std::vector<TracedValue> many_values_;
  std::vector<TraceOperand> many_;
  std::span<TracedValue> values_;
  std::span<TraceOperand> traced_;
};

Tensor wrap_traced(TracedValue result, Device device) {
  Tensor tensor = wrap(std::move(result.value), device);
  tensor.impl()->history = std::move(result.edge);
  return tensor;
}

/// LibTorch's canCast: floats do not become integers, nothing but bools becomes bool.
void check_result_type(Op op, DType result, DType destination) {
  const bool castable = (!is_floating(result) || is_floating(destination)) &&
                        (result == DType::kBool || destination != DType::kBool);
  if (!castable)
    throw TypeError(prefixed(op, "result type " + std::string(scalar_type_name(result)) +
                                     " can't be cast to the desired output type " +
                                     std::string(scalar_type_name(destination))));
}

void check_result_shape(Op op, const Shape& result, const Shape& destination) {
  if (!(result == destination))
    throw Error(prefixed(op, "output with shape " + to_string(destination) +
                                 " doesn't match the broadcast shape " + to_string(result)));
}

TracedValue cast_to(TracedValue value, DType dtype) {
  if (value.value->meta.dtype == dtype) return value;
  return traced_call(Op::to, {value}, make_attributes(Op::to, dtype));
}

}  // namespace

std::vector<Tensor> call_all(Op op, std::span<const CallOperand> operands,
                             const Attributes& attributes) {
  const Device device = common_device(op, operands);
  const TracedOperands traced(operands, GradMode::is_enabled());
  std::vector<TracedValue> results = traced_call(op, traced.get(), attributes);
  std::vector<Tensor> tensors;
  tensors.reserve(results.size());
  for (TracedValue& result : results) tensors.push_back(wrap_traced(std::move(result), device));
  return tensors;
}

Tensor call(Op op, std::span<const CallOperand> operands, const Attributes& attributes) {
  const Device device = common_device(op, operands);
  if (!GradMode::is_enabled() || !any_wants_gradient(operands)) {
    client::EmitResults results = client::emit(op, PlainOperands(operands).get(), attributes);
    GT_INVARIANT(!results.empty(), std::string(row_of(op).name));
    return wrap(std::move(results.front()), device);
  }
  const TracedOperands traced(operands, true);
  return wrap_traced(traced_call_one(op, traced.get(), attributes), device);
}

Tensor& call_in_place(const Tensor& self, Op op, std::span<const CallOperand> operands,
                      const Attributes& attributes) {
  TensorImpl& impl = impl_of(self);
  const OpRow& row = row_of(op);
  const bool recording = GradMode::is_enabled() && row.differentiable;
  check_in_place_history(
      impl, GradMode::is_enabled() &&
                (wants_gradient(impl) || (row.differentiable && any_wants_gradient(operands))));
  static_cast<void>(common_device(op, operands));
  const Alias& alias = *impl.alias();
  const DType dtype = alias.cell->dtype;
  const char* const name = row.name.data();  // A literal of the op table: it ends in a zero.
  const auto check = [&](std::span<const client::EmitOperand> emitted) {
    const TensorMeta& result = client::infer(op, emitted, attributes).front();
    check_result_type(op, result.dtype, dtype);
    check_result_shape(op, result.shape, alias.sizes);
    check_no_overlap(alias, name);
  };
  TracedValue written;
  if (!recording || !any_wants_gradient(operands)) {
    const PlainOperands plain(operands);
    check(plain.get());
    written.value = std::move(client::emit(op, plain.get(), attributes).front());
  } else {
    const TracedOperands traced(operands, true);
    check(PlainOperands(operands).get());
    written = traced_call_one(op, traced.get(), attributes);
  }
  write(self.impl(), cast_to(std::move(written), dtype), GradMode::is_enabled(), false, name);
  return const_cast<Tensor&>(self);
}

void update_in_place(Op op, std::initializer_list<CallOperand> operands,
                     const Attributes& attributes) {
  const std::span<const CallOperand> all(operands.begin(), operands.size());
  const OpRow& row = row_of(op);
  const char* const name = row.name.data();  // A literal of the op table: it ends in a zero.
  static_cast<void>(common_device(op, all));
  for (std::size_t k = 0; k < row.results; ++k) check_no_overlap(alias_of(*all[k].tensor()), name);
  const TracedOperands traced(all, /*recording=*/false);
  std::vector<TracedValue> results = traced_call(op, traced.get(), attributes);
  for (std::size_t k = 0; k < results.size(); ++k)
    write(all[k].tensor()->impl(), std::move(results[k]), /*recording=*/false,
          /*values_are_new=*/false, name);
}

Tensor& overwrite(const Tensor& self, const Tensor& values, const char* name) {
  TensorImpl& impl = impl_of(self);
  const bool recording = GradMode::is_enabled();
  check_in_place_history(impl,
                         recording && (wants_gradient(impl) || wants_gradient(impl_of(values))));
  const TensorMeta destination = impl.alias()->meta();
  const TensorMeta source = alias_of(values).meta();
  const auto fail = [&](const std::string& message) {
    return Error("[" + std::string(name) + "] " + message);
  };
  try {
    const Shape together = broadcast_shape(destination.shape, source.shape);
    if (!(together == destination.shape))
      throw fail("output with shape " + to_string(destination.shape) +
                 " doesn't match the broadcast shape " + to_string(together));
  } catch (const CommonError& error) {
    client::throw_public(error, name);
  }
  check_no_overlap(*impl.alias(), name);

  TracedValue written{value_of(values), {}};
  if (source.dtype != destination.dtype)
    written.value =
        client::emit_one(Op::to, {written.value}, make_attributes(Op::to, destination.dtype));
  if (!(source.shape == destination.shape))
    written.value = client::emit_one(Op::expand, {written.value},
                                     make_attributes(Op::expand, destination.shape));
  if (recording)
    written.edge = record_copy(name, destination, gradient_edge(values.impl()), source);
  write(self.impl(), std::move(written), recording, true, name);
  return const_cast<Tensor&>(self);
}

Tensor wrap(ValueRef value, Device device) {
  return Tensor(make_pooled<TensorImpl>(make_cell(std::move(value)), device));
}

ValueRef value_of(const Tensor& tensor) { return read(alias_of(tensor)); }

namespace {

Tensor with_options(ValueRef value, const TensorOptions& options) {
  Tensor tensor = wrap(std::move(value), label_of(options.device()));
  if (options.requires_grad()) tensor.set_requires_grad(true);
  return tensor;
}

}  // namespace

Tensor create(Op op, const Attributes& attributes, const TensorOptions& options) {
  return with_options(client::emit_one(op, {}, attributes), options);
}

Tensor from_host(const void* data, IntArrayRef sizes, DType dtype, const TensorOptions& options) {
  const Shape shape = to_shape(sizes, "from_blob");
  for (std::int64_t size : sizes)
    if (size < 0) throw Error("[from_blob] sizes must not be negative, got " + to_string(shape));
  const TensorMeta meta{dtype, shape, {}};
  const std::span bytes(static_cast<const std::byte*>(data), meta.byte_count());
  Tensor tensor = with_options(client::current_sink()->upload(meta, bytes), options);
  keep_host_copy(tensor, bytes);
  return tensor;
}

}  // namespace gt::detail

// Rows that make values of nothing but attributes.
#include "worker/engine/integer_of.h"
#include "worker/engine/native/context.h"

namespace gt::worker::native {
namespace {

template <class T>
T number(ScalarValue scalar) {
  if constexpr (std::is_floating_point_v<T>)
    return static_cast<T>(scalar.to_double());
  else
    return integer_of(scalar);
}

Value full(Context& context, const TensorMeta& meta, ScalarValue fill) {
  const ComputeType type = wide_type_of(fill.dtype());
  alignas(8) std::byte element[8];
  alignas(8) std::byte stored[8];
  dispatch(type, [&]<class T>() { *reinterpret_cast<T*>(element) = number<T>(fill); });
  const KernelTable& kernels = context.kernels();
  kernels.store[index_of(type)][static_cast<int>(meta.dtype)](element, stored, 1);
  Value value = context.make_value(meta);
  const std::size_t size = gt::size_of(meta.dtype);
  if (size == 4 || size == 8) {
    const ComputeType bits = size == 4 ? ComputeType::kFloat : ComputeType::kInteger;
    kernels.load[static_cast<int>(dtype_of(bits))][index_of(bits)](stored, 0, value.bytes(),
                                                                   value.element_count());
    return value;
  }
  if (size == 1)
    std::fill_n(value.data<std::byte>(), value.element_count(), stored[0]);
  else
    std::fill_n(value.data<std::uint16_t>(), value.element_count(),
                *reinterpret_cast<std::uint16_t*>(stored));
  return value;
}

/// Writes element k of a one-dimensional value as `make(k)`.
template <class T, class Make>
Value generate(Context& context, const TensorMeta& meta, ComputeType type, Make&& make) {
  Destination destination = context.destination(meta, type);
  T* out = destination.as<T>();
  for (std::int64_t k = 0; k < meta.element_count(); ++k) out[k] = make(k);
  return context.finish(std::move(destination));
}

Value arange(Context& context, const TensorMeta& meta, ScalarValue start, ScalarValue step) {
  if (is_floating(meta.dtype)) {
    const double first = start.to_double();
    const double difference = step.to_double();
    return generate<double>(context, meta, ComputeType::kDouble, [&](std::int64_t k) {
      return first + static_cast<double>(k) * difference;
    });
  }
  const auto first = static_cast<std::uint64_t>(integer_of(start));
  const auto difference = static_cast<std::uint64_t>(integer_of(step));
  return generate<std::int64_t>(context, meta, ComputeType::kInteger, [&](std::int64_t k) {
    return static_cast<std::int64_t>(first + static_cast<std::uint64_t>(k) * difference);
  });
}

/// Counts from the nearer end, as LibTorch does; integers step in single precision like there.
template <class Step>
double linspace_element(double start, double end, std::int64_t steps, std::int64_t k) {
  const Step step = static_cast<Step>(end - start) / static_cast<Step>(steps - 1);
  if (k < steps / 2) return static_cast<Step>(start) + step * static_cast<Step>(k);
  return static_cast<Step>(end) - step * static_cast<Step>(steps - k - 1);
}

Value linspace(Context& context, const TensorMeta& meta, double start, double end) {
  const std::int64_t steps = meta.element_count();
  const bool floating = is_floating(meta.dtype);
  return generate<double>(context, meta, ComputeType::kDouble, [&](std::int64_t k) {
    if (steps == 1) return start;
    return floating ? linspace_element<double>(start, end, steps, k)
                    : linspace_element<float>(start, end, steps, k);
  });
}

Value eye(Context& context, const TensorMeta& meta) {
  const std::int64_t columns = meta.shape[1];
  return generate<std::int64_t>(
      context, meta, ComputeType::kInteger,
      [&](std::int64_t k) -> std::int64_t { return k / columns == k % columns ? 1 : 0; });
}

Value create(Context& context, const EngineCall& call) {
  const TensorMeta& meta = call.result_metas[0];
  const auto scalar = [&](std::size_t k) { return call.attributes.scalar(call.row, k); };
  if (call.row.op == Op::full) return full(context, meta, scalar(1));
  if (call.row.op == Op::arange) return arange(context, meta, scalar(0), scalar(1));
  if (call.row.op == Op::linspace)
    return linspace(context, meta, scalar(0).to_double(), scalar(1).to_double());
  GT_INVARIANT(call.row.op == Op::eye, std::string(call.row.name));
  return eye(context, meta);
}

}  // namespace

Results execute_creation(Context& context, const EngineCall& call) {
  Results results;
  results.push_back(create(context, call));
  return results;
}

}  // namespace gt::worker::native

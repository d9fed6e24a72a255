// Rows with one index tensor along one dim.
#include <cstring>
#include <vector>

#include "common/ops/arithmetic/primitives.h"
#include "common/ops/inference.h"
#include "worker/engine/integer_of.h"
#include "worker/engine/native/accumulation.h"
#include "worker/engine/native/indexing.h"

namespace gt::worker::native {
namespace {

using Wording = IndexValues::Wording;

std::int64_t dim_of(const EngineCall& call, const Value& value) {
  return wrap_dimension(call.attributes.integer(call.row, 0),
                        static_cast<std::int64_t>(value.shape.size()));
}

/// out[o, j, i] = in[o, index[j], i].
void select_slices(const Value& in, const AroundDim& shape, const IndexValues& index,
                   const Value& out) {
  const std::size_t bytes = static_cast<std::size_t>(shape.inner) * gt::size_of(in.dtype);
  const std::byte* from = in.bytes();
  std::byte* to = out.bytes();
  for (std::int64_t o = 0; o < shape.outer; ++o)
    for (std::int64_t j = 0; j < index.size(); ++j, to += bytes)
      std::memcpy(to, from + static_cast<std::size_t>(o * shape.n + index[j]) * bytes, bytes);
}

template <class T>
T scaled(T value, T factor) {
  if constexpr (std::is_floating_point_v<T>)
    return value * factor;
  else
    return arithmetic::wrapping_multiply(value, factor);
}

}  // namespace

Value index_select(Context& context, const EngineCall& call) {
  const Value self = context.contiguous(*call.operands[0].value);
  const std::int64_t dim = dim_of(call, self);
  const AroundDim shape = around_dim(self.shape, dim);
  const IndexValues index(context, *call.operands[1].value, dim, shape.n, false,
                          Wording::out_of_range_in_self);
  const Value result = context.make_value(call.result_metas[0]);
  if (result.element_count() != 0) select_slices(self, shape, index, result);
  return result;
}

Value embedding(Context& context, const EngineCall& call) {
  const Value weight = context.contiguous(*call.operands[0].value);
  const AroundDim shape = around_dim(weight.shape, 0);
  const IndexValues index(context, *call.operands[1].value, 0, shape.n, false,
                          Wording::out_of_range_in_self);
  const Value result = context.make_value(call.result_metas[0]);
  if (result.element_count() != 0) select_slices(weight, shape, index, result);
  return result;
}

Value index_add(Context& context, const EngineCall& call) {
  const Value& self = *call.operands[0].value;
  const std::int64_t dim = dim_of(call, self);
  const AroundDim shape = around_dim(self.shape, dim);
  const IndexValues index(context, *call.operands[1].value, dim, shape.n, false,
                          Wording::out_of_range_in_self);
  const ComputeType type = compute_type_of(self.dtype);
  const Elements source = context.elements(*call.operands[2].value, type);
  const ScalarValue alpha = call.attributes.scalar(call.row, 1);
  const auto for_each = [&](const auto& visit) {
    for (std::int64_t o = 0, from = 0; o < shape.outer; ++o)
      for (std::int64_t j = 0; j < index.size(); ++j, from += shape.inner)
        visit((o * shape.n + index[j]) * shape.inner, from);
  };
  const auto add = [&]<class T>(T* to, std::int64_t from) {
    const T factor = std::is_floating_point_v<T> ? static_cast<T>(alpha.to_double())
                                                 : static_cast<T>(integer_of(alpha));
    const T* terms = source.as<T>() + from;
    if (factor == T(1)) return add_run(context, type, to, terms, shape.inner);
    for (std::int64_t i = 0; i < shape.inner; ++i) to[i] = added(to[i], scaled(terms[i], factor));
  };
  return accumulate(context, call.operands[0], call.result_metas[0],
                    {shape.outer * index.size(), shape.inner}, for_each, add);
}

Value index_copy(Context& context, const EngineCall& call) {
  const Value& self = *call.operands[0].value;
  const std::int64_t dim = dim_of(call, self);
  const AroundDim shape = around_dim(self.shape, dim);
  const IndexValues index(context, *call.operands[1].value, dim, shape.n, false,
                          Wording::out_of_bounds, "index_copy_(): ");
  const Value source = context.contiguous(*call.operands[2].value);
  const Value result = writable(context, call.operands[0], call.result_metas[0]);
  const std::size_t bytes = static_cast<std::size_t>(shape.inner) * gt::size_of(result.dtype);
  const std::byte* from = source.bytes();
  for (std::int64_t o = 0; o < shape.outer; ++o)
    for (std::int64_t j = 0; j < index.size(); ++j, from += bytes)
      std::memcpy(result.bytes() + static_cast<std::size_t>(o * shape.n + index[j]) * bytes, from,
                  bytes);
  return result;
}

Value index_fill(Context& context, const EngineCall& call) {
  const Value& self = *call.operands[0].value;
  const std::int64_t dim = dim_of(call, self);
  const AroundDim shape = around_dim(self.shape, dim);
  const IndexValues index(context, *call.operands[1].value, dim, shape.n, true,
                          Wording::out_of_bounds);
  const Value result = writable(context, call.operands[0], call.result_metas[0]);
  const TensorMeta one{result.dtype, Shape{std::int64_t{1}}, {}};
  const Value fill = context.call_one(
      Op::full, {},
      make_attributes(Op::full, one.shape, call.attributes.scalar(call.row, 1), one.dtype));
  dispatch_width(result.dtype, [&]<class U>() {
    for (std::int64_t o = 0; o < shape.outer; ++o)
      for (std::int64_t j = 0; j < index.size(); ++j)
        std::fill_n(result.data<U>() + (o * shape.n + index[j]) * shape.inner, shape.inner,
                    *fill.data<U>());
  });
  return result;
}

Value embedding_dense_backward(Context& context, const EngineCall& call) {
  const Value& grad = *call.operands[0].value;
  const TensorMeta& meta = call.result_metas[0];
  const std::int64_t rows = meta.shape[0];
  const std::int64_t width = meta.shape[1];
  const std::int64_t padding = call.attributes.integer(call.row, 1);
  const IndexValues index(context, *call.operands[1].value, 0, rows, false,
                          Wording::out_of_range_in_self);
  std::vector<std::int64_t> frequency(static_cast<std::size_t>(rows), 0);
  for (std::int64_t j = 0; j < index.size(); ++j) ++frequency[static_cast<std::size_t>(index[j])];
  const bool by_frequency = call.attributes.boolean(call.row, 2);
  const ComputeType type = compute_type_of(meta.dtype);
  const Elements source = context.elements(grad, type);
  Destination result = context.destination(meta, type);
  dispatch(type, [&]<class T>() {
    T* out = result.as<T>();
    std::fill_n(out, rows * width, T(0));
    for (std::int64_t j = 0; j < index.size(); ++j) {
      if (index[j] == padding) continue;
      const T count = static_cast<T>(frequency[static_cast<std::size_t>(index[j])]);
      const T* from = source.as<T>() + j * width;
      T* to = out + index[j] * width;
      if (!by_frequency) {
        add_run(context, type, to, from, width);
        continue;
      }
      for (std::int64_t i = 0; i < width; ++i)
        to[i] = added(to[i], static_cast<T>(from[i] / count));
    }
  });
  return context.finish(std::move(result));
}

}  // namespace gt::worker::native

// index and index_put: one index tensor for each of several dims.
#include <vector>

#include "common/ops/arithmetic/primitives.h"
#include "common/ops/inference.h"
#include "worker/engine/native/accumulation.h"
#include "worker/engine/native/indexing.h"

namespace gt::worker::native {
namespace {

using Offsets = std::vector<std::int64_t>;

/// Offsets of all positions of some dims, in row-major order.
void append_dim(Offsets& offsets, std::int64_t size, std::int64_t stride) {
  Offsets extended;
  extended.reserve(offsets.size() * static_cast<std::size_t>(size));
  for (std::int64_t offset : offsets)
    for (std::int64_t i = 0; i < size; ++i) extended.push_back(offset + i * stride);
  offsets = std::move(extended);
}

/// Element (i, j, k) of the result is element before[i] + indexed[j] + after[k] of self.
struct IndexedOffsets {
  Offsets before{0};
  Offsets indexed;
  Offsets after{0};
};

IndexedOffsets resolve(Context& context, const Value& self,
                       std::span<const EngineOperand> indices) {
  Shape index_shape;
  for (const EngineOperand& index : indices)
    if (index.value != nullptr) index_shape = broadcast_shape(index_shape, index.value->shape);
  IndexedOffsets result;
  result.indexed.assign(static_cast<std::size_t>(element_count(index_shape)), 0);
  std::size_t first = self.shape.size();
  std::size_t last = 0;
  std::size_t given = 0;
  for (std::size_t d = 0; d < indices.size(); ++d) {
    if (indices[d].value == nullptr) continue;
    first = std::min(first, d);
    last = d;
    ++given;
    const IndexValues values(context, broadcast_to(*indices[d].value, index_shape),
                             static_cast<std::int64_t>(d), self.shape[d], true,
                             IndexValues::Wording::out_of_bounds);
    for (std::size_t j = 0; j < result.indexed.size(); ++j)
      result.indexed[j] += values[static_cast<std::int64_t>(j)] * self.strides[d];
  }
  const bool adjacent = given != 0 && last - first + 1 == given;
  for (std::size_t d = 0; d < self.shape.size(); ++d) {
    if (d < indices.size() && indices[d].value != nullptr) continue;
    append_dim(adjacent && d < first ? result.before : result.after, self.shape[d],
               self.strides[d]);
  }
  return result;
}

/// Calls `visit(offset in self, position in the result)` in row-major order of the result.
template <class Visit>
void for_each(const IndexedOffsets& offsets, Visit&& visit) {
  std::int64_t position = 0;
  for (std::int64_t before : offsets.before)
    for (std::int64_t indexed : offsets.indexed)
      for (std::int64_t after : offsets.after) visit(before + indexed + after, position++);
}

}  // namespace

Value index_list(Context& context, const EngineCall& call) {
  const Value& self = *call.operands[0].value;
  const IndexedOffsets offsets = resolve(context, self, call.operands.subspan(1));
  const Value result = context.make_value(call.result_metas[0]);
  dispatch_width(self.dtype, [&]<class U>() {
    const U* from = self.data<U>();
    U* to = result.data<U>();
    for_each(offsets,
             [&](std::int64_t offset, std::int64_t position) { to[position] = from[offset]; });
  });
  return result;
}

Value index_put(Context& context, const EngineCall& call) {
  const Value& self = *call.operands[0].value;
  Value dense = self;
  dense.offset = 0;
  dense.strides = contiguous_strides(self.shape);
  const IndexedOffsets offsets = resolve(context, dense, call.operands.subspan(2));
  // The shape that the values broadcast to is that of the row index with these indices.
  std::vector<OperandMeta> metas{OperandMeta::of(self.meta())};
  for (const EngineOperand& index : call.operands.subspan(2))
    metas.push_back(index.value != nullptr ? OperandMeta::of(index.value->meta()) : OperandMeta{});
  TensorMeta selected;
  infer(row_of(Op::index), metas, Attributes(), {&selected, 1});
  const Value values = broadcast_to(*call.operands[1].value, selected.shape);
  const TensorMeta& meta = call.result_metas[0];
  if (!call.attributes.boolean(call.row, 0)) {
    const Value source = context.contiguous(values);
    const Value result = writable(context, call.operands[0], meta);
    dispatch_width(meta.dtype, [&]<class U>() {
      for_each(offsets, [&](std::int64_t offset, std::int64_t position) {
        result.data<U>()[offset] = source.data<U>()[position];
      });
    });
    return result;
  }
  const Elements source = context.elements(values, compute_type_of(meta.dtype));
  const auto add = [&]<class T>(T* to, std::int64_t position) {
    *to = added(*to, source.as<T>()[position]);
  };
  return accumulate(
      context, call.operands[0], meta, {values.element_count(), 1},
      [&](const auto& visit) { for_each(offsets, visit); }, add);
}

}  // namespace gt::worker::native

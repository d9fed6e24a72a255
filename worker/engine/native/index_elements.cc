// Rows with one index an element, and selection by mask.
#include "common/ops/inference.h"
#include "worker/engine/native/accumulation.h"
#include "worker/engine/native/indexing.h"

namespace gt::worker::native {
namespace {

/// Walks `shape` in row-major order and keeps the matching offset under `strides`.
class OffsetWalk {
 public:
  OffsetWalk(const Shape& shape, const Strides& strides)
      : shape_(shape), strides_(strides), position_(shape.size(), 0) {}
  [[nodiscard]] std::int64_t offset() const noexcept { return offset_; }
  [[nodiscard]] const Shape& position() const noexcept { return position_; }
  void next() {
    for (std::size_t d = shape_.size(); d-- > 0;) {
      offset_ += strides_[d];
      if (++position_[d] < shape_[d]) return;
      offset_ -= strides_[d] * shape_[d];
      position_[d] = 0;
    }
  }

 private:
  Shape shape_;
  Strides strides_;
  Shape position_;
  std::int64_t offset_ = 0;
};

/// The strides of `value` with dim `dim` standing still, and the stride of that dim.
struct DimStrides {
  Strides others;
  std::int64_t along = 1;
};
DimStrides strides_around(const Value& value, std::int64_t dim) {
  DimStrides result{value.strides, 1};
  if (value.strides.empty()) return result;
  result.along = value.strides[static_cast<std::size_t>(dim)];
  result.others[static_cast<std::size_t>(dim)] = 0;
  return result;
}

std::int64_t dim_of(const EngineCall& call, const Value& value) {
  return wrap_dimension(call.attributes.integer(call.row, 0),
                        static_cast<std::int64_t>(value.shape.size()));
}

std::int64_t size_along(const Value& value, std::int64_t dim) {
  return value.shape.empty() ? 1 : value.shape[static_cast<std::size_t>(dim)];
}

/// Operands of another rank than the index (0-dim against one element) are seen with its rank.
Strides strides_for(const Value& value, const Shape& index_shape) {
  return value.shape.size() == index_shape.size() ? value.strides : contiguous_strides(index_shape);
}

}  // namespace

Value gather(Context& context, const EngineCall& call) {
  const Value& self = *call.operands[0].value;
  const Value& positions = *call.operands[1].value;
  const std::int64_t dim = dim_of(call, self);
  const IndexValues index(context, positions, dim, size_along(self, dim), false,
                          IndexValues::Wording::out_of_bounds);
  const Value result = context.make_value(call.result_metas[0]);
  const DimStrides strides = strides_around(self, dim);
  const Strides others = self.shape.size() == positions.shape.size()
                             ? strides.others
                             : Strides(positions.shape.size(), 0);
  dispatch_width(self.dtype, [&]<class U>() {
    OffsetWalk walk(positions.shape, others);
    for (std::int64_t i = 0; i < index.size(); ++i, walk.next())
      result.data<U>()[i] = self.data<U>()[walk.offset() + index[i] * strides.along];
  });
  return result;
}

namespace {

/// Calls `put(target offset, source offset)` for every index, in row-major order.
template <class Put>
void for_each_scattered(const Value& target, const Value& positions, const Strides& source_strides,
                        const IndexValues& index, std::int64_t dim, Put&& put) {
  const DimStrides strides = strides_around(target, dim);
  const Strides others = target.shape.size() == positions.shape.size()
                             ? strides.others
                             : Strides(positions.shape.size(), 0);
  OffsetWalk to(positions.shape, others);
  OffsetWalk from(positions.shape, source_strides);
  for (std::int64_t i = 0; i < index.size(); ++i, to.next(), from.next())
    put(to.offset() + index[i] * strides.along, from.offset());
}

}  // namespace

Value scatter(Context& context, const EngineCall& call) {
  const Value& positions = *call.operands[1].value;
  const std::int64_t dim = dim_of(call, *call.operands[0].value);
  const IndexValues index(context, positions, dim, size_along(*call.operands[0].value, dim), false,
                          IndexValues::Wording::out_of_bounds);
  const Value& source = *call.operands[2].value;
  const Value result = writable(context, call.operands[0], call.result_metas[0]);
  dispatch_width(result.dtype, [&]<class U>() {
    for_each_scattered(
        result, positions, strides_for(source, positions.shape), index, dim,
        [&](std::int64_t to, std::int64_t from) { result.data<U>()[to] = source.data<U>()[from]; });
  });
  return result;
}

Value scatter_add(Context& context, const EngineCall& call) {
  const Value& self = *call.operands[0].value;
  const Value& positions = *call.operands[1].value;
  const Value& source = *call.operands[2].value;
  const std::int64_t dim = dim_of(call, self);
  const IndexValues index(context, positions, dim, size_along(self, dim), false,
                          IndexValues::Wording::out_of_bounds);
  const ComputeType type = compute_type_of(self.dtype);
  const Elements terms = context.elements(source, type);
  const Strides source_strides = source.shape.size() == positions.shape.size()
                                     ? contiguous_strides(source.shape)
                                     : contiguous_strides(positions.shape);
  Value dense = self;
  dense.strides = contiguous_strides(self.shape);
  const auto for_each = [&](const auto& visit) {
    for_each_scattered(dense, positions, source_strides, index, dim, visit);
  };
  const auto add = [&]<class T>(T* to, std::int64_t from) {
    *to = added(*to, terms.as<T>()[from]);
  };
  return accumulate(context, call.operands[0], call.result_metas[0], {index.size(), 1}, for_each,
                    add);
}

namespace {

void check_count(const EngineCall& call, std::int64_t found, std::int64_t expected) {
  if (found != expected)
    throw CommonError(ErrorKind::kValue,
                      std::string(call.row.name) + ": expected " + std::to_string(expected) +
                          " selected elements, but found " + std::to_string(found));
}

/// Whether each element is not zero, as int64 0 and 1.
BufferRef truth_of(Context& context, const Value& value) {
  const ComputeType type = compute_type_of(value.dtype);
  const Elements elements = context.elements(value, type);
  auto truth = context.scratch(value.element_count(), ComputeType::kInteger);
  dispatch(type, [&]<class T>() {
    for (std::int64_t i = 0; i < value.element_count(); ++i)
      static_cast<std::int64_t*>(truth->data())[i] = elements.as<T>()[i] != T(0) ? 1 : 0;
  });
  return truth;
}

}  // namespace

Value nonzero(Context& context, const EngineCall& call) {
  const Value& self = *call.operands[0].value;
  const auto truth = truth_of(context, self);
  const auto* set = static_cast<const std::int64_t*>(truth->data());
  const std::int64_t n = self.element_count();
  check_count(call, std::count(set, set + n, 1), call.attributes.integer(call.row, 0));
  const Value result = context.make_value(call.result_metas[0]);
  auto* out = result.data<std::int64_t>();
  OffsetWalk walk(self.shape, self.strides);
  for (std::int64_t i = 0; i < n; ++i, walk.next())
    if (set[i] != 0) out = std::copy(walk.position().begin(), walk.position().end(), out);
  return result;
}

Value masked_select(Context& context, const EngineCall& call) {
  const Shape shape = broadcast_shape(call.operands[0].value->shape, call.operands[1].value->shape);
  const Value self = context.contiguous(broadcast_to(*call.operands[0].value, shape));
  const auto truth = truth_of(context, broadcast_to(*call.operands[1].value, shape));
  const auto* set = static_cast<const std::int64_t*>(truth->data());
  const std::int64_t n = self.element_count();
  check_count(call, std::count(set, set + n, 1), call.attributes.integer(call.row, 0));
  const Value result = context.make_value(call.result_metas[0]);
  dispatch_width(self.dtype, [&]<class U>() {
    U* out = result.data<U>();
    for (std::int64_t i = 0; i < n; ++i)
      if (set[i] != 0) *out++ = self.data<U>()[i];
  });
  return result;
}

}  // namespace gt::worker::native

// Pooling over windows of planes, and its gradients.
#include <algorithm>
#include <string>
#include <vector>

#include "common/ops/pooling_window.h"
#include "worker/engine/native/composite.h"

namespace gt::worker::native {
namespace {

PoolingExtents extents_of(const Shape& planes, const Shape& pooled) {
  const std::size_t rank = planes.size();
  const auto leading = std::span<const std::int64_t>(planes).first(rank - 2);
  return {element_count(leading), planes[rank - 2], planes[rank - 1], pooled[rank - 2],
          pooled[rank - 1]};
}

PoolingTaps taps_of(const PoolingDim& dim) {
  return {dim.kernel, dim.stride, dim.padding, dim.dilation};
}

/// The rectangles of the four rows that take means or spread their gradients.
class Regions {
 public:
  Regions(const EngineCall& call, const PoolingExtents& extents) {
    const Op op = call.row.op;
    std::vector<std::int64_t> heights, widths;
    if (op == Op::adaptive_avg_pool2d || op == Op::adaptive_avg_pool2d_backward) {
      for (std::int64_t i = 0; i < extents.pooled_height; ++i)
        add(adaptive_range(i, extents.pooled_height, extents.height), rows_, heights);
      for (std::int64_t j = 0; j < extents.pooled_width; ++j)
        add(adaptive_range(j, extents.pooled_width, extents.width), columns_, widths);
    } else {
      const std::size_t first = op == Op::avg_pool2d_backward ? 1 : 0;
      const PoolingWindow window(call.attributes.integers(call.row, first));
      const bool count_padding = call.attributes.boolean(call.row, first + 2);
      override_ = call.attributes.integer(call.row, first + 3);
      for (std::int64_t i = 0; i < extents.pooled_height; ++i)
        add(average_range(window.dims[0], i, extents.height, count_padding), rows_, heights);
      for (std::int64_t j = 0; j < extents.pooled_width; ++j)
        add(average_range(window.dims[1], j, extents.width, count_padding), columns_, widths);
    }
    for (const std::int64_t height : heights)
      for (const std::int64_t width : widths)
        divisors_.push_back(static_cast<double>(override_ != 0 ? override_ : height * width));
  }

  /// Calls `function(regions)` with the divisors in type T.
  template <class T, class Function>
  void with(Function&& function) const {
    const std::vector<T> divisors(divisors_.begin(), divisors_.end());
    function(PoolingRegions{rows_.data(), columns_.data(), divisors.data()});
  }

 private:
  static void add(const PoolingRange& range, std::vector<PoolingInterval>& intervals,
                  std::vector<std::int64_t>& lengths) {
    intervals.push_back({range.begin, range.end});
    lengths.push_back(range.divisor);
  }

  std::vector<PoolingInterval> rows_;
  std::vector<PoolingInterval> columns_;
  std::vector<double> divisors_;
  std::int64_t override_ = 0;
};

bool is_gradient(Op op) {
  return op == Op::avg_pool2d_backward || op == Op::adaptive_avg_pool2d_backward;
}

/// Means of whole planes, by the reduction tree.
void plane_means(Context& context, const Elements& in, const PoolingExtents& extents,
                 Destination& out) {
  const std::int64_t size = extents.height * extents.width;
  context.kernels().row_folds[static_cast<int>(Fold::kSum)][index_of(out.type)](
      in.data, nullptr, out.data, extents.planes, size);
  dispatch(out.type, [&]<class T>() {
    for (std::int64_t k = 0; k < extents.planes; ++k) out.as<T>()[k] /= static_cast<T>(size);
  });
}

[[noreturn]] void invalid_position(std::int64_t position, std::int64_t size) {
  throw CommonError(ErrorKind::kIndex, "found an invalid max index " + std::to_string(position) +
                                           " for planes of " + std::to_string(size) + " elements");
}

}  // namespace

Results max_pool(Context& context, const EngineCall& call) {
  const Value& input = *call.operands[0].value;
  const ComputeType type = compute_type_of(input.dtype);
  const PoolingWindow window(call.attributes.integers(call.row, 0));
  const Elements in = context.elements(input, type);
  Destination out = context.destination(call.result_metas[0], type);
  Value positions = context.make_value(call.result_metas[1]);
  context.kernels().max_pool[index_of(type)].largest(
      in.data, out.data, positions.data<std::int64_t>(),
      extents_of(input.shape, call.result_metas[0].shape), taps_of(window.dims[0]),
      taps_of(window.dims[1]));
  Results results;
  results.push_back(context.finish(std::move(out)));
  results.push_back(std::move(positions));
  return results;
}

Value max_pool_backward(Context& context, const EngineCall& call) {
  const TensorMeta& meta = call.result_metas[0];
  const ComputeType type = compute_type_of(meta.dtype);
  const PoolingExtents extents = extents_of(meta.shape, call.operands[0].value->shape);
  const Elements grad = context.elements(*call.operands[0].value, type);
  const Elements positions = context.elements(*call.operands[1].value, ComputeType::kInteger);
  Destination out = context.destination(meta, type);
  const auto* const at = positions.as<std::int64_t>();
  const std::int64_t wrong =
      context.kernels().max_pool[index_of(type)].gradient(grad.data, at, out.data, extents);
  if (wrong >= 0) invalid_position(at[wrong], extents.height * extents.width);
  return context.finish(std::move(out));
}

Value average_pool(Context& context, const EngineCall& call) {
  const Op op = call.row.op;
  const Value& operand = *call.operands[0].value;
  const TensorMeta& meta = call.result_metas[0];
  const ComputeType type = compute_type_of(meta.dtype);
  const PoolingExtents extents = is_gradient(op) ? extents_of(meta.shape, operand.shape)
                                                 : extents_of(operand.shape, meta.shape);
  const Elements in = context.elements(operand, type);
  Destination out = context.destination(meta, type);
  if (op == Op::adaptive_avg_pool2d && extents.pooled_height == 1 && extents.pooled_width == 1) {
    plane_means(context, in, extents, out);
    return context.finish(std::move(out));
  }
  const Regions regions(call, extents);
  const AveragePoolKernels& kernels = context.kernels().average_pool[index_of(type)];
  const auto run = [&](const PoolingRegions& rectangles) {
    (is_gradient(op) ? kernels.spread : kernels.means)(in.data, out.data, extents, rectangles);
  };
  if (type == ComputeType::kDouble)
    regions.with<double>(run);
  else
    regions.with<float>(run);
  return context.finish(std::move(out));
}

}  // namespace gt::worker::native

#include "common/ops/pooling_window.h"
#include "common/ops/rules.h"
#include "common/ops/rules/checks.h"

namespace gt::rules {
namespace {

/// No size, stride or number of a window goes beyond, so that no product of two overflows.
constexpr std::int64_t kLargest = std::int64_t{1} << 30;

void require_count(std::span<const std::int64_t> values, std::size_t count, const char* name) {
  require(values.size() == count, [&] {
    return "expected " + std::string(name) + " to have " + std::to_string(count) +
           " numbers, but got " + to_string(values);
  });
}

void require_small(std::span<const std::int64_t> values, const char* name) {
  for (const std::int64_t value : values)
    require(value > -kLargest && value < kLargest,
            [&] { return std::string(name) + " out of range: " + to_string(values); });
}

/// Throws unless the planes of `input` can be pooled, with LibTorch's words for each mistake.
void check_input(const Shape& input) {
  require(input.size() == 3 || input.size() == 4,
          [] { return std::string("non-empty 3D or 4D (batch mode) tensor expected for input"); });
  for (std::size_t d = input.size() - 3; d < input.size(); ++d)
    require(input[d] != 0, [&] {
      return "Expected 3D or 4D (batch mode) tensor with optional 0 dim batch size for input, but "
             "got:" +
             to_string(input);
    });
  require_small(input, "input size");
}

std::string both(const char* height, std::int64_t h, const char* width, std::int64_t w) {
  return std::string(height) + std::to_string(h) + width + std::to_string(w);
}

void check_dim(const PoolingDim& dim) {
  require(dim.stride != 0, [] { return std::string("stride should not be zero"); });
  require(dim.padding >= 0,
          [&] { return "pad must be non-negative, but got pad: " + std::to_string(dim.padding); });
  require(dim.padding <= ((dim.kernel - 1) * dim.dilation + 1) / 2, [&] {
    return "pad should be at most half of effective kernel size, but got pad=" +
           std::to_string(dim.padding) + ", kernel_size=" + std::to_string(dim.kernel) +
           " and dilation=" + std::to_string(dim.dilation);
  });
}

/// The window in attribute `k`, checked but for the input it slides over.
PoolingWindow window_of(const InferenceContext& context, std::size_t k, std::size_t numbers) {
  const auto list = context.integers(k);
  require_count(list, numbers, "window");
  require_small(list, "window");
  const PoolingWindow window(list);
  const PoolingDim& height = window.dims[0];
  const PoolingDim& width = window.dims[1];
  require(height.kernel > 0 && width.kernel > 0, [&] {
    return "kernel size should be greater than zero, but got " +
           both("kH: ", height.kernel, " kW: ", width.kernel);
  });
  require(height.dilation > 0 && width.dilation > 0, [&] {
    return "dilation should be greater than zero, but got " +
           both("dilationH: ", height.dilation, " dilationW: ", width.dilation);
  });
  check_dim(height);
  check_dim(width);
  require(height.stride > 0 && width.stride > 0, [&] {
    return "stride should be greater than zero, but got " +
           both("dH: ", height.stride, " dW: ", width.stride);
  });
  require(height.padding <= height.kernel / 2 && width.padding <= width.kernel / 2, [&] {
    return "pad should be smaller than or equal to half of kernel size, but got " +
           both("padW = ", width.padding, ", padH = ", height.padding) +
           both(", kW = ", width.kernel, ", kH = ", height.kernel);
  });
  return window;
}

/// Shape of the pooled planes of `input`.
Shape pooled_shape(const Shape& input, const PoolingWindow& window, bool ceil_mode) {
  Shape shape = input;
  const std::size_t first = input.size() - 2;
  for (std::size_t d = 0; d < 2; ++d)
    shape[first + d] = window.dims[d].output_size(input[first + d], ceil_mode);
  const auto planes = [](const Shape& sizes) {
    const std::size_t rank = sizes.size();
    return "(" + std::to_string(sizes[rank - 3]) + "x" + std::to_string(sizes[rank - 2]) + "x" +
           std::to_string(sizes[rank - 1]) + ")";
  };
  require(shape[first] >= 1 && shape[first + 1] >= 1, [&] {
    return "Given input size: " + planes(input) + ". Calculated output size: " + planes(shape) +
           ". Output size is too small";
  });
  return shape;
}

/// `planes` with the two sizes of attribute `k` in place of its own.
Shape with_plane_size(const InferenceContext& context, std::size_t k, const Shape& planes,
                      const char* name) {
  const auto size = context.integers(k);
  require_count(size, 2, name);
  require_small(size, name);
  require(planes.size() == 3 || planes.size() == 4, [&] {
    return std::string(context.row().name) + "(): Expected 3D or 4D tensor, but got " +
           to_string(planes);
  });
  Shape shape = planes;
  shape[shape.size() - 2] = size[0];
  shape[shape.size() - 1] = size[1];
  return shape;
}

}  // namespace

void max_pool2d_backward_dtype(InferenceContext& context) {
  if (!is_floating(context.operand(0).dtype)) not_implemented(context, context.operand(0).dtype);
  require_dtype(context, 1, DType::kInt64);
  self_dtype(context);
}

void max_pool2d_shape(InferenceContext& context) {
  const PoolingWindow window = window_of(context, 0, 8);
  check_input(shape_of(context, 0));
  set_shapes(context, pooled_shape(shape_of(context, 0), window, context.boolean(1)));
}

void max_pool2d_backward_shape(InferenceContext& context) {
  require_shape(context, 1, shape_of(context, 0));
  const Shape input = with_plane_size(context, 0, shape_of(context, 0), "input_size");
  require(element_count(shape_of(context, 0)) == 0 || checked_element_count(input) != 0,
          [&] { return "a gradient cannot be sent to empty planes: " + to_string(input); });
  set_shapes(context, input);
}

void avg_pool2d_shape(InferenceContext& context) {
  const PoolingWindow window = window_of(context, 0, 6);
  check_input(shape_of(context, 0));
  set_shapes(context, pooled_shape(shape_of(context, 0), window, context.boolean(1)));
}

void avg_pool2d_backward_shape(InferenceContext& context) {
  const PoolingWindow window = window_of(context, 1, 6);
  const Shape input = with_plane_size(context, 0, shape_of(context, 0), "input_size");
  check_input(input);
  require_shape(context, 0, pooled_shape(input, window, context.boolean(2)));
  set_shapes(context, input);
}

void adaptive_avg_pool2d_shape(InferenceContext& context) {
  const Shape& input = shape_of(context, 0);
  const auto size = context.integers(0);
  require(size.size() == 2,
          [] { return std::string("adaptive_avg_pool2d: output_size must be 2"); });
  require(size[0] >= 0 && size[1] >= 0, [&] {
    return "adaptive_avg_pool2d: elements of output_size must be greater than or equal to 0 but "
           "received {" +
           std::to_string(size[0]) + ", " + std::to_string(size[1]) + "}";
  });
  const Shape output = with_plane_size(context, 0, input, "output_size");
  require_small(input, "input size");
  for (std::size_t d = input.size() - 2; d < input.size(); ++d)
    require(input[d] != 0, [&] {
      return "adaptive_avg_pool2d(): Expected input to have non-zero size for non-batch "
             "dimensions, but input has sizes " +
             to_string(input) + " with dimension " + std::to_string(d) + " being empty";
    });
  set_shapes(context, output);
}

void adaptive_avg_pool2d_backward_shape(InferenceContext& context) {
  const Shape input = with_plane_size(context, 0, shape_of(context, 0), "input_size");
  require_small(shape_of(context, 0), "grad_output size");
  require(input[input.size() - 2] > 0 && input[input.size() - 1] > 0, [&] {
    return "adaptive_avg_pool2d_backward(): Expected planes of non-zero size, but got " +
           to_string(input);
  });
  set_shapes(context, input);
}

}  // namespace gt::rules

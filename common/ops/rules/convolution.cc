#include <algorithm>

#include "common/ops/rules.h"
#include "common/ops/rules/checks.h"

namespace gt::rules {
namespace {

/// No size but the first, no stride, padding, dilation or number of groups reaches it, so that no
/// product of two overflows.
constexpr std::int64_t kLargest = std::int64_t{1} << 31;

/// What the attributes of both rows say of one spatial dim.
struct SpatialDim {
  std::int64_t stride;
  std::int64_t padding;
  std::int64_t dilation;
};

/// Attribute `k` as one number a spatial dim; a single one stands for all of them.
void read_list(const InferenceContext& context, std::size_t k, std::size_t spatial,
               std::int64_t SpatialDim::* member, std::span<SpatialDim> dims) {
  const auto list = context.integers(k);
  const std::string name(context.row().attributes.specs[k].name);
  require(list.size() == spatial || list.size() == 1, [&] {
    return "expected " + name + " to be a single integer value or a list of " +
           std::to_string(spatial) + " values to match the convolution dimensions, but got " +
           name + "=" + to_string(list);
  });
  for (std::size_t d = 0; d < spatial; ++d) {
    const std::int64_t value = list[list.size() == 1 ? 0 : d];
    require(value < kLargest, [&] { return name + " out of range: " + to_string(list); });
    dims[d].*member = value;
  }
}

InlineVector<SpatialDim, kMaxDimensions> spatial_dims(const InferenceContext& context,
                                                      std::size_t spatial) {
  InlineVector<SpatialDim, kMaxDimensions> dims(spatial, SpatialDim{1, 0, 1});
  read_list(context, 0, spatial, &SpatialDim::stride, dims);
  read_list(context, 1, spatial, &SpatialDim::padding, dims);
  read_list(context, 2, spatial, &SpatialDim::dilation, dims);
  for (const SpatialDim& dim : dims) {
    require(dim.padding >= 0, [] { return std::string("negative padding is not supported"); });
    require(dim.stride > 0, [] { return std::string("non-positive stride is not supported"); });
    require(dim.dilation > 0, [&] {
      return "dilation should be greater than zero, but got " + to_string(context.integers(2));
    });
  }
  const std::int64_t groups = context.integer(3);
  require(groups > 0, [] { return std::string("non-positive groups is not supported"); });
  require(groups < kLargest, [&] { return "groups out of range: " + std::to_string(groups); });
  return dims;
}

/// `5 x 5`
std::string product_text(std::span<const std::int64_t> sizes) {
  std::string text;
  for (const std::int64_t size : sizes) text += (text.empty() ? "" : " x ") + std::to_string(size);
  return text;
}

void check_ranks(const Shape& input, const Shape& weight) {
  require(weight.size() >= 3 && weight.size() <= 5, [&] {
    return "weight should have three to five dimensions, but got weight of size " +
           to_string(weight);
  });
  require(input.size() == weight.size(), [&] {
    const std::string rank = std::to_string(weight.size());
    return "Expected " + rank + "-dimensional input for " + rank + "-dimensional weight " +
           to_string(weight) + ", but got " + std::to_string(input.size()) +
           "-dimensional input of size " + to_string(input) + " instead";
  });
  for (const Shape& sizes : {input, weight})
    for (std::size_t d = 1; d < sizes.size(); ++d)
      require(sizes[d] < kLargest, [&] { return "size out of range: " + to_string(sizes); });
}

void check_channels(const Shape& input, const Shape& weight, std::int64_t groups) {
  const std::string given = "Given groups=" + std::to_string(groups);
  require(weight[0] >= groups, [&] {
    return given + ", expected weight to be at least " + std::to_string(groups) +
           " at dimension 0, but got weight of size " + to_string(weight) + " instead";
  });
  require(weight[0] % groups == 0, [&] {
    return given + ", expected weight to be divisible by " + std::to_string(groups) +
           " at dimension 0, but got weight of size [" + to_string(weight) + "] instead";
  });
  require(input[1] % groups == 0 && input[1] / groups == weight[1], [&] {
    return given + ", weight of size " + to_string(weight) + ", expected input" + to_string(input) +
           " to have " + std::to_string(weight[1] * groups) + " channels, but got " +
           std::to_string(input[1]) + " channels instead";
  });
  require(input[1] > 0, ErrorKind::kNotImplemented,
          [] { return std::string("convolutions of inputs without channels are not offered"); });
}

/// Shape of the convolution of input and weight.
Shape convolved_shape(const InferenceContext& context, const Shape& input, const Shape& weight) {
  check_ranks(input, weight);
  const auto kernel = std::span<const std::int64_t>(weight).subspan(2);
  require(std::find(kernel.begin(), kernel.end(), 0) == kernel.end(), [&] {
    return "kernel size should be greater than zero, but got kernel of size " +
           product_text(kernel);
  });
  const std::size_t spatial = kernel.size();
  const auto dims = spatial_dims(context, spatial);
  check_channels(input, weight, context.integer(3));
  Shape shape{input[0], weight[0]}, padded_sizes, kernel_extents;
  bool fits = true;
  for (std::size_t d = 0; d < spatial; ++d) {
    const std::int64_t padded = input[2 + d] + 2 * dims[d].padding;
    const std::int64_t extent = dims[d].dilation * (weight[2 + d] - 1) + 1;
    fits = fits && extent <= padded;
    padded_sizes.push_back(padded);
    kernel_extents.push_back(extent);
    shape.push_back((padded - extent) / dims[d].stride + 1);
  }
  require(fits, [&] {
    return "Calculated padded input size per channel: (" + product_text(padded_sizes) +
           "). Kernel size: (" + product_text(kernel_extents) +
           "). Kernel size can't be greater than actual input size";
  });
  const auto plane = std::span<const std::int64_t>(input).subspan(2);
  require(std::find(plane.begin(), plane.end(), 0) == plane.end(), [&] {
    return "Only zero batch or zero channel inputs are supported, but got input shape: " +
           to_string(input);
  });
  return shape;
}

void require_same_type(const InferenceContext& context, std::size_t k, DType input,
                       const std::string& name) {
  const OperandMeta& operand = context.operand(k);
  require(operand.is_none() || operand.dtype == input, ErrorKind::kInvalidArgument, [&] {
    return "Input type (CPU" + name_of(input) + "Type) and " + name + " type (CPU" +
           name_of(operand.dtype) +
           "Type) should be the same or input should be a MKLDNN tensor "
           "and " +
           name + " is a dense tensor";
  });
}

}  // namespace

void convolution_dtype(InferenceContext& context) {
  const DType first = context.operand(0).dtype;
  for (std::size_t k = 1; k < context.operands().size(); ++k)
    require_same_type(context, k, first, std::string(context.row().operands.specs[k].name));
  set_dtypes(context, first);
}

void convolution_shape(InferenceContext& context) {
  const Shape& weight = shape_of(context, 1);
  const Shape shape = convolved_shape(context, shape_of(context, 0), weight);
  const OperandMeta& bias = context.operand(2);
  require(bias.is_none() || bias.shape == Shape{weight[0]}, [&] {
    return "Given weight of size " + to_string(weight) +
           ", expected bias to be 1-dimensional with " + std::to_string(weight[0]) +
           " elements, but got bias of size " + to_string(bias.shape) + " instead";
  });
  set_shapes(context, shape);
}

void convolution_backward_shape(InferenceContext& context) {
  const Shape& input = shape_of(context, 1);
  const Shape& weight = shape_of(context, 2);
  require_shape(context, 0, convolved_shape(context, input, weight));
  const std::int64_t mask = context.integer(4);
  require(mask >= 0 && mask <= 7,
          [&] { return "output_mask must be 0 to 7, but got " + std::to_string(mask); });
  const Shape shapes[] = {input, weight, Shape{weight[0]}};
  for (std::size_t k = 0; k < 3; ++k)
    context.result(k).shape = (mask >> k & 1) != 0 ? shapes[k] : Shape{0};
}

}  // namespace gt::rules

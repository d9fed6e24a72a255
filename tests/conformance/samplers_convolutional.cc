// Convolutions, batch norm and pooling, and their gradient rows.
#include <algorithm>

#include "common/ops/pooling_window.h"
#include "tests/conformance/case.h"

namespace gt::conformance {
namespace {

std::vector<HostTensor> forward(const Case& sample) {
  return judge::judge_forward(*sample.row, sample.operands, sample.attributes);
}

const HostTensor& tensor_of(const Case& sample, std::size_t k) {
  return std::get<HostTensor>(sample.operands[k]);
}

Case draw_convolution(Draw& draw, DTypeSet dtypes) {
  const OpRow& row = row_of(Op::convolution);
  const auto spatial = static_cast<std::size_t>(draw.pick({1, 2, 2, 2, 3}));
  const std::int64_t groups = draw.pick({1, 1, 2, 3});
  Shape input{draw.chance(0.05) ? 0 : draw.integer(1, 3), groups * draw.integer(1, 3)};
  Shape weight{groups * draw.integer(1, 3), input[1] / groups};
  Shape stride, padding, dilation;
  for (std::size_t d = 0; d < spatial; ++d) {
    weight.push_back(draw.integer(1, 3));
    stride.push_back(draw.integer(1, 3));
    padding.push_back(draw.integer(0, 2));
    dilation.push_back(draw.pick({1, 1, 2}));
    const std::int64_t extent = dilation[d] * (weight[2 + d] - 1) + 1;
    input.push_back(std::max<std::int64_t>(1, extent - 2 * padding[d]) + draw.integer(0, 3));
  }
  const DType dtype = draw.dtype(dtypes);
  Case sample{&row,
              {draw.tensor(dtype, input, Domain::real), draw.tensor(dtype, weight, Domain::real)},
              make_attributes(row.op, stride, padding, dilation, groups)};
  if (draw.chance(0.6))
    sample.operands.emplace_back(draw.tensor(dtype, Shape{weight[0]}, Domain::real));
  else
    sample.operands.emplace_back();
  return sample;
}

Case sample_convolution(const OpRow& row, Draw& draw) {
  return draw_convolution(draw, draw.chance(0.9) ? DTypeSet::floating : row.dtypes);
}

Case sample_convolution_backward(const OpRow& row, Draw& draw) {
  const Case inner = draw_convolution(draw, DTypeSet::floating);
  const TensorMeta output = infer_results(inner)[0];
  const auto list = [&](std::size_t k) { return inner.attributes.integers(*inner.row, k); };
  return {
      &row,
      {draw.tensor(output.dtype, output.shape, Domain::real), inner.operands[0], inner.operands[1]},
      make_attributes(row.op, list(0), list(1), list(2), inner.attributes.integer(*inner.row, 3),
                      draw.chance(0.5) ? 7 : draw.integer(1, 7))};
}

/// (N, C, ...), now and then with long runs, and without elements.
Shape draw_batch(Draw& draw) {
  if (draw.chance(0.15)) return {draw.integer(2, 4), draw.integer(1, 3), draw.integer(10, 90)};
  Shape shape = draw.shape(2, 5);
  if (element_count(shape) == shape[1]) shape[0] = 2;
  return shape;
}

Case draw_batch_norm(Draw& draw) {
  const OpRow& row = row_of(Op::native_batch_norm);
  const Shape shape = draw_batch(draw), channels{shape[1]};
  const DType dtype = draw.floating_dtype();
  const bool training = draw.chance(0.6);
  Case sample{&row,
              {draw.tensor(dtype, shape, Domain::real)},
              make_attributes(row.op, training, draw.real(0.1, 1))};
  const bool has_weight = draw.chance(0.7);
  for (int k = 0; k < 2; ++k)
    sample.operands.emplace_back(has_weight ? Operand(draw.tensor(dtype, channels, Domain::real))
                                            : Operand());
  const bool has_running = !training || draw.chance(0.3);
  for (const Domain domain : {Domain::real, Domain::positive})
    sample.operands.emplace_back(has_running ? Operand(draw.tensor(dtype, channels, domain))
                                             : Operand());
  return sample;
}

Case sample_batch_norm(const OpRow&, Draw& draw) { return draw_batch_norm(draw); }

Case sample_batch_norm_backward(const OpRow& row, Draw& draw) {
  Case inner = draw_batch_norm(draw);
  const auto results = forward(inner);
  const HostTensor& input = tensor_of(inner, 0);
  return {&row,
          {draw.tensor(input.dtype, input.shape, Domain::real), input, results[1], results[2],
           inner.operands[1]},
          make_attributes(row.op, inner.attributes.boolean(*inner.row, 0))};
}

/// Planes of three or four dims that the windows of `dims` fit in.
Shape draw_planes(Draw& draw, const PoolingWindow& window) {
  Shape shape;
  if (draw.chance(0.7)) shape.push_back(draw.chance(0.1) ? 0 : draw.integer(1, 3));
  shape.push_back(draw.integer(1, 3));
  for (const PoolingDim& dim : window.dims)
    shape.push_back(dim.dilation * (dim.kernel - 1) + 1 + draw.integer(0, 5));
  return shape;
}

/// Kernel sizes, strides, paddings and, if there are eight numbers, dilations. Windows with
/// dilation have no padding: ATen gives positions outside of the plane where all taps lie in it.
Shape draw_window(Draw& draw, std::size_t numbers) {
  const std::int64_t dilation = numbers == 8 ? draw.pick({1, 1, 2}) : 1;
  Shape window;
  for (int d = 0; d < 2; ++d) window.push_back(draw.integer(1, 4));
  for (int d = 0; d < 2; ++d) window.push_back(draw.integer(1, 3));
  for (std::size_t d = 0; d < 2; ++d)
    window.push_back(dilation == 1 ? draw.integer(0, window[d] / 2) : 0);
  for (std::size_t d = 6; d < numbers; ++d) window.push_back(dilation);
  return window;
}

Case draw_max_pool(Draw& draw, DTypeSet dtypes) {
  const OpRow& row = row_of(Op::max_pool2d_with_indices);
  const Shape window = draw_window(draw, 8);
  const Shape planes = draw_planes(draw, PoolingWindow(window));
  const DType dtype = draw.dtype(dtypes);
  HostTensor input = draw.tensor(dtype, planes, row.domain);
  if (draw.chance(0.15)) draw.add_special_values(input);
  return {&row, {std::move(input)}, make_attributes(row.op, window, draw.chance(0.5))};
}

Case sample_max_pool(const OpRow& row, Draw& draw) { return draw_max_pool(draw, row.dtypes); }

Shape plane_size(const Shape& planes) {
  return {planes[planes.size() - 2], planes[planes.size() - 1]};
}

Case sample_max_pool_backward(const OpRow& row, Draw& draw) {
  const Case inner = draw_max_pool(draw, DTypeSet::floating);
  const auto results = forward(inner);
  return {&row,
          {draw.tensor(results[0].dtype, results[0].shape, Domain::real), results[1]},
          make_attributes(row.op, plane_size(tensor_of(inner, 0).shape))};
}

Case sample_avg_pool(const OpRow& row, Draw& draw) {
  const Shape window = draw_window(draw, 6);
  const Shape planes = draw_planes(draw, PoolingWindow(window));
  return {&row,
          {draw.tensor(draw.floating_dtype(), planes, row.domain)},
          make_attributes(row.op, window, draw.chance(0.5), draw.chance(0.5),
                          draw.chance(0.8) ? 0 : draw.integer(1, 5))};
}

Case sample_avg_pool_backward(const OpRow& row, Draw& draw) {
  const Case inner = sample_avg_pool(row_of(Op::avg_pool2d), draw);
  const TensorMeta output = infer_results(inner)[0];
  const Attributes& a = inner.attributes;
  return {&row,
          {draw.tensor(output.dtype, output.shape, Domain::real)},
          make_attributes(row.op, plane_size(tensor_of(inner, 0).shape), a.integers(*inner.row, 0),
                          a.boolean(*inner.row, 1), a.boolean(*inner.row, 2),
                          a.integer(*inner.row, 3))};
}

Case sample_adaptive_avg_pool(const OpRow& row, Draw& draw) {
  const Shape planes = draw_planes(draw, PoolingWindow());
  const Shape size = draw.chance(0.3) ? Shape{1, 1} : Shape{draw.integer(1, 7), draw.integer(1, 7)};
  return {&row,
          {draw.tensor(draw.floating_dtype(), planes, row.domain)},
          make_attributes(row.op, size)};
}

Case sample_adaptive_avg_pool_backward(const OpRow& row, Draw& draw) {
  const Case inner = sample_adaptive_avg_pool(row_of(Op::adaptive_avg_pool2d), draw);
  const TensorMeta output = infer_results(inner)[0];
  return {&row,
          {draw.tensor(output.dtype, output.shape, Domain::real)},
          make_attributes(row.op, plane_size(tensor_of(inner, 0).shape))};
}

constexpr CustomSampler kSamplers[] = {
    {Op::convolution, sample_convolution},
    {Op::convolution_backward, sample_convolution_backward},
    {Op::native_batch_norm, sample_batch_norm},
    {Op::native_batch_norm_backward, sample_batch_norm_backward},
    {Op::max_pool2d_with_indices, sample_max_pool},
    {Op::max_pool2d_backward, sample_max_pool_backward},
    {Op::avg_pool2d, sample_avg_pool},
    {Op::avg_pool2d_backward, sample_avg_pool_backward},
    {Op::adaptive_avg_pool2d, sample_adaptive_avg_pool},
    {Op::adaptive_avg_pool2d_backward, sample_adaptive_avg_pool_backward},
};

}  // namespace

std::span<const CustomSampler> convolutional_samplers() { return kSamplers; }

}  // namespace gt::conformance

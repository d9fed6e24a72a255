// Composites, and their gradient rows, which are drawn together with the forward row whose saved
// results they take.
#include <cmath>

#include "tests/conformance/case.h"

namespace gt::conformance {
namespace {

/// Results of a row that a gradient row reads, computed by the judge.
std::vector<HostTensor> forward(const OpRow& row, std::span<const Operand> operands,
                                const Attributes& attributes) {
  return judge::judge_forward(row, operands, attributes);
}

Case sample_softmax_backward(const OpRow& row, Draw& draw) {
  const OpRow& forward_row = row_of(row.op == Op::softmax_backward ? Op::softmax : Op::log_softmax);
  const Shape shape = draw.shape();
  const DType dtype = draw.floating_dtype();
  const std::int64_t dim = draw.dim(shape.size());
  const std::vector<Operand> self = {draw.tensor(dtype, shape, Domain::real)};
  const HostTensor output =
      forward(forward_row, self, make_attributes(forward_row.op, dim, kNoDType))[0];
  return {
      &row, {draw.tensor(dtype, shape, Domain::real), output}, make_attributes(row.op, dim, dtype)};
}

/// Operands and attributes of native_layer_norm.
Case draw_layer_norm(Draw& draw) {
  const OpRow& row = row_of(Op::native_layer_norm);
  const bool is_long = draw.chance(0.1);
  const Shape shape =
      is_long ? Shape{draw.integer(1, 5), draw.integer(1, 200)} : draw.nonempty_shape(1);
  const auto normalized = static_cast<std::size_t>(
      is_long ? 1 : draw.integer(1, static_cast<std::int64_t>(shape.size())));
  const Shape width(std::span(shape.end() - normalized, normalized));
  const DType dtype = draw.floating_dtype();
  Case sample{&row,
              {draw.tensor(dtype, shape, Domain::real)},
              make_attributes(row.op, width, draw.real(0.1, 1))};
  const bool has_weight = draw.chance(0.7);
  for (const double probability : {1.0, 0.7}) {
    if (has_weight && draw.chance(probability))
      sample.operands.emplace_back(draw.tensor(dtype, width, Domain::real));
    else
      sample.operands.emplace_back();
  }
  return sample;
}

Case sample_layer_norm(const OpRow&, Draw& draw) { return draw_layer_norm(draw); }

Case sample_layer_norm_backward(const OpRow& row, Draw& draw) {
  const Case inner = draw_layer_norm(draw);
  const auto results = forward(*inner.row, inner.operands, inner.attributes);
  const auto& input = std::get<HostTensor>(inner.operands[0]);
  const auto width = inner.attributes.integers(*inner.row, 0);
  return {&row,
          {draw.tensor(input.dtype, input.shape, Domain::real), input, results[1], results[2],
           inner.operands[1], inner.operands[2]},
          make_attributes(row.op, width)};
}

Case draw_cross_entropy(Draw& draw) {
  const OpRow& row = row_of(Op::cross_entropy);
  Shape logits = draw.nonempty_shape(1, 3);
  const std::size_t dim = logits.size() == 1 ? 0 : 1;
  const std::int64_t classes = logits[dim];
  const DType dtype = draw.floating_dtype();
  const bool by_index = draw.chance(0.7);
  Shape rows = logits;
  rows.erase(dim);
  Operand target = draw.tensor(dtype, logits, Domain::probability);
  std::int64_t ignored = -100;
  if (by_index) {
    target = draw.indices(rows, 0, classes);
    if (draw.chance(0.3)) ignored = draw.integer(0, classes - 1);
  }
  Case sample{&row, {draw.tensor(dtype, logits, Domain::real), target}, {}};
  if (draw.chance(0.4))
    sample.operands.emplace_back(draw.tensor(dtype, Shape{classes}, Domain::positive));
  else
    sample.operands.emplace_back();
  sample.attributes = make_attributes(row.op, draw.integer(0, 2), ignored,
                                      draw.chance(0.4) ? draw.real(0, 0.5) : 0.0);
  return sample;
}

Case sample_cross_entropy(const OpRow&, Draw& draw) { return draw_cross_entropy(draw); }

Case sample_cross_entropy_backward(const OpRow& row, Draw& draw) {
  const Case inner = draw_cross_entropy(draw);
  const auto results = forward(*inner.row, inner.operands, inner.attributes);
  return {&row,
          {draw.tensor(results[0].dtype, results[0].shape, Domain::real), inner.operands[0],
           inner.operands[1], results[1], inner.operands[2]},
          make_attributes(row.op, inner.attributes.integer(*inner.row, 0),
                          inner.attributes.integer(*inner.row, 1),
                          inner.attributes.real(*inner.row, 2))};
}

Case sample_mse_loss(const OpRow& row, Draw& draw) {
  const Shape shape = draw.shape();
  const DType dtype = draw.floating_dtype();
  const Shape target = draw.chance(0.8) ? shape : draw.broadcastable(shape);
  return {&row,
          {draw.tensor(dtype, shape, row.domain), draw.tensor(dtype, target, row.domain)},
          make_attributes(row.op, draw.integer(0, 2))};
}

Case sample_mse_loss_backward(const OpRow& row, Draw& draw) {
  const Shape shape = draw.shape();
  const DType dtype = draw.floating_dtype();
  const std::int64_t reduction = draw.integer(0, 2);
  return {&row,
          {draw.tensor(dtype, reduction == 0 ? shape : Shape(), row.domain),
           draw.tensor(dtype, shape, row.domain), draw.tensor(dtype, shape, row.domain)},
          make_attributes(row.op, reduction)};
}

Case draw_attention(Draw& draw) {
  const OpRow& row = row_of(Op::scaled_dot_product_attention);
  const std::int64_t queries = draw.integer(1, 6), keys = draw.integer(1, 6);
  const std::int64_t depth = draw.integer(1, 5),
                     width = draw.chance(0.7) ? depth : draw.integer(1, 5);
  Shape batch;
  for (std::int64_t d = draw.integer(1, 2); d > 0; --d) batch.push_back(draw.integer(1, 3));
  const auto with_batch = [&](std::int64_t rows, std::int64_t columns) {
    Shape shape = batch;
    shape.push_back(rows);
    shape.push_back(columns);
    return shape;
  };
  const DType dtype = draw.floating_dtype();
  Case sample{&row,
              {draw.tensor(dtype, with_batch(queries, depth), Domain::real),
               draw.tensor(dtype, with_batch(keys, depth), Domain::real),
               draw.tensor(dtype, with_batch(keys, width), Domain::real)},
              {}};
  const bool is_causal = draw.chance(0.3);
  if (is_causal || draw.chance(0.5)) {
    sample.operands.emplace_back();
  } else {
    const bool selects = draw.chance(0.5);
    HostTensor mask = draw.tensor(
        selects ? DType::kBool : dtype,
        draw.chance(0.5) ? Shape{queries, keys} : with_batch(queries, keys), Domain::real);
    for (std::int64_t row_start = 0; selects && row_start < element_count(mask.shape);
         row_start += keys)
      set_element(mask, static_cast<std::size_t>(row_start), 1);
    sample.operands.emplace_back(std::move(mask));
  }
  sample.attributes = make_attributes(row.op, is_causal, 1 / std::sqrt(static_cast<double>(depth)));
  return sample;
}

Case sample_attention(const OpRow&, Draw& draw) { return draw_attention(draw); }

Case sample_attention_backward(const OpRow& row, Draw& draw) {
  const Case inner = draw_attention(draw);
  const auto results = forward(*inner.row, inner.operands, inner.attributes);
  return {&row,
          {draw.tensor(results[0].dtype, results[0].shape, Domain::real), inner.operands[0],
           inner.operands[1], inner.operands[2], results[0], results[1], inner.operands[3]},
          make_attributes(row.op, inner.attributes.boolean(*inner.row, 0),
                          inner.attributes.real(*inner.row, 1))};
}

Case sample_adam_update(const OpRow& row, Draw& draw) {
  const Shape shape = draw.shape();
  const DType dtype = draw.floating_dtype();
  return {&row,
          {draw.tensor(dtype, shape, Domain::real), draw.tensor(dtype, shape, Domain::real),
           draw.tensor(dtype, shape, Domain::positive), draw.tensor(dtype, shape, Domain::real)},
          make_attributes(row.op, draw.real(1e-3, 0.1), draw.real(0.5, 0.95), draw.real(0.9, 0.999),
                          1e-8, draw.chance(0.5) ? draw.real(0, 0.5) : 0.0, draw.integer(1, 100),
                          draw.chance(0.5))};
}

constexpr CustomSampler kSamplers[] = {
    {Op::softmax_backward, sample_softmax_backward},
    {Op::log_softmax_backward, sample_softmax_backward},
    {Op::native_layer_norm, sample_layer_norm},
    {Op::native_layer_norm_backward, sample_layer_norm_backward},
    {Op::cross_entropy, sample_cross_entropy},
    {Op::cross_entropy_backward, sample_cross_entropy_backward},
    {Op::mse_loss, sample_mse_loss},
    {Op::mse_loss_backward, sample_mse_loss_backward},
    {Op::scaled_dot_product_attention, sample_attention},
    {Op::adam_update, sample_adam_update},
    {Op::scaled_dot_product_attention_backward, sample_attention_backward},
};

}  // namespace

std::span<const CustomSampler> composite_samplers() { return kSamplers; }

}  // namespace gt::conformance

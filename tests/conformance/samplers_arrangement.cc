#include "tests/conformance/case.h"

namespace gt::conformance {
namespace {

Case sample_cat(const OpRow& row, Draw& draw) {
  const Shape shape = draw.shape(1);
  const std::int64_t dim = draw.dim(shape.size());
  const DType common = draw.dtype(row.dtypes);
  Case sample{&row, {}, make_attributes(row.op, dim)};
  for (std::int64_t k = draw.integer(1, 4); k > 0; --k) {
    Shape part = shape;
    part[static_cast<std::size_t>(dim < 0 ? dim + static_cast<std::int64_t>(shape.size()) : dim)] =
        draw.size();
    const DType dtype = draw.chance(0.8) ? common : draw.dtype(row.dtypes);
    sample.operands.emplace_back(draw.tensor(dtype, part, row.domain));
  }
  return sample;
}

Case sample_stack(const OpRow& row, Draw& draw) {
  const Shape shape = draw.shape(0, 3);
  const DType common = draw.dtype(row.dtypes);
  Case sample{&row, {}, make_attributes(row.op, draw.dim(shape.size() + 1))};
  for (std::int64_t k = draw.integer(1, 4); k > 0; --k)
    sample.operands.emplace_back(
        draw.tensor(draw.chance(0.8) ? common : draw.dtype(row.dtypes), shape, row.domain));
  return sample;
}

Case sample_flip(const OpRow& row, Draw& draw) {
  const Shape shape = draw.shape();
  Shape dims;
  for (std::size_t d = 0; d < shape.size(); ++d)
    if (draw.chance(0.5)) dims.push_back(static_cast<std::int64_t>(d));
  return {&row,
          {draw.tensor(draw.dtype(row.dtypes), shape, row.domain)},
          make_attributes(row.op, dims)};
}

Case sample_roll(const OpRow& row, Draw& draw) {
  const Shape shape = draw.shape(1);
  Shape shifts, dims;
  if (draw.chance(0.25)) {
    shifts.push_back(draw.integer(-7, 7));
  } else {
    for (std::size_t d = 0; d < shape.size(); ++d)
      if (dims.empty() || draw.chance(0.5)) {
        shifts.push_back(draw.integer(-7, 7));
        dims.push_back(static_cast<std::int64_t>(d));
      }
  }
  return {&row,
          {draw.tensor(draw.dtype(row.dtypes), shape, row.domain)},
          make_attributes(row.op, shifts, dims)};
}

Case sample_triangle(const OpRow& row, Draw& draw) {
  return {&row,
          {draw.tensor(draw.dtype(row.dtypes), draw.shape(2), row.domain)},
          make_attributes(row.op, draw.integer(-4, 4))};
}

Case sample_masked(const OpRow& row, Draw& draw, std::size_t mask_operand) {
  const Shape shape = draw.shape();
  const DType common = draw.dtype(row.dtypes);
  Case sample{&row, {}, {}};
  for (std::size_t k = 0; k < 3; ++k) {
    const bool is_mask = k == mask_operand;
    const bool is_value = row.op == Op::masked_fill && k == 2;
    const bool keeps_shape = row.op == Op::masked_fill && k == 0;
    const Shape part = is_value ? Shape() : keeps_shape ? shape : draw.broadcastable(shape);
    const bool is_unsigned = common == DType::kUInt8 || common == DType::kUInt16;
    if (!is_mask && k != 0 && draw.chance(0.25) && (k == 2 || row.op == Op::where))
      sample.operands.emplace_back(draw.scalar(row.domain, !is_unsigned));
    else
      sample.operands.emplace_back(draw.tensor(is_mask ? DType::kBool : common, part, row.domain));
  }
  return sample;
}

Case sample_where(const OpRow& row, Draw& draw) { return sample_masked(row, draw, 0); }
Case sample_masked_fill(const OpRow& row, Draw& draw) { return sample_masked(row, draw, 1); }

constexpr CustomSampler kSamplers[] = {
    {Op::cat, sample_cat},       {Op::stack, sample_stack},
    {Op::flip, sample_flip},     {Op::roll, sample_roll},
    {Op::tril, sample_triangle}, {Op::triu, sample_triangle},
    {Op::where, sample_where},   {Op::masked_fill, sample_masked_fill},
};

}  // namespace

std::span<const CustomSampler> arrangement_samplers() { return kSamplers; }

}  // namespace gt::conformance

// Library rows with scalars, creation rows, and reductions over at most one dim.
#include "tests/conformance/case.h"

namespace gt::conformance {
namespace {

ScalarValue draw_factor(Draw& draw, DType dtype) {
  if (!is_floating(dtype)) return ScalarValue(draw.integer(0, 3));
  return draw.chance(0.5) ? ScalarValue(1) : ScalarValue(draw.real(0, 2));
}

Case sample_added_product(const OpRow& row, Draw& draw) {
  const bool is_batched = row.op == Op::baddbmm;
  const std::int64_t batch = draw.positive_size(), m = draw.size(), k = draw.size(),
                     n = draw.size();
  const auto shape_of = [&](std::int64_t rows, std::int64_t columns) {
    return is_batched ? Shape{batch, rows, columns} : Shape{rows, columns};
  };
  const DType dtype = draw.dtype(row.dtypes);
  return {&row,
          {draw.tensor(dtype, draw.broadcastable(shape_of(m, n)), row.domain),
           draw.tensor(dtype, shape_of(m, k), row.domain),
           draw.tensor(dtype, shape_of(k, n), row.domain)},
          make_attributes(row.op, draw_factor(draw, dtype), draw_factor(draw, dtype))};
}

Case sample_topk(const OpRow& row, Draw& draw) {
  const Shape shape = draw.nonempty_shape(1);
  const std::int64_t dim = draw.dim(shape.size());
  const auto position =
      static_cast<std::size_t>(dim < 0 ? dim + static_cast<std::int64_t>(shape.size()) : dim);
  return {&row,
          {draw.tensor(draw.dtype(row.dtypes), shape, row.domain)},
          make_attributes(row.op, draw.integer(0, shape[position]), dim, draw.chance(0.5), true)};
}

Case sample_extremum_index(const OpRow& row, Draw& draw) {
  const Shape shape = draw.nonempty_shape();
  Shape dims;
  if (draw.chance(0.7)) dims.push_back(draw.dim(shape.size()));
  return {&row,
          {draw.tensor(draw.dtype(row.dtypes), shape, row.domain)},
          make_attributes(row.op, dims, draw.chance(0.5))};
}

Case sample_full(const OpRow& row, Draw& draw) {
  const DType dtype = draw.dtype(DTypeSet::all);
  return {
      &row, {}, make_attributes(row.op, draw.shape(), draw.scalar(Domain::positive, false), dtype)};
}

Case sample_arange(const OpRow& row, Draw& draw) {
  const DType dtype = draw.dtype(DTypeSet::numeric);
  const bool is_whole = !is_floating(dtype) || draw.chance(0.5);
  const std::int64_t length = draw.integer(0, 12);
  if (is_whole)
    return {&row,
            {},
            make_attributes(row.op, ScalarValue(draw.integer(0, 9)),
                            ScalarValue(draw.integer(1, 4)), length, dtype)};
  return {&row,
          {},
          make_attributes(row.op, ScalarValue(draw.real(-4, 4)), ScalarValue(draw.real(0.1, 2)),
                          length, dtype)};
}

Case sample_linspace(const OpRow& row, Draw& draw) {
  return {&row,
          {},
          make_attributes(row.op, ScalarValue(draw.real(-4, 4)), ScalarValue(draw.real(-4, 4)),
                          draw.integer(0, 12), draw.floating_dtype())};
}

Case sample_eye(const OpRow& row, Draw& draw) {
  return {
      &row,
      {},
      make_attributes(row.op, draw.integer(0, 6), draw.integer(0, 6), draw.dtype(DTypeSet::all))};
}

constexpr CustomSampler kSamplers[] = {
    {Op::addmm, sample_added_product},
    {Op::baddbmm, sample_added_product},
    {Op::topk, sample_topk},
    {Op::argmax, sample_extremum_index},
    {Op::argmin, sample_extremum_index},
    {Op::full, sample_full},
    {Op::arange, sample_arange},
    {Op::linspace, sample_linspace},
    {Op::eye, sample_eye},
};

}  // namespace

std::span<const CustomSampler> miscellaneous_samplers() { return kSamplers; }

}  // namespace gt::conformance

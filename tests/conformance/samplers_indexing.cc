#include "tests/conformance/case.h"

namespace gt::conformance {
namespace {

struct DimOfShape {
  Shape shape;
  std::int64_t dim;      ///< as given, counted from either end
  std::size_t position;  ///< counted from the front
};

DimOfShape draw_dim_of_shape(Draw& draw, std::size_t max_rank = 3) {
  const Shape shape = draw.nonempty_shape(1, max_rank);
  const std::int64_t dim = draw.dim(shape.size());
  return {shape, dim,
          static_cast<std::size_t>(dim < 0 ? dim + static_cast<std::int64_t>(shape.size()) : dim)};
}

/// A list of index operands for self: some dims whole, at least one indexed.
void add_index_list(Draw& draw, const Shape& self, bool distinct, Case& sample) {
  const Shape broadcast = draw.shape(0, 2);
  const auto used =
      static_cast<std::size_t>(draw.integer(1, static_cast<std::int64_t>(self.size())));
  for (std::size_t d = 0; d < used; ++d) {
    const bool last = d + 1 == used;
    if (!last && (distinct || draw.chance(0.35))) {
      sample.operands.emplace_back();
      continue;
    }
    if (distinct)
      sample.operands.emplace_back(draw.distinct_indices(draw.integer(0, self[d]), self[d]));
    else
      sample.operands.emplace_back(
          draw.indices(draw.broadcastable(broadcast), -self[d], self[d], true));
  }
}

Case sample_index(const OpRow& row, Draw& draw) {
  const Shape shape = draw.nonempty_shape(1, 4);
  Case sample{&row, {draw.tensor(draw.dtype(row.dtypes), shape, row.domain)}, {}};
  add_index_list(draw, shape, false, sample);
  return sample;
}

/// Without accumulate no position occurs twice: LibTorch leaves open which value would win.
Case sample_index_put(const OpRow& row, Draw& draw) {
  const Shape shape = draw.nonempty_shape(1, 3);
  const bool accumulate = draw.chance(0.5);
  const DType dtype = draw.dtype(row.dtypes);
  Case sample{&row,
              {draw.tensor(dtype, shape, row.domain), Operand()},
              make_attributes(row.op, accumulate)};
  add_index_list(draw, shape, !accumulate, sample);
  Case selection{find_op("index"), {sample.operands[0]}, {}};
  selection.operands.insert(selection.operands.end(), sample.operands.begin() + 2,
                            sample.operands.end());
  const Shape selected = infer_results(selection)[0].shape;
  sample.operands[1] = draw.tensor(dtype, draw.broadcastable(selected), row.domain);
  return sample;
}

Case sample_index_select(const OpRow& row, Draw& draw) {
  const auto [shape, dim, position] = draw_dim_of_shape(draw);
  return {&row,
          {draw.tensor(draw.dtype(row.dtypes), shape, row.domain),
           draw.indices(Shape{draw.size()}, 0, shape[position], true)},
          make_attributes(row.op, dim)};
}

/// An index of self's rank, no longer than self in the other dims.
Shape draw_index_shape(Draw& draw, const DimOfShape& self) {
  Shape shape;
  for (std::size_t d = 0; d < self.shape.size(); ++d)
    shape.push_back(d == self.position ? draw.size() : draw.integer(1, self.shape[d]));
  return shape;
}

Case sample_gather(const OpRow& row, Draw& draw) {
  const DimOfShape self = draw_dim_of_shape(draw);
  return {&row,
          {draw.tensor(draw.dtype(row.dtypes), self.shape, row.domain),
           draw.indices(draw_index_shape(draw, self), 0, self.shape[self.position])},
          make_attributes(row.op, self.dim)};
}

Case sample_scatter_add(const OpRow& row, Draw& draw) {
  const DimOfShape self = draw_dim_of_shape(draw);
  const Shape shape = draw_index_shape(draw, self);
  Shape source = shape;
  for (std::int64_t& size : source) size += draw.chance(0.3) ? 1 : 0;
  const DType dtype = draw.dtype(row.dtypes);
  return {
      &row,
      {draw.tensor(dtype, self.shape, row.domain),
       draw.indices(shape, 0, self.shape[self.position]), draw.tensor(dtype, source, row.domain)},
      make_attributes(row.op, self.dim)};
}

/// Every line along the dim is part of one permutation, so that no position is written twice.
Case sample_scatter(const OpRow& row, Draw& draw) {
  const DimOfShape self = draw_dim_of_shape(draw);
  Shape shape = self.shape;
  shape[self.position] = draw.integer(1, self.shape[self.position]);
  const HostTensor positions =
      draw.distinct_indices(shape[self.position], self.shape[self.position]);
  std::vector<std::int64_t> values;
  std::int64_t inner = 1;
  for (std::size_t d = self.position + 1; d < shape.size(); ++d) inner *= shape[d];
  for (std::int64_t k = 0; k < element_count(shape); ++k)
    values.push_back(static_cast<std::int64_t>(
        element(positions, static_cast<std::size_t>(k / inner % shape[self.position]))));
  const DType dtype = draw.dtype(row.dtypes);
  return {&row,
          {draw.tensor(dtype, self.shape, row.domain), make_index(shape, values),
           draw.tensor(dtype, shape, row.domain)},
          make_attributes(row.op, self.dim)};
}

/// index_add and index_copy: a source whose dim has the length of the index.
Case sample_rows(const OpRow& row, Draw& draw) {
  const auto [shape, dim, position] = draw_dim_of_shape(draw);
  const bool adds = row.op == Op::index_add;
  const HostTensor index =
      adds ? draw.indices(Shape{draw.size()}, 0, shape[position], true)
           : draw.distinct_indices(draw.integer(0, shape[position]), shape[position]);
  Shape source = shape;
  source[position] = index.shape[0];
  const DType dtype = draw.dtype(row.dtypes);
  const std::vector<Operand> operands = {draw.tensor(dtype, shape, row.domain), index,
                                         draw.tensor(dtype, source, row.domain)};
  if (!adds) return {&row, operands, make_attributes(row.op, dim)};
  const ScalarValue alpha = is_floating(dtype) ? ScalarValue(draw.real(0.5, 2)) : ScalarValue(1);
  return {&row, operands, make_attributes(row.op, dim, alpha)};
}

Case sample_index_fill(const OpRow& row, Draw& draw) {
  const auto [shape, dim, position] = draw_dim_of_shape(draw);
  const DType dtype = draw.dtype(row.dtypes);
  return {&row,
          {draw.tensor(dtype, shape, row.domain),
           draw.indices(Shape{draw.size()}, 0, shape[position], true)},
          make_attributes(row.op, dim, draw.scalar(Domain::unit, false))};
}

std::int64_t count_nonzero(const HostTensor& tensor) {
  std::int64_t count = 0;
  for (std::size_t k = 0; k < tensor.bytes.size() / size_of(tensor.dtype); ++k)
    count += element(tensor, k) != 0 ? 1 : 0;
  return count;
}

Case sample_nonzero(const OpRow& row, Draw& draw) {
  const DType dtype = draw.dtype(row.dtypes);
  HostTensor self = draw.tensor(dtype, draw.shape(), row.domain);
  for (std::size_t k = 0; k < self.bytes.size() / size_of(dtype); ++k)
    if (draw.chance(0.4)) set_element(self, k, 0);
  const std::int64_t count = count_nonzero(self);
  return {&row, {std::move(self)}, make_attributes(row.op, count)};
}

Case sample_masked_select(const OpRow& row, Draw& draw) {
  const Shape shape = draw.shape();
  const HostTensor mask = draw.tensor(DType::kBool, shape, Domain::real);
  const HostTensor self =
      draw.tensor(draw.dtype(row.dtypes), draw.broadcastable(shape), row.domain);
  return {&row, {self, mask}, make_attributes(row.op, count_nonzero(mask))};
}

Case sample_embedding(const OpRow& row, Draw& draw) {
  const std::int64_t rows = draw.positive_size();
  const std::int64_t padding = draw.integer(-1, rows - 1);
  return {&row,
          {draw.tensor(draw.dtype(row.dtypes), Shape{rows, draw.size()}, row.domain),
           draw.indices(draw.shape(0, 3), 0, rows, true)},
          make_attributes(row.op, padding)};
}

Case sample_embedding_backward(const OpRow& row, Draw& draw) {
  const std::int64_t rows = draw.positive_size();
  const Shape shape = draw.shape(0, 3);
  Shape grad = shape;
  grad.push_back(draw.positive_size());
  return {
      &row,
      {draw.tensor(draw.floating_dtype(), grad, row.domain), draw.indices(shape, 0, rows, true)},
      make_attributes(row.op, rows, draw.integer(-1, rows - 1), draw.chance(0.3))};
}

constexpr CustomSampler kSamplers[] = {
    {Op::index, sample_index},
    {Op::index_put, sample_index_put},
    {Op::index_select, sample_index_select},
    {Op::gather, sample_gather},
    {Op::scatter, sample_scatter},
    {Op::scatter_add, sample_scatter_add},
    {Op::index_add, sample_rows},
    {Op::index_copy, sample_rows},
    {Op::index_fill, sample_index_fill},
    {Op::nonzero, sample_nonzero},
    {Op::masked_select, sample_masked_select},
    {Op::embedding, sample_embedding},
    {Op::embedding_dense_backward, sample_embedding_backward},
};

}  // namespace

std::span<const CustomSampler> indexing_samplers() { return kSamplers; }

}  // namespace gt::conformance

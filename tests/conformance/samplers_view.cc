#include <algorithm>
#include <numeric>

#include "tests/conformance/case.h"

namespace gt::conformance {
namespace {

Operand draw_self(const OpRow& row, Draw& draw, const Shape& shape) {
  return draw.tensor(draw.dtype(row.dtypes), shape, row.domain);
}

/// The same elements split into other dims: factors of the count in random order.
Case sample_reshape(const OpRow& row, Draw& draw) {
  const Shape shape = draw.shape();
  Shape target;
  std::int64_t rest = element_count(shape);
  for (const std::int64_t factor : {2, 3, 4, 5})
    if (rest != 0 && rest % factor == 0 && draw.chance(0.6)) {
      target.push_back(factor);
      rest /= factor;
    }
  if (rest != 1 || draw.chance(0.3)) target.push_back(rest);
  if (!target.empty() && rest != 0 && draw.chance(0.3))
    target[static_cast<std::size_t>(
        draw.integer(0, static_cast<std::int64_t>(target.size()) - 1))] = -1;
  return {&row, {draw_self(row, draw, shape)}, make_attributes(row.op, target)};
}

Case sample_expand(const OpRow& row, Draw& draw) {
  const Shape target = draw.shape(0, 4);
  const Shape shape = draw.broadcastable(target);
  Shape sizes = target;
  for (std::size_t d = 0; d < shape.size(); ++d) {
    std::int64_t& size = sizes[target.size() - shape.size() + d];
    if (size == shape[d] && draw.chance(0.3)) size = -1;
  }
  return {&row, {draw_self(row, draw, shape)}, make_attributes(row.op, sizes)};
}

Case sample_permute(const OpRow& row, Draw& draw) {
  const Shape shape = draw.shape();
  std::vector<std::int64_t> order(shape.size());
  std::iota(order.begin(), order.end(), 0);
  draw.shuffle(order);
  for (std::int64_t& dim : order)
    if (draw.chance(0.3)) dim -= static_cast<std::int64_t>(shape.size());
  return {&row,
          {draw_self(row, draw, shape)},
          make_attributes(row.op, std::span<const std::int64_t>(order))};
}

/// A region along one dim: start, number of positions, distance between them.
struct Region {
  std::int64_t start, length, step;
};

Region draw_region(Draw& draw, std::int64_t size) {
  const std::int64_t step = draw.integer(1, 3);
  const std::int64_t start = draw.integer(0, size);
  const std::int64_t room = (size - start + step - 1) / step;
  return {start, draw.integer(0, room), step};
}

std::size_t from_front(std::int64_t dim, std::size_t rank) {
  return static_cast<std::size_t>(dim < 0 ? dim + static_cast<std::int64_t>(rank) : dim);
}

Case sample_slice(const OpRow& row, Draw& draw) {
  const Shape shape = draw.shape(1);
  const std::int64_t dim = draw.dim(shape.size());
  const Region region = draw_region(draw, shape[from_front(dim, shape.size())]);
  return {&row,
          {draw_self(row, draw, shape)},
          make_attributes(row.op, dim, region.start, region.length, region.step)};
}

Case sample_slice_scatter(const OpRow& row, Draw& draw) {
  const Shape shape = draw.shape(1);
  const std::int64_t dim = draw.dim(shape.size());
  const Region region = draw_region(draw, shape[from_front(dim, shape.size())]);
  Shape source = shape;
  source[from_front(dim, shape.size())] = region.length;
  const DType dtype = draw.dtype(row.dtypes);
  return {&row,
          {draw.tensor(dtype, shape, row.domain), draw.tensor(dtype, source, row.domain)},
          make_attributes(row.op, dim, region.start, region.length, region.step)};
}

std::int64_t draw_position(Draw& draw, std::int64_t size) { return draw.integer(-size, size - 1); }

Case sample_select(const OpRow& row, Draw& draw) {
  const Shape shape = draw.nonempty_shape(1);
  const std::int64_t dim = draw.dim(shape.size());
  const std::int64_t position = draw_position(draw, shape[from_front(dim, shape.size())]);
  return {&row, {draw_self(row, draw, shape)}, make_attributes(row.op, dim, position)};
}

Case sample_select_scatter(const OpRow& row, Draw& draw) {
  const Shape shape = draw.nonempty_shape(1);
  const std::int64_t dim = draw.dim(shape.size());
  Shape source = shape;
  source.erase(from_front(dim, shape.size()));
  const std::int64_t position = draw_position(draw, shape[from_front(dim, shape.size())]);
  const DType dtype = draw.dtype(row.dtypes);
  return {&row,
          {draw.tensor(dtype, shape, row.domain), draw.tensor(dtype, source, row.domain)},
          make_attributes(row.op, dim, position)};
}

/// Two different dims of a tensor, and a diagonal between them that has elements.
struct Diagonal {
  std::int64_t offset, dim1, dim2, length;
};

Diagonal draw_diagonal(Draw& draw, const Shape& shape) {
  const std::int64_t rank = static_cast<std::int64_t>(shape.size());
  const std::int64_t first = draw.integer(0, rank - 1);
  const std::int64_t second = (first + draw.integer(1, rank - 1)) % rank;
  const std::int64_t rows = shape[static_cast<std::size_t>(first)];
  const std::int64_t columns = shape[static_cast<std::size_t>(second)];
  const std::int64_t offset = draw.integer(-(rows - 1), columns - 1);
  const std::int64_t length =
      offset >= 0 ? std::min(rows, columns - offset) : std::min(rows + offset, columns);
  return {offset, first - (draw.chance(0.5) ? rank : 0), second, length};
}

Case sample_diagonal(const OpRow& row, Draw& draw) {
  const Shape shape = draw.nonempty_shape(2);
  const Diagonal diagonal = draw_diagonal(draw, shape);
  return {&row,
          {draw_self(row, draw, shape)},
          make_attributes(row.op, diagonal.offset, diagonal.dim1, diagonal.dim2)};
}

Case sample_diagonal_scatter(const OpRow& row, Draw& draw) {
  const Shape shape = draw.nonempty_shape(2);
  const Diagonal diagonal = draw_diagonal(draw, shape);
  const std::size_t dim1 = from_front(diagonal.dim1, shape.size());
  const std::size_t dim2 = from_front(diagonal.dim2, shape.size());
  Shape source = shape;
  source.erase(std::max(dim1, dim2));
  source.erase(std::min(dim1, dim2));
  source.push_back(diagonal.length);
  const DType dtype = draw.dtype(row.dtypes);
  return {&row,
          {draw.tensor(dtype, shape, row.domain), draw.tensor(dtype, source, row.domain)},
          make_attributes(row.op, diagonal.offset, diagonal.dim1, diagonal.dim2)};
}

Case sample_unfold(const OpRow& row, Draw& draw) {
  const Shape shape = draw.nonempty_shape(1, 3);
  const std::int64_t dim = draw.dim(shape.size());
  const std::int64_t size = draw.integer(1, shape[from_front(dim, shape.size())]);
  return {
      &row, {draw_self(row, draw, shape)}, make_attributes(row.op, dim, size, draw.integer(1, 3))};
}

constexpr CustomSampler kSamplers[] = {
    {Op::reshape, sample_reshape},
    {Op::expand, sample_expand},
    {Op::permute, sample_permute},
    {Op::slice, sample_slice},
    {Op::select, sample_select},
    {Op::diagonal, sample_diagonal},
    {Op::unfold, sample_unfold},
    {Op::slice_scatter, sample_slice_scatter},
    {Op::select_scatter, sample_select_scatter},
    {Op::diagonal_scatter, sample_diagonal_scatter},
};

}  // namespace

std::span<const CustomSampler> view_samplers() { return kSamplers; }

}  // namespace gt::conformance

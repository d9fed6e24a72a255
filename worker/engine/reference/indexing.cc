#include <optional>
#include <string>

#include "worker/engine/reference/call.h"

namespace gt::worker::reference {
namespace {

/// `index` counted from the front of a dim of `size`; throws kIndex with LibTorch's wording.
std::int64_t checked(std::int64_t index, std::int64_t dim, std::int64_t size) {
  if (index < -size || index >= size)
    throw CommonError(ErrorKind::kIndex,
                      "index " + std::to_string(index) + " is out of bounds for dimension " +
                          std::to_string(dim) + " with size " + std::to_string(size));
  return index < 0 ? index + size : index;
}

/// The same where LibTorch admits no negative index.
std::int64_t checked_from_front(std::int64_t index, std::int64_t size) {
  if (index < 0 || index >= size)
    throw CommonError(ErrorKind::kIndex, "index out of range in self");
  return index;
}

/// Runs `function(number)` with the number type of the first result.
template <class Function>
std::vector<Value> as_result_number(const Call& call, Function function) {
  return with_number_type(call.result_meta().dtype, function);
}

/// Where the elements that a list of index operands selects lie in self.
struct Selection {
  Shape shape;                          ///< of the selected elements
  std::vector<std::int64_t> positions;  ///< row-major positions in self, one for each element
};

/// A list of index operands from `first` on: which dims of self they index, and their values.
struct IndexList {
  Shape broadcast;  ///< shape to which all index operands broadcast
  std::vector<std::optional<Array<std::int64_t>>> arrays;  ///< one a dim, none: a whole dim
  std::size_t front = 0;  ///< dim of the result where `broadcast` stands
};

IndexList read_indices(const Call& call, std::size_t first) {
  IndexList list;
  for (std::size_t k = first; k < call.operand_count(); ++k)
    if (call.has(k)) list.broadcast = broadcast_shape(list.broadcast, call.value(k).shape);
  std::vector<std::size_t> indexed;
  for (std::size_t k = first; k < call.operand_count(); ++k) {
    const bool given = call.has(k);
    list.arrays.push_back(given ? std::optional(call.read<std::int64_t>(k, list.broadcast))
                                : std::nullopt);
    if (given) indexed.push_back(k - first);
  }
  const bool adjacent = indexed.back() - indexed.front() + 1 == indexed.size();
  list.front = adjacent ? indexed.front() : 0;
  return list;
}

Selection select(const Call& call, std::size_t first) {
  const Shape& self = call.value(0).shape;
  const Strides strides = contiguous_strides(self);
  IndexList list = read_indices(call, first);
  list.arrays.resize(self.size());
  Shape whole;
  std::vector<std::size_t> whole_dims;
  for (std::size_t d = 0; d < self.size(); ++d)
    if (!list.arrays[d]) {
      whole.push_back(self[d]);
      whole_dims.push_back(d);
    }
  Selection selection;
  for (std::size_t d = 0; d <= whole.size(); ++d) {
    if (d == list.front)
      for (const std::int64_t size : list.broadcast) selection.shape.push_back(size);
    if (d < whole.size()) selection.shape.push_back(whole[d]);
  }
  const Strides index_strides = contiguous_strides(list.broadcast);
  for_each_index(selection.shape, [&](const Shape& at) {
    Shape within;
    for (std::size_t d = 0; d < list.broadcast.size(); ++d) within.push_back(at[list.front + d]);
    std::int64_t position = 0;
    for (std::size_t d = 0; d < whole.size(); ++d)
      position += strides[whole_dims[d]] * at[d < list.front ? d : d + list.broadcast.size()];
    for (std::size_t d = 0; d < self.size(); ++d)
      if (list.arrays[d])
        position += strides[d] * checked((*list.arrays[d])[position_of(within, index_strides)],
                                         static_cast<std::int64_t>(d), self[d]);
    selection.positions.push_back(position);
  });
  return selection;
}

std::vector<Value> index(const Call& call) {
  return as_result_number(call, [&](auto number) {
    using T = decltype(number);
    const auto self = call.read<T>(0);
    Array<T> result{call.result_meta().shape, {}};
    for (const std::int64_t position : select(call, 1).positions)
      result.elements.push_back(self[position]);
    return call.results(result);
  });
}

/// Sums of bools are logical or, those of integers wrap around.
template <class T>
T accumulated(T a, T b, DType dtype) {
  if constexpr (std::is_integral_v<T>) {
    if (dtype == DType::kBool) return (a != 0 || b != 0) ? 1 : 0;
    return static_cast<T>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
  } else {
    return a + b;
  }
}

std::vector<Value> index_put(const Call& call) {
  return as_result_number(call, [&](auto number) {
    using T = decltype(number);
    auto self = call.read<T>(0);
    const Selection selection = select(call, 2);
    const auto values = call.read<T>(1, selection.shape);
    for (std::int64_t k = 0; k < values.count(); ++k) {
      T& element = self[selection.positions[static_cast<std::size_t>(k)]];
      element =
          call.boolean(0) ? accumulated(element, values[k], call.result_meta().dtype) : values[k];
    }
    return call.results(self);
  });
}

/// Calls `visit(result_position, row)` for each element of `shape`, which has the dim `dim` of self
/// replaced by the length of the index; `row` is its position along that dim.
template <class Visit>
void for_each_row(const Shape& shape, std::int64_t dim, Visit visit) {
  std::int64_t position = 0;
  for_each_index(shape, [&](const Shape& at) {
    const std::int64_t row = at.empty() ? 0 : at[static_cast<std::size_t>(dim)];
    visit(at, position++, row);
  });
}

/// The position in self of `at` with its coordinate along `dim` replaced.
std::int64_t replaced(const Shape& at, std::int64_t dim, std::int64_t coordinate,
                      const Strides& strides) {
  if (at.empty()) return 0;
  Shape moved = at;
  moved[static_cast<std::size_t>(dim)] = coordinate;
  return position_of(moved, strides);
}

std::int64_t size_along(const Shape& shape, std::int64_t dim) {
  return shape.empty() ? 1 : shape[static_cast<std::size_t>(dim)];
}

std::vector<Value> index_select(const Call& call) {
  return as_result_number(call, [&](auto number) {
    using T = decltype(number);
    const auto self = call.read<T>(0);
    const auto rows = call.read<std::int64_t>(1);
    const std::int64_t dim = wrapped(call.integer(0), self.shape.size());
    const Strides strides = contiguous_strides(self.shape);
    auto result = make_array<T>(call.result_meta().shape);
    for (const std::int64_t row : rows.elements)
      (void)checked_from_front(row, size_along(self.shape, dim));
    for_each_row(result.shape, dim, [&](const Shape& at, std::int64_t position, std::int64_t row) {
      result[position] = self[replaced(at, dim, rows[row], strides)];
    });
    return call.results(result);
  });
}

std::vector<Value> gather(const Call& call) {
  return as_result_number(call, [&](auto number) {
    using T = decltype(number);
    const auto self = call.read<T>(0);
    const auto indices = call.read<std::int64_t>(1);
    const std::int64_t dim = wrapped(call.integer(0), self.shape.size());
    const Strides strides = contiguous_strides(self.shape);
    auto result = make_array<T>(indices.shape);
    for_each_row(indices.shape, dim, [&](const Shape& at, std::int64_t position, std::int64_t) {
      const std::int64_t row = checked(indices[position], dim, size_along(self.shape, dim));
      result[position] = self[replaced(at, dim, row, strides)];
    });
    return call.results(result);
  });
}

/// scatter and scatter_add: element `at` of index and src goes to self along `dim`.
template <bool kAdd>
std::vector<Value> scatter(const Call& call) {
  return as_result_number(call, [&](auto number) {
    using T = decltype(number);
    auto self = call.read<T>(0);
    const auto indices = call.read<std::int64_t>(1);
    const auto source = call.read<T>(2);
    const std::int64_t dim = wrapped(call.integer(0), self.shape.size());
    const Strides strides = contiguous_strides(self.shape);
    const Strides source_strides = contiguous_strides(source.shape);
    for_each_row(indices.shape, dim, [&](const Shape& at, std::int64_t position, std::int64_t) {
      const std::int64_t row = checked(indices[position], dim, size_along(self.shape, dim));
      T& element = self[replaced(at, dim, row, strides)];
      const T given = source[position_of(at, source_strides)];
      element = kAdd ? accumulated(element, given, call.result_meta().dtype) : given;
    });
    return call.results(self);
  });
}

/// index_add and index_copy: row k of source, times `factor`, goes to row index[k] of self.
template <class T, bool kAdd>
std::vector<Value> put_rows(const Call& call, T factor) {
  auto self = call.read<T>(0);
  const auto rows = call.read<std::int64_t>(1);
  const auto source = call.read<T>(2);
  const std::int64_t dim = wrapped(call.integer(0), self.shape.size());
  const Strides strides = contiguous_strides(self.shape);
  for_each_row(source.shape, dim, [&](const Shape& at, std::int64_t position, std::int64_t k) {
    const std::int64_t row = checked(rows[k], dim, size_along(self.shape, dim));
    T& element = self[replaced(at, dim, row, strides)];
    element = kAdd ? accumulated(element, static_cast<T>(source[position] * factor),
                                 call.result_meta().dtype)
                   : source[position];
  });
  return call.results(self);
}

std::vector<Value> index_add(const Call& call) {
  return as_result_number(call, [&](auto number) {
    using T = decltype(number);
    return put_rows<T, true>(call, Call::number<T>(call.scalar(1)));
  });
}

std::vector<Value> index_copy(const Call& call) {
  return as_result_number(
      call, [&](auto number) { return put_rows<decltype(number), false>(call, number); });
}

std::vector<Value> index_fill(const Call& call) {
  return as_result_number(call, [&](auto number) {
    using T = decltype(number);
    auto self = call.read<T>(0);
    const std::int64_t dim = wrapped(call.integer(0), self.shape.size());
    const std::int64_t size = size_along(self.shape, dim);
    std::vector<bool> filled(static_cast<std::size_t>(size));
    const bool is_condition = call.result_meta().dtype == DType::kBool;
    const T fill =
        is_condition ? static_cast<T>(call.scalar(1).to_bool()) : Call::number<T>(call.scalar(1));
    for (const std::int64_t row : call.read<std::int64_t>(1).elements)
      filled[static_cast<std::size_t>(checked(row, dim, size))] = true;
    for_each_row(self.shape, dim, [&](const Shape&, std::int64_t position, std::int64_t row) {
      if (filled[static_cast<std::size_t>(row)]) self[position] = fill;
    });
    return call.results(self);
  });
}

void expect_count(std::int64_t found, std::int64_t promised) {
  if (found != promised)
    throw CommonError(ErrorKind::kValue, std::to_string(found) + " elements are selected, " +
                                             std::to_string(promised) + " were announced");
}

std::vector<Value> nonzero(const Call& call) {
  return with_number_type(call.value(0).dtype, [&](auto number) {
    const auto self = call.read<decltype(number)>(0);
    Array<std::int64_t> result{call.result_meta().shape, {}};
    std::int64_t position = 0;
    std::int64_t found = 0;
    for_each_index(self.shape, [&](const Shape& at) {
      if (self[position++] == 0) return;
      ++found;
      result.elements.insert(result.elements.end(), at.begin(), at.end());
    });
    expect_count(found, call.integer(0));
    return call.results(result);
  });
}

std::vector<Value> masked_select(const Call& call) {
  return as_result_number(call, [&](auto number) {
    using T = decltype(number);
    const Shape shape = broadcast_shape(call.value(0).shape, call.value(1).shape);
    const auto self = call.read<T>(0, shape);
    const auto mask = call.read<std::int64_t>(1, shape);
    Array<T> result{call.result_meta().shape, {}};
    for (std::int64_t k = 0; k < self.count(); ++k)
      if (mask[k] != 0) result.elements.push_back(self[k]);
    expect_count(result.count(), call.integer(0));
    return call.results(result);
  });
}

std::vector<Value> embedding(const Call& call) {
  return as_result_number(call, [&](auto number) {
    using T = decltype(number);
    const auto table = call.read<T>(0);
    Array<T> result{call.result_meta().shape, {}};
    for (const std::int64_t row : call.read<std::int64_t>(1).elements) {
      const std::int64_t start = checked_from_front(row, table.size(0)) * table.size(1);
      for (std::int64_t k = 0; k < table.size(1); ++k) result.elements.push_back(table[start + k]);
    }
    return call.results(result);
  });
}

std::vector<Value> embedding_dense_backward(const Call& call) {
  const auto grad = call.read<double>(0);
  const auto rows = call.read<std::int64_t>(1);
  auto result = make_array<double>(call.result_meta().shape);
  const std::int64_t width = result.size(1);
  std::vector<double> frequency(static_cast<std::size_t>(result.size(0)));
  for (const std::int64_t row : rows.elements)
    frequency[static_cast<std::size_t>(checked_from_front(row, result.size(0)))] += 1;
  for (std::int64_t k = 0; k < rows.count(); ++k) {
    if (rows[k] == call.integer(1)) continue;
    const double scale = call.boolean(2) ? frequency[static_cast<std::size_t>(rows[k])] : 1;
    for (std::int64_t c = 0; c < width; ++c)
      result[rows[k] * width + c] += grad[k * width + c] / scale;
  }
  return call.results(result);
}

constexpr KernelEntry kKernels[] = {
    {Op::index, index},
    {Op::index_put, index_put},
    {Op::index_select, index_select},
    {Op::gather, gather},
    {Op::scatter, scatter<false>},
    {Op::scatter_add, scatter<true>},
    {Op::index_add, index_add},
    {Op::index_copy, index_copy},
    {Op::index_fill, index_fill},
    {Op::nonzero, nonzero},
    {Op::masked_select, masked_select},
    {Op::embedding, embedding},
    {Op::embedding_dense_backward, embedding_dense_backward},
};

}  // namespace

std::span<const KernelEntry> indexing_kernels() { return kKernels; }

}  // namespace gt::worker::reference

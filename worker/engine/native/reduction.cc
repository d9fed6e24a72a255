// Reductions: the operand is brought to [outer, n, inner] and folded over n by the kernels.
#include <algorithm>
#include <cmath>
#include <limits>

#include "common/ops/inference.h"
#include "worker/engine/native/context.h"

namespace gt::worker::native {
namespace {

/// Elements seen as [outer, n, inner], to be folded over n.
struct Arrangement {
  Elements elements;
  bool is_bfloat16 = false;  ///< the elements are the value's own
  std::int64_t outer = 1;
  std::int64_t n = 1;
  std::int64_t inner = 1;
};

/// What is asked of an arrangement.
enum class Form : std::uint8_t {
  foldable,    ///< fold() can read it
  computable,  ///< its elements are of the compute type
  rows,        ///< and inner == 1
};

/// Which dims are folded; none named means all.
InlineVector<bool, kMaxDimensions> folded_dims(std::size_t rank,
                                               std::span<const std::int64_t> dims) {
  InlineVector<bool, kMaxDimensions> folded(rank, dims.empty());
  if (rank == 0) return folded;
  for (std::int64_t dim : dims)
    folded[static_cast<std::size_t>(wrap_dimension(dim, static_cast<std::int64_t>(rank)))] = true;
  return folded;
}

Arrangement arrange_in_place(Context& context, const Value& value, ComputeType type,
                             std::span<const bool> folded, Form form) {
  Arrangement result;
  result.is_bfloat16 = form == Form::foldable && value.dtype == DType::kBFloat16 &&
                       type == ComputeType::kFloat && value.is_contiguous();
  if (result.is_bfloat16)
    result.elements.data = value.bytes();
  else
    result.elements = context.elements(value, type);
  const auto first = std::find(folded.begin(), folded.end(), true) - folded.begin();
  for (std::size_t d = 0; d < folded.size(); ++d) {
    std::int64_t& extent = folded[d]                                ? result.n
                           : static_cast<std::ptrdiff_t>(d) < first ? result.outer
                                                                    : result.inner;
    extent *= value.shape[d];
  }
  return result;
}

Arrangement arrange(Context& context, const Value& value, std::span<const std::int64_t> dims,
                    ComputeType type, Form form) {
  const auto folded = folded_dims(value.shape.size(), dims);
  const auto first = std::find(folded.begin(), folded.end(), true);
  const auto last = std::find(first, folded.end(), false);
  const bool adjacent = std::find(last, folded.end(), true) == folded.end();
  if (adjacent && (form != Form::rows || last == folded.end()))
    return arrange_in_place(context, value, type, folded, form);
  Shape order;
  for (bool wanted : {false, true})
    for (std::size_t d = 0; d < folded.size(); ++d)
      if (folded[d] == wanted) order.push_back(static_cast<std::int64_t>(d));
  Arrangement result;
  result.elements = context.elements(permuted(value, order), type);
  for (std::size_t d = 0; d < folded.size(); ++d)
    (folded[d] ? result.n : result.outer) *= value.shape[d];
  return result;
}

void fold(Context& context, Fold kind, ComputeType type, const Arrangement& in,
          const void* parameters, void* out) {
  const KernelTable& kernels = context.kernels();
  const auto k = static_cast<int>(kind);
  const auto fold_rows =
      in.is_bfloat16 ? kernels.bfloat16_row_folds[k] : kernels.row_folds[k][index_of(type)];
  const auto fold_columns =
      in.is_bfloat16 ? kernels.bfloat16_column_folds[k] : kernels.column_folds[k][index_of(type)];
  if (in.inner == 1)
    fold_rows(in.elements.data, parameters, out, in.outer, in.n);
  else
    fold_columns(in.elements.data, out, in.outer, in.n, in.inner);
}

class Reduction {
 public:
  Reduction(Context& context, const EngineCall& call)
      : context_(context), call_(call), value_(*call.operands[0].value) {}

  Value simple(Fold kind) {
    Destination result = destination(compute_type_of(call_.result_metas[0].dtype));
    const Arrangement in = arrange(context_, value_, dims(), result.type, Form::foldable);
    fold(context_, kind, result.type, in, nullptr, result.data);
    return context_.finish(std::move(result));
  }

  Value mean() {
    Destination result = destination(compute_type_of(call_.result_metas[0].dtype));
    const Arrangement in = arrange(context_, value_, dims(), result.type, Form::foldable);
    fold(context_, Fold::kSum, result.type, in, nullptr, result.data);
    divide(result, static_cast<double>(in.n));
    return context_.finish(std::move(result));
  }

  Value variance() {
    Destination result = destination(compute_type_of(call_.result_metas[0].dtype));
    const Arrangement in = arrange(context_, value_, dims(), result.type, Form::rows);
    const auto means = context_.scratch(in.outer, result.type);
    fold(context_, Fold::kSum, result.type, in, nullptr, result.data);
    divide(result, static_cast<double>(in.n));
    std::copy_n(static_cast<const std::byte*>(result.data),
                static_cast<std::size_t>(in.outer) * native::size_of(result.type),
                static_cast<std::byte*>(means->data()));
    fold(context_, Fold::kSquaredDeviation, result.type, in, means->data(), result.data);
    const double correction = call_.attributes.real(call_.row, 2);
    divide(result, std::max(0.0, static_cast<double>(in.n) - correction));
    return context_.finish(std::move(result));
  }

  Value logsumexp() {
    Destination result = destination(compute_type_of(call_.result_metas[0].dtype));
    const Arrangement in = arrange(context_, value_, dims(), result.type, Form::rows);
    context_.kernels().rows[index_of(result.type)].logsumexp(in.elements.data, result.data,
                                                             in.outer, in.n);
    return context_.finish(std::move(result));
  }

  Value norm();
  Results extremum(bool largest, bool with_values);
  Value truth(Op op);
  Value running_sum();

 private:
  std::span<const std::int64_t> dims() const { return call_.attributes.integers(call_.row, 0); }
  Destination destination(ComputeType type) {
    return context_.destination(call_.result_metas[0], type);
  }
  static void divide(Destination& result, double divisor) {
    dispatch(result.type, [&]<class T>() {
      T* out = result.as<T>();
      for (std::int64_t i = 0; i < result.value.element_count(); ++i)
        out[i] = out[i] / static_cast<T>(divisor);
    });
  }

  Context& context_;
  const EngineCall& call_;
  const Value& value_;
};

/// Runs a point-wise loop on scratch elements, with the number `other` as second operand if the
/// row has one.
void transform(Context& context, Op op, ComputeType type, void* elements, std::int64_t n,
               const void* second) {
  const void* inputs[] = {elements, second};
  context.kernels().pointwise[static_cast<int>(op)].kernels[index_of(type)](elements, inputs, n,
                                                                            nullptr, nullptr);
}

/// elements[i] = elements[i] ^ exponent.
void raise(Context& context, ComputeType type, void* elements, std::int64_t n, double exponent) {
  const auto exponents = context.scratch(n, type);
  dispatch(type, [&]<class T>() {
    std::fill_n(static_cast<T*>(exponents->data()), n, static_cast<T>(exponent));
  });
  transform(context, Op::pow, type, elements, n, exponents->data());
}

Value Reduction::norm() {
  const double order = call_.attributes.real(call_.row, 2);
  Destination result = destination(compute_type_of(call_.result_metas[0].dtype));
  Arrangement in = arrange(context_, value_, dims(), result.type, Form::computable);
  const std::int64_t n = in.outer * in.n * in.inner;
  const auto scratch = context_.scratch(n, result.type);
  std::copy_n(static_cast<const std::byte*>(in.elements.data),
              static_cast<std::size_t>(n) * native::size_of(result.type),
              static_cast<std::byte*>(scratch->data()));
  transform(context_, Op::abs, result.type, scratch->data(), n, nullptr);
  in.elements.data = scratch->data();
  if (order == 0)
    dispatch(result.type, [&]<class T>() {
      T* x = static_cast<T*>(scratch->data());
      for (std::int64_t i = 0; i < n; ++i) x[i] = x[i] != T(0) ? T(1) : T(0);
    });
  else if (order == 2)
    transform(context_, Op::mul, result.type, scratch->data(), n, scratch->data());
  else if (std::isfinite(order) && order != 1)
    raise(context_, result.type, scratch->data(), n, order);
  const Fold kind = std::isfinite(order) ? Fold::kSum : order > 0 ? Fold::kMaximum : Fold::kMinimum;
  fold(context_, kind, result.type, in, nullptr, result.data);
  const std::int64_t count = result.value.element_count();
  if (kind == Fold::kMaximum && n == 0)
    std::fill_n(static_cast<std::byte*>(result.data),
                static_cast<std::size_t>(count) * native::size_of(result.type), std::byte{0});
  if (order == 2)
    transform(context_, Op::sqrt, result.type, result.data, count, nullptr);
  else if (std::isfinite(order) && order != 0 && order != 1)
    raise(context_, result.type, result.data, count, 1.0 / order);
  return context_.finish(std::move(result));
}

Results Reduction::extremum(bool largest, bool with_values) {
  const std::int64_t one_dim = with_values ? call_.attributes.integer(call_.row, 0) : 0;
  const ComputeType type = compute_type_of(value_.dtype);
  const auto chosen = with_values ? std::span<const std::int64_t>(&one_dim, 1) : dims();
  const Arrangement in = arrange(context_, value_, chosen, type, Form::rows);
  Value positions = context_.make_value(call_.result_metas[with_values ? 1 : 0]);
  auto* position = positions.data<std::int64_t>();
  const KernelTable& kernels = context_.kernels();
  const auto find = largest ? kernels.largest : kernels.smallest;
  find[index_of(type)](in.elements.data, position, in.outer, in.n);
  Results results;
  if (with_values)
    dispatch(type, [&]<class T>() {
      const T* x = in.elements.as<T>();
      Destination values = destination(type);
      for (std::int64_t r = 0; r < in.outer; ++r) values.as<T>()[r] = x[r * in.n + position[r]];
      results.push_back(context_.finish(std::move(values)));
    });
  results.push_back(std::move(positions));
  return results;
}

Value Reduction::truth(Op op) {
  const ComputeType type = compute_type_of(value_.dtype);
  const Arrangement in = arrange(context_, value_, dims(), type, Form::rows);
  Destination result = destination(ComputeType::kInteger);
  dispatch(type, [&]<class T>() {
    const T* x = in.elements.as<T>();
    for (std::int64_t r = 0; r < in.outer; ++r, x += in.n) {
      const std::int64_t set =
          std::count_if(x, x + in.n, [](T element) { return element != T(0); });
      result.as<std::int64_t>()[r] = op == Op::all   ? (set == in.n ? 1 : 0)
                                     : op == Op::any ? (set != 0 ? 1 : 0)
                                                     : set;
    }
  });
  return context_.finish(std::move(result));
}

Value Reduction::running_sum() {
  const TensorMeta& meta = call_.result_metas[0];
  const ComputeType type = compute_type_of(meta.dtype);
  if (value_.shape.empty()) return context_.copy(value_, meta.dtype);
  const std::int64_t dim = wrap_dimension(call_.attributes.integer(call_.row, 0),
                                          static_cast<std::int64_t>(value_.shape.size()));
  const Value moved = moved_to_end(value_, dim);
  const std::int64_t n = moved.shape.back();
  const Elements in = context_.elements(moved, type);
  Destination result = context_.destination({meta.dtype, moved.shape, {}}, type);
  dispatch(type, [&]<class T>() {
    // Wider than the elements, as in LibTorch.
    using Total = std::conditional_t<std::is_floating_point_v<T>, double, std::uint64_t>;
    Total total = 0;
    for (std::int64_t i = 0; i < moved.element_count(); ++i) {
      total = i % n == 0 ? Total(0) : total;
      total += static_cast<Total>(in.as<T>()[i]);
      result.as<T>()[i] = static_cast<T>(total);
    }
  });
  return context_.contiguous(moved_from_end(context_.finish(std::move(result)), dim));
}

Results one(Value value) {
  Results results;
  results.push_back(std::move(value));
  return results;
}

}  // namespace

Results execute_reduction(Context& context, const EngineCall& call) {
  Reduction reduction(context, call);
  const Op op = call.row.op;
  if (op == Op::sum) return one(reduction.simple(Fold::kSum));
  if (op == Op::mean) return one(reduction.mean());
  if (op == Op::prod) return one(reduction.simple(Fold::kProduct));
  if (op == Op::var) return one(reduction.variance());
  if (op == Op::amax) return one(reduction.simple(Fold::kMaximum));
  if (op == Op::amin) return one(reduction.simple(Fold::kMinimum));
  if (op == Op::max_dim || op == Op::min_dim) return reduction.extremum(op == Op::max_dim, true);
  if (op == Op::argmax || op == Op::argmin) return reduction.extremum(op == Op::argmax, false);
  if (op == Op::all || op == Op::any || op == Op::count_nonzero) return one(reduction.truth(op));
  if (op == Op::logsumexp) return one(reduction.logsumexp());
  if (op == Op::vector_norm) return one(reduction.norm());
  GT_INVARIANT(op == Op::cumsum, std::string(call.row.name));
  return one(reduction.running_sum());
}

}  // namespace gt::worker::native

// The native engine's inner loops, compiled once for each instruction set and called through a
// table of function pointers. All of them work on contiguous runs of one of three compute types.
//
// The sources of this folder are compiled with -DGT_KERNEL_TARGET=<name>; whatever they define lies
// in a namespace of that name or in an anonymous one, so that no function compiled for a newer
// instruction set can be linked into code for an older one. Every target gives the same bits:
// nothing is contracted or re-associated, and fma is exact everywhere.
#pragma once

#include <cstdint>

namespace gt::worker::native {

/// In what type a loop computes: float32 for float16, bfloat16 and float32; int64 for bool and all
/// integers (results wrap when they are stored).
enum class ComputeType : std::uint8_t { kFloat = 0, kDouble = 1, kInteger = 2 };
inline constexpr int kComputeTypes = 3;

/// out[i] = row(in[0][i], in[1][i], ..., values..., statics...) for i < n. `out` holds the compute
/// type, or bytes 0 and 1 for rows of bool results; it may be one of the inputs. `values` are the
/// value attributes in the compute type, `statics` the static ones.
using PointwiseKernel = void (*)(void* out, const void* const* in, std::int64_t n,
                                 const void* values, const std::int64_t* statics);

struct PointwiseEntry {
  PointwiseKernel kernels[kComputeTypes] = {};  ///< nullptr where the row has no such arithmetic
  /// Over floats: operand k has one element, which serves for all of the result; nullptr where
  /// there is no such loop.
  PointwiseKernel repeats[2] = {};
  /// Operands and result are bfloat16, computed in float; nullptr where there is no such loop.
  PointwiseKernel bfloat16 = nullptr;
  bool boolean_result = false;
  bool refuses_zero_divisor = false;  ///< of integers, operand 1
  /// Writes what stands for an absent operand; nullptr if all operands must be given.
  void (*absent[kComputeTypes])(void* out, int operand) = {};
};
inline constexpr int kPointwiseCodes = 200;

/// Storage types, in the order of kStorageTypes of the conversions.
inline constexpr int kStorageTypes = 28;  ///< one past the largest DType number

/// out[i] = in[i * stride], converted to the compute type.
using LoadKernel = void (*)(const void* in, std::int64_t stride, void* out, std::int64_t n);
/// out[i] = in[i], converted from the compute type.
using StoreKernel = void (*)(const void* in, void* out, std::int64_t n);

/// Moves elements without their conversion.
struct MoveKernels {
  /// Copies to memory that nobody reads soon, past the caches. Both lie at multiples of 64.
  void (*stream)(const void* from, void* to, std::int64_t bytes);
  /// After the last stream, before others may read.
  void (*end_streams)();
  /// to[r * columns + c] = from[c * stride + r] for elements of 2, 4 and 8 bytes. With `streams`
  /// past the caches; then all rows of `to` begin at multiples of 64.
  void (*transpose[3])(const void* from, std::int64_t stride, void* to, std::int64_t rows,
                       std::int64_t columns, bool streams);
};

/// Folds of the reduction tree (see reduction_tree.h). The last two take a parameter per row.
enum class Fold : std::uint8_t { kSum, kProduct, kMaximum, kMinimum, kSquaredDeviation, kExpSum };
inline constexpr int kFolds = 6;

/// out[r] = fold of in[r * n .. (r + 1) * n); `parameters` has one element per row or is null.
using RowFoldKernel = void (*)(const void* in, const void* parameters, void* out, std::int64_t rows,
                               std::int64_t n);
/// out[o, i] = fold over k of in[o, k, i]: the same tree, so the same bits, as the row fold.
using ColumnFoldKernel = void (*)(const void* in, void* out, std::int64_t outer, std::int64_t n,
                                  std::int64_t inner);

/// positions[r] = where the first largest (smallest) of in[r * n .. (r + 1) * n) stands, or the
/// first NaN.
using RowExtremumKernel = void (*)(const void* in, std::int64_t* positions, std::int64_t rows,
                                   std::int64_t n);

/// Operands and results of a layer norm's gradient, over `rows` rows of n elements.
struct LayerNormGradient {
  const void* grad;
  const void* in;
  const void* mean;
  const void* rstd;
  const void* weight;
  void* grad_in;
  void* grad_weight;
  void* grad_bias;
  std::int64_t rows;
  std::int64_t n;
};
/// Elements of scratch memory that it takes: partial sums of two values a column, and one row.
[[nodiscard]] constexpr std::int64_t layer_norm_scratch(std::int64_t rows, std::int64_t n) {
  std::int64_t levels = 10;
  for (std::int64_t blocks = rows / 4096; blocks > 0; blocks /= 2) ++levels;
  return (2 * levels + 1) * n;
}

/// Composites over rows of n elements, in float or double.
struct RowKernels {
  void (*softmax)(const void* in, void* out, std::int64_t rows, std::int64_t n, bool logarithm);
  void (*softmax_backward)(const void* grad, const void* output, void* out, std::int64_t rows,
                           std::int64_t n, bool logarithm);
  void (*logsumexp)(const void* in, void* out, std::int64_t rows, std::int64_t n);
  /// weight and bias may be null.
  void (*layer_norm)(const void* in, const void* weight, const void* bias, void* out, void* mean,
                     void* rstd, std::int64_t rows, std::int64_t n, double eps);
  /// The gradients of the input, of the weight (which may be null) and of the bias. `scratch` holds
  /// layer_norm_scratch elements. With `streams` the first of them goes past the caches; its rows
  /// then begin at multiples of 64 bytes.
  void (*layer_norm_backward)(const LayerNormGradient& gradient, void* scratch, bool streams);
  /// out[r, c] = scales[r] * (weights[r] * exp(in[r, c] - logsumexp[r]) - hit), where hit is
  /// weights[r] in column targets[r] and 0 elsewhere.
  void (*cross_entropy_backward)(const void* in, const void* logsumexp, const std::int64_t* targets,
                                 const void* weights, const void* scales, void* out,
                                 std::int64_t rows, std::int64_t n);
};

/// The scores of attention: `rows` rows of `width`, in matrices of `length` rows.
struct AttentionExtents {
  std::int64_t rows;
  std::int64_t length;
  std::int64_t width;
  bool causal;  ///< row r of a matrix sees the columns up to r
  double scale;
};

/// In float or double. `bias` (rows, width) is added to the scaled scores, or null.
struct AttentionKernels {
  /// Scores become weights where they are; also writes the logsumexp of every row.
  void (*weights)(void* scores, const void* bias, void* logsumexp, const AttentionExtents& extents);
  /// The same with the logsumexp known.
  void (*weights_again)(void* scores, const void* bias, const void* logsumexp,
                        const AttentionExtents& extents);
  /// Gradients of the weights become those of the scores before they were scaled.
  void (*score_gradients)(void* gradients, const void* weights, const AttentionExtents& extents);
};

/// Batch norm over rows of n elements, in float or double; row r belongs to channel r mod channels.
struct BatchNormKernels {
  /// Of each row its mean and the mean of the squared deviations from it, by the tree.
  void (*measure)(const void* in, void* mean, void* variance, std::int64_t rows, std::int64_t n);
  /// out[r, i] = (in[r, i] - mean[c]) * scale[c] + shift[c].
  void (*normalise)(const void* in, const void* mean, const void* scale, const void* shift,
                    void* out, std::int64_t rows, std::int64_t channels, std::int64_t n);
  /// Of each row the sums over i of grad[r, i] * (in[r, i] - mean[c]) and of grad[r, i], by the
  /// tree.
  void (*project)(const void* grad, const void* in, const void* mean, void* projections, void* sums,
                  std::int64_t rows, std::int64_t channels, std::int64_t n);
  /// out[r, i] = (grad[r, i] - level[c] - (in[r, i] - mean[c]) * slope[c]) * scale[c].
  void (*gradient)(const void* grad, const void* in, const void* mean, const void* level,
                   const void* slope, const void* scale, void* out, std::int64_t rows,
                   std::int64_t channels, std::int64_t n);
};

/// Planes of (height, width), and what they are pooled to.
struct PoolingExtents {
  std::int64_t planes;
  std::int64_t height;
  std::int64_t width;
  std::int64_t pooled_height;
  std::int64_t pooled_width;
};
/// One dim of the windows of max_pool2d.
struct PoolingTaps {
  std::int64_t count;
  std::int64_t stride;
  std::int64_t padding;
  std::int64_t dilation;
};
struct MaxPoolKernels {
  /// Largest element of each window and its position in the plane: the first of equal ones, the
  /// last NaN; -1 where all taps lie in the padding.
  void (*largest)(const void* in, void* out, std::int64_t* positions, const PoolingExtents& extents,
                  const PoolingTaps& rows, const PoolingTaps& columns);
  /// The gradient of each pooled element, added to the element at its position. The first pooled
  /// element whose position is neither -1 nor in its plane, or -1.
  std::int64_t (*gradient)(const void* grad, const std::int64_t* positions, void* out,
                           const PoolingExtents& extents);
};
/// Elements begin to end - 1 of a dim.
struct PoolingInterval {
  std::int64_t begin;
  std::int64_t end;
};
/// The rectangles of a plane over which means are taken: one interval for each pooled row and
/// column, and a divisor (compute type) for each pooled element.
struct PoolingRegions {
  const PoolingInterval* rows;
  const PoolingInterval* columns;
  const void* divisors;
};
struct AveragePoolKernels {
  void (*means)(const void* in, void* out, const PoolingExtents& extents,
                const PoolingRegions& regions);
  /// The gradient of the means: every element receives its shares.
  void (*spread)(const void* grad, void* out, const PoolingExtents& extents,
                 const PoolingRegions& regions);
};

/// The numbers of one step of Adam, rounded to the compute type where they are used.
struct AdamStep {
  double shrink;  ///< factor of the parameter
  double decay;   ///< part of the parameter that joins the gradient
  double beta1;
  double beta2;
  double root;  ///< divides the root of the second moment
  double eps;
  double slope;  ///< factor of the update
};
/// parameter * shrink + slope * m / (sqrt(v) / root + eps), where m and v are the new moments; all
/// three are written where they are.
using AdamKernel = void (*)(void* parameter, void* first_moment, void* second_moment,
                            const void* gradient, const AdamStep& step, std::int64_t n);

/// Random elements first .. first + n of the stream (seed, counter); see philox.h.
struct RandomKernels {
  /// Uniform in [0, 1).
  void (*uniform)(std::uint64_t seed, std::uint64_t counter, std::int64_t first, std::int64_t n,
                  void* out);
  /// Standard normal.
  void (*normal)(std::uint64_t seed, std::uint64_t counter, std::int64_t first, std::int64_t n,
                 void* out);
  /// out[i] = 0 where the uniform value of element i is below p, else in[i] * scale; out may be in.
  void (*dropout)(std::uint64_t seed, std::uint64_t counter, std::int64_t n, double p, double scale,
                  const void* in, void* out);
};
/// The 64-bit draws themselves.
using RandomBitsKernel = void (*)(std::uint64_t seed, std::uint64_t counter, std::int64_t first,
                                  std::int64_t n, std::uint64_t* out);

struct KernelTable {
  const char* target;
  PointwiseEntry pointwise[kPointwiseCodes];      ///< by opcode
  LoadKernel load[kStorageTypes][kComputeTypes];  ///< by DType number
  StoreKernel store[kComputeTypes][kStorageTypes];
  RowFoldKernel row_folds[kFolds][kComputeTypes];        ///< the last two folds: not for integers
  ColumnFoldKernel column_folds[kFolds][kComputeTypes];  ///< the first four folds only
  /// The first four folds of bfloat16 elements, in float.
  RowFoldKernel bfloat16_row_folds[kFolds];
  ColumnFoldKernel bfloat16_column_folds[kFolds];
  RowExtremumKernel largest[kComputeTypes];
  RowExtremumKernel smallest[kComputeTypes];
  RowKernels rows[2];
  AttentionKernels attention[2];
  BatchNormKernels batch_norm[2];
  MaxPoolKernels max_pool[kComputeTypes];
  AveragePoolKernels average_pool[2];
  AdamKernel adam[2];
  RandomKernels random[2];
  RandomBitsKernel random_bits;
  MoveKernels moves;
};

#if defined(__x86_64__)
namespace v3 {
const KernelTable& kernel_table();
}
namespace v4 {
const KernelTable& kernel_table();
}
#endif
namespace baseline {
const KernelTable& kernel_table();
}

/// The table for this machine's instruction set.
[[nodiscard]] const KernelTable& best_kernel_table();
/// The tables that this machine can run, the most basic one first; `count` receives how many.
[[nodiscard]] const KernelTable* const* runnable_kernel_tables(int& count);

}  // namespace gt::worker::native

// The operations as free functions, with LibTorch's names, parameters and defaults.
//
// Shapes broadcast and dtypes promote as in LibTorch. Mistakes in shapes, dtypes and dims throw
// gt::Error at the call; the text begins with the operation's name in brackets.
#pragma once

#include <gt/convolutional.h>
#include <gt/tensor.h>
#include <gt/tensor_data.h>

#include <string_view>
#include <tuple>
#include <vector>

namespace gt {

// ---- Creation. Without a dtype: float. `empty` reads as zeros.

[[nodiscard]] GT_API Tensor empty(IntArrayRef size, TensorOptions options = {});
[[nodiscard]] GT_API Tensor zeros(IntArrayRef size, TensorOptions options = {});
[[nodiscard]] GT_API Tensor ones(IntArrayRef size, TensorOptions options = {});
/// The dtype follows the value: Bool, Long or Float.
[[nodiscard]] GT_API Tensor full(IntArrayRef size, const Scalar& value, TensorOptions options = {});
[[nodiscard]] GT_API Tensor eye(std::int64_t n, TensorOptions options = {});
[[nodiscard]] GT_API Tensor eye(std::int64_t n, std::int64_t m, TensorOptions options = {});
/// Whole numbers give Long, others Float. `end` is not included.
[[nodiscard]] GT_API Tensor arange(const Scalar& end, TensorOptions options = {});
[[nodiscard]] GT_API Tensor arange(const Scalar& start, const Scalar& end,
                                   TensorOptions options = {});
[[nodiscard]] GT_API Tensor arange(const Scalar& start, const Scalar& end, const Scalar& step,
                                   TensorOptions options = {});
/// `steps` numbers from `start` to `end`, both included.
[[nodiscard]] GT_API Tensor linspace(const Scalar& start, const Scalar& end, std::int64_t steps,
                                     TensorOptions options = {});
[[nodiscard]] GT_API Tensor scalar_tensor(const Scalar& value, TensorOptions options = {});

[[nodiscard]] GT_API Tensor empty_like(const Tensor& self, TensorOptions options = {});
[[nodiscard]] GT_API Tensor zeros_like(const Tensor& self, TensorOptions options = {});
[[nodiscard]] GT_API Tensor ones_like(const Tensor& self, TensorOptions options = {});
[[nodiscard]] GT_API Tensor full_like(const Tensor& self, const Scalar& value,
                                      TensorOptions options = {});
[[nodiscard]] GT_API Tensor rand_like(const Tensor& self, TensorOptions options = {});
[[nodiscard]] GT_API Tensor randn_like(const Tensor& self, TensorOptions options = {});
[[nodiscard]] GT_API Tensor randint_like(const Tensor& self, std::int64_t high,
                                         TensorOptions options = {});

// ---- Random numbers, from the generator that `manual_seed` restarts.

/// Uniform in [0, 1).
[[nodiscard]] GT_API Tensor rand(IntArrayRef size, TensorOptions options = {});
/// Normal with mean 0 and standard deviation 1.
[[nodiscard]] GT_API Tensor randn(IntArrayRef size, TensorOptions options = {});
/// Long integers in [low, high).
[[nodiscard]] GT_API Tensor randint(std::int64_t high, IntArrayRef size,
                                    TensorOptions options = {});
[[nodiscard]] GT_API Tensor randint(std::int64_t low, std::int64_t high, IntArrayRef size,
                                    TensorOptions options = {});
/// The numbers 0 to n-1 in random order, Long.
[[nodiscard]] GT_API Tensor randperm(std::int64_t n, TensorOptions options = {});
/// 1 with the probability that the element gives, else 0.
[[nodiscard]] GT_API Tensor bernoulli(const Tensor& self);
[[nodiscard]] GT_API Tensor bernoulli(const Tensor& self, double p);
[[nodiscard]] GT_API Tensor normal(double mean, double std, IntArrayRef size,
                                   TensorOptions options = {});
/// Positions drawn from the weights of each row (they need not sum to 1): (n) or (rows, n), Long.
[[nodiscard]] GT_API Tensor multinomial(const Tensor& self, std::int64_t num_samples,
                                        bool replacement = false);

// ---- Element-wise, one operand: `name(x)` and in place `name_(x)`.

#define GT_UNARY_FUNCTION(name)                         \
  [[nodiscard]] GT_API Tensor name(const Tensor& self); \
  GT_API Tensor& name##_(Tensor& self);
GT_UNARY_FUNCTION(neg)
GT_UNARY_FUNCTION(abs)
GT_UNARY_FUNCTION(sign)
GT_UNARY_FUNCTION(sqrt)
GT_UNARY_FUNCTION(rsqrt)
GT_UNARY_FUNCTION(square)
GT_UNARY_FUNCTION(reciprocal)
GT_UNARY_FUNCTION(exp)
GT_UNARY_FUNCTION(expm1)
GT_UNARY_FUNCTION(log)
GT_UNARY_FUNCTION(log1p)
GT_UNARY_FUNCTION(log2)
GT_UNARY_FUNCTION(log10)
GT_UNARY_FUNCTION(sin)
GT_UNARY_FUNCTION(cos)
GT_UNARY_FUNCTION(tan)
GT_UNARY_FUNCTION(tanh)
GT_UNARY_FUNCTION(sinh)
GT_UNARY_FUNCTION(cosh)
GT_UNARY_FUNCTION(asin)
GT_UNARY_FUNCTION(acos)
GT_UNARY_FUNCTION(atan)
GT_UNARY_FUNCTION(erf)
GT_UNARY_FUNCTION(sigmoid)
GT_UNARY_FUNCTION(relu)
GT_UNARY_FUNCTION(silu)
GT_UNARY_FUNCTION(floor)
GT_UNARY_FUNCTION(ceil)
GT_UNARY_FUNCTION(round)
GT_UNARY_FUNCTION(trunc)
GT_UNARY_FUNCTION(frac)
GT_UNARY_FUNCTION(logical_not)
GT_UNARY_FUNCTION(bitwise_not)
#undef GT_UNARY_FUNCTION

[[nodiscard]] GT_API Tensor isnan(const Tensor& self);
[[nodiscard]] GT_API Tensor isinf(const Tensor& self);
[[nodiscard]] GT_API Tensor isfinite(const Tensor& self);
/// x * Phi(x); `approximate` is "none" (by erf) or "tanh".
[[nodiscard]] GT_API Tensor gelu(const Tensor& self, std::string_view approximate = "none");
[[nodiscard]] GT_API Tensor leaky_relu(const Tensor& self, const Scalar& negative_slope = 0.01);
[[nodiscard]] GT_API Tensor elu(const Tensor& self, const Scalar& alpha = 1,
                                const Scalar& scale = 1, const Scalar& input_scale = 1);
[[nodiscard]] GT_API Tensor softplus(const Tensor& self, const Scalar& beta = 1,
                                     const Scalar& threshold = 20);
[[nodiscard]] GT_API Tensor nan_to_num(const Tensor& self, optional<double> nan = nullopt,
                                       optional<double> posinf = nullopt,
                                       optional<double> neginf = nullopt);
[[nodiscard]] GT_API Tensor clone(const Tensor& self);
[[nodiscard]] GT_API Tensor detach(const Tensor& self);

// ---- Element-wise, two operands.

/// self + alpha * other
[[nodiscard]] GT_API Tensor add(const Tensor& self, const Tensor& other, const Scalar& alpha = 1);
[[nodiscard]] GT_API Tensor add(const Tensor& self, const Scalar& other, const Scalar& alpha = 1);
[[nodiscard]] GT_API Tensor sub(const Tensor& self, const Tensor& other, const Scalar& alpha = 1);
[[nodiscard]] GT_API Tensor sub(const Tensor& self, const Scalar& other, const Scalar& alpha = 1);
/// `rounding_mode`: "trunc" or "floor".
[[nodiscard]] GT_API Tensor div(const Tensor& self, const Tensor& other,
                                optional<std::string_view> rounding_mode);
[[nodiscard]] GT_API Tensor div(const Tensor& self, const Scalar& other,
                                optional<std::string_view> rounding_mode);

#define GT_BINARY_FUNCTION(name)                                             \
  [[nodiscard]] GT_API Tensor name(const Tensor& self, const Tensor& other); \
  [[nodiscard]] GT_API Tensor name(const Tensor& self, const Scalar& other);
GT_BINARY_FUNCTION(mul)
GT_BINARY_FUNCTION(div)
GT_BINARY_FUNCTION(floor_divide)
GT_BINARY_FUNCTION(remainder)
GT_BINARY_FUNCTION(fmod)
GT_BINARY_FUNCTION(eq)
GT_BINARY_FUNCTION(ne)
GT_BINARY_FUNCTION(lt)
GT_BINARY_FUNCTION(le)
GT_BINARY_FUNCTION(gt)
GT_BINARY_FUNCTION(ge)
GT_BINARY_FUNCTION(bitwise_and)
GT_BINARY_FUNCTION(bitwise_or)
GT_BINARY_FUNCTION(bitwise_xor)
#undef GT_BINARY_FUNCTION

[[nodiscard]] GT_API Tensor pow(const Tensor& self, const Tensor& exponent);
[[nodiscard]] GT_API Tensor pow(const Tensor& self, const Scalar& exponent);
[[nodiscard]] GT_API Tensor pow(const Scalar& self, const Tensor& exponent);
[[nodiscard]] GT_API Tensor maximum(const Tensor& self, const Tensor& other);
[[nodiscard]] GT_API Tensor minimum(const Tensor& self, const Tensor& other);
[[nodiscard]] GT_API Tensor max(const Tensor& self, const Tensor& other);
[[nodiscard]] GT_API Tensor min(const Tensor& self, const Tensor& other);
[[nodiscard]] GT_API Tensor atan2(const Tensor& self, const Tensor& other);
[[nodiscard]] GT_API Tensor logical_and(const Tensor& self, const Tensor& other);
[[nodiscard]] GT_API Tensor logical_or(const Tensor& self, const Tensor& other);
[[nodiscard]] GT_API Tensor logical_xor(const Tensor& self, const Tensor& other);

// ---- Element-wise, more operands.

[[nodiscard]] GT_API Tensor where(const Tensor& condition, const Tensor& self, const Tensor& other);
[[nodiscard]] GT_API Tensor where(const Tensor& condition, const Scalar& self, const Tensor& other);
[[nodiscard]] GT_API Tensor where(const Tensor& condition, const Tensor& self, const Scalar& other);
[[nodiscard]] GT_API Tensor where(const Tensor& condition, const Scalar& self, const Scalar& other);
/// The positions of the elements that are not zero, one Long tensor a dim. Waits for their number.
[[nodiscard]] GT_API std::vector<Tensor> where(const Tensor& condition);
[[nodiscard]] GT_API Tensor clamp(const Tensor& self, const optional<Scalar>& min,
                                  const optional<Scalar>& max = nullopt);
[[nodiscard]] GT_API Tensor clamp(const Tensor& self, const optional<Tensor>& min = {},
                                  const optional<Tensor>& max = {});
[[nodiscard]] GT_API Tensor clamp_min(const Tensor& self, const Scalar& min);
[[nodiscard]] GT_API Tensor clamp_min(const Tensor& self, const Tensor& min);
[[nodiscard]] GT_API Tensor clamp_max(const Tensor& self, const Scalar& max);
[[nodiscard]] GT_API Tensor clamp_max(const Tensor& self, const Tensor& max);
[[nodiscard]] GT_API Tensor masked_fill(const Tensor& self, const Tensor& mask,
                                        const Scalar& value);
[[nodiscard]] GT_API Tensor masked_fill(const Tensor& self, const Tensor& mask,
                                        const Tensor& value);
/// self + weight * (end - self)
[[nodiscard]] GT_API Tensor lerp(const Tensor& self, const Tensor& end, const Scalar& weight);
[[nodiscard]] GT_API Tensor lerp(const Tensor& self, const Tensor& end, const Tensor& weight);
/// self + value * tensor1 * tensor2
[[nodiscard]] GT_API Tensor addcmul(const Tensor& self, const Tensor& tensor1,
                                    const Tensor& tensor2, const Scalar& value = 1);
/// self + value * tensor1 / tensor2
[[nodiscard]] GT_API Tensor addcdiv(const Tensor& self, const Tensor& tensor1,
                                    const Tensor& tensor2, const Scalar& value = 1);

// ---- Reductions: over all dims, or over those named.

#define GT_SUM_FUNCTION(name)                                                                 \
  [[nodiscard]] GT_API Tensor name(const Tensor& self, optional<ScalarType> dtype = nullopt); \
  [[nodiscard]] GT_API Tensor name(const Tensor& self, OptionalIntArrayRef dim,               \
                                   bool keepdim = false, optional<ScalarType> dtype = nullopt);
GT_SUM_FUNCTION(sum)
GT_SUM_FUNCTION(mean)
#undef GT_SUM_FUNCTION
[[nodiscard]] GT_API Tensor prod(const Tensor& self, optional<ScalarType> dtype = nullopt);
[[nodiscard]] GT_API Tensor prod(const Tensor& self, std::int64_t dim, bool keepdim = false,
                                 optional<ScalarType> dtype = nullopt);
/// Divides by N - correction: N-1 unless told otherwise, N without `unbiased`.
// A number is a dim: without these it would choose `unbiased`.
#define GT_SPREAD_FUNCTION(name)                                                               \
  [[nodiscard]] GT_API Tensor name(const Tensor& self, int dim);                               \
  [[nodiscard]] GT_API Tensor name(const Tensor& self, std::int64_t dim);                      \
  [[nodiscard]] GT_API Tensor name(const Tensor& self, bool unbiased);                         \
  [[nodiscard]] GT_API Tensor name(const Tensor& self, OptionalIntArrayRef dim, bool unbiased, \
                                   bool keepdim = false);                                      \
  [[nodiscard]] GT_API Tensor name(const Tensor& self, OptionalIntArrayRef dim = nullopt,      \
                                   const optional<Scalar>& correction = nullopt,               \
                                   bool keepdim = false);
GT_SPREAD_FUNCTION(var)
GT_SPREAD_FUNCTION(std)
#undef GT_SPREAD_FUNCTION
[[nodiscard]] GT_API Tensor norm(const Tensor& self, const Scalar& p = 2);
[[nodiscard]] GT_API Tensor norm(const Tensor& self, const optional<Scalar>& p, IntArrayRef dim,
                                 bool keepdim = false);
/// The gradient spreads evenly over ties.
[[nodiscard]] GT_API Tensor max(const Tensor& self);
[[nodiscard]] GT_API Tensor min(const Tensor& self);
/// Values and their Long positions; the first of ties, which also gets the gradient.
[[nodiscard]] GT_API std::tuple<Tensor, Tensor> max(const Tensor& self, std::int64_t dim,
                                                    bool keepdim = false);
[[nodiscard]] GT_API std::tuple<Tensor, Tensor> min(const Tensor& self, std::int64_t dim,
                                                    bool keepdim = false);
[[nodiscard]] GT_API Tensor amax(const Tensor& self, IntArrayRef dim = {}, bool keepdim = false);
[[nodiscard]] GT_API Tensor amin(const Tensor& self, IntArrayRef dim = {}, bool keepdim = false);
/// Without a dim: the position in the flattened tensor.
[[nodiscard]] GT_API Tensor argmax(const Tensor& self, optional<std::int64_t> dim = nullopt,
                                   bool keepdim = false);
[[nodiscard]] GT_API Tensor argmin(const Tensor& self, optional<std::int64_t> dim = nullopt,
                                   bool keepdim = false);
[[nodiscard]] GT_API Tensor all(const Tensor& self);
[[nodiscard]] GT_API Tensor all(const Tensor& self, std::int64_t dim, bool keepdim = false);
[[nodiscard]] GT_API Tensor all(const Tensor& self, OptionalIntArrayRef dim, bool keepdim = false);
[[nodiscard]] GT_API Tensor any(const Tensor& self);
[[nodiscard]] GT_API Tensor any(const Tensor& self, std::int64_t dim, bool keepdim = false);
[[nodiscard]] GT_API Tensor any(const Tensor& self, OptionalIntArrayRef dim, bool keepdim = false);
[[nodiscard]] GT_API Tensor count_nonzero(const Tensor& self, optional<std::int64_t> dim = nullopt);
[[nodiscard]] GT_API Tensor count_nonzero(const Tensor& self, IntArrayRef dim);
[[nodiscard]] GT_API Tensor logsumexp(const Tensor& self, IntArrayRef dim, bool keepdim = false);
[[nodiscard]] GT_API Tensor cumsum(const Tensor& self, std::int64_t dim,
                                   optional<ScalarType> dtype = nullopt);

// ---- Joining, repeating and reordering (copies).

[[nodiscard]] GT_API Tensor cat(TensorList tensors, std::int64_t dim = 0);
[[nodiscard]] GT_API Tensor concat(TensorList tensors, std::int64_t dim = 0);
[[nodiscard]] GT_API Tensor stack(TensorList tensors, std::int64_t dim = 0);
[[nodiscard]] GT_API Tensor flip(const Tensor& self, IntArrayRef dims);
[[nodiscard]] GT_API Tensor roll(const Tensor& self, IntArrayRef shifts, IntArrayRef dims = {});
/// Each element (of a dim) `repeats` times in a row; flattened without a dim.
[[nodiscard]] GT_API Tensor repeat_interleave(const Tensor& self, std::int64_t repeats,
                                              optional<std::int64_t> dim = nullopt);
[[nodiscard]] GT_API Tensor tile(const Tensor& self, IntArrayRef dims);
[[nodiscard]] GT_API Tensor tril(const Tensor& self, std::int64_t diagonal = 0);
[[nodiscard]] GT_API Tensor triu(const Tensor& self, std::int64_t diagonal = 0);
/// `self` with a region replaced by `src`; the region is the view of the same name.
[[nodiscard]] GT_API Tensor slice_scatter(const Tensor& self, const Tensor& src,
                                          std::int64_t dim = 0,
                                          optional<std::int64_t> start = nullopt,
                                          optional<std::int64_t> end = nullopt,
                                          std::int64_t step = 1);
[[nodiscard]] GT_API Tensor select_scatter(const Tensor& self, const Tensor& src, std::int64_t dim,
                                           std::int64_t index);
[[nodiscard]] GT_API Tensor diagonal_scatter(const Tensor& self, const Tensor& src,
                                             std::int64_t offset = 0, std::int64_t dim1 = 0,
                                             std::int64_t dim2 = 1);

// ---- By index tensors. Indices outside the tensor throw where the program next waits.

[[nodiscard]] GT_API Tensor index_select(const Tensor& self, std::int64_t dim, const Tensor& index);
[[nodiscard]] GT_API Tensor gather(const Tensor& self, std::int64_t dim, const Tensor& index,
                                   bool sparse_grad = false);
/// Elements of the flattened tensor.
[[nodiscard]] GT_API Tensor take(const Tensor& self, const Tensor& index);
/// Where several positions are equal, the last one wins.
[[nodiscard]] GT_API Tensor scatter(const Tensor& self, std::int64_t dim, const Tensor& index,
                                    const Tensor& src);
[[nodiscard]] GT_API Tensor scatter(const Tensor& self, std::int64_t dim, const Tensor& index,
                                    const Scalar& value);
[[nodiscard]] GT_API Tensor scatter_add(const Tensor& self, std::int64_t dim, const Tensor& index,
                                        const Tensor& src);
[[nodiscard]] GT_API Tensor index_add(const Tensor& self, std::int64_t dim, const Tensor& index,
                                      const Tensor& source, const Scalar& alpha = 1);
[[nodiscard]] GT_API Tensor index_copy(const Tensor& self, std::int64_t dim, const Tensor& index,
                                       const Tensor& source);
[[nodiscard]] GT_API Tensor index_fill(const Tensor& self, std::int64_t dim, const Tensor& index,
                                       const Scalar& value);
/// Positions of the elements that are not zero, (count, dims) Long. Waits for their number.
[[nodiscard]] GT_API Tensor nonzero(const Tensor& self);
/// The elements where the mask is true, as one dim. Waits for their number.
[[nodiscard]] GT_API Tensor masked_select(const Tensor& self, const Tensor& mask);
/// Values and positions, in ascending order unless told otherwise.
[[nodiscard]] GT_API std::tuple<Tensor, Tensor> sort(const Tensor& self, std::int64_t dim = -1,
                                                     bool descending = false);
[[nodiscard]] GT_API std::tuple<Tensor, Tensor> sort(const Tensor& self, optional<bool> stable,
                                                     std::int64_t dim = -1,
                                                     bool descending = false);
[[nodiscard]] GT_API Tensor argsort(const Tensor& self, std::int64_t dim = -1,
                                    bool descending = false);
[[nodiscard]] GT_API std::tuple<Tensor, Tensor> topk(const Tensor& self, std::int64_t k,
                                                     std::int64_t dim = -1, bool largest = true,
                                                     bool sorted = true);
/// A new last dim with 1 at the position that the element names.
[[nodiscard]] GT_API Tensor one_hot(const Tensor& self, std::int64_t num_classes);

// ---- Matrix products. Dtypes must match; nothing promotes.

[[nodiscard]] GT_API Tensor mm(const Tensor& self, const Tensor& mat2);
[[nodiscard]] GT_API Tensor bmm(const Tensor& self, const Tensor& mat2);
[[nodiscard]] GT_API Tensor mv(const Tensor& self, const Tensor& vec);
[[nodiscard]] GT_API Tensor dot(const Tensor& self, const Tensor& tensor);
[[nodiscard]] GT_API Tensor outer(const Tensor& self, const Tensor& vec2);
/// Vectors, matrices and batches of them; batch dims broadcast.
[[nodiscard]] GT_API Tensor matmul(const Tensor& self, const Tensor& other);
/// beta * self + alpha * (mat1 mat2)
[[nodiscard]] GT_API Tensor addmm(const Tensor& self, const Tensor& mat1, const Tensor& mat2,
                                  const Scalar& beta = 1, const Scalar& alpha = 1);
[[nodiscard]] GT_API Tensor baddbmm(const Tensor& self, const Tensor& batch1, const Tensor& batch2,
                                    const Scalar& beta = 1, const Scalar& alpha = 1);
/// Sum of the main diagonal of a matrix.
[[nodiscard]] GT_API Tensor trace(const Tensor& self);
/// input weight^T + bias over the last dim.
[[nodiscard]] GT_API Tensor linear(const Tensor& input, const Tensor& weight,
                                   const Tensor& bias = {});

// ---- Parts of networks.

[[nodiscard]] GT_API Tensor embedding(const Tensor& weight, const Tensor& indices,
                                      std::int64_t padding_idx = -1);
[[nodiscard]] GT_API Tensor softmax(const Tensor& self, std::int64_t dim,
                                    optional<ScalarType> dtype = nullopt);
[[nodiscard]] GT_API Tensor log_softmax(const Tensor& self, std::int64_t dim,
                                        optional<ScalarType> dtype = nullopt);
[[nodiscard]] GT_API Tensor layer_norm(const Tensor& input, IntArrayRef normalized_shape,
                                       const Tensor& weight = {}, const Tensor& bias = {},
                                       double eps = 1e-5);
/// In training, zero with probability p, else multiplied by 1/(1-p).
[[nodiscard]] GT_API Tensor dropout(const Tensor& input, double p, bool train);
GT_API Tensor& dropout_(Tensor& self, double p, bool train);
/// softmax(scale * query key^T + mask) value; scale defaults to 1/sqrt(E). A bool mask is true
/// where attention is allowed.
[[nodiscard]] GT_API Tensor
scaled_dot_product_attention(const Tensor& query, const Tensor& key, const Tensor& value,
                             const optional<Tensor>& attn_mask = nullopt, double dropout_p = 0.0,
                             bool is_causal = false, optional<double> scale = nullopt);

/// LibTorch's numbers of the reductions of losses.
namespace Reduction {
enum Reduction { None = 0, Mean = 1, Sum = 2 };
}  // namespace Reduction

[[nodiscard]] GT_API Tensor mse_loss(const Tensor& self, const Tensor& target,
                                     std::int64_t reduction = Reduction::Mean);
[[nodiscard]] GT_API Tensor cross_entropy_loss(const Tensor& self, const Tensor& target,
                                               const Tensor& weight = {},
                                               std::int64_t reduction = Reduction::Mean,
                                               std::int64_t ignore_index = -100,
                                               double label_smoothing = 0.0);

// ---- Views as functions.

[[nodiscard]] GT_API Tensor reshape(const Tensor& self, IntArrayRef shape);
[[nodiscard]] GT_API Tensor flatten(const Tensor& self, std::int64_t start_dim = 0,
                                    std::int64_t end_dim = -1);
[[nodiscard]] GT_API Tensor squeeze(const Tensor& self);
[[nodiscard]] GT_API Tensor squeeze(const Tensor& self, std::int64_t dim);
[[nodiscard]] GT_API Tensor unsqueeze(const Tensor& self, std::int64_t dim);
[[nodiscard]] GT_API Tensor transpose(const Tensor& self, std::int64_t dim0, std::int64_t dim1);
[[nodiscard]] GT_API Tensor t(const Tensor& self);
[[nodiscard]] GT_API Tensor permute(const Tensor& self, IntArrayRef dims);
[[nodiscard]] GT_API Tensor movedim(const Tensor& self, std::int64_t source,
                                    std::int64_t destination);
[[nodiscard]] GT_API Tensor broadcast_to(const Tensor& self, IntArrayRef size);
[[nodiscard]] GT_API Tensor select(const Tensor& self, std::int64_t dim, std::int64_t index);
[[nodiscard]] GT_API Tensor narrow(const Tensor& self, std::int64_t dim, std::int64_t start,
                                   std::int64_t length);
[[nodiscard]] GT_API Tensor diagonal(const Tensor& self, std::int64_t offset = 0,
                                     std::int64_t dim1 = 0, std::int64_t dim2 = 1);
[[nodiscard]] GT_API std::vector<Tensor> split(const Tensor& self, std::int64_t split_size,
                                               std::int64_t dim = 0);
[[nodiscard]] GT_API std::vector<Tensor> chunk(const Tensor& self, std::int64_t chunks,
                                               std::int64_t dim = 0);
[[nodiscard]] GT_API std::vector<Tensor> unbind(const Tensor& self, std::int64_t dim = 0);

// ---- Values on the host: these wait.

[[nodiscard]] GT_API bool equal(const Tensor& self, const Tensor& other);
[[nodiscard]] GT_API bool allclose(const Tensor& self, const Tensor& other, double rtol = 1e-05,
                                   double atol = 1e-08, bool equal_nan = false);
[[nodiscard]] GT_API bool is_nonzero(const Tensor& self);

}  // namespace gt

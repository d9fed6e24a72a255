// gt::Tensor: a handle to a tensor that lives on the workers.
//
// Copying a Tensor copies the handle: both names are one tensor. Views share the elements of the
// tensor they were taken from, and a write through any alias is seen through all of them, as in
// LibTorch. Operations return at once; only `item`, host pointers, printing, `equal`, `allclose`
// and operations whose result shape depends on values wait for the workers. Shape, dtype,
// dimension and autograd mistakes throw gt::Error at the call with LibTorch's wording; mistakes in
// values throw where the program next waits.
//
// A Tensor may be used by several threads as long as none of them writes to it.
#pragma once

#include <gt/export.h>
#include <gt/tensor_accessor.h>
#include <gt/types.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace gt {

class Tensor;
using TensorList = ArrayRef<Tensor>;

namespace autograd {
class Node;
}
namespace indexing {
class TensorIndex;
}
namespace detail {
class TensorData;
struct TensorImpl;
}  // namespace detail

class GT_API Tensor {
 public:
  /// The undefined tensor, "none": `defined()` is false.
  Tensor() = default;
  explicit Tensor(std::shared_ptr<detail::TensorImpl> impl) noexcept : impl_(std::move(impl)) {}
  Tensor(const Tensor&) = default;
  Tensor(Tensor&&) noexcept = default;
  ~Tensor() = default;

  // Assignment to a name rebinds the handle; assignment to an indexed or selected element writes
  // into the tensor: `x[0] = y`, `x.select(0, 1) = 2.0`.
  Tensor& operator=(const Tensor&) & = default;
  Tensor& operator=(Tensor&&) & noexcept = default;
  Tensor& operator=(const Tensor& source) &&;
  // NOLINTNEXTLINE(performance-noexcept-move-constructor): it writes elements, which may throw.
  Tensor& operator=(Tensor&& source) &&;
  Tensor& operator=(const Scalar& value) &&;

  // ---- Properties: known here, never wait (client/src/tensor). Undefined tensors throw, but for
  // defined(), numel() (0), scalar_type() (Undefined) and requires_grad() (false).
  [[nodiscard]] bool defined() const noexcept { return impl_ != nullptr; }
  void reset() noexcept { impl_.reset(); }
  [[nodiscard]] std::int64_t dim() const;
  [[nodiscard]] std::int64_t ndimension() const { return dim(); }
  [[nodiscard]] std::int64_t numel() const;
  /// The sizes live as long as the tensor keeps its shape.
  [[nodiscard]] IntArrayRef sizes() const;
  [[nodiscard]] std::int64_t size(std::int64_t dim) const;
  /// Strides that LibTorch would have: metadata that decides what `view` and `reshape` may do.
  [[nodiscard]] IntArrayRef strides() const;
  [[nodiscard]] std::int64_t stride(std::int64_t dim) const;
  [[nodiscard]] std::int64_t storage_offset() const;
  [[nodiscard]] bool is_contiguous(MemoryFormat format = MemoryFormat::Contiguous) const;
  [[nodiscard]] ScalarType scalar_type() const;
  [[nodiscard]] TypeMeta dtype() const { return TypeMeta(scalar_type()); }
  [[nodiscard]] std::size_t element_size() const;
  [[nodiscard]] std::size_t itemsize() const { return element_size(); }
  [[nodiscard]] std::size_t nbytes() const;
  [[nodiscard]] Device device() const;
  [[nodiscard]] std::int64_t get_device() const { return device().index(); }
  [[nodiscard]] StorageLayout layout() const { return kStrided; }
  /// Dtype and device, not requires_grad.
  [[nodiscard]] TensorOptions options() const;
  [[nodiscard]] bool is_cuda() const;
  [[nodiscard]] bool is_cpu() const;
  [[nodiscard]] bool is_floating_point() const;
  [[nodiscard]] bool is_complex() const { return false; }
  /// Whether both handles are one tensor.
  [[nodiscard]] bool is_same(const Tensor& other) const noexcept { return impl_ == other.impl_; }
  /// Whether a write to one may be seen through the other.
  [[nodiscard]] bool is_alias_of(const Tensor& other) const;
  /// Whether this was made as a differentiable view (`select`, `view`, ...; not `detach`).
  [[nodiscard]] bool is_view() const;
  [[nodiscard]] bool is_same_size(const Tensor& other) const;
  [[nodiscard]] std::size_t use_count() const noexcept { return std::size_t(impl_.use_count()); }

  // ---- Values on the host: these wait (client/src/tensor).
  /// The value of a tensor of one element.
  [[nodiscard]] Scalar item() const;
  /// The same as a `T`; throws if the value does not fit.
  template <class T>
  [[nodiscard]] T item() const {
    return item().to<T>();
  }
  /// The elements on the host, laid out by `strides()` from the returned address on. The memory
  /// belongs to the tensor (shared by all its aliases) and stays valid as long as one of them
  /// lives; a later call refreshes it after a write. Throws if `T` is not the element type, and on
  /// a tensor that is not labelled CPU. Half and BFloat16 are read through `to(kFloat)`.
  template <class T>
  [[nodiscard]] const T* const_data_ptr() const {
    return static_cast<const T*>(host_elements(ScalarTypeOf<std::remove_const_t<T>>::value));
  }
  [[nodiscard]] const void* const_data_ptr() const { return host_elements(scalar_type()); }
  /// Element access: `auto a = x.accessor<const float, 2>(); a[i][j]`. Same memory and rules as
  /// const_data_ptr. Not on temporaries: the accessor would outlive the tensor.
  template <class T, std::size_t N>
  [[nodiscard]] TensorAccessor<T, N> accessor() const& {
    static_assert(std::is_const_v<T>, "host memory is read-only here: use accessor<const T, N>()");
    static_assert(N > 0, "accessor is used for indexing tensor, for scalars use item<T>()");
    check_accessor_dim(N);
    return TensorAccessor<T, N>(const_data_ptr<T>(), sizes().data(), strides().data());
  }
  template <class T, std::size_t N>
  TensorAccessor<T, N> accessor() && = delete;
  [[nodiscard]] bool is_nonzero() const;                // client/src/functions
  [[nodiscard]] bool equal(const Tensor& other) const;  // client/src/functions
  [[nodiscard]] bool allclose(const Tensor& other, double rtol = 1e-05, double atol = 1e-08,
                              bool equal_nan = false) const;  // client/src/functions
  /// `CPUFloatType`
  [[nodiscard]] std::string toString() const;  // client/src/functions
  void print() const;                          // client/src/functions

  // ---- Autograd (client/src/autograd).
  [[nodiscard]] bool requires_grad() const;
  const Tensor& set_requires_grad(bool requires_grad) const;
  const Tensor& requires_grad_(bool requires_grad = true) const;
  [[nodiscard]] bool is_leaf() const;
  /// Undefined before the first backward.
  [[nodiscard]] const Tensor& grad() const;
  [[nodiscard]] Tensor& mutable_grad() const;
  [[nodiscard]] std::shared_ptr<autograd::Node> grad_fn() const;
  [[nodiscard]] std::uint32_t output_nr() const;
  /// Keeps `.grad` of a tensor that is not a leaf.
  void retain_grad() const;
  [[nodiscard]] bool retains_grad() const;
  /// Adds the gradients of this tensor to `.grad` of the leaves it was computed from (of `inputs`
  /// alone if given). Without `retain_graph` the graph is released as it is walked.
  void backward(const Tensor& gradient = {}, optional<bool> retain_graph = nullopt,
                bool create_graph = false, optional<TensorList> inputs = nullopt) const;
  /// Writes so far to this tensor or any alias.
  [[nodiscard]] std::int64_t _version() const;

  // ---- Aliases, copies, conversion (client/src/tensor).
  /// An alias without history.
  [[nodiscard]] Tensor detach() const;
  Tensor& detach_() const;
  [[nodiscard]] Tensor data() const { return detach(); }
  [[nodiscard]] Tensor variable_data() const { return detach(); }
  [[nodiscard]] Tensor tensor_data() const { return detach(); }
  /// This tensor (all its handles) becomes an alias of `source`; older views stay where they were.
  void set_data(const Tensor& source) const;
  [[nodiscard]] Tensor clone(optional<MemoryFormat> format = nullopt) const;
  /// The same handle if already contiguous, else a copy.
  [[nodiscard]] Tensor contiguous(MemoryFormat format = MemoryFormat::Contiguous) const;
  Tensor& copy_(const Tensor& source, bool non_blocking = false) const;
  Tensor& fill_(const Scalar& value) const;
  Tensor& fill_(const Tensor& value) const;
  Tensor& zero_() const;
  /// The same handle comes back if there is nothing to change and `copy` is false. A device only
  /// relabels.
  [[nodiscard]] Tensor to(TensorOptions options = {}, bool non_blocking = false, bool copy = false,
                          optional<MemoryFormat> format = nullopt) const;
  [[nodiscard]] Tensor to(Device device, ScalarType dtype, bool non_blocking = false,
                          bool copy = false, optional<MemoryFormat> format = nullopt) const;
  [[nodiscard]] Tensor to(ScalarType dtype, bool non_blocking = false, bool copy = false,
                          optional<MemoryFormat> format = nullopt) const;
  [[nodiscard]] Tensor to(TypeMeta dtype, bool non_blocking = false, bool copy = false,
                          optional<MemoryFormat> format = nullopt) const {
    return to(dtype.toScalarType(), non_blocking, copy, format);
  }
  [[nodiscard]] Tensor to(const Tensor& other, bool non_blocking = false, bool copy = false,
                          optional<MemoryFormat> format = nullopt) const;
  [[nodiscard]] Tensor cpu() const;
  [[nodiscard]] Tensor cuda() const;
  [[nodiscard]] Tensor toType(ScalarType type) const { return to(type); }
  [[nodiscard]] Tensor type_as(const Tensor& other) const;
  [[nodiscard]] Tensor new_empty(IntArrayRef size, TensorOptions options = {}) const;  // functions
  [[nodiscard]] Tensor new_zeros(IntArrayRef size, TensorOptions options = {}) const;  // functions
  [[nodiscard]] Tensor new_ones(IntArrayRef size, TensorOptions options = {}) const;   // functions
  [[nodiscard]] Tensor new_full(IntArrayRef size, const Scalar& value,
                                TensorOptions options = {}) const;  // functions
  /// The data as gt::tensor takes it, with this tensor's dtype and device unless told otherwise.
  [[nodiscard]] Tensor new_tensor(const detail::TensorData& data, TensorOptions options = {}) const;

  // ---- Indexing (client/src/tensor). Integers, slices, None and Ellipsis give a view, an index
  // tensor a copy; see gt/indexing.h.
  [[nodiscard]] Tensor operator[](std::int64_t index) const;
  [[nodiscard]] Tensor operator[](const Tensor& index) const;
  [[nodiscard]] Tensor operator[](const Scalar& index) const;
  [[nodiscard]] Tensor index(ArrayRef<indexing::TensorIndex> indices) const;
  [[nodiscard]] Tensor index(std::initializer_list<indexing::TensorIndex> indices) const;
  Tensor& index_put_(ArrayRef<indexing::TensorIndex> indices, const Tensor& values,
                     bool accumulate = false) const;
  Tensor& index_put_(ArrayRef<indexing::TensorIndex> indices, const Scalar& value,
                     bool accumulate = false) const;
  Tensor& index_put_(std::initializer_list<indexing::TensorIndex> indices, const Tensor& values,
                     bool accumulate = false) const;
  Tensor& index_put_(std::initializer_list<indexing::TensorIndex> indices, const Scalar& value,
                     bool accumulate = false) const;

  // ---- Views (client/src/tensor).
  [[nodiscard]] Tensor view(IntArrayRef size) const;
  [[nodiscard]] Tensor view_as(const Tensor& other) const;
  /// A view where the strides allow it, else a copy; so is flatten.
  [[nodiscard]] Tensor reshape(IntArrayRef shape) const;
  [[nodiscard]] Tensor reshape_as(const Tensor& other) const;
  [[nodiscard]] Tensor flatten(std::int64_t start_dim = 0, std::int64_t end_dim = -1) const;
  [[nodiscard]] Tensor unflatten(std::int64_t dim, IntArrayRef sizes) const;
  [[nodiscard]] Tensor squeeze() const;
  [[nodiscard]] Tensor squeeze(std::int64_t dim) const;
  [[nodiscard]] Tensor squeeze(IntArrayRef dims) const;
  [[nodiscard]] Tensor unsqueeze(std::int64_t dim) const;
  [[nodiscard]] Tensor transpose(std::int64_t dim0, std::int64_t dim1) const;
  [[nodiscard]] Tensor t() const;
  [[nodiscard]] Tensor mT() const { return transpose(-2, -1); }
  [[nodiscard]] Tensor permute(IntArrayRef dims) const;
  [[nodiscard]] Tensor movedim(std::int64_t source, std::int64_t destination) const;
  [[nodiscard]] Tensor movedim(IntArrayRef source, IntArrayRef destination) const;
  [[nodiscard]] Tensor expand(IntArrayRef size, bool implicit = false) const;
  [[nodiscard]] Tensor expand_as(const Tensor& other) const;
  [[nodiscard]] Tensor broadcast_to(IntArrayRef size) const;
  [[nodiscard]] Tensor select(std::int64_t dim, std::int64_t index) const;
  [[nodiscard]] Tensor slice(std::int64_t dim = 0, optional<std::int64_t> start = nullopt,
                             optional<std::int64_t> end = nullopt, std::int64_t step = 1) const;
  [[nodiscard]] Tensor narrow(std::int64_t dim, std::int64_t start, std::int64_t length) const;
  [[nodiscard]] Tensor diagonal(std::int64_t offset = 0, std::int64_t dim1 = 0,
                                std::int64_t dim2 = 1) const;
  [[nodiscard]] Tensor unfold(std::int64_t dimension, std::int64_t size, std::int64_t step) const;
  [[nodiscard]] std::vector<Tensor> split(std::int64_t split_size, std::int64_t dim = 0) const;
  [[nodiscard]] std::vector<Tensor> split(IntArrayRef split_sizes, std::int64_t dim = 0) const;
  [[nodiscard]] std::vector<Tensor> split_with_sizes(IntArrayRef split_sizes,
                                                     std::int64_t dim = 0) const;
  [[nodiscard]] std::vector<Tensor> chunk(std::int64_t chunks, std::int64_t dim = 0) const;
  [[nodiscard]] std::vector<Tensor> unbind(std::int64_t dim = 0) const;
  Tensor& t_() const;
  Tensor& transpose_(std::int64_t dim0, std::int64_t dim1) const;
  Tensor& squeeze_() const;
  Tensor& squeeze_(std::int64_t dim) const;
  Tensor& unsqueeze_(std::int64_t dim) const;

  // ---- Operators (client/src/functions).
  [[nodiscard]] Tensor operator~() const;
  [[nodiscard]] Tensor operator-() const;
  Tensor& operator+=(const Tensor& other) const;
  Tensor& operator+=(const Scalar& other) const;
  Tensor& operator-=(const Tensor& other) const;
  Tensor& operator-=(const Scalar& other) const;
  Tensor& operator*=(const Tensor& other) const;
  Tensor& operator*=(const Scalar& other) const;
  Tensor& operator/=(const Tensor& other) const;
  Tensor& operator/=(const Scalar& other) const;
  Tensor& operator&=(const Tensor& other) const;
  Tensor& operator|=(const Tensor& other) const;
  Tensor& operator^=(const Tensor& other) const;

  // ---- Point-wise (client/src/functions). Promotion and broadcasting as in LibTorch; the form
  // with an underscore writes into this tensor, keeps its dtype, and returns it.
  [[nodiscard]] Tensor add(const Tensor& other, const Scalar& alpha = 1) const;
  [[nodiscard]] Tensor add(const Scalar& other, const Scalar& alpha = 1) const;
  Tensor& add_(const Tensor& other, const Scalar& alpha = 1) const;
  Tensor& add_(const Scalar& other, const Scalar& alpha = 1) const;
  [[nodiscard]] Tensor sub(const Tensor& other, const Scalar& alpha = 1) const;
  [[nodiscard]] Tensor sub(const Scalar& other, const Scalar& alpha = 1) const;
  Tensor& sub_(const Tensor& other, const Scalar& alpha = 1) const;
  Tensor& sub_(const Scalar& other, const Scalar& alpha = 1) const;
  /// `rounding_mode` is "trunc", "floor" or nothing.
  [[nodiscard]] Tensor div(const Tensor& other, optional<string_view> rounding_mode) const;
  [[nodiscard]] Tensor div(const Scalar& other, optional<string_view> rounding_mode) const;
  Tensor& div_(const Tensor& other, optional<string_view> rounding_mode) const;
  Tensor& div_(const Scalar& other, optional<string_view> rounding_mode) const;

// Forms that take a tensor or a number, out of place and in place.
#define GT_BINARY_METHOD(name)                          \
  [[nodiscard]] Tensor name(const Tensor& other) const; \
  [[nodiscard]] Tensor name(const Scalar& other) const; \
  Tensor& name##_(const Tensor& other) const;           \
  Tensor& name##_(const Scalar& other) const;
  GT_BINARY_METHOD(mul)
  GT_BINARY_METHOD(div)
  GT_BINARY_METHOD(floor_divide)
  GT_BINARY_METHOD(remainder)
  GT_BINARY_METHOD(fmod)
  GT_BINARY_METHOD(pow)
  GT_BINARY_METHOD(eq)
  GT_BINARY_METHOD(ne)
  GT_BINARY_METHOD(lt)
  GT_BINARY_METHOD(le)
  GT_BINARY_METHOD(gt)
  GT_BINARY_METHOD(ge)
  GT_BINARY_METHOD(bitwise_and)
  GT_BINARY_METHOD(bitwise_or)
  GT_BINARY_METHOD(bitwise_xor)
  GT_BINARY_METHOD(clamp_min)
  GT_BINARY_METHOD(clamp_max)
#undef GT_BINARY_METHOD

// Forms that take a tensor, out of place and in place.
#define GT_BINARY_TENSOR_METHOD(name)                   \
  [[nodiscard]] Tensor name(const Tensor& other) const; \
  Tensor& name##_(const Tensor& other) const;
  GT_BINARY_TENSOR_METHOD(atan2)
  GT_BINARY_TENSOR_METHOD(logical_and)
  GT_BINARY_TENSOR_METHOD(logical_or)
  GT_BINARY_TENSOR_METHOD(logical_xor)
#undef GT_BINARY_TENSOR_METHOD

// Forms without further operands, out of place and in place.
#define GT_UNARY_METHOD(name)        \
  [[nodiscard]] Tensor name() const; \
  Tensor& name##_() const;
  GT_UNARY_METHOD(neg)
  GT_UNARY_METHOD(abs)
  GT_UNARY_METHOD(sign)
  GT_UNARY_METHOD(sqrt)
  GT_UNARY_METHOD(rsqrt)
  GT_UNARY_METHOD(square)
  GT_UNARY_METHOD(reciprocal)
  GT_UNARY_METHOD(exp)
  GT_UNARY_METHOD(expm1)
  GT_UNARY_METHOD(log)
  GT_UNARY_METHOD(log1p)
  GT_UNARY_METHOD(log2)
  GT_UNARY_METHOD(log10)
  GT_UNARY_METHOD(sin)
  GT_UNARY_METHOD(cos)
  GT_UNARY_METHOD(tan)
  GT_UNARY_METHOD(sinh)
  GT_UNARY_METHOD(cosh)
  GT_UNARY_METHOD(tanh)
  GT_UNARY_METHOD(asin)
  GT_UNARY_METHOD(acos)
  GT_UNARY_METHOD(atan)
  GT_UNARY_METHOD(erf)
  GT_UNARY_METHOD(sigmoid)
  GT_UNARY_METHOD(relu)
  GT_UNARY_METHOD(floor)
  GT_UNARY_METHOD(ceil)
  GT_UNARY_METHOD(round)
  GT_UNARY_METHOD(trunc)
  GT_UNARY_METHOD(frac)
  GT_UNARY_METHOD(logical_not)
  GT_UNARY_METHOD(bitwise_not)
#undef GT_UNARY_METHOD
  [[nodiscard]] Tensor isnan() const;
  [[nodiscard]] Tensor isinf() const;
  [[nodiscard]] Tensor isfinite() const;
  [[nodiscard]] Tensor maximum(const Tensor& other) const;
  [[nodiscard]] Tensor minimum(const Tensor& other) const;
  [[nodiscard]] Tensor clamp(const optional<Scalar>& min,
                             const optional<Scalar>& max = nullopt) const;
  [[nodiscard]] Tensor clamp(const optional<Tensor>& min = {},
                             const optional<Tensor>& max = {}) const;
  Tensor& clamp_(const optional<Scalar>& min, const optional<Scalar>& max = nullopt) const;
  Tensor& clamp_(const optional<Tensor>& min = {}, const optional<Tensor>& max = {}) const;
  [[nodiscard]] Tensor nan_to_num(optional<double> nan = nullopt, optional<double> posinf = nullopt,
                                  optional<double> neginf = nullopt) const;
  Tensor& nan_to_num_(optional<double> nan = nullopt, optional<double> posinf = nullopt,
                      optional<double> neginf = nullopt) const;
  [[nodiscard]] Tensor lerp(const Tensor& end, const Scalar& weight) const;
  [[nodiscard]] Tensor lerp(const Tensor& end, const Tensor& weight) const;
  Tensor& lerp_(const Tensor& end, const Scalar& weight) const;
  Tensor& lerp_(const Tensor& end, const Tensor& weight) const;
  [[nodiscard]] Tensor addcmul(const Tensor& tensor1, const Tensor& tensor2,
                               const Scalar& value = 1) const;
  Tensor& addcmul_(const Tensor& tensor1, const Tensor& tensor2, const Scalar& value = 1) const;
  [[nodiscard]] Tensor addcdiv(const Tensor& tensor1, const Tensor& tensor2,
                               const Scalar& value = 1) const;
  Tensor& addcdiv_(const Tensor& tensor1, const Tensor& tensor2, const Scalar& value = 1) const;
  /// This tensor where `condition` holds, else `other`.
  [[nodiscard]] Tensor where(const Tensor& condition, const Tensor& other) const;
  [[nodiscard]] Tensor where(const Tensor& condition, const Scalar& other) const;
  [[nodiscard]] Tensor masked_fill(const Tensor& mask, const Scalar& value) const;
  [[nodiscard]] Tensor masked_fill(const Tensor& mask, const Tensor& value) const;
  Tensor& masked_fill_(const Tensor& mask, const Scalar& value) const;
  Tensor& masked_fill_(const Tensor& mask, const Tensor& value) const;

  // ---- Reductions (client/src/functions).
  [[nodiscard]] Tensor sum(optional<ScalarType> dtype = nullopt) const;
  [[nodiscard]] Tensor sum(OptionalIntArrayRef dim, bool keepdim = false,
                           optional<ScalarType> dtype = nullopt) const;
  [[nodiscard]] Tensor mean(optional<ScalarType> dtype = nullopt) const;
  [[nodiscard]] Tensor mean(OptionalIntArrayRef dim, bool keepdim = false,
                            optional<ScalarType> dtype = nullopt) const;
  [[nodiscard]] Tensor prod(optional<ScalarType> dtype = nullopt) const;
  [[nodiscard]] Tensor prod(std::int64_t dim, bool keepdim = false,
                            optional<ScalarType> dtype = nullopt) const;
  [[nodiscard]] Tensor var(bool unbiased) const;
  [[nodiscard]] Tensor var(int dim) const;
  [[nodiscard]] Tensor var(std::int64_t dim) const;
  [[nodiscard]] Tensor var(OptionalIntArrayRef dim, bool unbiased, bool keepdim = false) const;
  [[nodiscard]] Tensor var(OptionalIntArrayRef dim = nullopt,
                           const optional<Scalar>& correction = nullopt,
                           bool keepdim = false) const;
  [[nodiscard]] Tensor std(bool unbiased) const;
  [[nodiscard]] Tensor std(int dim) const;
  [[nodiscard]] Tensor std(std::int64_t dim) const;
  [[nodiscard]] Tensor std(OptionalIntArrayRef dim, bool unbiased, bool keepdim = false) const;
  [[nodiscard]] Tensor std(OptionalIntArrayRef dim = nullopt,
                           const optional<Scalar>& correction = nullopt,
                           bool keepdim = false) const;
  [[nodiscard]] Tensor norm(const Scalar& p = 2) const;
  [[nodiscard]] Tensor norm(const optional<Scalar>& p, IntArrayRef dim, bool keepdim = false) const;
  [[nodiscard]] Tensor max() const;
  [[nodiscard]] Tensor max(const Tensor& other) const;
  [[nodiscard]] std::tuple<Tensor, Tensor> max(std::int64_t dim, bool keepdim = false) const;
  [[nodiscard]] Tensor min() const;
  [[nodiscard]] Tensor min(const Tensor& other) const;
  [[nodiscard]] std::tuple<Tensor, Tensor> min(std::int64_t dim, bool keepdim = false) const;
  [[nodiscard]] Tensor amax(IntArrayRef dim = {}, bool keepdim = false) const;
  [[nodiscard]] Tensor amin(IntArrayRef dim = {}, bool keepdim = false) const;
  [[nodiscard]] Tensor argmax(optional<std::int64_t> dim = nullopt, bool keepdim = false) const;
  [[nodiscard]] Tensor argmin(optional<std::int64_t> dim = nullopt, bool keepdim = false) const;
  [[nodiscard]] Tensor all() const;
  [[nodiscard]] Tensor all(std::int64_t dim, bool keepdim = false) const;
  [[nodiscard]] Tensor all(OptionalIntArrayRef dim, bool keepdim = false) const;
  [[nodiscard]] Tensor any() const;
  [[nodiscard]] Tensor any(std::int64_t dim, bool keepdim = false) const;
  [[nodiscard]] Tensor any(OptionalIntArrayRef dim, bool keepdim = false) const;
  [[nodiscard]] Tensor count_nonzero(optional<std::int64_t> dim = nullopt) const;
  [[nodiscard]] Tensor count_nonzero(IntArrayRef dim) const;
  [[nodiscard]] Tensor logsumexp(IntArrayRef dim, bool keepdim = false) const;
  [[nodiscard]] Tensor cumsum(std::int64_t dim, optional<ScalarType> dtype = nullopt) const;
  Tensor& cumsum_(std::int64_t dim, optional<ScalarType> dtype = nullopt) const;
  [[nodiscard]] Tensor softmax(std::int64_t dim, optional<ScalarType> dtype = nullopt) const;
  [[nodiscard]] Tensor log_softmax(std::int64_t dim, optional<ScalarType> dtype = nullopt) const;

  // ---- Linear algebra (client/src/functions).
  [[nodiscard]] Tensor mm(const Tensor& mat2) const;
  [[nodiscard]] Tensor bmm(const Tensor& mat2) const;
  [[nodiscard]] Tensor matmul(const Tensor& other) const;
  [[nodiscard]] Tensor mv(const Tensor& vec) const;
  [[nodiscard]] Tensor dot(const Tensor& other) const;
  [[nodiscard]] Tensor outer(const Tensor& vec2) const;
  [[nodiscard]] Tensor addmm(const Tensor& mat1, const Tensor& mat2, const Scalar& beta = 1,
                             const Scalar& alpha = 1) const;
  Tensor& addmm_(const Tensor& mat1, const Tensor& mat2, const Scalar& beta = 1,
                 const Scalar& alpha = 1) const;
  [[nodiscard]] Tensor baddbmm(const Tensor& batch1, const Tensor& batch2, const Scalar& beta = 1,
                               const Scalar& alpha = 1) const;
  Tensor& baddbmm_(const Tensor& batch1, const Tensor& batch2, const Scalar& beta = 1,
                   const Scalar& alpha = 1) const;
  [[nodiscard]] Tensor tril(std::int64_t diagonal = 0) const;
  [[nodiscard]] Tensor triu(std::int64_t diagonal = 0) const;
  Tensor& tril_(std::int64_t diagonal = 0) const;
  Tensor& triu_(std::int64_t diagonal = 0) const;
  [[nodiscard]] Tensor trace() const;

  // ---- Copies in another arrangement (client/src/functions).
  [[nodiscard]] Tensor repeat(IntArrayRef repeats) const;
  [[nodiscard]] Tensor repeat_interleave(std::int64_t repeats,
                                         optional<std::int64_t> dim = nullopt) const;
  [[nodiscard]] Tensor tile(IntArrayRef dims) const;
  [[nodiscard]] Tensor flip(IntArrayRef dims) const;
  [[nodiscard]] Tensor roll(IntArrayRef shifts, IntArrayRef dims = {}) const;
  [[nodiscard]] Tensor index_select(std::int64_t dim, const Tensor& index) const;
  [[nodiscard]] Tensor gather(std::int64_t dim, const Tensor& index,
                              bool sparse_grad = false) const;
  [[nodiscard]] Tensor take(const Tensor& index) const;
  /// Waits: the number of results depends on the mask; so does nonzero.
  [[nodiscard]] Tensor masked_select(const Tensor& mask) const;
  [[nodiscard]] Tensor nonzero() const;
  [[nodiscard]] std::tuple<Tensor, Tensor> sort(std::int64_t dim = -1,
                                                bool descending = false) const;
  [[nodiscard]] std::tuple<Tensor, Tensor> sort(optional<bool> stable, std::int64_t dim = -1,
                                                bool descending = false) const;
  [[nodiscard]] Tensor argsort(std::int64_t dim = -1, bool descending = false) const;
  [[nodiscard]] std::tuple<Tensor, Tensor> topk(std::int64_t k, std::int64_t dim = -1,
                                                bool largest = true, bool sorted = true) const;

  // ---- Writing by position (client/src/functions).
  [[nodiscard]] Tensor slice_scatter(const Tensor& source, std::int64_t dim = 0,
                                     optional<std::int64_t> start = nullopt,
                                     optional<std::int64_t> end = nullopt,
                                     std::int64_t step = 1) const;
  [[nodiscard]] Tensor select_scatter(const Tensor& source, std::int64_t dim,
                                      std::int64_t index) const;
  [[nodiscard]] Tensor diagonal_scatter(const Tensor& source, std::int64_t offset = 0,
                                        std::int64_t dim1 = 0, std::int64_t dim2 = 1) const;
  [[nodiscard]] Tensor scatter(std::int64_t dim, const Tensor& index, const Tensor& source) const;
  [[nodiscard]] Tensor scatter(std::int64_t dim, const Tensor& index, const Scalar& value) const;
  Tensor& scatter_(std::int64_t dim, const Tensor& index, const Tensor& source) const;
  Tensor& scatter_(std::int64_t dim, const Tensor& index, const Scalar& value) const;
  [[nodiscard]] Tensor scatter_add(std::int64_t dim, const Tensor& index,
                                   const Tensor& source) const;
  Tensor& scatter_add_(std::int64_t dim, const Tensor& index, const Tensor& source) const;
  [[nodiscard]] Tensor index_add(std::int64_t dim, const Tensor& index, const Tensor& source,
                                 const Scalar& alpha = 1) const;
  Tensor& index_add_(std::int64_t dim, const Tensor& index, const Tensor& source,
                     const Scalar& alpha = 1) const;
  [[nodiscard]] Tensor index_copy(std::int64_t dim, const Tensor& index,
                                  const Tensor& source) const;
  Tensor& index_copy_(std::int64_t dim, const Tensor& index, const Tensor& source) const;
  [[nodiscard]] Tensor index_fill(std::int64_t dim, const Tensor& index, const Scalar& value) const;
  Tensor& index_fill_(std::int64_t dim, const Tensor& index, const Scalar& value) const;

  // ---- Random (client/src/functions).
  Tensor& uniform_(double from = 0, double to = 1) const;
  Tensor& normal_(double mean = 0, double std = 1) const;
  Tensor& bernoulli_(double p = 0.5) const;
  Tensor& bernoulli_(const Tensor& p) const;
  Tensor& random_() const;
  Tensor& random_(std::int64_t to) const;
  Tensor& random_(std::int64_t from, optional<std::int64_t> to) const;
  [[nodiscard]] Tensor bernoulli() const;
  [[nodiscard]] Tensor bernoulli(double p) const;
  [[nodiscard]] Tensor multinomial(std::int64_t num_samples, bool replacement = false) const;

  /// For GT's own sources.
  [[nodiscard]] const std::shared_ptr<detail::TensorImpl>& impl() const noexcept { return impl_; }

 private:
  [[nodiscard]] const void* host_elements(ScalarType expected) const;
  void check_accessor_dim(std::size_t expected) const;

  std::shared_ptr<detail::TensorImpl> impl_;
};

}  // namespace gt

#include <gt/indexing.h>
#include <gt/operators.h>

// Mistakes of the caller, in LibTorch's words.
#include <functional>

#include "tests/unit/ops/inference_testing.h"

namespace gt::testing {
namespace {

struct Mistake {
  const char* name;
  std::function<std::string()> error;
  const char* words;
};

class LibTorchWords : public ::testing::TestWithParam<Mistake> {};

TEST_P(LibTorchWords, are_thrown) { EXPECT_EQ(GetParam().error(), GetParam().words); }

std::string name_of_case(const ::testing::TestParamInfo<Mistake>& info) { return info.param.name; }

#define GT_MISTAKE(name, expression, words) \
  Mistake {                                 \
    #name, [] { return expression; }, words \
  }

using enum Op;

const Mistake kPointwise[] = {
    GT_MISTAKE(broadcast, error_of(add, {floats({1, 2}), floats({1, 3})}, ScalarValue(1)),
               "The size of tensor a (2) must match the size of tensor b (3) at non-singleton "
               "dimension 1"),
    GT_MISTAKE(float_alpha_of_integers, error_of(add, {longs({2}), longs({2})}, ScalarValue(1.5)),
               "For integral input tensors, argument alpha must not be a floating point number."),
    GT_MISTAKE(bool_alpha, error_of(add, {floats({2}), floats({2})}, ScalarValue(true)),
               "Boolean alpha only supported for Boolean results."),
    GT_MISTAKE(bool_minus_bool, error_of(sub, {bools({2}), bools({2})}, ScalarValue(1)),
               "Subtraction, the `-` operator, with two bool tensors is not supported. Use the "
               "`^` or `logical_xor()` operator instead."),
    GT_MISTAKE(bool_minus_float, error_of(sub, {bools({2}), floats({2})}, ScalarValue(1)),
               "Subtraction, the `-` operator, with a bool tensor is not supported. If you are "
               "trying to invert a mask, use the `~` or `logical_not()` operator instead."),
    GT_MISTAKE(negated_bool, error_of(neg, {bools({2})}),
               "Negation, the `-` operator, on a bool tensor is not supported. If you are trying "
               "to invert a mask, use the `~` or `logical_not()` operator instead."),
    GT_MISTAKE(silu_of_a_boolean_number, error_of(silu, {number(true)}),
               "\"silu_cpu\" not implemented for 'Bool'"),
    GT_MISTAKE(frac_of_an_integer_number, error_of(frac, {number(2)}),
               "\"frac_cpu\" not implemented for 'Long'"),
    GT_MISTAKE(clone_of_a_number, error_of(clone, {number(1.5)}),
               "expected a tensor, but got a number"),
    GT_MISTAKE(bitwise_float, error_of(bitwise_and, {longs({2}), number(1.5)}),
               "\"bitwise_and_cpu\" not implemented for 'Float'"),
    GT_MISTAKE(relu_of_bool, error_of(relu, {bools({2})}), "Boolean inputs not supported for relu"),
    GT_MISTAKE(silu_of_long, error_of(silu, {longs({2})}),
               "\"silu_cpu\" not implemented for 'Long'"),
    GT_MISTAKE(remainder_of_bools, error_of(Op::remainder, {bools({2}), bools({2})}),
               "\"remainder_cpu\" not implemented for 'Bool'"),
    GT_MISTAKE(arithmetic_of_uint16,
               error_of(add, {tensor(DType::kUInt16, {2}), number(1)}, ScalarValue(1)),
               "\"add_cpu\" not implemented for 'UInt16'"),
    GT_MISTAKE(
        where_condition, error_of(where, {floats({2}), floats({2}), floats({2})}),
        "where expected condition to be a boolean tensor, but got a tensor with dtype Float"),
    GT_MISTAKE(clamp_without_bounds, error_of(clamp, {floats({2}), none(), none()}),
               "torch.clamp: At least one of 'min' or 'max' must not be None"),
    GT_MISTAKE(masked_fill_mask, error_of(masked_fill, {floats({2}), floats({2}), number(1)}),
               "masked_fill_ only supports boolean masks, but got mask with dtype float"),
    GT_MISTAKE(masked_fill_value, error_of(masked_fill, {floats({2}), bools({2}), floats({2})}),
               "masked_fill_ only supports a 0-dimensional value tensor, but got tensor with 1 "
               "dimension(s)."),
    GT_MISTAKE(lerp_dtypes, error_of(Op::lerp, {floats({2}), doubles({2}), number(0.5)}),
               "expected dtype float for `end` but got dtype double"),
    GT_MISTAKE(missing_operand, error_of(mul, {floats({2}), none()}),
               "Expected a proper Tensor but got None (or an undefined Tensor in C++) for argument "
               "#1 'other'"),
};
INSTANTIATE_TEST_SUITE_P(C12_pointwise, LibTorchWords, ::testing::ValuesIn(kPointwise),
                         name_of_case);

const Mistake kReductions[] = {
    GT_MISTAKE(dim_out_of_range, error_of(sum, {floats({2})}, ints({3}), false, kNoDType),
               "Dimension out of range (expected to be in range of [-1, 0], but got 3)"),
    GT_MISTAKE(repeated_dim, error_of(sum, {floats({2})}, ints({0, -1}), false, kNoDType),
               "dim 0 appears multiple times in the list of dims"),
    GT_MISTAKE(mean_of_long, error_of(mean, {longs({2})}, ints({}), false, kNoDType),
               "mean(): could not infer output dtype. Input dtype must be either a floating point "
               "or complex dtype. Got: Long"),
    GT_MISTAKE(mean_to_long, error_of(mean, {floats({2})}, ints({}), false, DType::kInt64),
               "mean(): could not infer output dtype. Optional dtype must be either a floating "
               "point or complex dtype. Got: Long"),
    GT_MISTAKE(var_of_long, error_of(var, {longs({2})}, ints({}), false, 1.0),
               "std and var only support floating point and complex dtypes"),
    GT_MISTAKE(amax_of_nothing, error_of(amax, {floats({0})}, ints({}), false),
               "amax(): Expected reduction dim to be specified for input.numel() == 0. Specify the "
               "reduction dim with the 'dim' argument."),
    GT_MISTAKE(max_over_empty_dim, error_of(max_dim, {floats({2, 0})}, 1, false),
               "max(): Expected reduction dim 1 to have non-zero size."),
    GT_MISTAKE(argmax_of_nothing, error_of(argmax, {floats({0})}, ints({}), false),
               "argmax(): Expected reduction dim to be specified for input.numel() == 0."),
    GT_MISTAKE(argmax_of_bool, error_of(argmax, {bools({2})}, ints({}), false),
               "argmax(): does not support bool input"),
    GT_MISTAKE(
        norm_of_long, error_of(vector_norm, {longs({2})}, ints({}), false, 2.0, kNoDType),
        "linalg.vector_norm: Expected a floating point or complex tensor as input. Got Long"),
};
INSTANTIATE_TEST_SUITE_P(C13_reductions, LibTorchWords, ::testing::ValuesIn(kReductions),
                         name_of_case);

const Mistake kViews[] = {
    GT_MISTAKE(reshape_size, error_of(reshape, {floats({6})}, ints({4})),
               "shape '[4]' is invalid for input of size 6"),
    GT_MISTAKE(reshape_overflow, error_of(reshape, {floats({2})}, ints({std::int64_t{1} << 62, 4})),
               "shape '[4611686018427387904, 4]' is invalid for input of size 2"),
    GT_MISTAKE(reshape_twice_inferred, error_of(reshape, {floats({6})}, ints({-1, -1})),
               "only one dimension can be inferred"),
    GT_MISTAKE(reshape_negative, error_of(reshape, {floats({6})}, ints({-2})),
               "invalid shape dimension -2 at index 0 of shape [-2]"),
    GT_MISTAKE(reshape_ambiguous, error_of(reshape, {floats({0})}, ints({-1, 0})),
               "cannot reshape tensor of 0 elements into shape [-1, 0] because the unspecified "
               "dimension size -1 can be any value and is ambiguous"),
    GT_MISTAKE(expand_size, error_of(expand, {floats({2})}, ints({2, 3})),
               "The expanded size of the tensor (3) must match the existing size (2) at "
               "non-singleton dimension 1.  Target sizes: [2, 3].  Tensor sizes: [2]"),
    GT_MISTAKE(expand_rank, error_of(expand, {floats({2, 3})}, ints({3})),
               "expand(CPUFloatType{[2, 3]}, size=[3]): the number of sizes provided (1) must be "
               "greater or equal to the number of dimensions in the tensor (2)"),
    GT_MISTAKE(expand_leading, error_of(expand, {floats({2})}, ints({-1, 2})),
               "The expanded size of the tensor (-1) isn't allowed in a leading, non-existing "
               "dimension 0"),
    GT_MISTAKE(permute_twice, error_of(permute, {floats({2, 3})}, ints({0, -2})),
               "permute(): duplicate dims are not allowed."),
    GT_MISTAKE(slice_step, error_of(slice, {floats({2})}, 0, 0, 1, 0),
               "slice step must be positive"),
    GT_MISTAKE(slice_of_0_dim, error_of(slice, {floats({})}, 0, 0, 1, 1),
               "slice() cannot be applied to a 0-dim tensor."),
    GT_MISTAKE(slice_outside, error_of(slice, {floats({4})}, 0, 2, 3, 1),
               "slice of 3 elements from 2 with step 1 leaves dimension 0 of size 4"),
    GT_MISTAKE(select_index, error_of(select, {floats({2})}, 0, 5),
               "select(): index 5 out of range for tensor of size [2] at dimension 0"),
    GT_MISTAKE(diagonal_dims, error_of(diagonal, {floats({2, 3})}, 0, 1, 1),
               "diagonal dimensions cannot be identical 1, 1"),
    GT_MISTAKE(unfold_size, error_of(unfold, {floats({4})}, 0, 5, 1),
               "maximum size for tensor at dimension 0 is 4 but size is 5"),
    GT_MISTAKE(nine_dimensions, error_of(unfold, {floats({1, 1, 1, 1, 1, 1, 1, 1})}, 0, 1, 1),
               "unfold() would make more than 8 dimensions"),
    GT_MISTAKE(nine_sizes,
               error_of(reshape, {floats({1})},
                        std::span<const std::int64_t>(std::vector<std::int64_t>(9, 1))),
               "expected at most 8 values for 'shape', but got 9"),
    GT_MISTAKE(scattered_slice, error_of(slice_scatter, {floats({4}), floats({3})}, 0, 0, 2, 1),
               "expected src to have a size equal to the slice of self. src size = [3], slice "
               "size = [2]"),
};
INSTANTIATE_TEST_SUITE_P(C27_views, LibTorchWords, ::testing::ValuesIn(kViews), name_of_case);

const Mistake kIndexing[] = {
    GT_MISTAKE(empty_cat, error_of(cat, {}, 0),
               "torch.cat(): expected a non-empty list of Tensors"),
    GT_MISTAKE(cat_of_0_dim, error_of(cat, {floats({2}), floats({})}, 0),
               "zero-dimensional tensor (at position 1) cannot be concatenated"),
    GT_MISTAKE(cat_ranks, error_of(cat, {floats({2}), floats({2, 3})}, 0),
               "Tensors must have same number of dimensions: got 1 and 2"),
    GT_MISTAKE(cat_sizes, error_of(cat, {floats({2, 3}), floats({2, 4})}, 0),
               "Sizes of tensors must match except in dimension 0. Expected size 3 but got size 4 "
               "for tensor number 1 in the list."),
    GT_MISTAKE(empty_stack, error_of(stack, {}, 0), "stack expects a non-empty TensorList"),
    GT_MISTAKE(stack_sizes, error_of(stack, {floats({2}), floats({3})}, 0),
               "stack expects each tensor to be equal size, but got [2] at entry 0 and [3] at "
               "entry 1"),
    GT_MISTAKE(roll_shifts, error_of(roll, {floats({2})}, ints({1, 2}), ints({0})),
               "shifts and dimensions must align. shifts: 2, dims:1"),
    GT_MISTAKE(tril_of_vector, error_of(tril, {floats({2})}, 0),
               "tril: input tensor must have at least 2 dimensions"),
    GT_MISTAKE(float_index, error_of(Op::index, {floats({2}), floats({2})}),
               "tensors used as indices must be long, int, byte or bool tensors"),
    GT_MISTAKE(too_many_indices, error_of(Op::index, {floats({2}), longs({2}), longs({2})}),
               "too many indices for tensor of dimension 1"),
    GT_MISTAKE(index_shapes, error_of(Op::index, {floats({4, 4}), longs({2}), longs({3})}),
               "shape mismatch: indexing tensors could not be broadcast together with shapes [2], "
               "[3]"),
    GT_MISTAKE(index_into_nothing, error_of(Op::index, {floats({0}), longs({2})}),
               "index is out of bounds for dimension with size 0"),
    GT_MISTAKE(index_put_shape, error_of(index_put, {floats({2}), floats({3}), longs({2})}, false),
               "shape mismatch: value tensor of shape [3] cannot be broadcast to indexing result "
               "of shape [2]"),
    GT_MISTAKE(index_put_dtype, error_of(index_put, {floats({2}), longs({2}), longs({2})}, false),
               "Index put requires the source and destination dtypes match, got Float for the "
               "destination and Long for the source."),
    GT_MISTAKE(index_select_dtype, error_of(index_select, {floats({2}), floats({2})}, 0),
               "index_select(): Expected dtype int32 or int64 for index"),
    GT_MISTAKE(index_select_rank, error_of(index_select, {floats({2}), longs({2, 2})}, 0),
               "index_select(): Index is supposed to be a vector"),
    GT_MISTAKE(gather_rank, error_of(gather, {floats({2}), longs({2, 2})}, 0),
               "Index tensor must have the same number of dimensions as input tensor"),
    GT_MISTAKE(gather_size, error_of(gather, {floats({2, 3}), longs({2, 4})}, 0),
               "Size does not match at dimension 1 expected index [2, 4] to be no larger than self "
               "[2, 3] apart from dimension 0"),
    GT_MISTAKE(scatter_size, error_of(scatter, {floats({2}), longs({3}), floats({2})}, 0),
               "Expected index [3] to be no larger than self [2] apart from dimension 0 and to be "
               "no larger size than src [2]"),
    GT_MISTAKE(scatter_dtype, error_of(scatter_add, {floats({2}), longs({2}), doubles({2})}, 0),
               "scatter(): Expected self.dtype to be equal to src.dtype"),
    GT_MISTAKE(index_add_count,
               error_of(index_add, {floats({2, 3}), longs({2}), floats({3, 3})}, 0, ScalarValue(1)),
               "index_add_(): Number of indices (2) should be equal to source.size(dim): (3), for "
               "dim: 0"),
    GT_MISTAKE(index_add_shape,
               error_of(index_add, {floats({2, 3}), longs({2}), floats({2, 4})}, 0, ScalarValue(1)),
               "source tensor shape must match self tensor shape, excluding the specified "
               "dimension. Got self.shape = [2, 3] source.shape = [2, 4]"),
    GT_MISTAKE(index_copy_slices,
               error_of(index_copy, {floats({2, 3}), longs({2}), floats({2, 4})}, 0),
               "index_copy_(): Source/destination tensor must have same slice shapes. Destination "
               "slice shape: [3] at dimension 0 and source slice shape: [4] at dimension 0."),
    GT_MISTAKE(masked_select_mask, error_of(masked_select, {floats({2}), floats({2})}, 1),
               "masked_select: expected BoolTensor for mask"),
    GT_MISTAKE(embedding_weight, error_of(embedding, {floats({3}), longs({2})}, -1),
               "'weight' must be 2-D"),
};
INSTANTIATE_TEST_SUITE_P(C15_C16_indexing, LibTorchWords, ::testing::ValuesIn(kIndexing),
                         name_of_case);

const Mistake kLibraryAndComposites[] = {
    GT_MISTAKE(mm_sizes, error_of(mm, {floats({2, 4}), floats({3, 2})}),
               "mat1 and mat2 shapes cannot be multiplied (2x4 and 3x2)"),
    GT_MISTAKE(mm_dtypes, error_of(mm, {floats({2, 3}), doubles({3, 2})}),
               "expected m1 and m2 to have the same dtype, but got: float != double"),
    GT_MISTAKE(mm_rank, error_of(mm, {floats({2}), floats({3, 2})}),
               "self must be a matrix, got 1-D tensor"),
    GT_MISTAKE(bmm_sizes, error_of(bmm, {floats({2, 3, 4}), floats({2, 3, 4})}),
               "Expected size for first two dimensions of batch2 tensor to be: [2, 4] but got: "
               "[2, 3]."),
    GT_MISTAKE(addmm_self,
               error_of(addmm, {floats({2}), floats({2, 3}), floats({3, 4})}, ScalarValue(1),
                        ScalarValue(1)),
               "The expanded size of the tensor (4) must match the existing size (2) at "
               "non-singleton dimension 1.  Target sizes: [2, 4].  Tensor sizes: [2]"),
    GT_MISTAKE(topk_k, error_of(topk, {floats({2})}, 3, 0, true, true),
               "selected index k out of range"),
    GT_MISTAKE(softmax_of_long, error_of(softmax, {longs({2})}, 0, kNoDType),
               "\"softmax_lastdim_kernel_impl\" not implemented for 'Long'"),
    GT_MISTAKE(layer_norm_input,
               error_of(native_layer_norm, {floats({2, 3}), none(), none()}, ints({4}), 1e-5),
               "Given normalized_shape=[4], expected input with shape [*, 4], but got input of "
               "size[2, 3]"),
    GT_MISTAKE(layer_norm_weight,
               error_of(native_layer_norm, {floats({2, 3}), floats({2}), none()}, ints({3}), 1e-5),
               "Expected weight to be of same shape as normalized_shape, but got weight of shape "
               "[2] and normalized_shape = [3]"),
    GT_MISTAKE(convolution_channels,
               error_of(convolution, {floats({1, 3, 5, 5}), floats({4, 2, 3, 3}), none()},
                        ints({1}), ints({0}), ints({1}), 1),
               "Given groups=1, weight of size [4, 2, 3, 3], expected input[1, 3, 5, 5] to have 2 "
               "channels, but got 3 channels instead"),
    GT_MISTAKE(convolution_bias,
               error_of(convolution, {floats({1, 3, 5, 5}), floats({4, 3, 3, 3}), floats({5})},
                        ints({1}), ints({0}), ints({1}), 1),
               "Given weight of size [4, 3, 3, 3], expected bias to be 1-dimensional with 4 "
               "elements, but got bias of size [5] instead"),
    GT_MISTAKE(convolution_kernel,
               error_of(convolution, {floats({1, 3, 5, 5}), floats({4, 3, 6, 3}), none()},
                        ints({1}), ints({0}), ints({1}), 1),
               "Calculated padded input size per channel: (5 x 5). Kernel size: (6 x 3). Kernel "
               "size can't be greater than actual input size"),
    GT_MISTAKE(convolution_stride,
               error_of(convolution, {floats({1, 3, 5, 5}), floats({4, 3, 3, 3}), none()},
                        ints({1, 1, 1}), ints({0}), ints({1}), 1),
               "expected stride to be a single integer value or a list of 2 values to match the "
               "convolution dimensions, but got stride=[1, 1, 1]"),
    GT_MISTAKE(batch_norm_weight,
               error_of(native_batch_norm, {floats({2, 3, 4}), floats({4}), none(), none(), none()},
                        true, 1e-5),
               "weight should contain 3 elements not 4"),
    GT_MISTAKE(batch_norm_evaluation,
               error_of(native_batch_norm, {floats({2, 3, 4}), none(), none(), none(), none()},
                        false, 1e-5),
               "running_mean must be defined in evaluation mode"),
    GT_MISTAKE(max_pool_size,
               error_of(max_pool2d_with_indices, {floats({2, 3, 5, 5})},
                        ints({7, 2, 2, 2, 0, 0, 1, 1}), false),
               "Given input size: (3x5x5). Calculated output size: (3x0x2). Output size is too "
               "small"),
    GT_MISTAKE(max_pool_padding,
               error_of(max_pool2d_with_indices, {floats({2, 3, 5, 5})},
                        ints({2, 2, 2, 2, 2, 0, 1, 1}), false),
               "pad should be at most half of effective kernel size, but got pad=2, kernel_size=2 "
               "and dilation=1"),
    GT_MISTAKE(adaptive_avg_pool_size,
               error_of(adaptive_avg_pool2d, {floats({2, 3, 5, 5})}, ints({2})),
               "adaptive_avg_pool2d: output_size must be 2"),
    GT_MISTAKE(cross_entropy_batch,
               error_of(cross_entropy, {floats({2, 3}), longs({3}), none()}, 1, -100, 0.0),
               "Expected input batch_size (2) to match target batch_size (3)."),
    GT_MISTAKE(cross_entropy_target_shape,
               error_of(cross_entropy, {floats({2, 3, 4}), longs({2, 5}), none()}, 1, -100, 0.0),
               "Expected target size [2, 4], got [2, 5]"),
    GT_MISTAKE(cross_entropy_target_dtype,
               error_of(cross_entropy, {floats({2, 3}), floats({2}), none()}, 1, -100, 0.0),
               "expected target dtype to be Long or Byte, but got Float"),
    GT_MISTAKE(cross_entropy_smoothing,
               error_of(cross_entropy, {floats({2, 3}), longs({2}), none()}, 1, -100, 1.5),
               "label_smoothing must be between 0.0 and 1.0. Got: 1.5"),
    GT_MISTAKE(cross_entropy_weight,
               error_of(cross_entropy, {floats({2, 3}), longs({2}), floats({2})}, 1, -100, 0.0),
               "weight tensor should be defined either for all 3 classes or no classes but got "
               "weight tensor of shape: [2]"),
    GT_MISTAKE(attention_dtypes,
               error_of(scaled_dot_product_attention,
                        {floats({4, 3}), doubles({4, 3}), floats({4, 3}), none()}, false, 1.0),
               "Expected query, key, and value to have the same dtype, but got query.dtype: float "
               "key.dtype: double and value.dtype: float instead."),
    GT_MISTAKE(
        attention_depth,
        error_of(scaled_dot_product_attention,
                 {floats({2, 3, 4}), floats({2, 5, 3}), floats({2, 5, 3}), none()}, false, 1.0),
        "Expected size for first two dimensions of batch2 tensor to be: [2, 4] but got: "
        "[2, 3]."),
    GT_MISTAKE(attention_mask_and_causal,
               error_of(scaled_dot_product_attention,
                        {floats({4, 3}), floats({4, 3}), floats({4, 3}), bools({4, 4})}, true, 1.0),
               "_scaled_dot_product_attention: Explicit attn_mask should not be set when "
               "is_causal=True"),
    GT_MISTAKE(mse_of_longs, error_of(mse_loss, {longs({2}), longs({2})}, 1),
               "\"mse_loss_cpu\" not implemented for 'Long'"),
};
INSTANTIATE_TEST_SUITE_P(C14_C56_library_and_composites, LibTorchWords,
                         ::testing::ValuesIn(kLibraryAndComposites), name_of_case);

const Mistake kCreation[] = {
    GT_MISTAKE(negative_size, error_of(full, {}, ints({-1}), ScalarValue(1), DType::kFloat32),
               "Trying to create tensor with negative dimension -1: [-1]"),
    GT_MISTAKE(
        too_many_elements,
        error_of(full, {}, ints({std::int64_t{1} << 62, 4}), ScalarValue(1), DType::kFloat32),
        "Storage size calculation overflowed with sizes=[4611686018427387904, 4]"),
    GT_MISTAKE(linspace_steps,
               error_of(linspace, {}, ScalarValue(0), ScalarValue(1), -1, DType::kFloat32),
               "number of steps must be non-negative"),
    GT_MISTAKE(eye_size, error_of(eye, {}, -1, 2, DType::kFloat32),
               "n must be greater or equal to 0, got -1"),
    GT_MISTAKE(randint_range, error_of(randint, {}, ints({2}), 5, 5, DType::kInt64, 1, 2),
               "random_ expects 'from' to be less than 'to', but got from=5 >= to=5"),
    GT_MISTAKE(randint_of_bytes, error_of(randint, {}, ints({2}), 0, 300, DType::kUInt8, 1, 2),
               "to - 1 is out of bounds for unsigned char"),
    GT_MISTAKE(uniform_range, error_of(uniform, {}, ints({2}), 2.0, 1.0, DType::kFloat32, 1, 2),
               "uniform_ expects to return a [from, to) range, but found from=2 > to=1"),
    GT_MISTAKE(normal_deviation, error_of(normal, {}, ints({2}), 0.0, -1.0, DType::kFloat32, 1, 2),
               "normal expects std >= 0.0, but found std -1"),
    GT_MISTAKE(multinomial_samples, error_of(multinomial, {floats({2})}, 3, false, 1, 2),
               "cannot sample n_sample > prob_dist.size(-1) samples without replacement"),
    GT_MISTAKE(dropout_probability, error_of(dropout, {floats({2})}, 1.5, 1, 2),
               "dropout probability has to be between 0 and 1, but got 1.5"),
};
INSTANTIATE_TEST_SUITE_P(C9_C17_creation, LibTorchWords, ::testing::ValuesIn(kCreation),
                         name_of_case);

TEST(RuleErrors, a_dimension_out_of_range_is_an_index_error) {
  try {
    (void)wrap_dimension(3, 1);
    FAIL() << "nothing was thrown";
  } catch (const CommonError& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kIndex);
  }
}

}  // namespace
}  // namespace gt::testing

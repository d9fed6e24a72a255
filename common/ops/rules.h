// The dtype and shape rules that rows of the op table name.
//
// A dtype rule sets the dtypes of the results, a shape rule their shapes; both see all operands and
// attributes, and throw CommonError with LibTorch's wording. They run on what the network brings as
// well: no attribute value, however wild, may overflow or index out of range.
#pragma once

#include "common/ops/inference.h"

namespace gt::rules {

// Point-wise dtypes (rules/pointwise_dtype.cc).
void promote_operands(InferenceContext& context);     ///< LibTorch's promotion of all operands
void promote_to_floating(InferenceContext& context);  ///< the same; integers become float32
void promote_numeric(InferenceContext& context);      ///< the same; bool is refused
void promote_integral(InferenceContext& context);     ///< the same; floats are refused
void comparison_dtype(InferenceContext& context);     ///< operands must promote; the result is bool
void bool_result(InferenceContext& context);
void self_dtype(InferenceContext& context);      ///< every result has the dtype of operand 0
void add_dtype(InferenceContext& context);       ///< promotion, and what alpha may be (attribute 0)
void subtract_dtype(InferenceContext& context);  ///< the same, without bools
void relu_dtype(InferenceContext& context);
void negate_dtype(InferenceContext& context);
void square_dtype(InferenceContext& context);  ///< bool becomes int64
void where_dtype(InferenceContext& context);
void clamp_dtype(InferenceContext& context);
void masked_fill_dtype(InferenceContext& context);
void lerp_dtype(InferenceContext& context);
void addcdiv_dtype(InferenceContext& context);

// Dtypes of reductions, library rows and composites (rules/reduction_dtype.cc, composite_dtype.cc).
void sum_dtype(InferenceContext& context);         ///< attribute 2, else integers become int64
void mean_dtype(InferenceContext& context);        ///< attribute 2, else floats only
void cumulative_dtype(InferenceContext& context);  ///< attribute 1, else integers become int64
void norm_dtype(InferenceContext& context);        ///< attribute 3, else operand 0's
void var_dtype(InferenceContext& context);
void all_any_dtype(InferenceContext& context);             ///< bool; uint8 stays uint8
void index_result(InferenceContext& context);              ///< int64
void values_and_indices_dtype(InferenceContext& context);  ///< operand 0's, then int64
void topk_dtype(InferenceContext& context);
void arg_extremum_dtype(InferenceContext& context);  ///< int64; bool is refused
void matching_operands(InferenceContext& context);   ///< all the same dtype, never promoted
void loss_dtype(InferenceContext& context);          ///< promoted; floats only
void softmax_dtype(InferenceContext& context);       ///< attribute 1, else operand 0's; floats only
void softmax_backward_dtype(InferenceContext& context);
void layer_norm_dtype(InferenceContext& context);
void layer_norm_backward_dtype(InferenceContext& context);
void cross_entropy_dtype(InferenceContext& context);
void cross_entropy_backward_dtype(InferenceContext& context);
void attention_dtype(InferenceContext& context);
void convolution_dtype(InferenceContext& context);  ///< all operands the same, never promoted
void batch_norm_dtype(InferenceContext& context);
void batch_norm_backward_dtype(InferenceContext& context);
void max_pool2d_backward_dtype(InferenceContext& context);
void adam_update_dtype(InferenceContext& context);  ///< all operands the same, never promoted
void attention_backward_dtype(InferenceContext& context);

// Dtypes of rows with index operands (rules/indexing_dtype.cc).
void index_list_dtype(InferenceContext& context);    ///< operands from 1 on are int64 or int32
void index_put_dtype(InferenceContext& context);     ///< values of self's dtype, then indices
void index_select_dtype(InferenceContext& context);  ///< operand 1 is int64 or int32
void index_fill_dtype(InferenceContext& context);    ///< operand 1 is int64
void embedding_dtype(InferenceContext& context);     ///< operand 1 is int64 or int32
void gather_dtype(InferenceContext& context);        ///< operand 1 is int64 or int32
void scatter_dtype(InferenceContext& context);       ///< the same, and src of self's dtype
void index_add_dtype(InferenceContext& context);     ///< the same, and source of self's dtype
void index_copy_dtype(InferenceContext& context);    ///< index is int64, source of self's dtype
void view_source_dtype(InferenceContext& context);   ///< operand 1 has self's dtype
void mask_dtype(InferenceContext& context);          ///< operand 1 is bool

// The dtype attribute at a position (rules/creation.cc).
void attribute_dtype_0(InferenceContext& context);
void attribute_dtype_2(InferenceContext& context);
void attribute_dtype_3(InferenceContext& context);
void attribute_dtype_3_floating(InferenceContext& context);
void arange_dtype(InferenceContext& context);    ///< attribute 3; bool is refused
void randperm_dtype(InferenceContext& context);  ///< attribute 1; bool is refused
void multinomial_dtype(InferenceContext& context);

// Shapes of point-wise rows and reductions (rules/pointwise_shape.cc, reduction_shape.cc).
void broadcast_operands(InferenceContext& context);
void like_self(InferenceContext& context);
void reduce_dims(InferenceContext& context);           ///< attributes dims, keepdim
void reduce_dims_nonempty(InferenceContext& context);  ///< the same, for folds without identity
void reduce_dims_away(InferenceContext& context);      ///< attribute dims
void reduce_one_dim(InferenceContext& context);        ///< attributes dim, keepdim; every result
void reduce_at_most_one_dim(InferenceContext& context);
void norm_shape(InferenceContext& context);  ///< the same as reduce_dims; attribute 2 is the order
void along_dim_shape(InferenceContext& context);  ///< operand 0's; attribute 0 is one of its dims

// Views (rules/view_shape.cc).
void reshape_shape(InferenceContext& context);
void expand_shape(InferenceContext& context);
void permute_shape(InferenceContext& context);
void slice_shape(InferenceContext& context);
void select_shape(InferenceContext& context);
void diagonal_shape(InferenceContext& context);
void unfold_shape(InferenceContext& context);
void slice_scatter_shape(InferenceContext& context);
void select_scatter_shape(InferenceContext& context);
void diagonal_scatter_shape(InferenceContext& context);

// Rows that move elements (rules/arrangement_shape.cc, index_list_shape.cc, indexing_shape.cc).
void cat_shape(InferenceContext& context);
void stack_shape(InferenceContext& context);
void flip_shape(InferenceContext& context);
void roll_shape(InferenceContext& context);
void triangle_shape(InferenceContext& context);
void sort_shape(InferenceContext& context);
void topk_shape(InferenceContext& context);
void index_shape(InferenceContext& context);
void index_put_shape(InferenceContext& context);
void index_select_shape(InferenceContext& context);
void gather_shape(InferenceContext& context);
void scatter_shape(InferenceContext& context);
void index_add_shape(InferenceContext& context);
void index_copy_shape(InferenceContext& context);
void index_fill_shape(InferenceContext& context);
void nonzero_shape(InferenceContext& context);
void masked_select_shape(InferenceContext& context);
void embedding_shape(InferenceContext& context);
void embedding_backward_shape(InferenceContext& context);

// Matrix products and composites (rules/matrix_shape.cc, composite_shape.cc, attention_shape.cc).
void matrix_product(InferenceContext& context);
void batched_matrix_product(InferenceContext& context);
void added_matrix_product(InferenceContext& context);
void added_batched_matrix_product(InferenceContext& context);
void softmax_backward_shape(InferenceContext& context);
void layer_norm_shape(InferenceContext& context);
void layer_norm_backward_shape(InferenceContext& context);
void cross_entropy_shape(InferenceContext& context);
void cross_entropy_backward_shape(InferenceContext& context);
void loss_shape(InferenceContext& context);  ///< broadcast shape, or 0-dim if attribute 0 reduces
void loss_backward_shape(InferenceContext& context);
void attention_shape(InferenceContext& context);
void attention_backward_shape(InferenceContext& context);
void adam_update_shape(InferenceContext& context);  ///< that of all operands

// Convolutions, batch norm and pooling (rules/convolution.cc, batch_norm.cc, pooling.cc).
void convolution_shape(InferenceContext& context);
void convolution_backward_shape(InferenceContext& context);
void batch_norm_shape(InferenceContext& context);
void batch_norm_backward_shape(InferenceContext& context);
void max_pool2d_shape(InferenceContext& context);
void max_pool2d_backward_shape(InferenceContext& context);
void avg_pool2d_shape(InferenceContext& context);
void avg_pool2d_backward_shape(InferenceContext& context);
void adaptive_avg_pool2d_shape(InferenceContext& context);
void adaptive_avg_pool2d_backward_shape(InferenceContext& context);

// Creation and random rows (rules/creation.cc).
void attribute_sizes_0(InferenceContext& context);
void attribute_sizes_1(InferenceContext& context);
void recover_shape(InferenceContext& context);  ///< that of operand 0, which attribute 0 repeats
void attribute_length_2(InferenceContext& context);
void eye_shape(InferenceContext& context);
void uniform_shape(InferenceContext& context);
void normal_shape(InferenceContext& context);
void randint_shape(InferenceContext& context);
void randperm_shape(InferenceContext& context);
void multinomial_shape(InferenceContext& context);
void dropout_shape(InferenceContext& context);
void no_results(InferenceContext& context);

}  // namespace gt::rules

// How the parts of the kernel table are filled; one function for each source of this folder.
#pragma once

#include "worker/engine/native/kernels/kernel_table.h"

namespace gt::worker::native::GT_KERNEL_TARGET {

void fill_float_pointwise(KernelTable& table);
void fill_double_pointwise(KernelTable& table);
void fill_integer_pointwise(KernelTable& table);
void fill_conversions(KernelTable& table);
void fill_reductions(KernelTable& table);
void fill_rows(KernelTable& table);
void fill_attention(KernelTable& table);
void fill_batch_norm(KernelTable& table);
void fill_max_pooling(KernelTable& table);
void fill_average_pooling(KernelTable& table);
void fill_optimizers(KernelTable& table);
void fill_random(KernelTable& table);
void fill_moves(KernelTable& table);
void fill_transposes(KernelTable& table);
void fill_columns(KernelTable& table);
void fill_layer_norm(KernelTable& table);
/// After the point-wise rows: replaces a loop of theirs.
void fill_square_roots(KernelTable& table);

}  // namespace gt::worker::native::GT_KERNEL_TARGET

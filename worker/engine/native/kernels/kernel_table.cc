#include "worker/engine/native/kernels/kernel_table.h"

#include "worker/engine/native/kernels/fill.h"

#define GT_TEXT_OF(name) #name
#define GT_TEXT(name) GT_TEXT_OF(name)

namespace gt::worker::native::GT_KERNEL_TARGET {
namespace {

KernelTable make_table() {
  KernelTable table{};
  table.target = GT_TEXT(GT_KERNEL_TARGET);
  fill_float_pointwise(table);
  fill_double_pointwise(table);
  fill_integer_pointwise(table);
  fill_conversions(table);
  fill_reductions(table);
  fill_rows(table);
  fill_attention(table);
  fill_batch_norm(table);
  fill_max_pooling(table);
  fill_average_pooling(table);
  fill_optimizers(table);
  fill_random(table);
  fill_moves(table);
  fill_transposes(table);
  fill_columns(table);
  fill_layer_norm(table);
  fill_square_roots(table);
  return table;
}

}  // namespace

const KernelTable& kernel_table() {
  static const KernelTable table = make_table();
  return table;
}

}  // namespace gt::worker::native::GT_KERNEL_TARGET

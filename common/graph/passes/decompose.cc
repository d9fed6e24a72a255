// Decomposition: composites become rows that fuse. Attention stays a kernel, and so does pooling
// over windows that overlap.
#include "common/graph/decompositions/rows.h"
#include "common/graph/pass.h"

namespace gt::graph {
namespace {

using Decomposition = bool (*)(RowEmitter&);

Decomposition find_decomposition(Op op) {
  if (op == Op::softmax || op == Op::log_softmax) return &decompose_softmax;
  if (op == Op::softmax_backward || op == Op::log_softmax_backward)
    return &decompose_softmax_backward;
  if (op == Op::native_layer_norm) return &decompose_layer_norm;
  if (op == Op::native_layer_norm_backward) return &decompose_layer_norm_backward;
  if (op == Op::native_batch_norm) return &decompose_batch_norm;
  if (op == Op::native_batch_norm_backward) return &decompose_batch_norm_backward;
  if (op == Op::sum || op == Op::mean || op == Op::prod || op == Op::amax || op == Op::amin)
    return &decompose_fold;
  if (op == Op::var) return &decompose_var;
  if (op == Op::logsumexp) return &decompose_logsumexp;
  if (op == Op::vector_norm) return &decompose_norm;
  if (op == Op::all || op == Op::any || op == Op::count_nonzero) return &decompose_truth;
  if (op == Op::adaptive_avg_pool2d) return &decompose_plane_mean;
  if (op == Op::adaptive_avg_pool2d_backward) return &decompose_plane_mean_backward;
  if (op == Op::mse_loss) return &decompose_mse_loss;
  if (op == Op::mse_loss_backward) return &decompose_mse_loss_backward;
  if (op == Op::adam_update) return &decompose_adam_update;
  return nullptr;
}

/// Of rows that become some that go by index, or that are in windows: a GPU would take positions
/// apart for these.
Decomposition find_indexing_decomposition(Op op) {
  if (op == Op::cross_entropy) return &decompose_cross_entropy;
  if (op == Op::cross_entropy_backward) return &decompose_cross_entropy_backward;
  if (op == Op::max_pool2d_with_indices) return &decompose_max_pool;
  if (op == Op::max_pool2d_backward) return &decompose_max_pool_backward;
  if (op == Op::avg_pool2d) return &decompose_average_pool;
  if (op == Op::avg_pool2d_backward) return &decompose_average_pool_backward;
  return nullptr;
}

PassResult decompose(const Graph& graph, bool goes_by_index) {
  Rewriter rewriter(graph);
  std::size_t changes = 0;
  for (NodeIndex i = 0; i < graph.nodes().size(); ++i) {
    const Node& node = graph.node(i);
    const bool is_kept = node.is_input() || node.origin.is_eager;
    Decomposition decompose = is_kept ? nullptr : find_decomposition(node.op);
    if (decompose == nullptr && goes_by_index && !is_kept)
      decompose = find_indexing_decomposition(node.op);
    if (decompose != nullptr) {
      RowEmitter emit(rewriter, graph, i);
      if (decompose(emit)) {
        ++changes;
        continue;
      }
    }
    rewriter.keep(i);
  }
  return {std::move(rewriter).finish(), changes};
}

}  // namespace

PassResult decompose_composites(const Graph& graph) { return decompose(graph, true); }
PassResult decompose_without_indices(const Graph& graph) { return decompose(graph, false); }

}  // namespace gt::graph

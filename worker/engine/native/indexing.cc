#include "worker/engine/native/indexing.h"

#include <string>

namespace gt::worker::native {

IndexValues::IndexValues(Context& context, const Value& index, std::int64_t dim, std::int64_t size,
                         bool from_end, Wording wording, const char* prefix)
    : owner_(context.scratch(index.element_count(), ComputeType::kInteger)),
      count_(index.element_count()) {
  const Elements elements = context.elements(index, ComputeType::kInteger);
  auto* out = static_cast<std::int64_t*>(owner_->data());
  for (std::int64_t i = 0; i < count_; ++i) {
    const std::int64_t value = elements.as<std::int64_t>()[i];
    if (value >= size || value < (from_end ? -size : 0)) {
      if (wording == Wording::out_of_range_in_self)
        throw CommonError(ErrorKind::kIndex, "index out of range in self");
      throw CommonError(ErrorKind::kIndex, prefix + ("index " + std::to_string(value)) +
                                               " is out of bounds for dimension " +
                                               std::to_string(dim) + " with size " +
                                               std::to_string(size));
    }
    out[i] = value < 0 ? value + size : value;
  }
  data_ = out;
}

namespace {

Value compute(Context& context, const EngineCall& call) {
  const Op op = call.row.op;
  if (op == Op::cat || op == Op::stack) return concatenate(context, call);
  if (op == Op::flip) return flip(context, call);
  if (op == Op::roll) return roll(context, call);
  if (op == Op::tril || op == Op::triu) return triangle(context, call, op == Op::tril);
  if (op == Op::slice_scatter || op == Op::select_scatter || op == Op::diagonal_scatter)
    return scatter_view(context, call);
  if (op == Op::index) return index_list(context, call);
  if (op == Op::index_put) return index_put(context, call);
  if (op == Op::index_select) return index_select(context, call);
  if (op == Op::gather) return gather(context, call);
  if (op == Op::scatter) return scatter(context, call);
  if (op == Op::scatter_add) return scatter_add(context, call);
  if (op == Op::index_add) return index_add(context, call);
  if (op == Op::index_copy) return index_copy(context, call);
  if (op == Op::index_fill) return index_fill(context, call);
  if (op == Op::nonzero) return nonzero(context, call);
  if (op == Op::masked_select) return masked_select(context, call);
  if (op == Op::embedding) return embedding(context, call);
  GT_INVARIANT(op == Op::embedding_dense_backward, std::string(call.row.name));
  return embedding_dense_backward(context, call);
}

}  // namespace

Results execute_indexing(Context& context, const EngineCall& call) {
  Results results;
  results.push_back(compute(context, call));
  return results;
}

}  // namespace gt::worker::native

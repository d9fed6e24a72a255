#include "client/src/autograd/gradient_node.h"

#include <gt/error.h>

#include <limits>

#include "client/src/autograd/node_name.h"
#include "client/src/autograd/tape_builder.h"
#include "client/src/tensor/call.h"
#include "common/ops/gradients/all.h"

namespace gt {
namespace autograd {
namespace {

std::uint64_t next_sequence() noexcept {
  thread_local std::uint64_t sequence = 0;
  return sequence++;
}

// Nodes to be destroyed, of the outermost destruction on this thread: collecting them there keeps a
// long chain off the stack.
thread_local std::vector<std::shared_ptr<Node>>* pending = nullptr;

void collect(std::vector<Edge>& edges, std::vector<std::shared_ptr<Node>>& nodes) {
  for (Edge& edge : edges)
    if (edge.function != nullptr) nodes.push_back(std::move(edge.function));
}

void destroy(std::vector<Edge>& edges) {
  if (pending != nullptr) return collect(edges, *pending);
  std::vector<std::shared_ptr<Node>> nodes;
  pending = &nodes;
  collect(edges, nodes);
  while (!nodes.empty()) {
    const std::shared_ptr<Node> node = std::move(nodes.back());
    nodes.pop_back();
  }
  pending = nullptr;
}

}  // namespace

Node::Node() : sequence_(next_sequence()) {}
Node::~Node() { destroy(next_edges_); }

}  // namespace autograd

namespace detail {

OpNode::OpNode(const OpRow& row, const Attributes& attributes, const char* name,
               std::vector<OperandMeta> operand_metas, std::vector<TensorMeta> result_metas,
               std::vector<Argument<ValueRef>> operands, std::vector<ValueRef> results,
               std::vector<autograd::Edge> edges)
    : row_(row),
      attributes_(attributes),
      name_(name),
      operand_metas_(std::move(operand_metas)),
      result_metas_(std::move(result_metas)),
      operands_(std::move(operands)),
      results_(std::move(results)) {
  next_edges_ = std::move(edges);
  inputs_ = static_cast<std::uint32_t>(result_metas_.size());
  for (const Argument<ValueRef>& operand : operands_) {
    const ValueRef* value = std::get_if<ValueRef>(&operand.content);
    saves_values_ = saves_values_ || (value != nullptr && *value != nullptr);
  }
  for (const ValueRef& result : results_) saves_values_ = saves_values_ || result != nullptr;
}

std::string OpNode::name() const {
  return name_ != nullptr ? name_ : node_name(row_, operand_metas_, attributes_);
}

bool OpNode::is_transpose() const {
  if (row_.op != Op::permute) return false;
  const auto order = attributes_.integers(row_, 0);
  return order.size() == 2 && wrap_dimension(order[0], 2) == 1;
}

std::optional<PartRegion> OpNode::region() const {
  if (row_.op != Op::slice && row_.op != Op::select) return std::nullopt;
  const Shape& shape = operand_metas_[0].shape;
  const std::int64_t dim =
      wrap_dimension(attributes_.integer(row_, 0), static_cast<std::int64_t>(shape.size()));
  std::int64_t start = attributes_.integer(row_, 1);
  if (start < 0) start += shape[static_cast<std::size_t>(dim)];
  if (row_.op == Op::select) return PartRegion{dim, start, 1};
  if (attributes_.integer(row_, 3) != 1) return std::nullopt;
  return PartRegion{dim, start, attributes_.integer(row_, 2)};
}

void OpNode::release() noexcept {
  released_ = true;
  for (Argument<ValueRef>& operand : operands_)
    if (ValueRef* value = std::get_if<ValueRef>(&operand.content)) value->reset();
  for (ValueRef& result : results_) result.reset();
}

std::vector<ValueRef> OpNode::apply(std::span<const ValueRef> grads) {
  if (released_ && saves_values_)
    throw Error(
        "[backward] Trying to backward through the graph a second time (or directly access "
        "saved tensors after they have already been freed). Saved intermediate values of "
        "the graph are freed when you call .backward() or autograd.grad(). Specify "
        "retain_graph=True if you need to backward through the graph a second time or if "
        "you need to access saved tensors after calling backward.");
  const std::size_t count = operand_metas_.size();
  std::vector<ValueRef> operand_grads(count);
  const auto needed = std::make_unique<bool[]>(count);
  const auto transposed = std::make_unique<bool[]>(count);
  for (std::size_t k = 0; k < count; ++k) {
    needed[k] = next_edges_[k].is_valid();
    transposed[k] = needed[k] && gradient_node(*next_edges_[k].function).is_transpose();
  }

  TapeBuilder builder;
  GradientContext<TapeBuilder> context{.b = builder,
                                       .row = row_,
                                       .attributes = attributes_,
                                       .operand_metas = operand_metas_,
                                       .result_metas = result_metas_,
                                       .operands = operands_,
                                       .results = results_,
                                       .grads = grads,
                                       .needed = {needed.get(), count},
                                       .operand_grads = operand_grads,
                                       .transposed = {transposed.get(), count}};
  gradients::apply(context);
  for (std::size_t k = 0; k < count; ++k) {
    ValueRef& grad = operand_grads[k];
    if (grad == nullptr) continue;
    if (!needed[k]) {
      grad.reset();
      continue;
    }
    grad = reduce_to(std::move(grad), operand_metas_[k].shape, operand_metas_[k].dtype);
  }
  return operand_grads;
}

CopyNode::CopyNode(const char* op, TensorMeta result, TensorMeta source, autograd::Edge source_edge,
                   autograd::Edge destination_edge)
    : op_(op), result_(std::move(result)), source_(std::move(source)) {
  next_edges_.push_back(std::move(source_edge));
  next_edges_.push_back(std::move(destination_edge));
}

std::string CopyNode::name() const { return node_name(op_); }

std::vector<ValueRef> CopyNode::apply(std::span<const ValueRef> grads) {
  std::vector<ValueRef> operand_grads(2);
  if (next_edges_[0].is_valid())
    operand_grads[0] = reduce_to(grads[0], source_.shape, source_.dtype);
  if (next_edges_[1].is_valid()) {
    TapeBuilder builder;
    operand_grads[1] = builder.full({}, result_.shape, ScalarValue(0), result_.dtype);
  }
  return operand_grads;
}

AccumulateGrad::AccumulateGrad(std::shared_ptr<TensorImpl> leaf) : leaf_(std::move(leaf)) {
  // A leaf takes its gradient as soon as it is complete.
  sequence_ = std::numeric_limits<std::uint64_t>::max();
}

TensorMeta AccumulateGrad::input_meta(std::uint32_t) const { return leaf_->alias()->meta(); }

std::vector<ValueRef> AccumulateGrad::apply(std::span<const ValueRef> grads) {
  accumulate_grad(*leaf_, grads[0]);
  return {};
}

void accumulate_grad(TensorImpl& impl, const ValueRef& grad) {
  if (!impl.grad.defined()) {
    impl.grad = wrap(grad, impl.device);
    return;
  }
  const NoGradGuard no_grad;
  const Tensor addend = wrap(grad, impl.device);
  call_in_place(impl.grad, Op::add, {impl.grad, addend}, make_attributes(Op::add, ScalarValue(1)));
}

ValueRef reduce_to(ValueRef grad, const Shape& shape, DType dtype) {
  TapeBuilder builder;
  const Shape from = grad->meta.shape;
  if (!(from == shape)) {
    const std::size_t leading = from.size() - std::min(from.size(), shape.size());
    Shape dims;
    bool keep = false;
    for (std::size_t i = 0; i < from.size(); ++i) {
      if (i >= leading && shape[i - leading] == from[i]) continue;
      dims.push_back(static_cast<std::int64_t>(i));
      keep = keep || i >= leading;
    }
    if (!dims.empty()) grad = builder.sum({grad}, dims, keep, kNoDType);
    if (!(grad->meta.shape == shape)) grad = builder.reshape({grad}, shape);
  }
  if (grad->meta.dtype != dtype) grad = builder.to({grad}, dtype);
  return grad;
}

}  // namespace detail
}  // namespace gt

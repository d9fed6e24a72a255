// Public functions of autograd: switches, flags of a tensor, backward.
#include <gt/autograd.h>
#include <gt/error.h>

#include "client/src/autograd/engine.h"
#include "client/src/autograd/recording.h"
#include "client/src/autograd/tape_builder.h"
#include "client/src/session/thread_local.h"
#include "client/src/tensor/call.h"

namespace gt {
namespace {

GT_FAST_THREAD_LOCAL bool grad_enabled = true;

}  // namespace

bool GradMode::is_enabled() noexcept { return grad_enabled; }
void GradMode::set_enabled(bool enabled) noexcept { grad_enabled = enabled; }

AutoGradMode::AutoGradMode(bool enabled) noexcept : previous_(grad_enabled) {
  grad_enabled = enabled;
}
AutoGradMode::~AutoGradMode() { grad_enabled = previous_; }

bool Tensor::requires_grad() const { return defined() && detail::wants_gradient(*impl_); }

bool Tensor::is_leaf() const { return !detail::current_history(detail::impl_of(*this)).is_valid(); }

const Tensor& Tensor::set_requires_grad(bool requires_grad) const {
  detail::TensorImpl& impl = detail::impl_of(*this);
  if (requires_grad && !is_floating_point())
    throw Error(
        "[requires_grad_] Only Tensors of floating point and complex dtype can require "
        "gradients");
  impl.requires_grad = requires_grad;
  return *this;
}

const Tensor& Tensor::requires_grad_(bool requires_grad) const {
  if (!is_leaf() && !requires_grad)
    throw Error(
        "[requires_grad_] you can only change requires_grad flags of leaf variables. If you "
        "want to use a computed variable in a subgraph that doesn't require differentiation "
        "use var_no_grad = var.detach().");
  return set_requires_grad(requires_grad);
}

const Tensor& Tensor::grad() const { return detail::impl_of(*this).grad; }
Tensor& Tensor::mutable_grad() const { return detail::impl_of(*this).grad; }

std::shared_ptr<autograd::Node> Tensor::grad_fn() const {
  return detail::current_history(detail::impl_of(*this)).function;
}

std::uint32_t Tensor::output_nr() const {
  return detail::current_history(detail::impl_of(*this)).input_nr;
}

void Tensor::retain_grad() const {
  if (!requires_grad())
    throw Error("[retain_grad] can't retain_grad on Tensor that has requires_grad=False");
  if (is_leaf()) return;
  impl_->retains_grad = true;
  static_cast<void>(detail::gradient_edge(impl_));
}

bool Tensor::retains_grad() const { return detail::impl_of(*this).retains_grad; }

std::int64_t Tensor::_version() const { return detail::version_of(detail::alias_of(*this)); }

void Tensor::backward(const Tensor& gradient, optional<bool> retain_graph, bool create_graph,
                      optional<TensorList> inputs) const {
  GT_ENTRY();
  autograd::backward({*this}, {gradient}, retain_graph, create_graph,
                     inputs ? inputs->vec() : autograd::variable_list());
}

namespace autograd {
namespace {

/// Whether a value of shape `from` broadcasts to `to`.
bool is_expandable(const Shape& from, const Shape& to) {
  if (from.size() > to.size()) return false;
  const std::size_t leading = to.size() - from.size();
  for (std::size_t i = 0; i < from.size(); ++i)
    if (from[i] != to[leading + i] && from[i] != 1) return false;
  return true;
}

detail::ValueRef given_gradient(const Tensor& gradient, const TensorMeta& output) {
  detail::ValueRef value = detail::value_of(gradient);
  if (!is_expandable(output.shape, value->meta.shape))
    throw Error("[backward] invalid gradient at index 0 - got " + to_string(value->meta.shape) +
                " but expected shape compatible with " + to_string(output.shape));
  return detail::reduce_to(std::move(value), output.shape, output.dtype);
}

detail::ValueRef implicit_gradient(const TensorMeta& output) {
  if (output.element_count() != 1)
    throw Error("[backward] grad can be implicitly created only for scalar outputs");
  return detail::TapeBuilder().full({}, output.shape, ScalarValue(1), output.dtype);
}

detail::BackwardRoot make_root(const Tensor& tensor, const Tensor& gradient, std::size_t position) {
  const detail::Edge edge = detail::gradient_edge(tensor.impl());
  if (!edge.is_valid())
    throw Error("[backward] element " + std::to_string(position) +
                " of tensors does not require grad and does not have a grad_fn");
  const TensorMeta meta = detail::alias_of(tensor).meta();
  return {edge, gradient.defined() ? given_gradient(gradient, meta) : implicit_gradient(meta)};
}

}  // namespace

void backward(const variable_list& tensors, const variable_list& grad_tensors,
              optional<bool> retain_graph, bool create_graph, const variable_list& inputs) {
  GT_ENTRY();
  if (create_graph)
    throw NotImplementedError(
        "[backward] create_graph=true is not offered: gradients are not "
        "differentiable themselves");
  if (!grad_tensors.empty() && grad_tensors.size() != tensors.size())
    throw Error("[backward] got " + std::to_string(tensors.size()) + " tensors and " +
                std::to_string(grad_tensors.size()) + " gradients");
  std::vector<detail::BackwardRoot> roots;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    static_cast<void>(detail::impl_of(tensors[i]));
    roots.push_back(make_root(tensors[i], grad_tensors.empty() ? Tensor() : grad_tensors[i], i));
  }
  std::vector<std::shared_ptr<detail::TensorImpl>> wanted;
  for (const Tensor& input : inputs) {
    static_cast<void>(detail::impl_of(input));
    wanted.push_back(input.impl());
  }
  detail::run_backward(roots, retain_graph.value_or(false), wanted);
}

}  // namespace autograd
}  // namespace gt

#include "worker/engine/torch/aten/translation.h"

#include <ATen/core/ivalue.h>

#include <numeric>

namespace gt::aten {
namespace {

using Translation = Overrides (*)(const RowCall&);

struct Entry {
  Op op;
  Translation translation;
};

std::int64_t integer(const RowCall& call, std::size_t k) {
  return call.attributes.integer(call.row, k);
}

/// `start` and `length` of a slice as the end that ATen wants.
Overrides slice_end(const RowCall& call) {
  const std::int64_t start = integer(call, 1);
  return {{"end", start + integer(call, 2) * integer(call, 3)}};
}

Overrides rounding_mode_trunc(const RowCall&) { return {{"rounding_mode", "trunc"}}; }

Overrides approximate_name(const RowCall& call) {
  return {{"approximate", integer(call, 0) == 0 ? "none" : "tanh"}};
}

Overrides no_result_flag(const RowCall& call) {
  return {{call.row.op == Op::elu_backward ? "is_result" : "self_is_result", false}};
}

/// An empty list of dims means all of them; spelled out, because schemas differ in what it means.
Overrides all_dims(const RowCall& call) {
  const auto dims = call.attributes.integers(call.row, 0);
  if (!dims.empty()) return {};
  std::vector<std::int64_t> every(static_cast<std::size_t>(call.tensor(0).dim()));
  std::iota(every.begin(), every.end(), 0);
  return {{"dim", every}};
}

Overrides one_dim_or_none(const RowCall& call) {
  const auto dims = call.attributes.integers(call.row, 0);
  return {{"dim", dims.empty() ? c10::IValue() : c10::IValue(dims[0])}};
}

/// ATen wants a tensor of self's dtype where a number may stand.
Overrides end_like_self(const RowCall& call) {
  if (call.has_tensor(1)) return {};
  return {{"end", call.as_tensor(1).to(call.as_tensor(0).scalar_type())}};
}

Overrides all_outputs(const RowCall&) {
  return {{"output_mask", std::vector<bool>{true, true, true}}};
}

Overrides never_transposed(const RowCall& call) {
  const auto spatial = static_cast<std::size_t>(call.tensor(1).dim() - 2);
  return {{"transposed", false}, {"output_padding", std::vector<std::int64_t>(spatial, 0)}};
}

/// The numbers of a pooling window under ATen's names.
Overrides window_lists(const RowCall& call) {
  const auto window = call.attributes.integers(call.row, 0);
  Overrides lists;
  std::size_t next = 0;
  for (const char* name : {"kernel_size", "stride", "padding", "dilation"}) {
    if (next == window.size()) break;
    lists.emplace_back(name, std::vector<std::int64_t>{window[next], window[next + 1]});
    next += 2;
  }
  if (call.row.op == Op::avg_pool2d && integer(call, 3) == 0)
    lists.emplace_back("divisor_override", c10::IValue());
  return lists;
}

constexpr Entry kTranslations[] = {
    {Op::slice, slice_end},
    {Op::slice_scatter, slice_end},
    {Op::div_trunc, rounding_mode_trunc},
    {Op::gelu, approximate_name},
    {Op::gelu_backward, approximate_name},
    {Op::elu_backward, no_result_flag},
    {Op::leaky_relu_backward, no_result_flag},
    {Op::sum, all_dims},
    {Op::mean, all_dims},
    {Op::var, all_dims},
    {Op::amax, all_dims},
    {Op::amin, all_dims},
    {Op::all, all_dims},
    {Op::any, all_dims},
    {Op::count_nonzero, all_dims},
    {Op::logsumexp, all_dims},
    {Op::vector_norm, all_dims},
    {Op::argmax, one_dim_or_none},
    {Op::argmin, one_dim_or_none},
    {Op::lerp, end_like_self},
    {Op::native_layer_norm_backward, all_outputs},
    {Op::convolution, never_transposed},
    {Op::max_pool2d_with_indices, window_lists},
    {Op::avg_pool2d, window_lists},
};

}  // namespace

std::string_view schema_name(const RowCall& call) {
  if (call.row.op == Op::lerp && !call.has_tensor(2)) return "lerp.Scalar";
  if (call.row.op == Op::pow && !call.has_tensor(0)) return "pow.Scalar";
  return call.row.aten;
}

Overrides overrides(const RowCall& call) {
  for (const Entry& entry : kTranslations)
    if (entry.op == call.row.op) return entry.translation(call);
  return {};
}

}  // namespace gt::aten

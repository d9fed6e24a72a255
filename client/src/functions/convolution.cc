#include <gt/error.h>
#include <gt/functions.h>
#include <gt/macros.h>

#include "client/src/tensor/call.h"

namespace gt {

using detail::call;

namespace {

std::span<const std::int64_t> as_span(IntArrayRef list) { return {list.data(), list.size()}; }

/// What a convolution is called with but for its padding.
struct Convolution {
  const char* name;
  std::int64_t spatial;
  const Tensor& weight;
  const optional<Tensor>& bias;
  IntArrayRef stride;
  IntArrayRef dilation;
  std::int64_t groups;

  [[nodiscard]] Tensor apply(const Tensor& input, IntArrayRef padding) const {
    if (input.dim() != spatial + 1 && input.dim() != spatial + 2)
      throw Error(str("[", name, "] Expected ", spatial + 1, "D (unbatched) or ", spatial + 2,
                      "D (batched) input to ", name, ", but got input of size: ", input.sizes()));
    const Attributes attributes = make_attributes(Op::convolution, as_span(stride),
                                                  as_span(padding), as_span(dilation), groups);
    if (input.dim() == spatial + 2) return call(Op::convolution, {input, weight, bias}, attributes);
    return call(Op::convolution, {input.unsqueeze(0), weight, bias}, attributes).squeeze(0);
  }

  /// Padding on both sides that keeps the size; where that is odd, by the larger half: the first
  /// result is one too many then.
  [[nodiscard]] Tensor apply_same(const Tensor& input) const {
    for (const std::int64_t step : stride)
      if (step != 1)
        throw Error(str("[", name, "] padding='same' is not supported for strided convolutions"));
    std::vector<std::int64_t> padding;
    std::vector<bool> is_odd;
    for (std::int64_t d = 0; d < spatial; ++d) {
      const std::int64_t kernel = d + 2 < weight.dim() ? weight.size(d + 2) : 1;
      const auto k = static_cast<std::size_t>(dilation.size() == 1 ? 0 : d);
      const std::int64_t total = (k < dilation.size() ? dilation[k] : 1) * (kernel - 1);
      padding.push_back((total + 1) / 2);
      is_odd.push_back(total % 2 != 0);
    }
    Tensor result = apply(input, padding);
    for (std::int64_t d = 0; d < spatial; ++d) {
      const std::int64_t dim = d - spatial;
      if (is_odd[static_cast<std::size_t>(d)]) result = result.narrow(dim, 1, result.size(dim) - 1);
    }
    return result.contiguous();
  }

  [[nodiscard]] Tensor apply_named(const Tensor& input, PaddingName padding) const {
    if (padding.get() == "same") return apply_same(input);
    if (padding.get() == "valid") return apply(input, 0);
    throw Error(str("[", name, "] Invalid padding string: '", padding.get(), "'"));
  }
};

}  // namespace

#define GT_CONVOLUTION(name, spatial)                                                          \
  Tensor name(const Tensor& input, const Tensor& weight, const optional<Tensor>& bias,         \
              IntArrayRef stride, IntArrayRef padding, IntArrayRef dilation,                   \
              std::int64_t groups) {                                                           \
    GT_ENTRY();                                                                                \
    return Convolution{#name, spatial, weight, bias, stride, dilation, groups}.apply(input,    \
                                                                                     padding); \
  }                                                                                            \
  Tensor name(const Tensor& input, const Tensor& weight, const optional<Tensor>& bias,         \
              IntArrayRef stride, PaddingName padding, IntArrayRef dilation,                   \
              std::int64_t groups) {                                                           \
    GT_ENTRY();                                                                                \
    return Convolution{#name, spatial, weight, bias, stride, dilation, groups}.apply_named(    \
        input, padding);                                                                       \
  }

GT_CONVOLUTION(conv1d, 1)
GT_CONVOLUTION(conv2d, 2)
#undef GT_CONVOLUTION

}  // namespace gt

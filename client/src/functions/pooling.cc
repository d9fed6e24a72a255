#include <gt/error.h>
#include <gt/functions.h>
#include <gt/macros.h>

#include "client/src/tensor/call.h"

namespace gt {

using detail::call;
using detail::call_all;

namespace {

/// The lists of a pooling function as the row's one list.
class Window {
 public:
  explicit Window(const char* name) : name_(name) {}

  /// One number stands for both dims.
  Window& add(IntArrayRef list, const char* what) {
    if (list.size() != 1 && list.size() != 2) throw Error(str("[", name_, "] ", name_, ": ", what));
    numbers_.push_back(list[0]);
    numbers_.push_back(list[list.size() - 1]);
    return *this;
  }
  Window& kernel_size(IntArrayRef list) {
    return add(list, "kernel_size must either be a single int, or a tuple of two ints");
  }
  /// After the kernel size, which an empty list repeats.
  Window& stride(IntArrayRef list) {
    if (!list.empty())
      return add(list, "stride must either be omitted, a single int, or a tuple of two ints");
    for (std::size_t d = 0; d < 2; ++d) numbers_.push_back(numbers_[d]);
    return *this;
  }
  Window& padding(IntArrayRef list) {
    return add(list, "padding must either be a single int, or a tuple of two ints");
  }
  Window& dilation(IntArrayRef list) {
    return add(list, "dilation must be either a single int, or a tuple of two ints");
  }
  [[nodiscard]] const Shape& numbers() const noexcept { return numbers_; }

 private:
  const char* name_;
  Shape numbers_;
};

}  // namespace

std::tuple<Tensor, Tensor> max_pool2d_with_indices(const Tensor& self, IntArrayRef kernel_size,
                                                   IntArrayRef stride, IntArrayRef padding,
                                                   IntArrayRef dilation, bool ceil_mode) {
  GT_ENTRY();
  Window window("max_pool2d");
  window.kernel_size(kernel_size).stride(stride).padding(padding).dilation(dilation);
  const std::vector<Tensor> results =
      call_all(Op::max_pool2d_with_indices, {self},
               make_attributes(Op::max_pool2d_with_indices, window.numbers(), ceil_mode));
  return {results[0], results[1]};
}

Tensor max_pool2d(const Tensor& self, IntArrayRef kernel_size, IntArrayRef stride,
                  IntArrayRef padding, IntArrayRef dilation, bool ceil_mode) {
  GT_ENTRY();
  return std::get<0>(
      max_pool2d_with_indices(self, kernel_size, stride, padding, dilation, ceil_mode));
}

Tensor avg_pool2d(const Tensor& self, IntArrayRef kernel_size, IntArrayRef stride,
                  IntArrayRef padding, bool ceil_mode, bool count_include_pad,
                  optional<std::int64_t> divisor_override) {
  GT_ENTRY();
  if (divisor_override == 0) throw Error("[avg_pool2d] divisor must be not zero");
  Window window("avg_pool2d");
  window.kernel_size(kernel_size).stride(stride).padding(padding);
  return call(Op::avg_pool2d, {self},
              make_attributes(Op::avg_pool2d, window.numbers(), ceil_mode, count_include_pad,
                              divisor_override.value_or(0)));
}

Tensor adaptive_avg_pool2d(const Tensor& self, IntArrayRef output_size) {
  GT_ENTRY();
  return call(
      Op::adaptive_avg_pool2d, {self},
      make_attributes(Op::adaptive_avg_pool2d,
                      std::span<const std::int64_t>(output_size.data(), output_size.size())));
}

}  // namespace gt

#include "client/src/functions/batch_norm.h"

#include <gt/functions.h>
#include <gt/nn/functional.h>
#include <gt/nn/init.h>
#include <gt/nn/layers/batch_norm.h>

#include <ostream>

#include "client/src/session/site.h"

namespace gt::nn {
namespace {

template <std::size_t D>
void check_input_dim(const Tensor& input) {
  const std::int64_t dims = input.dim();
  if constexpr (D == 1)
    TORCH_CHECK(dims == 2 || dims == 3, "expected 2D or 3D input (got ", dims, "D input)");
  else
    TORCH_CHECK(dims == 4, "expected 4D input (got ", dims, "D input)");
}

}  // namespace

template <std::size_t D, class Derived>
BatchNormImplBase<D, Derived>::BatchNormImplBase(const BatchNormOptions& batch_norm_options)
    : options(batch_norm_options) {
  GT_ENTRY();
  BatchNormImplBase::reset();
}

template <std::size_t D, class Derived>
void BatchNormImplBase<D, Derived>::reset() {
  const std::int64_t features = options.num_features();
  const bool affine = options.affine(), tracks = options.track_running_stats();
  const auto parameter = [&] { return affine ? gt::empty({features}) : Tensor(); };
  weight = this->register_parameter("weight", parameter(), /*requires_grad=*/affine);
  bias = this->register_parameter("bias", parameter(), /*requires_grad=*/affine);
  running_mean = this->register_buffer("running_mean", tracks ? zeros({features}) : Tensor());
  running_var = this->register_buffer("running_var", tracks ? ones({features}) : Tensor());
  num_batches_tracked =
      this->register_buffer("num_batches_tracked", tracks ? zeros({}, kLong) : Tensor());
  reset_parameters();
}

template <std::size_t D, class Derived>
void BatchNormImplBase<D, Derived>::reset_running_stats() {
  GT_ENTRY();
  if (!options.track_running_stats()) return;
  running_mean.zero_();
  running_var.fill_(1);
  num_batches_tracked.zero_();
}

template <std::size_t D, class Derived>
void BatchNormImplBase<D, Derived>::reset_parameters() {
  GT_ENTRY();
  reset_running_stats();
  if (!options.affine()) return;
  init::ones_(weight);
  init::zeros_(bias);
}

template <std::size_t D, class Derived>
void BatchNormImplBase<D, Derived>::pretty_print(std::ostream& stream) const {
  stream << std::boolalpha << "torch::nn::BatchNorm" << D << "d(" << options.num_features()
         << ", eps=" << options.eps() << ", momentum=";
  if (options.momentum())
    stream << *options.momentum();
  else
    stream << "None";
  stream << ", affine=" << options.affine()
         << ", track_running_stats=" << options.track_running_stats() << ')';
}

template <std::size_t D, class Derived>
Tensor BatchNormImplBase<D, Derived>::batch_share(const Tensor& running) const {
  return num_batches_tracked.to(running.scalar_type()).reciprocal();
}

template <std::size_t D, class Derived>
Tensor BatchNormImplBase<D, Derived>::forward(const Tensor& input) {
  GT_ENTRY();
  check_input_dim<D>(input);
  const bool training = this->is_training() || !options.track_running_stats();
  TORCH_CHECK(!training || input.numel() != input.size(1) || input.numel() == 0,
              "Expected more than 1 value per channel when training, got input size ",
              input.sizes());
  if (this->is_training() && num_batches_tracked.defined()) {
    const NoGradGuard no_grad;
    num_batches_tracked.add_(1);
  }
  return gt::detail::normalise_batch(
      input, {weight, bias, running_mean, running_var, training, options.eps()},
      [&](const Tensor& running, const Tensor& batch) {
        const Tensor values = batch.to(running.scalar_type());
        if (options.momentum())
          running.lerp_(values, *options.momentum());
        else
          running.lerp_(values, batch_share(running));
      });
}

template class BatchNormImplBase<1, BatchNorm1dImpl>;
template class BatchNormImplBase<2, BatchNorm2dImpl>;

}  // namespace gt::nn

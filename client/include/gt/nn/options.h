// Options of losses and functional forms.
#pragma once

#include <gt/macros.h>
#include <gt/tensor.h>

#include <string>
#include <variant>

namespace gt {

namespace enumtype {
struct kNone {};
struct kMean {};
struct kSum {};
struct kValid {};
struct kSame {};
}  // namespace enumtype

inline constexpr enumtype::kNone kNone{};
inline constexpr enumtype::kMean kMean{};
inline constexpr enumtype::kSum kSum{};
/// Paddings of convolutions: none, and as much as keeps the size.
inline constexpr enumtype::kValid kValid{};
inline constexpr enumtype::kSame kSame{};

/// What becomes of the losses of single elements.
using LossReduction = std::variant<enumtype::kNone, enumtype::kMean, enumtype::kSum>;

namespace enumtype {
/// LibTorch's number of a reduction (Reduction::None, Mean, Sum).
[[nodiscard]] inline std::int64_t reduction_get_enum(const LossReduction& reduction) {
  return static_cast<std::int64_t>(reduction.index());
}
}  // namespace enumtype

namespace nn {

struct GT_API MSELossOptions {
  MSELossOptions() = default;
  MSELossOptions(LossReduction reduction) : reduction_(reduction) {}
  TORCH_ARG(LossReduction, reduction) = kMean;
};

struct GT_API CrossEntropyLossOptions {
  CrossEntropyLossOptions() = default;
  /// A factor for each class, or undefined.
  TORCH_ARG(Tensor, weight);
  TORCH_ARG(std::int64_t, ignore_index) = -100;
  TORCH_ARG(LossReduction, reduction) = kMean;
  TORCH_ARG(double, label_smoothing) = 0.0;
};

}  // namespace nn
}  // namespace gt

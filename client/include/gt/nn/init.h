// nn::init: values for parameters, in place and without gradient.
#pragma once

#include <gt/nn/options.h>

#include <variant>

namespace gt {

namespace enumtype {
struct kFanIn {};
struct kFanOut {};
struct kLinear {};
struct kSigmoid {};
struct kTanh {};
struct kReLU {};
struct kLeakyReLU {};
}  // namespace enumtype

inline constexpr enumtype::kFanIn kFanIn{};
inline constexpr enumtype::kFanOut kFanOut{};
inline constexpr enumtype::kLinear kLinear{};
inline constexpr enumtype::kSigmoid kSigmoid{};
inline constexpr enumtype::kTanh kTanh{};
inline constexpr enumtype::kReLU kReLU{};
inline constexpr enumtype::kLeakyReLU kLeakyReLU{};

namespace nn::init {

using FanModeType = std::variant<enumtype::kFanIn, enumtype::kFanOut>;
using NonlinearityType = std::variant<enumtype::kLinear, enumtype::kSigmoid, enumtype::kTanh,
                                      enumtype::kReLU, enumtype::kLeakyReLU>;

/// Factor that keeps the variance through a non-linearity; `param` is the negative slope.
[[nodiscard]] GT_API double calculate_gain(NonlinearityType nonlinearity, double param = 0.01);

GT_API Tensor constant_(Tensor tensor, Scalar value);
GT_API Tensor zeros_(Tensor tensor);
GT_API Tensor ones_(Tensor tensor);
/// The identity matrix; the tensor must have two dims.
GT_API Tensor eye_(Tensor matrix);
GT_API Tensor uniform_(Tensor tensor, double low = 0, double high = 1);
GT_API Tensor normal_(Tensor tensor, double mean = 0, double std = 1);
/// Glorot and Bengio 2010: bounds from the sum of both fans.
GT_API Tensor xavier_uniform_(Tensor tensor, double gain = 1.0);
GT_API Tensor xavier_normal_(Tensor tensor, double gain = 1.0);
/// He et al. 2015: bounds from one fan and the gain of the non-linearity with slope `a`.
GT_API Tensor kaiming_uniform_(Tensor tensor, double a = 0, FanModeType mode = kFanIn,
                               NonlinearityType nonlinearity = kLeakyReLU);
GT_API Tensor kaiming_normal_(Tensor tensor, double a = 0, FanModeType mode = kFanIn,
                              NonlinearityType nonlinearity = kLeakyReLU);

}  // namespace nn::init
}  // namespace gt

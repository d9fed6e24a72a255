// Gradients of every differentiable row: recorded by the client, computed on a cluster of its own,
// compared with LibTorch's autograd.
#include <gt/gt.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "client/src/tensor/call.h"
#include "tests/conformance/run_case.h"

namespace gt::conformance {
namespace {

constexpr int kStandardCases = 12;
/// Gradients take a few more roundings than the row itself.
constexpr double kSmallestTolerance = 64;

const HostTensor* as_tensor(const Operand& operand) { return std::get_if<HostTensor>(&operand); }

bool is_half(DType dtype) { return is_floating(dtype) && size_of(dtype) < 4; }

template <class Predicate>
bool any_dtype(const Case& sample, Predicate&& predicate) {
  return std::any_of(sample.operands.begin(), sample.operands.end(), [&](const Operand& operand) {
    const HostTensor* tensor = as_tensor(operand);
    return tensor != nullptr && predicate(tensor->dtype);
  });
}

/// Left out: unsigned operands, which LibTorch's atan2 negates.
bool is_comparable(const Case& sample) {
  return !any_dtype(sample,
                    [](DType dtype) { return dtype == DType::kUInt8 || dtype == DType::kUInt16; });
}

/// Operands that LibTorch differentiates by and GT does not: parameters of the op rather than data.
struct Constant {
  Op op;
  std::size_t operand;
};
constexpr Constant kConstants[] = {{Op::cross_entropy, 2},
                                   {Op::scaled_dot_product_attention, 3},
                                   {Op::native_batch_norm, 3},
                                   {Op::native_batch_norm, 4}};

bool is_constant(const OpRow& row, std::size_t operand) {
  return std::any_of(std::begin(kConstants), std::end(kConstants), [&](const Constant& constant) {
    return constant.op == row.op && constant.operand == operand;
  });
}

/// Operands that can have a gradient.
std::vector<std::size_t> floating_operands(const Case& sample) {
  std::vector<std::size_t> wanted;
  for (std::size_t k = 0; k < sample.operands.size(); ++k)
    if (const HostTensor* tensor = as_tensor(sample.operands[k]);
        tensor != nullptr && is_floating(tensor->dtype) && !is_constant(*sample.row, k))
      wanted.push_back(k);
  return wanted;
}

Tensor upload(const HostTensor& host) {
  return detail::from_host(host.bytes.data(), IntArrayRef(host.shape.data(), host.shape.size()),
                           host.dtype, TensorOptions().dtype(detail::to_scalar_type(host.dtype)));
}

HostTensor download(const Tensor& tensor) {
  const Tensor dense = tensor.detach().contiguous();
  HostTensor host;
  host.dtype = detail::to_dtype(dense.scalar_type());
  for (const std::int64_t size : dense.sizes()) host.shape.push_back(size);
  host.bytes.resize(static_cast<std::size_t>(dense.numel()) * size_of(host.dtype));
  if (!host.bytes.empty())
    std::memcpy(host.bytes.data(), dense.const_data_ptr(), host.bytes.size());
  return host;
}

/// The gradients of the operands `wanted` when `result_grad` arrives at the first result.
std::vector<HostTensor> client_gradients(const Case& sample, const HostTensor& result_grad,
                                         std::span<const std::size_t> wanted) {
  std::vector<Tensor> tensors(sample.operands.size());
  std::vector<detail::CallOperand> operands;
  for (std::size_t k = 0; k < sample.operands.size(); ++k) {
    if (const HostTensor* host = as_tensor(sample.operands[k])) {
      tensors[k] = upload(*host);
      if (std::find(wanted.begin(), wanted.end(), k) != wanted.end()) tensors[k].requires_grad_();
    }
  }
  for (std::size_t k = 0; k < sample.operands.size(); ++k) {
    if (const auto* scalar = std::get_if<ScalarValue>(&sample.operands[k]))
      operands.emplace_back(*scalar);
    else
      operands.emplace_back(tensors[k]);
  }
  const std::vector<Tensor> results = detail::call_all(sample.row->op, operands, sample.attributes);
  autograd::backward({results[0]}, {upload(result_grad)});
  std::vector<HostTensor> grads;
  for (const std::size_t k : wanted) {
    const Tensor grad = tensors[k].grad();
    grads.push_back(download(grad.defined() ? grad : zeros_like(tensors[k])));
  }
  return grads;
}

/// Where LibTorch's gradient is not finite (a variance without degrees of freedom) there is none.
bool are_finite(std::span<const HostTensor> tensors) {
  for (const HostTensor& tensor : tensors)
    for (std::size_t k = 0; k < tensor.bytes.size() / size_of(tensor.dtype); ++k)
      if (!std::isfinite(element(tensor, k))) return false;
  return true;
}

std::vector<const OpRow*> differentiable_rows() {
  std::vector<const OpRow*> rows;
  for (const OpRow& row : op_table())
    if (row.differentiable && row.sampling != Sampling::none) rows.push_back(&row);
  return rows;
}

/// In units of the narrowest dtype on the gradient's way.
Tolerance gradient_tolerance(const Case& sample, const HostTensor& result_grad,
                             const HostTensor& expected) {
  Tolerance tolerance{std::max(4 * sample.row->tolerance, kSmallestTolerance),
                      std::max(largest_magnitude(result_grad), largest_magnitude(expected))};
  tolerance.unit = result_grad.dtype;
  for (const Operand& operand : sample.operands)
    if (const HostTensor* tensor = as_tensor(operand)) {
      // Integers become float32 where they enter floating arithmetic.
      const DType dtype = is_floating(tensor->dtype) ? tensor->dtype : DType::kFloat32;
      tolerance.scale = std::max(tolerance.scale, largest_magnitude(*tensor));
      if (size_of(dtype) < size_of(*tolerance.unit)) tolerance.unit = dtype;
    }
  return tolerance;
}

/// The tensor with float32 elements if its own are narrower.
HostTensor widened(const HostTensor& tensor) {
  if (!is_half(tensor.dtype)) return tensor;
  std::vector<double> values(tensor.bytes.size() / size_of(tensor.dtype));
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = element(tensor, k);
  return make_tensor(DType::kFloat32, tensor.shape, values);
}

/// What LibTorch's gradients would be if it rounded nothing to half precision on the way.
std::vector<HostTensor> wide_gradients(const Case& sample, const HostTensor& result_grad,
                                       std::span<const std::size_t> wanted) {
  Case wide = sample;
  for (Operand& operand : wide.operands)
    if (const HostTensor* tensor = as_tensor(operand)) operand = widened(*tensor);
  std::vector<HostTensor> result_grads(sample.row->results);
  result_grads[0] = is_half(infer_results(wide)[0].dtype) ? result_grad : widened(result_grad);
  return judge::judge_gradients(*sample.row, wide.operands, wide.attributes, result_grads, wanted);
}

double largest_distance(const HostTensor& a, const HostTensor& b) {
  double largest = 0;
  for (std::size_t k = 0; k < a.bytes.size() / size_of(a.dtype); ++k)
    largest = std::max(largest, std::abs(element(a, k) - element(b, k)));
  return largest;
}

/// In half precision LibTorch's own distance from the unrounded gradients counts as well: both
/// sides round, but at other places.
Tolerance half_tolerance(const Case& sample, const HostTensor& result_grad,
                         const HostTensor& expected, const HostTensor& unrounded) {
  constexpr double kUlps = 8;
  Tolerance tolerance = gradient_tolerance(sample, result_grad, expected);
  tolerance.ulps = kUlps;
  tolerance.slack = 2 * largest_distance(expected, unrounded);
  return tolerance;
}

/// A case with LibTorch's gradients of the operands `wanted`.
struct JudgedCase {
  Case sample;
  std::vector<std::size_t> wanted;
  HostTensor result_grad;
  std::vector<HostTensor> expected;
  std::vector<HostTensor> unrounded;  ///< of half-precision cases only
};

enum class Precision { kFull, kHalf };

/// Nothing for a case of another precision, and where LibTorch has no gradient or no finite one.
std::optional<JudgedCase> draw_case(const OpRow& row, Sampler sampler, Draw& draw,
                                    Precision precision) {
  JudgedCase judged;
  judged.sample = sampler(row, draw);
  judged.wanted = floating_operands(judged.sample);
  const bool half = any_dtype(judged.sample, is_half);
  if (judged.wanted.empty() || !is_comparable(judged.sample)) return std::nullopt;
  if (half != (precision == Precision::kHalf)) return std::nullopt;
  try {
    const TensorMeta meta = infer_results(judged.sample)[0];
    if (!is_floating(meta.dtype)) return std::nullopt;
    judged.result_grad = draw.tensor(meta.dtype, meta.shape, Domain::real);
    std::vector<HostTensor> result_grads(row.results);
    result_grads[0] = judged.result_grad;
    judged.expected = judge::judge_gradients(row, judged.sample.operands, judged.sample.attributes,
                                             result_grads, judged.wanted);
    if (half) judged.unrounded = wide_gradients(judged.sample, judged.result_grad, judged.wanted);
  } catch (const CommonError&) {
    return std::nullopt;
  }
  if (!are_finite(judged.expected) || !are_finite(judged.unrounded)) return std::nullopt;
  return judged;
}

Tolerance tolerance_of(const JudgedCase& judged, std::size_t g) {
  if (judged.unrounded.empty())
    return gradient_tolerance(judged.sample, judged.result_grad, judged.expected[g]);
  return half_tolerance(judged.sample, judged.result_grad, judged.expected[g], judged.unrounded[g]);
}

class Gradient : public testing::TestWithParam<const OpRow*> {
 protected:
  void expect_libtorchs(Precision precision) {
    const OpRow& row = *GetParam();
    const Sampler sampler = find_sampler(row);
    ASSERT_NE(sampler, nullptr) << row.name;
    const int wanted_cases = case_count(kStandardCases);
    int count = 0;
    for (int k = 0; count < wanted_cases && k < 40 * wanted_cases; ++k) {
      const std::uint64_t seed = base_seed() + static_cast<std::uint64_t>(k);
      Draw draw(seed);
      const std::optional<JudgedCase> judged = draw_case(row, sampler, draw, precision);
      if (!judged) continue;
      const std::vector<HostTensor> actual =
          client_gradients(judged->sample, judged->result_grad, judged->wanted);
      for (std::size_t g = 0; g < actual.size(); ++g) {
        const auto found = difference(actual[g], judged->expected[g], tolerance_of(*judged, g));
        ASSERT_FALSE(found) << describe(judged->sample) << "\ngradient of operand "
                            << judged->wanted[g] << ": " << *found << "\nseed " << seed;
      }
      ++count;
    }
    EXPECT_GE(count, wanted_cases / 2) << "too few cases could be judged; mend the sampler";
  }
};

TEST_P(Gradient, AgreesWithLibTorchsAutograd) { expect_libtorchs(Precision::kFull); }

TEST_P(Gradient, AgreesWithLibTorchsAutogradInHalfPrecision) { expect_libtorchs(Precision::kHalf); }

INSTANTIATE_TEST_SUITE_P(Rows, Gradient, testing::ValuesIn(differentiable_rows()),
                         [](const auto& instance) { return std::string(instance.param->name); });

}  // namespace
}  // namespace gt::conformance

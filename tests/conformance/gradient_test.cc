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

/// Left out: half-precision gradients, which are rounded at other places than LibTorch's (the
/// forward tests cover those dtypes), and unsigned operands, which LibTorch's atan2 negates.
bool is_comparable(const Case& sample) {
  return std::none_of(sample.operands.begin(), sample.operands.end(), [](const Operand& operand) {
    const HostTensor* tensor = as_tensor(operand);
    if (tensor == nullptr) return false;
    if (is_floating(tensor->dtype)) return size_of(tensor->dtype) < 4;
    return tensor->dtype == DType::kUInt8 || tensor->dtype == DType::kUInt16;
  });
}

/// Operands that LibTorch differentiates by and GT does not: parameters of the op rather than data.
struct Constant {
  Op op;
  std::size_t operand;
};
constexpr Constant kConstants[] = {{Op::cross_entropy, 2}, {Op::scaled_dot_product_attention, 3}};

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

class Gradient : public testing::TestWithParam<const OpRow*> {};

TEST_P(Gradient, AgreesWithLibTorchsAutograd) {
  const OpRow& row = *GetParam();
  const Sampler sampler = find_sampler(row);
  ASSERT_NE(sampler, nullptr) << row.name;
  const int wanted_cases = case_count(kStandardCases);
  int judged = 0;
  for (int k = 0; judged < wanted_cases && k < 40 * wanted_cases; ++k) {
    const std::uint64_t seed = base_seed() + static_cast<std::uint64_t>(k);
    Draw draw(seed);
    const Case sample = sampler(row, draw);
    const std::vector<std::size_t> wanted = floating_operands(sample);
    if (wanted.empty() || !is_comparable(sample)) continue;
    HostTensor result_grad;
    std::vector<HostTensor> expected;
    try {
      const TensorMeta meta = infer_results(sample)[0];
      if (!is_floating(meta.dtype)) continue;
      result_grad = draw.tensor(meta.dtype, meta.shape, Domain::real);
      std::vector<HostTensor> result_grads(row.results);
      result_grads[0] = result_grad;
      expected =
          judge::judge_gradients(row, sample.operands, sample.attributes, result_grads, wanted);
    } catch (const CommonError&) {
      continue;
    }
    if (!are_finite(expected)) continue;
    const std::vector<HostTensor> actual = client_gradients(sample, result_grad, wanted);
    for (std::size_t g = 0; g < wanted.size(); ++g) {
      const auto found =
          difference(actual[g], expected[g], gradient_tolerance(sample, result_grad, expected[g]));
      ASSERT_FALSE(found) << describe(sample) << "\ngradient of operand " << wanted[g] << ": "
                          << *found << "\nseed " << seed;
    }
    ++judged;
  }
  EXPECT_GE(judged, wanted_cases / 2) << "too few cases could be judged; mend the sampler";
}

INSTANTIATE_TEST_SUITE_P(Rows, Gradient, testing::ValuesIn(differentiable_rows()),
                         [](const auto& instance) { return std::string(instance.param->name); });

}  // namespace
}  // namespace gt::conformance

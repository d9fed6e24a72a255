#include "worker/engine/torch/aten/products.h"

#include <ATen/ATen.h>
#include <ATen/CPUFunctions.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <exception>

namespace at::native {

// Exported by LibTorch, but the first is declared in no header that it installs. Weak: a version
// without them runs all the same.
__attribute__((weak)) void mkldnn_matmul(const Tensor& a, const Tensor& b, const Tensor& out,
                                         float beta, float alpha);
namespace cpublas {
__attribute__((weak)) void brgemm(std::int64_t rows, std::int64_t columns, std::int64_t depth,
                                  std::int64_t a_stride, std::int64_t b_stride,
                                  std::int64_t out_stride, bool adds, const float* a,
                                  const float* b, float* out, bool is_packed);
}  // namespace cpublas

}  // namespace at::native

namespace gt::aten {
namespace {

/// Multiplications below which the fixed cost of a call of oneDNN (10 us) is not worth it.
constexpr std::int64_t kLeastWork = 1'000'000;
/// Rows and columns below which a product is one of a vector rather, and bound by memory.
constexpr std::int64_t kLeastSide = 8;

/// LibTorch gives float32 products to MKL, which uses the 512-bit vectors of Intel's processors
/// only; oneDNN, which computes its convolutions, uses everybody's.
bool mkl_leaves_vectors_unused() {
#if defined(__x86_64__)
  return __builtin_cpu_is("intel") == 0 && __builtin_cpu_supports("avx512f") != 0 &&
         __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512vl") != 0 &&
         __builtin_cpu_supports("avx512dq") != 0 && at::hasMKLDNN();
#else
  return false;
#endif
}

/// LibTorch refuses where it was built without.
bool runs_block_products() {
  if (!mkl_leaves_vectors_unused() || &at::native::cpublas::brgemm == nullptr) return false;
  const float two = 2, three = 3;
  float six = 0;
  try {
    at::native::cpublas::brgemm(1, 1, 1, 1, 1, 1, false, &two, &three, &six, false);
  } catch (const std::exception&) {
    return false;
  }
  return six == 6;
}

bool is_for_onednn(const at::Tensor& a, const at::Tensor& b) {
  static const bool is_worth_asking =
      mkl_leaves_vectors_unused() && &at::native::mkldnn_matmul != nullptr;
  if (!is_worth_asking || a.scalar_type() != at::kFloat) return false;
  const std::int64_t rows = a.size(-2), columns = b.size(-1), depth = a.size(-1);
  return rows >= kLeastSide && columns >= kLeastSide && depth > 1 &&
         a.numel() * columns >= kLeastWork;
}

/// The libraries would have the addend copied into the result first, and read it again: two passes
/// where this is one.
bool adds_afterwards(const at::Tensor& out, const at::Scalar& beta, const at::Scalar& alpha) {
  const bool is_wide = out.scalar_type() == at::kFloat || out.scalar_type() == at::kDouble;
  return is_wide && beta.to<double>() == 1 && alpha.to<double>() == 1;
}

}  // namespace

void multiply(at::Tensor& out, const at::Tensor& a, const at::Tensor& b) {
  if (is_for_onednn(a, b))
    at::native::mkldnn_matmul(a, b, out, 0, 1);
  else if (a.dim() == 2)
    at::cpu::mm_out(out, a, b);
  else
    at::cpu::bmm_out(out, a, b);
}

void multiply_and_add(at::Tensor& out, const at::Tensor& addend, const at::Tensor& a,
                      const at::Tensor& b, const at::Scalar& beta, const at::Scalar& alpha) {
  if (adds_afterwards(out, beta, alpha)) {
    multiply(out, a, b);
    out.add_(addend);
    return;
  }
  // oneDNN leaves the addend as it is where alpha is 0.
  if (is_for_onednn(a, b) && alpha.to<float>() != 0) {
    if (beta.to<float>() != 0) out.copy_(addend);
    at::native::mkldnn_matmul(a, b, out, beta.to<float>(), alpha.to<float>());
  } else if (a.dim() == 2) {
    at::cpu::addmm_out(out, addend, a, b, beta, alpha);
  } else {
    at::cpu::baddbmm_out(out, addend, a, b, beta, alpha);
  }
}

bool has_block_products() {
  static const bool has_them = runs_block_products();
  return has_them;
}

void multiply_batch(const worker::ProductBatch& batch) {
  const auto multiply_some = [&batch](std::int64_t first, std::int64_t last) {
    for (std::int64_t k = first; k < last; ++k) {
      float* out = batch.out.data + k * batch.out.step;
      if (batch.depth > 0)
        at::native::cpublas::brgemm(batch.rows, batch.columns, batch.depth, batch.a.stride,
                                    batch.b.stride, batch.out.stride, false,
                                    batch.a.data + k * batch.a.step,
                                    batch.b.data + k * batch.b.step, out, false);
      else
        for (std::int64_t row = 0; row < batch.rows; ++row)
          std::fill_n(out + row * batch.out.stride, batch.columns, 0.0F);
    }
  };
  at::parallel_for(0, batch.count, 1, multiply_some);
}

}  // namespace gt::aten

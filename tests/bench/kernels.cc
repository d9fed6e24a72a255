#include "tests/bench/kernels.h"

#include <fmt/format.h>

#include <deque>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/bench/fused_kernel.h"
#include "tests/bench/gpu.h"
#include "tests/bench/kernel_cases.h"
#include "tests/bench/kernel_rivals_libtorch.h"
#include "tests/bench/stopwatch.h"

namespace gt::bench {
namespace {

FusedKernel kernel_of(const KernelCase& kernel_case, DType dtype, bool one_result,
                      worker::Engine* gpu = nullptr) {
  return FusedKernel(kernel_case.graph(dtype),
                     {.overwrites = kernel_case.overwrites, .one_result = one_result, .gpu = gpu});
}

#if defined(__x86_64__)
[[gnu::target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default"), gnu::optimize("O3")]]
#endif
void triad(float* a, const float* b, const float* c, std::int64_t n) {
#pragma GCC ivdep
  for (std::int64_t i = 0; i < n; ++i) a[i] = b[i] + 1.5f * c[i];
}

/// Both compute from the same numbers, once, before anything is measured.
void check_same_results(FusedKernel& kernel, LibtorchKernel& rival) {
  constexpr double kTolerance = 1e-4;
  kernel.run();
  rival.run();
  const double distance = rival.distance(kernel.outputs());
  if (!(distance <= kTolerance))
    throw std::runtime_error(fmt::format("the results differ from LibTorch's by {}", distance));
}

/// Rates in GB/s.
Comparison measure(const KernelCase& kernel_case, int pairs) {
  FusedKernel kernel = kernel_of(kernel_case, DType::kFloat32, true);
  LibtorchKernel rival(kernel_case.rival, kernel.inputs());
  check_same_results(kernel, rival);
  const std::int64_t n = kernel.bytes() / (3 * static_cast<std::int64_t>(sizeof(float)));
  std::vector<float> a(static_cast<std::size_t>(n), 1), b = a, c = a;
  const auto rate_of = [&](const auto& run) {
    return [&kernel, run] {
      const Stopwatch watch;
      run();
      return static_cast<double>(kernel.bytes()) / watch.seconds() * 1e-9;
    };
  };
  return compare_rates_also_with_libtorch(rate_of([&] { kernel.run(); }),
                                          rate_of([&] { triad(a.data(), b.data(), c.data(), n); }),
                                          rate_of([&] { rival.run(); }), pairs);
}

/// So many launches, and one wait for them, are a measurement on a GPU.
constexpr int kLaunches = 50;

/// Rates in GB/s on a GPU, against LibTorch there.
Comparison measure_on_gpu(const KernelCase& kernel_case, int pairs) {
  worker::Engine& gpu = gpu_engine();
  FusedKernel kernel = kernel_of(kernel_case, DType::kFloat32, true, &gpu);
  LibtorchKernel rival(kernel_case.rival, kernel.inputs(), kGpu);
  check_same_results(kernel, rival);
  LibtorchTriad triad(kernel.bytes() / (3 * static_cast<std::int64_t>(sizeof(float))), kGpu);
  const auto rate_of = [&](auto& runs) {
    return [&kernel, &gpu, &runs] {
      gpu.synchronize();
      const Stopwatch watch;
      for (int k = 0; k < kLaunches; ++k) runs.run();
      gpu.synchronize();
      return kLaunches * static_cast<double>(kernel.bytes()) / watch.seconds() * 1e-9;
    };
  };
  return compare_rates_also_with_libtorch(rate_of(kernel), rate_of(triad), rate_of(rival), pairs);
}

/// Microseconds, with the bits of the engine and without.
Comparison measure_price(const KernelCase& kernel_case, DType dtype, worker::Engine* gpu,
                         int pairs) {
  FusedKernel exact = kernel_of(kernel_case, dtype, true, gpu);
  FusedKernel relaxed = kernel_of(kernel_case, dtype, false, gpu);
  const auto time_of = [gpu](FusedKernel& kernel) {
    return [gpu, &kernel] {
      const int runs = gpu != nullptr ? kLaunches : 1;
      const Stopwatch watch;
      for (int k = 0; k < runs; ++k) kernel.run();
      if (gpu != nullptr) gpu->synchronize();
      return watch.seconds() / runs * 1e6;
    };
  };
  return compare(time_of(exact), time_of(relaxed), pairs);
}

}  // namespace

std::vector<Benchmark> kernel_benchmarks() {
  static std::deque<std::string> names;  // the rows hold views of them
  std::vector<Benchmark> rows;
  const auto add_row = [&](std::string name, std::string_view unit, std::string_view baseline,
                           std::function<Comparison(int)> run) {
    names.push_back(std::move(name));
    rows.push_back({names.back(), unit, baseline, std::move(run)});
  };
  for (const KernelCase& kernel_case : kernel_cases())
    add_row(fmt::format("kernel_{}", kernel_case.name), "GB/s", "a triad over the same bytes",
            [&kernel_case](int pairs) { return measure(kernel_case, pairs); });
  for (DType dtype : {DType::kFloat32, DType::kBFloat16})
    for (const KernelCase& kernel_case : kernel_cases()) {
      if (dtype != DType::kFloat32 && !kernel_case.is_one_kernel_if_narrow) continue;
      add_row(fmt::format("one_result_{}{}", kernel_case.name,
                          dtype == DType::kBFloat16 ? "_bfloat16" : ""),
              "us", "the same kernel with other bits", [&kernel_case, dtype](int pairs) {
                return measure_price(kernel_case, dtype, nullptr, pairs);
              });
    }
  for (const KernelCase& kernel_case : kernel_cases())
    add_row(fmt::format("cuda_kernel_{}", kernel_case.name), "GB/s",
            "a triad over the same bytes on the same GPU",
            [&kernel_case](int pairs) { return measure_on_gpu(kernel_case, pairs); });
  for (const KernelCase& kernel_case : kernel_cases())
    add_row(fmt::format("cuda_one_result_{}", kernel_case.name), "us",
            "the same kernel with other bits", [&kernel_case](int pairs) {
              return measure_price(kernel_case, DType::kFloat32, &gpu_engine(), pairs);
            });
  return rows;
}

}  // namespace gt::bench

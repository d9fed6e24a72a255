// What the benchmarks measure on a GPU compiles for one.
#include "tests/bench/kernel_cases.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "common/graph/pass.h"
#include "tests/targets/simulated_gpu.h"

namespace gt::worker::jit {
namespace {

TEST(SimulatedGpuCases, OfTheBenchmarksAreOneKernelEach) {
  const char* ptxas = std::getenv("GT_TEST_PTXAS");  // NOLINT(concurrency-mt-unsafe)
  const auto compiler = make_gpu_compiler(make_simulated_gpu(ptxas != nullptr ? ptxas : ""));
  for (const bench::KernelCase& kernel_case : bench::kernel_cases()) {
    SCOPED_TRACE(kernel_case.name);
    const graph::Graph graph = run_passes(kernel_case.graph(DType::kFloat32)).graph;
    graph::FusionOptions options;
    options.admits = [&](const graph::Graph& of, const graph::Node& node) {
      return compiler->admits(of, node);
    };
    const graph::FusionPlan plan = plan_fusion(graph, options);
    ASSERT_EQ(plan.groups.size(), 1u) << to_text(graph, plan);
    KernelRequest request{&plan.groups[0], {}};
    for (const auto* values : {&plan.groups[0].inputs, &plan.groups[0].outputs})
      for (graph::ValueRef value : *values)
        request.tensors.push_back({value, contiguous_strides(graph.meta(value).shape)});
    EXPECT_EQ(compiler->compile(graph, std::span(&request, 1), {})->entries().size(), 1u);
  }
}

}  // namespace
}  // namespace gt::worker::jit

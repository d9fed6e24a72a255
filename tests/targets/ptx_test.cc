// What the PTX of kernels says.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "common/graph/builder.h"
#include "tests/targets/processes.h"
#include "tests/targets/simulated_gpu.h"

namespace gt::worker::jit {
namespace {

/// Of the sums of a b over rows.
std::string ptx_of_products_and_sums(bool one_result) {
  graph::GraphBuilder builder;
  const auto input = [&] { return builder.add_input({DType::kFloat32, {64, 1024}, {}}); };
  const graph::ValueRef product = builder.add_instruction(Op::mul, {input(), input()}, {})[0];
  builder.mark_output(builder.add_instruction(
      Op::sum, {product}, make_attributes(Op::sum, Shape{1}, false, kNoDType))[0]);
  const graph::Graph graph = std::move(builder).finish();
  const graph::FusionPlan plan = plan_fusion(graph);
  KernelRequest request{&plan.groups.at(0), {}};
  for (graph::ValueRef value : request.group->inputs) request.tensors.push_back({value, {1024, 1}});
  for (graph::ValueRef value : request.group->outputs) request.tensors.push_back({value, {1}});
  const TemporaryFolder folder;
  CompileOptions options;
  options.save_to = folder.path();
  options.name = "kernel";
  options.one_result = one_result;
  static_cast<void>(
      make_gpu_compiler(make_simulated_gpu(""))->compile(graph, std::span(&request, 1), options));
  std::ifstream file(folder.path() + "/kernel.ptx");
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Ptx, ContractsOnlyWhereTheBitsOfTheEngineAreNotAskedFor) {
  const std::string exact = ptx_of_products_and_sums(true), other = ptx_of_products_and_sums(false);
  EXPECT_NE(exact.find("mul.rn.f32"), std::string::npos) << exact;
  EXPECT_EQ(exact.find("fma"), std::string::npos) << exact;
  EXPECT_NE(other.find("fma.rn.f32"), std::string::npos) << other;
}

}  // namespace
}  // namespace gt::worker::jit

// Few long rows are folded by many blocks, many rows by one each.
#include <gtest/gtest.h>

#include "common/graph/builder.h"
#include "common/graph/scalars.h"
#include "tests/targets/simulated_gpu.h"

namespace gt::worker::jit {
namespace {

/// Of the sums and the largest elements of rows.
std::int64_t scratch_bytes_of(const Shape& shape) {
  graph::GraphBuilder builder;
  const graph::ValueRef x = builder.add_input({DType::kFloat32, shape, {}});
  builder.mark_output(builder.add_instruction(
      Op::sum, {x}, make_attributes(Op::sum, Shape{1}, false, kNoDType))[0]);
  builder.mark_output(
      builder.add_instruction(Op::amax, {x}, make_attributes(Op::amax, Shape{1}, false))[0]);
  const graph::Graph graph = std::move(builder).finish();
  const graph::FusionPlan plan = plan_fusion(graph);
  EXPECT_EQ(plan.groups.size(), 1u);
  KernelRequest request{&plan.groups.at(0), {}};
  for (graph::ValueRef value : request.group->inputs)
    request.tensors.push_back({value, contiguous_strides(shape)});
  for (graph::ValueRef value : request.group->outputs) request.tensors.push_back({value, {1}});
  const auto compiler = make_gpu_compiler(make_simulated_gpu(""));
  const auto module = compiler->compile(graph, std::span(&request, 1), {});
  float nothing = 0;
  void* const tensors[] = {&nothing, &nothing, &nothing};
  const std::int64_t strides[] = {shape[1], 1, 1, 1};
  const std::vector<std::uint64_t> bindings = sample_bindings(graph);
  KernelArguments arguments;
  arguments.tensors = tensors;
  arguments.strides = strides;
  arguments.bindings = bindings.data();
  KernelNeeds needs;
  module->entries()[0].needs(&arguments, &needs);
  return needs.scratch_bytes;
}

TEST(SimulatedGpuRows, AreCutIntoPartsWhereTheyAreFewAndLong) {
  constexpr std::int64_t kMi = 1 << 20;
  constexpr std::int64_t kBytesOfAPart = 2 * 8;
  EXPECT_EQ(scratch_bytes_of({4, kMi}), 4 * 32 * kBytesOfAPart);
  EXPECT_EQ(scratch_bytes_of({1, 16 * kMi}), 256 * kBytesOfAPart);
  EXPECT_EQ(scratch_bytes_of({1, 16 * kMi + 1}), 129 * kBytesOfAPart);
  EXPECT_EQ(scratch_bytes_of({512, 65536}), 512 * 2 * kBytesOfAPart);
  EXPECT_EQ(scratch_bytes_of({2048, 65536}), 0);
  EXPECT_EQ(scratch_bytes_of({4, 32768}), 0);
  EXPECT_EQ(scratch_bytes_of({4, 4096}), 0);
}

}  // namespace
}  // namespace gt::worker::jit

// Kernels in a graph of a real GPU, by its driver alone.
#include <gtest/gtest.h>

#include <vector>

#include "common/graph/builder.h"
#include "common/graph/scalars.h"
#include "tests/targets/driver_room.h"
#include "worker/jit/llvm/gpu/cuda_device.h"
#include "worker/jit/llvm/gpu/gpu_compiler.h"

namespace gt::worker::jit {
namespace {

constexpr std::int64_t kElements = 5000;

std::shared_ptr<DriverRoom> room_or_reason(std::string& reason) {
  try {
    return make_driver_room();
  } catch (const std::exception& error) {
    reason = error.what();
    return nullptr;
  }
}

class Numbers {
 public:
  Numbers(DriverRoom& room, float first) : values_(kElements) {
    for (std::int64_t i = 0; i < kElements; ++i)
      values_[static_cast<std::size_t>(i)] = first + static_cast<float>(i % 100);
    copy_ = room.copy(std::as_bytes(std::span(values_)));
  }
  [[nodiscard]] void* place() { return copy_->place(); }
  [[nodiscard]] const std::vector<float>& fetch() {
    copy_->fetch(std::as_writable_bytes(std::span(values_)));
    return values_;
  }

 private:
  std::vector<float> values_;
  std::unique_ptr<DeviceCopy> copy_;
};

TEST(DriverGraphs, RunTheirKernelsWithTheParametersThatWereChanged) {
  std::string reason;
  const std::shared_ptr<DriverRoom> room = room_or_reason(reason);
  if (room == nullptr) GTEST_SKIP() << "no GPU: " << reason;
  graph::GraphBuilder builder;
  const graph::ValueRef x = builder.add_input({DType::kFloat32, {kElements}, {}});
  builder.mark_output(builder.add_instruction(Op::relu, {x}, {})[0]);
  const graph::Graph graph = std::move(builder).finish();
  const graph::FusionPlan plan = plan_fusion(graph);
  const KernelRequest request{
      &plan.groups.at(0),
      {{plan.groups[0].inputs.at(0), {1}}, {plan.groups[0].outputs.at(0), {1}}}};
  const auto compiler = make_gpu_compiler(make_cuda_device(0));
  const auto module = compiler->compile(graph, std::span(&request, 1), {});

  Numbers first(*room, -50), second(*room, -20), result(*room, 0), other(*room, 0);
  const std::int64_t strides[] = {1, 1};
  const std::vector<std::uint64_t> bindings = sample_bindings(graph);
  CapturedLaunches launches;
  const auto run = [&](Numbers& from, Numbers& to) {
    void* tensors[] = {from.place(), to.place()};
    KernelArguments arguments;
    arguments.tensors = tensors;
    arguments.strides = strides;
    arguments.bindings = bindings.data();
    arguments.queue = room->queue();
    arguments.captured = &launches;
    KernelNeeds needs;
    module->entries()[0].needs(&arguments, &needs);
    module->entries()[0].run(&arguments, 0, needs.units);
  };
  room->begin_capture();
  run(first, result);
  launches.graph = room->end_capture();
  EXPECT_EQ(result.fetch()[99], 99.0f) << "a kernel ran while it was captured";
  room->start(launches.graph);
  EXPECT_EQ(result.fetch()[0], 0.0f);
  EXPECT_EQ(result.fetch()[99], 49.0f);
  run(second, other);
  room->start(launches.graph);
  EXPECT_EQ(other.fetch()[99], 79.0f);
  EXPECT_EQ(result.fetch()[99], 49.0f);
}

}  // namespace
}  // namespace gt::worker::jit

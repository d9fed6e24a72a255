// Kernels on a GPU by its driver alone, against a triad over the same bytes that is such a kernel
// too: one JSON object a line, as gt_bench prints them.
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/graph/builder.h"
#include "common/graph/fusion/fusion.h"
#include "common/graph/pass.h"
#include "common/graph/scalars.h"
#include "tests/bench/kernel_cases.h"
#include "tests/bench/result_line.h"
#include "tests/bench/stopwatch.h"
#include "tests/targets/driver_room.h"
#include "worker/jit/llvm/gpu/cuda_device.h"
#include "worker/jit/llvm/gpu/gpu_compiler.h"

namespace gt::bench {
namespace {

using namespace worker::jit;

constexpr int kPairs = 31;
/// So many launches, and one wait for them, are a measurement.
constexpr int kLaunches = 50;

/// A graph that is one kernel, on dense tensors of ones.
class GpuKernel {
 public:
  GpuKernel(graph::Graph graph, DriverRoom& room)
      : graph_(run_passes(std::move(graph)).graph),
        room_(room),
        compiler_(make_gpu_compiler(make_cuda_device(0))) {
    graph::FusionOptions options;
    options.admits = [this](const graph::Graph& of, const graph::Node& node) {
      return compiler_->admits(of, node);
    };
    plan_ = plan_fusion(graph_, options);
    if (plan_.groups.size() != 1) throw std::runtime_error("the graph is not one kernel");
    KernelRequest request{&plan_.groups[0], {}};
    for (graph::ValueRef value : plan_.groups[0].inputs) add(value, request);
    for (graph::ValueRef value : plan_.groups[0].outputs) add(value, request);
    module_ = compiler_->compile(graph_, std::span(&request, 1), {});
    bindings_ = sample_bindings(graph_);
    arguments_.tensors = tensors_.data();
    arguments_.strides = strides_.data();
    arguments_.bindings = bindings_.data();
    arguments_.queue = room.queue();
    module_->entries()[0].needs(&arguments_, &needs_);
    memory_.push_back(
        room.copy(std::vector<std::byte>(static_cast<std::size_t>(needs_.scratch_bytes) + 1)));
    arguments_.scratch = memory_.back()->place();
  }
  /// GB/s of all that it reads and writes.
  double rate() {
    room_.wait();
    const Stopwatch watch;
    for (int k = 0; k < kLaunches; ++k) module_->entries()[0].run(&arguments_, 0, needs_.units);
    room_.wait();
    return kLaunches * static_cast<double>(bytes_) / watch.seconds() * 1e-9;
  }
  [[nodiscard]] std::int64_t bytes() const noexcept { return bytes_; }

 private:
  void add(graph::ValueRef value, KernelRequest& request) {
    const TensorMeta& meta = graph_.meta(value);
    const Strides strides = contiguous_strides(meta.shape);
    request.tensors.push_back({value, strides, -1});
    strides_.insert(strides_.end(), strides.begin(), strides.end());
    const std::vector<float> ones(meta.byte_count() / sizeof(float), 1);
    memory_.push_back(room_.copy(std::as_bytes(std::span(ones))));
    tensors_.push_back(memory_.back()->place());
    bytes_ += static_cast<std::int64_t>(meta.byte_count());
  }

  graph::Graph graph_;
  DriverRoom& room_;
  graph::FusionPlan plan_;
  std::unique_ptr<KernelCompiler> compiler_;
  std::unique_ptr<KernelModule> module_;
  std::vector<std::unique_ptr<DeviceCopy>> memory_;
  std::vector<void*> tensors_;
  std::vector<std::int64_t> strides_;
  std::vector<std::uint64_t> bindings_;
  KernelArguments arguments_;
  KernelNeeds needs_;
  std::int64_t bytes_ = 0;
};

/// b + 1.5 c of so many float32 elements.
graph::Graph triad(std::int64_t elements) {
  graph::GraphBuilder builder;
  const graph::ValueRef b = builder.add_input({DType::kFloat32, {elements}, {}});
  const graph::ValueRef c = builder.add_input({DType::kFloat32, {elements}, {}});
  builder.mark_output(
      builder.add_instruction(Op::add, {b, c}, make_attributes(Op::add, ScalarValue(1.5)))[0]);
  return std::move(builder).finish();
}

/// The sums of four rows of a Mi of elements.
graph::Graph long_rows(DType dtype) {
  graph::GraphBuilder builder;
  const graph::ValueRef x = builder.add_input({dtype, {4, 1 << 20}, {}});
  builder.mark_output(builder.add_instruction(
      Op::sum, {x}, make_attributes(Op::sum, Shape{1}, false, kNoDType))[0]);
  return std::move(builder).finish();
}

void measure(const std::string& name, graph::Graph graph, DriverRoom& room) {
  GpuKernel kernel(std::move(graph), room);
  GpuKernel baseline(triad(kernel.bytes() / 12), room);
  const Comparison result =
      compare([&] { return kernel.rate(); }, [&] { return baseline.rate(); }, kPairs);
  fmt::print("{}\n", result_line(name, "GB/s", "a triad over the same bytes, by GT too", result));
  std::fflush(stdout);
}

/// Whether all ran to their end.
bool run() {
  const std::shared_ptr<DriverRoom> room = make_driver_room();
  bool is_complete = true;
  const auto attempt = [&](const std::string& name, graph::Graph (*graph)(DType)) {
    try {
      measure(name, graph(DType::kFloat32), *room);
    } catch (const std::exception& error) {
      fmt::print(stderr, "gpu_bench: {}: {}\n", name, error.what());
      is_complete = false;
    }
  };
  for (const KernelCase& kernel_case : kernel_cases())
    attempt(fmt::format("driver_kernel_{}", kernel_case.name), kernel_case.graph);
  attempt("driver_kernel_long_rows", long_rows);
  return is_complete;
}

}  // namespace
}  // namespace gt::bench

int main() {
  try {
    return gt::bench::run() ? 0 : 1;
  } catch (const std::exception& error) {
    fmt::print(stderr, "gpu_bench: {}\n", error.what());
    return 1;
  }
}

#include "tests/bench/fused_kernel.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <numeric>
#include <stdexcept>

#include "common/graph/memory/storage.h"
#include "common/graph/pass.h"
#include "common/graph/scalars.h"
#include "common/tensor/half.h"

namespace gt::bench {
namespace {

graph::FusionPlan plan_for(const worker::jit::KernelCompiler& compiler, const graph::Graph& graph) {
  graph::FusionOptions options;
  options.admits = [&](const graph::Graph& of, const graph::Node& node) {
    return compiler.admits(of, node);
  };
  graph::FusionPlan plan = plan_fusion(graph, options);
  if (plan.groups.size() != 1 || plan.groups[0].kind != graph::Group::Kind::kernel)
    throw std::runtime_error("the graph is not one kernel: " + to_text(graph, plan));
  return plan;
}

template <class T>
void fill(T* elements, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes / sizeof(T); ++i)
    elements[i] = static_cast<T>(0.5f + static_cast<float>(i * 2654435761u % 1024) / 1024);
}

}  // namespace

void FusedKernel::Free::operator()(void* memory) const noexcept { std::free(memory); }

FusedKernel::Memory FusedKernel::make_memory(const TensorMeta& meta) const {
  constexpr std::size_t kPage = std::size_t{2} << 20;
  const std::size_t bytes = (meta.byte_count() + kPage) / kPage * kPage;
  Memory memory(std::aligned_alloc(kPage, bytes));
  if (memory == nullptr) throw std::bad_alloc();
  if (meta.dtype == DType::kBFloat16)
    fill(static_cast<BFloat16*>(memory.get()), bytes);
  else
    fill(static_cast<float*>(memory.get()), bytes);
  return memory;
}

FusedKernel::FusedKernel(graph::Graph graph, const Options& wishes)
    : graph_(run_passes(std::move(graph)).graph),
      compiler_(worker::jit::load_compiler(wishes.gpu != nullptr ? std::string(wishes.gpu->device())
                                                                 : "cpu")),
      gpu_(wishes.gpu) {
  plan_ = plan_for(*compiler_, graph_);
  const graph::Group& group = plan_.groups[0];
  const graph::Storage storage = find_storage(graph_, plan_);
  worker::jit::KernelRequest request{&group, {}};
  std::vector<bool> is_taken(group.inputs.size(), false);
  const auto add = [&](graph::ValueRef value, int over) {
    const TensorMeta& meta = graph_.meta(value);
    const Strides strides = contiguous_strides(meta.shape);
    request.tensors.push_back({value, strides, over});
    strides_.insert(strides_.end(), strides.begin(), strides.end());
    if (over < 0) add_memory(meta);
    memory_of_.push_back(over < 0 ? memory_.size() - 1
                                  : memory_of_[static_cast<std::size_t>(over)]);
    tensors_.push_back(gpu_ != nullptr ? device_values_[memory_of_.back()].bytes()
                                       : memory_[memory_of_.back()].get());
    bytes_ += static_cast<std::int64_t>(meta.byte_count());
  };
  for (graph::ValueRef input : group.inputs) add(input, -1);
  for (graph::ValueRef output : group.outputs) {
    int over = -1;
    for (std::size_t k = 0; wishes.overwrites && k < group.inputs.size() && over < 0; ++k)
      if (!is_taken[k] && may_overwrite(graph_, storage, group, group.inputs[k], output)) {
        over = static_cast<int>(k);
        is_taken[k] = true;
      }
    add(output, over);
  }
  inputs_ = tensors_of(group.inputs, 0);
  outputs_ = tensors_of(group.outputs, group.inputs.size());
  worker::jit::CompileOptions options;
  options.one_result = wishes.one_result;
  if (const char* folder = std::getenv("GT_SAVE_COMPILED_CODE")) {
    options.save_to = folder;
    options.name = "kernel";
  }
  module_ = compiler_->compile(graph_, std::span(&request, 1), options);
  bindings_ = sample_bindings(graph_);
  arguments_.tensors = tensors_.data();
  arguments_.strides = strides_.data();
  arguments_.bindings = bindings_.data();
  module_->entries()[0].needs(&arguments_, &needs_);
  scratch_ = make_memory({DType::kUInt8, {needs_.scratch_bytes + 64}, {}});
  arguments_.scratch = scratch_.get();
  if (gpu_ != nullptr) {
    device_scratch_ =
        gpu_->allocator().allocate(static_cast<std::size_t>(needs_.scratch_bytes) + 64);
    arguments_.scratch = device_scratch_->data();
  }
  if (gpu_ != nullptr) arguments_.queue = gpu_->queue();
}

std::vector<FloatTensor> FusedKernel::tensors_of(std::span<const graph::ValueRef> values,
                                                 std::size_t first) const {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  std::vector<FloatTensor> tensors;
  for (std::size_t k : order)
    tensors.push_back(
        {static_cast<float*>(memory_[memory_of_[first + k]].get()), graph_.meta(values[k]).shape});
  return tensors;
}

void FusedKernel::add_memory(const TensorMeta& meta) {
  memory_.push_back(make_memory(meta));
  if (gpu_ != nullptr)
    device_values_.push_back(gpu_->from_host(
        meta, {static_cast<const std::byte*>(memory_.back().get()), meta.byte_count()}));
}

std::span<const FloatTensor> FusedKernel::outputs() {
  for (std::size_t k = 0; k < device_values_.size(); ++k) {
    const std::vector<std::byte> bytes = gpu_->to_host(device_values_[k]);
    std::memcpy(memory_[k].get(), bytes.data(), bytes.size());
  }
  return outputs_;
}

void FusedKernel::run() { module_->entries()[0].run(&arguments_, 0, needs_.units); }

}  // namespace gt::bench

#include "worker/jit/llvm/compiler.h"

#include <llvm/IR/LLVMContext.h>
#include <llvm/Transforms/Utils/Cloning.h>

#include <algorithm>
#include <cstring>

#include "common/error.h"
#include "common/graph/fusion/lookup.h"
#include "worker/jit/llvm/arithmetic.h"
#include "worker/jit/llvm/crash_guard.h"
#include "worker/jit/llvm/kernel_emitter.h"
#include "worker/jit/llvm/linker.h"
#include "worker/jit/llvm/listing.h"
#include "worker/jit/llvm/saved_code.h"

namespace gt::worker::jit {
namespace {

[[noreturn]] void fail(const std::string& message) {
  throw CommonError(ErrorKind::kInternal, message);
}

/// Stands before the object file.
struct ObjectHeader {
  char magic[8] = {'G', 'T', 'K', 'E', 'R', 'N', 'E', 'L'};
  std::uint32_t version = 1;
  std::uint32_t kernels = 0;
};

std::vector<std::byte> with_header(std::size_t kernels, std::string_view object) {
  ObjectHeader header;
  header.kernels = static_cast<std::uint32_t>(kernels);
  std::vector<std::byte> bytes(sizeof header + object.size());
  std::memcpy(bytes.data(), &header, sizeof header);
  std::memcpy(bytes.data() + sizeof header, object.data(), object.size());
  return bytes;
}

std::uint32_t kernels_of(std::span<const std::byte> object) {
  const ObjectHeader expected;
  ObjectHeader header;
  if (object.size() < sizeof header) fail("cannot load compiled kernels: the object is too short");
  std::memcpy(&header, object.data(), sizeof header);
  if (std::memcmp(header.magic, expected.magic, sizeof header.magic) != 0 ||
      header.version != expected.version)
    fail("cannot load compiled kernels: the bytes are no object of this version");
  return header.kernels;
}

class Module final : public KernelModule {
  using Run = void(const KernelArguments*, std::int64_t, std::int64_t);
  using Needs = void(const KernelArguments*, KernelNeeds*);

 public:
  explicit Module(std::vector<std::byte> object)
      : object_(std::move(object)), code_(std::span(object_).subspan(sizeof(ObjectHeader))) {
    const std::uint32_t count = kernels_of(object_);
    for (std::uint32_t k = 0; k < count; ++k)
      entries_.push_back({reinterpret_cast<Run*>(code_.address_of(run_name(k))),
                          reinterpret_cast<Needs*>(code_.address_of(needs_name(k)))});
  }
  [[nodiscard]] std::span<const Entry> entries() const noexcept override { return entries_; }
  [[nodiscard]] std::span<const std::byte> object() const noexcept override { return object_; }

 private:
  std::vector<std::byte> object_;
  LinkedObject code_;
  std::vector<Entry> entries_;
};

/// The row by itself, as the emitter sees it.
PlanNode alone(const graph::Graph& graph, graph::NodeIndex index) {
  graph::Group group;
  group.loops.push_back(graph::loop_of(graph, index));
  for (const graph::Operand& operand : graph.operands(graph.node(index)))
    if (operand.is_tensor() &&
        std::find(group.inputs.begin(), group.inputs.end(), operand.value) == group.inputs.end())
      group.inputs.push_back(operand.value);
  group.outputs.push_back({index, 0});
  KernelRequest request{&group, {}};
  for (const std::vector<graph::ValueRef>* values : {&group.inputs, &group.outputs})
    for (graph::ValueRef value : *values)
      request.tensors.push_back({value, contiguous_strides(graph.meta(value).shape)});
  return lower(graph, group.loops.front(), request).plan.nodes.front();
}

class HostCompiler final : public KernelCompiler {
 public:
  [[nodiscard]] std::string_view target() const noexcept override { return machine_.description(); }
  [[nodiscard]] bool admits(const graph::Graph& graph, const graph::Node& node) const override {
    return jit::admits(machine_.processor(), graph, node);
  }
  [[nodiscard]] std::unique_ptr<KernelModule> compile(const graph::Graph& graph,
                                                      std::span<const KernelRequest> requests,
                                                      const CompileOptions& options) override {
    std::unique_ptr<KernelModule> made;
    run_guarded([&] {
      made = std::make_unique<Module>(with_header(
          requests.size(), compile_to_object(machine_, costs_, graph, requests, options)));
    });
    return made;
  }
  [[nodiscard]] std::unique_ptr<KernelModule> load(std::span<const std::byte> object) override {
    static_cast<void>(kernels_of(object));
    return std::make_unique<Module>(std::vector<std::byte>(object.begin(), object.end()));
  }

 private:
  Machine machine_{Processor::host()};
  Costs costs_;
};

}  // namespace

bool admits(const Processor& processor, const graph::Graph& graph, const graph::Node& node) {
  if (!can_fuse(graph, node)) return false;
  const graph::NodeIndex index = static_cast<graph::NodeIndex>(&node - graph.nodes().data());
  const auto is_storable = [&](DType dtype) {
    return dtype != DType::kFloat16 || processor.converts_half;
  };
  if (!is_storable(graph.meta({index, 0}).dtype)) return false;
  for (const graph::Operand& operand : graph.operands(node))
    if (operand.is_tensor() && !is_storable(graph.meta(operand.value).dtype)) return false;
  if (loop_may_refuse(graph, node)) return processor.tells_refusals;
  if (node.row().op_class != OpClass::pointwise) return true;
  return arithmetic_of_row(node.op, native::compute_type_of(operand_dtype(graph, node))) != nullptr;
}

bool calls_library(Costs& costs, const graph::Graph& graph, const graph::Node& node) {
  if (node.row().op_class != OpClass::pointwise) return false;
  return costs.calls_library(
      alone(graph, static_cast<graph::NodeIndex>(&node - graph.nodes().data())));
}

std::string compile_to_object(const Machine& machine, Costs& costs, const graph::Graph& graph,
                              std::span<const KernelRequest> requests,
                              const CompileOptions& options) {
  SavedCode saved(options);
  llvm::LLVMContext context;
  llvm::Module module("kernels", context);
  machine.prepare(module);
  KernelEmitter emitter(module, machine, costs, options.tuning);
  std::string listing;
  for (std::size_t k = 0; k < requests.size(); ++k) {
    const auto loops = lower_all(graph, requests[k], options.one_result);
    emitter.emit(k, loops);
    if (saved.is_wanted())
      listing +=
          listing_of(run_name(k), tensors_of(graph, requests[k]), loops, costs, options.tuning);
  }
  machine.optimise(module);
  if (saved.is_wanted()) {
    saved.write(".listing", listing);
    saved.write(".ll", text_of(module));
    const std::unique_ptr<llvm::Module> copy = llvm::CloneModule(module);
    saved.write(".s", machine.assembly_of(*copy));
  }
  return machine.object_of(module);
}

std::unique_ptr<KernelCompiler> make_host_compiler() { return std::make_unique<HostCompiler>(); }

}  // namespace gt::worker::jit

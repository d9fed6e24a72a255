// A compiler of interpreted kernels whose objects can be loaded, in this process.
#pragma once

#include <cstring>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "tests/unit/hotpath/interpreting_compiler.h"

namespace gt::worker::testing {

/// What compilers were asked for, by the number that is the object.
struct RememberedRequests {
  struct Entry {
    graph::Graph graph;
    std::vector<graph::Group> groups;
    std::vector<jit::KernelRequest> requests;
  };
  std::vector<std::unique_ptr<Entry>> entries;
};

class RememberingCompiler final : public jit::KernelCompiler {
 public:
  /// The memory is borrowed. Loaded kernels are interpreted on the interpreter's own engine.
  RememberingCompiler(std::unique_ptr<InterpretingCompiler> interpreter, RememberedRequests& memory)
      : interpreter_(std::move(interpreter)), memory_(memory) {}

  [[nodiscard]] std::string_view target() const noexcept override { return interpreter_->target(); }
  [[nodiscard]] bool admits(const graph::Graph& graph, const graph::Node& node) const override {
    return interpreter_->admits(graph, node);
  }
  [[nodiscard]] std::unique_ptr<jit::KernelModule> compile(
      const graph::Graph& graph, std::span<const jit::KernelRequest> requests,
      const jit::CompileOptions& options) override {
    const std::size_t number = memory_.entries.size();
    memory_.entries.push_back(remember(graph, requests));
    return std::make_unique<Module>(interpreter_->compile(graph, requests, options), number);
  }
  [[nodiscard]] std::unique_ptr<jit::KernelModule> load(
      std::span<const std::byte> object) override {
    std::size_t number = 0;
    std::memcpy(&number, object.data(), sizeof number);
    const RememberedRequests::Entry& entry = *memory_.entries.at(number);
    return std::make_unique<Module>(interpreter_->compile(entry.graph, entry.requests, {}), number);
  }

 private:
  class Module final : public jit::KernelModule {
   public:
    Module(std::unique_ptr<jit::KernelModule> module, std::size_t number)
        : module_(std::move(module)), object_(sizeof number) {
      std::memcpy(object_.data(), &number, sizeof number);
    }
    [[nodiscard]] std::span<const Entry> entries() const noexcept override {
      return module_->entries();
    }
    [[nodiscard]] std::span<const std::byte> object() const noexcept override { return object_; }
    [[nodiscard]] int versions() const noexcept override { return module_->versions(); }

   private:
    std::unique_ptr<jit::KernelModule> module_;
    std::vector<std::byte> object_;
  };

  [[nodiscard]] static std::unique_ptr<RememberedRequests::Entry> remember(
      const graph::Graph& graph, std::span<const jit::KernelRequest> requests) {
    auto entry = std::make_unique<RememberedRequests::Entry>();
    entry->graph = graph;
    for (const jit::KernelRequest& request : requests) entry->groups.push_back(*request.group);
    entry->requests.assign(requests.begin(), requests.end());
    for (std::size_t k = 0; k < requests.size(); ++k) entry->requests[k].group = &entry->groups[k];
    return entry;
  }

  std::unique_ptr<InterpretingCompiler> interpreter_;
  RememberedRequests& memory_;
};

}  // namespace gt::worker::testing

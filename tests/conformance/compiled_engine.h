// Every row as a compiled program of its own.
#pragma once

#include <memory>

#include "worker/engine/engine.h"
#include "worker/hotpath/thread_team.h"
#include "worker/jit/kernel.h"

namespace gt::conformance {

/// Records each call as a segment of one instruction, compiles it with all passes, and runs it.
/// Calls without a kernel run on the engine below, as in programs.
class CompiledEngine final : public worker::Engine {
 public:
  explicit CompiledEngine(std::unique_ptr<worker::Engine> engine)
      : engine_(std::move(engine)), compiler_(worker::jit::load_compiler()) {}

  [[nodiscard]] std::string_view name() const noexcept override { return "compiled"; }
  [[nodiscard]] std::string_view device() const noexcept override { return engine_->device(); }
  [[nodiscard]] worker::Allocator& allocator() noexcept override { return engine_->allocator(); }
  [[nodiscard]] worker::Results execute(const worker::EngineCall& call) override;
  [[nodiscard]] worker::Value from_host(const TensorMeta& meta,
                                        std::span<const std::byte> bytes) override {
    return engine_->from_host(meta, bytes);
  }
  [[nodiscard]] std::vector<std::byte> to_host(const worker::Value& value) override {
    return engine_->to_host(value);
  }
  void synchronize() override { engine_->synchronize(); }

  /// Calls that ran by at least one kernel.
  [[nodiscard]] int compiled_calls() const noexcept { return compiled_calls_; }

 private:
  std::unique_ptr<worker::Engine> engine_;
  std::unique_ptr<worker::jit::KernelCompiler> compiler_;
  worker::hotpath::ThreadTeam team_{2};
  int compiled_calls_ = 0;
};

}  // namespace gt::conformance

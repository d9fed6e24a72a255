// An engine that knows `full`, `add` and `reshape` of float32, and fails when told to.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "worker/engine/engine.h"

namespace gt::worker::testing {

/// Counts bytes; refuses beyond the limit.
class FakeAllocator final : public Allocator {
 public:
  explicit FakeAllocator(std::size_t limit) : limit_(limit) {}
  BufferRef allocate(std::size_t bytes) override;
  void charge(std::size_t bytes) override { *in_use_ += bytes; }
  void discharge(std::size_t bytes) noexcept override { *in_use_ -= bytes; }
  std::size_t bytes_in_use() const noexcept override { return *in_use_; }
  std::size_t limit() const noexcept override { return limit_; }

 private:
  std::size_t limit_;
  std::shared_ptr<std::size_t> in_use_ = std::make_shared<std::size_t>(0);
};

class FakeEngine final : public Engine {
 public:
  explicit FakeEngine(std::size_t limit = std::size_t{1} << 20) : allocator_(limit) {}

  std::string_view name() const noexcept override { return "fake"; }
  std::string_view device() const noexcept override { return "cpu"; }
  Allocator& allocator() noexcept override { return allocator_; }
  Results execute(const EngineCall& call) override;
  Value from_host(const TensorMeta& meta, std::span<const std::byte> bytes) override;
  std::vector<std::byte> to_host(const Value& value) override;
  void synchronize() override {}

  /// Called before each computation; may throw.
  std::function<void(const EngineCall&)> before;
  /// Computations so far.
  int calls = 0;

 private:
  [[nodiscard]] Value make(const TensorMeta& meta);
  FakeAllocator allocator_;
};

}  // namespace gt::worker::testing

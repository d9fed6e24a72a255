// Kernels in several versions, of which the fastest is found while they run.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "worker/jit/kernel.h"

namespace gt::worker::hotpath {

/// Kernels that give the same results in several versions. Executions take the versions in turn and
/// are timed; after `kRounds` of each a kernel keeps to the version that took least in its best
/// one. Entries are called as KernelModule says; all else belongs to the thread that calls `needs`.
class TunedModule final : public jit::KernelModule {
 public:
  static constexpr std::size_t kMostVersions = 8;
  static constexpr std::size_t kRounds = 8;

  /// Modules of the same requests: at least one, at most kMostVersions.
  explicit TunedModule(std::vector<std::unique_ptr<jit::KernelModule>> versions);
  /// From what `object` or `settled_object` gave. Throws CommonError(kInternal) for other bytes.
  [[nodiscard]] static std::unique_ptr<TunedModule> load(std::span<const std::byte> object,
                                                         jit::KernelCompiler& compiler);
  TunedModule(const TunedModule&) = delete;
  TunedModule& operator=(const TunedModule&) = delete;
  ~TunedModule() override;

  [[nodiscard]] std::span<const Entry> entries() const noexcept override { return entries_; }
  /// All versions; what is chosen does not change it.
  [[nodiscard]] std::span<const std::byte> object() const noexcept override { return object_; }
  [[nodiscard]] int versions() const noexcept override;

  /// Whether every kernel keeps to one version.
  [[nodiscard]] bool is_settled() const noexcept;
  /// The versions that are kept to, and which kernel keeps to which; once settled.
  [[nodiscard]] std::vector<std::byte> settled_object() const;

 private:
  class Kernel;
  using Choices = std::vector<std::uint8_t>;
  TunedModule(std::vector<std::unique_ptr<jit::KernelModule>> versions, const Choices& choices);

  std::vector<std::unique_ptr<jit::KernelModule>> versions_;
  std::vector<std::unique_ptr<Kernel>> kernels_;
  std::vector<Entry> entries_;
  std::vector<std::byte> object_;
};

}  // namespace gt::worker::hotpath

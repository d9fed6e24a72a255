#include "worker/hotpath/tuned_module.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <set>
#include <thread>

#include "common/error.h"

namespace gt::worker::hotpath {
namespace {

/// Two kernels of one version: they note that they ran, and may take their time.
class VersionModule final : public jit::KernelModule {
 public:
  VersionModule(std::uint8_t number, std::vector<int>& ran, std::array<bool, 2> is_slow = {})
      : bytes_{static_cast<std::byte>(number), static_cast<std::byte>(is_slow[0]),
               static_cast<std::byte>(is_slow[1])} {
    for (std::size_t k = 0; k < 2; ++k)
      entries_.push_back({[number, &ran, slow = is_slow[k]](const jit::KernelArguments*,
                                                            std::int64_t, std::int64_t) {
                            ran.push_back(number);
                            if (slow) std::this_thread::sleep_for(std::chrono::milliseconds(1));
                          },
                          [number](const jit::KernelArguments*, jit::KernelNeeds* needs) {
                            *needs = {1, 64 * number};
                          }});
  }
  [[nodiscard]] std::span<const Entry> entries() const noexcept override { return entries_; }
  [[nodiscard]] std::span<const std::byte> object() const noexcept override { return bytes_; }

 private:
  std::array<std::byte, 3> bytes_;
  std::vector<Entry> entries_;
};

class VersionCompiler final : public jit::KernelCompiler {
 public:
  explicit VersionCompiler(std::vector<int>& ran) : ran_(ran) {}
  [[nodiscard]] std::string_view target() const noexcept override { return "versions"; }
  [[nodiscard]] bool admits(const graph::Graph&, const graph::Node&) const override { return true; }
  [[nodiscard]] std::unique_ptr<jit::KernelModule> compile(const graph::Graph&,
                                                           std::span<const jit::KernelRequest>,
                                                           const jit::CompileOptions&) override {
    return nullptr;
  }
  [[nodiscard]] std::unique_ptr<jit::KernelModule> load(
      std::span<const std::byte> object) override {
    if (object.size() != 3) throw CommonError(ErrorKind::kInternal, "no version");
    return std::make_unique<VersionModule>(
        static_cast<std::uint8_t>(object[0]), ran_,
        std::array{object[1] != std::byte{}, object[2] != std::byte{}});
  }

 private:
  std::vector<int>& ran_;
};

class TunedModuleTest : public ::testing::Test {
 protected:
  /// Of the second kernel the first version is slow, of the first kernel all others are.
  TunedModule make(std::size_t versions) {
    std::vector<std::unique_ptr<jit::KernelModule>> made;
    for (std::size_t v = 0; v < versions; ++v)
      made.push_back(std::make_unique<VersionModule>(static_cast<std::uint8_t>(v), ran_,
                                                     std::array{v != 0, v == 0}));
    return TunedModule(std::move(made));
  }
  /// One execution of a kernel: the version that ran.
  int execute(const TunedModule& module, std::size_t kernel, jit::KernelNeeds* needs = nullptr) {
    jit::KernelNeeds own;
    const jit::KernelModule::Entry& entry = module.entries()[kernel];
    entry.needs(nullptr, needs != nullptr ? needs : &own);
    entry.run(nullptr, 0, 1);
    return ran_.back();
  }
  void settle(const TunedModule& module) {
    for (std::size_t k = 0; k <= TunedModule::kRounds * TunedModule::kMostVersions; ++k)
      for (std::size_t kernel = 0; kernel < 2; ++kernel) execute(module, kernel);
  }

  std::vector<int> ran_;
};

TEST_F(TunedModuleTest, RunsEachVersionInItsFirstExecutions) {
  const TunedModule module = make(3);
  ASSERT_EQ(module.versions(), 3);
  std::set<int> ran;
  for (int k = 0; k < module.versions(); ++k) ran.insert(execute(module, 0));
  EXPECT_EQ(ran, (std::set{0, 1, 2}));
}

TEST_F(TunedModuleTest, HasMemoryForAnyVersionWhileTheyTakeTurns) {
  const TunedModule module = make(3);
  jit::KernelNeeds needs;
  execute(module, 0, &needs);
  EXPECT_EQ(needs.units, 1);
  EXPECT_EQ(needs.scratch_bytes, 128);
}

TEST_F(TunedModuleTest, EachKernelKeepsToItsFastestVersion) {
  const TunedModule module = make(2);
  EXPECT_FALSE(module.is_settled());
  settle(module);
  EXPECT_TRUE(module.is_settled());
  EXPECT_EQ(module.versions(), 1);
  EXPECT_EQ(execute(module, 0), 0);
  EXPECT_EQ(execute(module, 1), 1);
}

TEST_F(TunedModuleTest, OneVersionIsSettledFromTheBeginning) { EXPECT_TRUE(make(1).is_settled()); }

TEST_F(TunedModuleTest, WhatIsSettledStaysSoWhenItIsLoaded) {
  const TunedModule module = make(3);
  settle(module);
  VersionCompiler compiler(ran_);
  const auto loaded = TunedModule::load(module.settled_object(), compiler);
  EXPECT_TRUE(loaded->is_settled());
  for (std::size_t kernel = 0; kernel < 2; ++kernel)
    EXPECT_EQ(execute(*loaded, kernel), execute(module, kernel));
}

TEST_F(TunedModuleTest, WhatIsNotSettledIsTunedAfterItIsLoaded) {
  const TunedModule module = make(3);
  VersionCompiler compiler(ran_);
  EXPECT_EQ(TunedModule::load(module.object(), compiler)->versions(), 3);
}

TEST_F(TunedModuleTest, ObjectsThatAreCutOffAreRefused) {
  const TunedModule module = make(3);
  VersionCompiler compiler(ran_);
  const auto object = module.object();
  for (std::size_t length = 0; length < object.size(); ++length)
    EXPECT_THROW(static_cast<void>(TunedModule::load(object.first(length), compiler)), CommonError)
        << length << " bytes";
}

}  // namespace
}  // namespace gt::worker::hotpath

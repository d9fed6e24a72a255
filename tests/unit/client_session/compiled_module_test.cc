// G60: one module of a program that is compiled, seen from the client.
#include <gmock/gmock.h>
#include <gt/gt.h>
#include <gtest/gtest.h>

#include "client/src/signals/context.h"

namespace gt::client::testing {
namespace {

using ::testing::HasSubstr;

/// Says which signal its forward ran under.
struct ProbeImpl : nn::Cloneable<ProbeImpl> {
  void reset() override {}
  std::string forward(int number) {
    last = number;
    return signal::current();
  }
  int last = 0;
};
TORCH_MODULE(Probe);

struct ConstantProbe : nn::Module {
  [[nodiscard]] std::string forward() const { return signal::current(); }
};

struct Outer : nn::Module {
  Outer() : inner(register_module("inner", nn::compile(Probe()))) {}
  nn::Compiled<ProbeImpl> inner;
};

TEST(CompiledModule, G60ForwardRunsUnderASignalThatAsksForCompilation) {
  nn::Compiled<ProbeImpl> module = nn::compile(Probe());
  const std::string name = module(1);
  EXPECT_EQ(name, module->compile_signal());
  const auto config = signal::config_of(name);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->compile.enabled, true);
  EXPECT_EQ(signal::current(), "");
}

TEST(CompiledModule, G60EachHasASignalOfItsOwn) {
  EXPECT_NE(nn::compile(Probe())(1), nn::compile(Probe())(1));
}

TEST(CompiledModule, G60ItsGradientsCarryItsSignal) {
  const nn::Compiled<ProbeImpl> module = nn::compile(Probe());
  const signal::context context(module.ptr()->compile_signal());
  ASSERT_NE(recorded_signal(), nullptr);
  EXPECT_EQ(backward_of(*recorded_signal()), current_signal());
}

TEST(CompiledModule, G60AnArgumentReachesTheModule) {
  nn::Compiled<ProbeImpl> module = nn::compile(Probe());
  static_cast<void>(module(7));
  EXPECT_EQ(module->last, 7);
}

TEST(CompiledModule, G60AConstantForwardIsTaken) {
  const nn::Compiled<ConstantProbe> module = nn::compile(ConstantProbe());
  EXPECT_EQ((*module).forward(), module.ptr()->compile_signal());
}

TEST(CompiledModule, G60IsRegisteredUnderItsName) {
  const auto outer = std::make_shared<Outer>();
  EXPECT_EQ(outer->named_modules()["inner"], outer->inner.ptr());
  EXPECT_EQ(outer->inner(1), outer->inner->compile_signal());
}

TEST(CompiledModule, G60RunsWithinASequential) {
  nn::Compiled<ProbeImpl> module = nn::compile(Probe());
  nn::Sequential row(module);
  EXPECT_EQ(row->forward<std::string>(1), module->compile_signal());
}

TEST(CompiledModule, G60ACloneIsCompiledToo) {
  nn::Compiled<ProbeImpl> module = nn::compile(Probe());
  const auto copy = std::dynamic_pointer_cast<nn::CompiledImpl<ProbeImpl>>(module->clone());
  ASSERT_NE(copy, nullptr);
  EXPECT_EQ(copy->forward(1), module->compile_signal());
}

TEST(CompiledModule, G60OptionsBelongToTheSignal) {
  signal::CompileConfig options;
  options.mode = signal::CompileMode::MaxAutotune;
  options.exclude = {"relu"};
  const auto config = signal::config_of(nn::compile(Probe(), options)(1));
  EXPECT_EQ(config->compile.mode, signal::CompileMode::MaxAutotune);
  EXPECT_EQ(config->compile.exclude, std::vector<std::string>{"relu"});
}

TEST(CompiledModule, G60WrongOptionsAreRefusedByName) {
  signal::CompileConfig options;
  options.exclude = {"rellu"};
  try {
    static_cast<void>(nn::compile(Probe(), options));
    ADD_FAILURE() << "nothing was thrown";
  } catch (const ValueError& error) {
    EXPECT_THAT(error.msg(), HasSubstr("'relu'"));
  }
}

TEST(CompiledModule, G60CanBeKeptEager) {
  signal::CompileConfig options;
  options.enabled = false;
  EXPECT_EQ(signal::config_of(nn::compile(Probe(), options)(1))->compile.enabled, false);
}

}  // namespace
}  // namespace gt::client::testing

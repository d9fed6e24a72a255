#include "common/config/compile_settings.h"

#include <gtest/gtest.h>

#include <vector>

#include "common/error.h"

namespace gt::config {
namespace {

using Settings = std::vector<std::pair<std::string, std::string>>;

TEST(CompileSettings, CompileNothingByDefault) {
  const CompileSettings settings = compile_settings(Settings{});
  EXPECT_EQ(settings, CompileSettings{});
  EXPECT_FALSE(settings.auto_compile);
  EXPECT_FALSE(settings.compile_all);
  EXPECT_FALSE(settings.debug);
}

TEST(CompileSettings, G29ASequenceIsHotAfterTenExecutions) {
  EXPECT_EQ(compile_settings(Settings{}).threshold, 10u);
}

TEST(CompileSettings, HoldEverySwitch) {
  const CompileSettings settings = compile_settings(Settings{{"GT_AUTO_COMPILE", "1"},
                                                             {"GT_COMPILE", "1"},
                                                             {"GT_HOTPATH_THRESHOLD", "15"},
                                                             {"GT_HOTPATH_MIN_SEQ", "4"},
                                                             {"GT_DEBUG_COMPILE", "1"},
                                                             {"GT_LOGS", "recompiles"}});
  EXPECT_EQ(settings, (CompileSettings{true, true, 15, 4, true, true}));
}

TEST(CompileSettings, G3DebuggingAloneCompilesNothing) {
  const CompileSettings settings = compile_settings(Settings{{"GT_DEBUG_COMPILE", "1"}});
  EXPECT_TRUE(settings.debug);
  EXPECT_FALSE(settings.auto_compile);
  EXPECT_FALSE(settings.compile_all);
}

TEST(CompileSettings, ALengthBeyondAllSequencesIsKeptAsTheLargest) {
  EXPECT_EQ(compile_settings(Settings{{"GT_HOTPATH_MIN_SEQ", "1000000000000"}}).min_length,
            0xFFFFFFFFu);
}

TEST(CompileSettings, RefuseAMalformedValue) {
  EXPECT_THROW(static_cast<void>(compile_settings(Settings{{"GT_AUTO_COMPILE", "yes"}})),
               CommonError);
}

}  // namespace
}  // namespace gt::config

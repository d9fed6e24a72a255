// From code addresses to the lines of a program.
#include "client/src/session/site.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gt::client {
namespace {

using ::testing::ContainsRegex;

[[gnu::noinline]] void* return_address() { return __builtin_return_address(0); }

TEST(Site, NamesFileAndLineOfACall) {
  void* address = return_address();
  const int line = __LINE__ - 1;
  EXPECT_THAT(describe_address(static_cast<char*>(address) - 1),
              ContainsRegex("site_test.cc:" + std::to_string(line) + "$"));
}

TEST(Site, NamesModuleAndOffsetWithoutDebugInformation) {
  // The C library of a user's machine comes without line tables.
  void* address = reinterpret_cast<void*>(&std::abort);
  EXPECT_THAT(describe_address(address), ContainsRegex("(\\+0x[0-9a-f]+|:[0-9]+)$"));
}

TEST(Site, GivesTheNumberOfAnAddressOutsideTheProgram) {
  EXPECT_EQ(describe_address(reinterpret_cast<void*>(0x10)), "0x10");
}

TEST(Site, TheOutermostScopeWins) {
  int outer = 0;
  int inner = 0;
  {
    const SiteScope first(&outer);
    const SiteScope second(&inner);
    EXPECT_EQ(SiteScope::current(), &outer);
  }
  EXPECT_EQ(SiteScope::current(), nullptr);
}

}  // namespace
}  // namespace gt::client
